import { addDays, type Contract, dateMs, seededRandom, type UtcDate } from '@cointrader/core'
import { type DayVolumes, researchUniverse, selectUniverse } from '@cointrader/universe'
import { describe, expect, it } from 'vitest'
import { before, byDate, contract, contracts, D, day, options } from './support.js'

describe('selectUniverse', () => {
  it('ranks by the volume of the buffer days before the date', () => {
    const volumes = byDate(
      day(before(15), { AAAUSDT: 1e9, BBBUSDT: 1 }),
      day(before(14), { AAAUSDT: 1, BBBUSDT: 5, CCCUSDT: 1 }),
      day(before(1), { AAAUSDT: 3, BBBUSDT: 1, CCCUSDT: 1 }),
      day(D, { CCCUSDT: 1e9 }),
    )
    const selection = selectUniverse(options(volumes, { top: 2 }))
    expect(selection).toEqual({
      date: D,
      symbols: ['BBBUSDT', 'AAAUSDT'],
      days: [before(14), before(1)],
      daysUsed: 2,
      excluded: { CCCUSDT: 'rank 3 > 2' },
    })
  })

  it('orders equal volumes by name', () => {
    const volumes = byDate(day(before(1), { CCCUSDT: 1, AAAUSDT: 1, BBBUSDT: 1 }))
    expect(selectUniverse(options(volumes)).symbols).toEqual(['AAAUSDT', 'BBBUSDT', 'CCCUSDT'])
  })

  it('gives a reason for each exclusion', () => {
    const list = [
      'GOODUSDT',
      'BANUSDT',
      'USDCUSDT',
      'ETHUSDT_260327',
      'TSLAUSDT',
      'XAUUSDT',
      'BTCUSDC',
      'ODDUSDT',
      'GONEUSDT',
      'DEADUSDT',
      'ZEROUSDT',
      'USUALUSDT',
      '龙USDT',
    ]
    const today = Object.fromEntries(
      list.filter((s) => s !== 'GONEUSDT').map((s, i) => [s, s === 'ZEROUSDT' ? 0 : 100 - i]),
    )
    const volumes = byDate(day(before(2), { GONEUSDT: 5 }), day(before(1), today))
    const known = contracts(
      contract('TSLAUSDT', { contractType: 'TRADIFI_PERPETUAL', underlyingType: 'EQUITY' }),
      contract('XAUUSDT', { underlyingType: 'COMMODITY' }),
      contract('ODDUSDT', { marginAsset: 'BTC' }),
      contract('DEADUSDT', { status: 'SETTLING', deliveryMs: dateMs(D) }),
    )
    const selection = selectUniverse(
      options(volumes, { contracts: known, bans: { [before(1)]: ['BANUSDT'], [before(2)]: ['GOODUSDT'] } }),
    )
    expect(selection.symbols).toEqual(['GOODUSDT', 'USUALUSDT', '龙USDT'])
    expect(selection.excluded).toEqual({
      BANUSDT: `banned on ${before(1)}`,
      USDCUSDT: 'stablecoin',
      ETHUSDT_260327: 'contract type QUARTER',
      TSLAUSDT: 'contract type TRADIFI_PERPETUAL',
      XAUUSDT: 'underlying type COMMODITY',
      BTCUSDC: 'quote USDC',
      ODDUSDT: 'margin BTC',
      GONEUSDT: `not trading on ${before(1)}`,
      DEADUSDT: `delisted at ${D} 00:00:00`,
      ZEROUSDT: 'no volume',
    })
  })

  it('keeps a delisted symbol a member while it lived, whatever its status is today', () => {
    const death = dateMs(before(3)) + 1
    const dead = contracts(
      contract('FTTUSDT', { status: 'SETTLING', contractType: 'PERPETUAL_DELIVERING', deliveryMs: death }),
    )
    const volumes = byDate(
      ...[6, 5, 4, 3].map((n) => day(before(n), { FTTUSDT: 5, BTCUSDT: 9 })),
      day(before(2), { BTCUSDT: 9 }),
    )
    const on = (date: UtcDate) => selectUniverse(options(volumes, { date, contracts: dead }))
    expect(on(before(4)).symbols).toEqual(['BTCUSDT', 'FTTUSDT'])
    // It dies during this day: at its beginning nothing had happened yet.
    expect(on(before(3)).symbols).toEqual(['BTCUSDT', 'FTTUSDT'])
    expect(on(before(2)).excluded).toEqual({ FTTUSDT: `delisted at ${before(3)} 00:00:00` })
    expect(on(before(1)).symbols).toEqual(['BTCUSDT'])
  })

  it('uses the days there are, at least min-history-days, and says so otherwise', () => {
    const volumes = byDate(day(before(2), { AAAUSDT: 1 }), day(before(1), { AAAUSDT: 1 }))
    expect(selectUniverse(options(volumes, { minHistoryDays: 2 }))).toMatchObject({ symbols: ['AAAUSDT'], daysUsed: 2 })
    expect(selectUniverse(options(volumes, { minHistoryDays: 3 }))).toMatchObject({
      symbols: [],
      daysUsed: 2,
      note: 'only 2 of at least 3 earlier days',
    })
    const first = selectUniverse(options(byDate(day(D, { AAAUSDT: 1 }))))
    expect(first).toMatchObject({ symbols: [], daysUsed: 0, days: [], excluded: {} })
    expect(first.note).toMatch(/no earlier day/)
  })

  it('judges by the last day there is when the day before has no table, and says so', () => {
    const volumes = byDate(day(before(3), { AAAUSDT: 1 }), day(before(2), { AAAUSDT: 1, BBBUSDT: 2 }))
    const selection = selectUniverse(options(volumes, { bans: { [before(2)]: ['AAAUSDT'] } }))
    expect(selection.symbols).toEqual(['BBBUSDT'])
    expect(selection.note).toContain(`no day table of ${before(1)}`)
  })

  it('says when the bans of the day before are not known', () => {
    expect(selectUniverse(options(byDate(day(before(1), { AAAUSDT: 1 })), { bans: {} })).note).toBe(
      `no ban list of ${before(1)}`,
    )
  })

  const symbols = [...Array.from({ length: 30 }, (_, i) => `S${i}USDT`), 'USDCUSDT', '币安人生USDT', 'BTCUSDT_260327']
  const randomDays = (seed: string, reach: number): DayVolumes[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 14 + reach }, (_, i) =>
      day(
        addDays(D, i - 14),
        Object.fromEntries(symbols.filter(() => random.next() < 0.9).map((s) => [s, Math.floor(random.next() * 20)])),
      ),
    )
  }

  it('does not depend on anything of the date or later (property, 60 seeds)', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(`future ${seed}`)
      const days = randomDays(`past ${seed}`, 0)
      const deliveries = symbols.map((s) => [s, addDays(D, random.int(20) - 10)] as const)
      const bans = Object.fromEntries(days.map((d) => [d.date, symbols.filter(() => random.next() < 0.1)]))
      const told = (later: boolean): Record<string, Contract> =>
        contracts(
          ...deliveries.map(([s, date]) => {
            const past = dateMs(date) <= dateMs(D)
            const deliveryMs = past ? dateMs(date) : later ? dateMs(date) + random.int(9) * 1000 : null
            return contract(s, { status: later ? 'SETTLING' : 'TRADING', deliveryMs })
          }),
        )
      const then = selectUniverse(options(byDate(...days), { top: 8, bans, contracts: told(false) }))
      const future = randomDays(`other ${seed}`, 5).slice(14)
      const knowing = { ...bans, ...Object.fromEntries(future.map((d) => [d.date, symbols])) }
      expect(
        selectUniverse(options(byDate(...days, ...future), { top: 8, bans: knowing, contracts: told(true) })),
      ).toEqual(then)
      expect(then.symbols.length).toBeGreaterThan(0)
      // Not vacuous: the original's rule does look at these days.
      const seen = (d: DayVolumes[]) =>
        researchUniverse({ date: D, top: 8, bufferDays: 14, bans, volumes: byDate(...d) })?.symbols
      if (seed === 0) expect(seen([...days, ...future])).not.toEqual(seen(days))
    }
  })

  it('does not depend on the order of the symbols or of the contracts (property, 60 seeds)', () => {
    for (let seed = 0; seed < 60; seed++) {
      const days = randomDays(`order ${seed}`, 0)
      const random = seededRandom(`shuffle ${seed}`)
      const shuffled = days.map((d) => {
        const order = d.symbols
          .map((_, i) => [random.next(), i] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, i]) => i)
        return {
          date: d.date,
          symbols: order.map((i) => d.symbols[i]!),
          quoteVolume: order.map((i) => d.quoteVolume[i]!),
          bars: order.map((i) => d.bars[i]!),
        }
      })
      const known = symbols.map((s) => contract(s))
      const plain = selectUniverse(options(byDate(...days), { top: 8, contracts: contracts(...known) }))
      expect(
        selectUniverse(options(byDate(...shuffled.reverse()), { top: 8, contracts: contracts(...known.reverse()) })),
      ).toEqual(plain)
    }
  })

  it('accounts for every symbol it saw: member or reason, never both', () => {
    const days = randomDays('account', 0)
    const { symbols: members, excluded } = selectUniverse(options(byDate(...days), { top: 8 }))
    const seen = new Set(days.flatMap((d) => d.symbols))
    expect(new Set([...members, ...Object.keys(excluded)])).toEqual(seen)
    expect(members.length + Object.keys(excluded).length).toBe(seen.size)
  })
})

describe('researchUniverse (RP-12)', () => {
  it('uses the date itself, its bans and those of the day before, and keeps first-seen order in ties', () => {
    const volumes = byDate(day(before(1), { ZZZUSDT: 1, AAAUSDT: 1, BADUSDT: 9 }), day(D, { NEWUSDT: 8, BANUSDT: 9 }))
    const bans = { [D]: ['BANUSDT'], [before(1)]: ['BADUSDT'], [before(2)]: ['NEWUSDT'] }
    expect(researchUniverse({ date: D, top: 2, bufferDays: 2, volumes, bans })).toMatchObject({
      symbols: ['NEWUSDT', 'ZZZUSDT'],
      daysUsed: 2,
      excluded: { BANUSDT: `banned on ${D}`, BADUSDT: `banned on ${before(1)}`, AAAUSDT: 'rank 3 > 2' },
    })
  })
  it('gives nothing when no day has a table, but an empty list when all are banned', () => {
    const volumes = byDate(day(D, { AAAUSDT: 1 }))
    expect(researchUniverse({ date: before(-20), top: 2, bufferDays: 14, volumes, bans: {} })).toBeUndefined()
    expect(researchUniverse({ date: D, top: 2, bufferDays: 14, volumes, bans: { [D]: ['AAAUSDT'] } })?.symbols).toEqual(
      [],
    )
  })
})
