/** Champion against challenger: the rule, against naive twins and on planted skill. */
import { DAY_MS, MINUTE_MS, seededRandom } from '@cointrader/core'
import { compareOnWindow, drawBlocks } from '@cointrader/models'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { naiveMean, naiveSpearman, type Panel, panel } from '../evaluation/support.js'
import { codeOf as codeOfAsync } from './support.js'

const codeOf = (run: () => unknown): Promise<string | undefined> => codeOfAsync(Promise.resolve().then(run))

/** The predictions of two models on the same panel: `skill` times the label plus noise of their own. */
function duel(options: Parameters<typeof panel>[0] & { champion: number; challenger: number }) {
  const rows = panel(options)
  const random = seededRandom(`duel ${options.seed}`)
  const one = (skill: number) => rows.label.map((y) => skill * y + random.normal())
  return { ...rows, champion: one(options.champion), challenger: one(options.challenger) }
}

const request = (rows: Panel & { champion: Float64Array; challenger: Float64Array }) => ({
  time: rows.time,
  symbol: rows.symbol,
  label: rows.label,
  champion: rows.champion,
  challenger: rows.challenger,
  horizonMinutes: 1,
})

/** Differences of naive rank ICs, group by group. 0 for a constant prediction, groups of constant label left out. */
function naiveGains(rows: ReturnType<typeof duel>, key: (t: number) => number, least = 1): number[] {
  const groups = new Map<number, number[]>()
  rows.time.forEach((t, i) => {
    groups.set(key(t), [...(groups.get(key(t)) ?? []), i])
  })
  return [...groups]
    .sort((a, b) => a[0] - b[0])
    .flatMap(([, index]) => {
      const y = index.map((i) => rows.label[i]!)
      if (index.length < least || new Set(y).size === 1) return []
      const ic = (p: Float64Array): number => {
        const r = naiveSpearman(
          index.map((i) => p[i]!),
          y,
        )
        return Number.isNaN(r) ? 0 : r
      }
      return [ic(rows.challenger) - ic(rows.champion)]
    })
}

it('equals the definition, also with ties, constant sections and gaps', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.constantFrom(0, 1), fc.constantFrom(0, 0.2), (seed, grid, gaps) => {
      const rows = duel({ seed, instants: 40, symbols: 7, grid, gaps, champion: 0.1, challenger: 0.3 })
      // Some sections in which a model, or the label, says nothing.
      for (let i = 0; i < rows.time.length; i++) {
        const minute = (rows.time[i]! / MINUTE_MS) % 10
        if (minute === 1) rows.champion[i] = 4
        if (minute === 2) rows.challenger[i] = 4
        if (minute === 3) rows.label[i] = 4
      }
      const gains = naiveGains(rows, (t) => t, 5)
      const result = compareOnWindow(request(rows))
      expect(result.score).toBe('section-rank-ic')
      expect(result.instants).toBe(gains.length)
      expect(result.difference!.mean).toBeCloseTo(naiveMean(gains), 12)
      expect(result.difference!.mean).toBeCloseTo(result.challenger.mean! - result.champion!.mean!, 12)
      expect(result.better).toBe(naiveMean(gains) > 0)
    }),
    { numRuns: 40 },
  )
})

it('falls back to days where there are too few symbols, and says so', () => {
  const rows = duel({ seed: 3, instants: 12 * 100, symbols: 3, stepMs: DAY_MS / 100, champion: 0.1, challenger: 0.4 })
  const result = compareOnWindow(request(rows))
  const gains = naiveGains(rows, (t) => Math.floor(t / DAY_MS))
  expect(result).toMatchObject({ score: 'daily-rank-ic', instants: gains.length })
  expect(result.refusal).toMatch(/at least 5 symbols/)
  expect(result.ruleText).toMatch(/mean daily rank IC.*day by day/)
  expect(result.difference!.mean).toBeCloseTo(naiveMean(gains), 12)
  expect(compareOnWindow({ ...request(rows), minSymbols: 3 }).score).toBe('section-rank-ic')
})

it('the order of rows changes no bit', () => {
  const rows = duel({ seed: 5, instants: 60, symbols: 6, champion: 0.1, challenger: 0.2 })
  const random = seededRandom('order')
  const order = Array.from(rows.time, (_, i) => ({ i, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i)
  const mixed = <T extends Float64Array | Int32Array>(v: T): T => v.map((_, k) => v[order[k]!]!) as T
  const other = {
    ...request(rows),
    time: mixed(rows.time),
    symbol: mixed(rows.symbol),
    label: mixed(rows.label),
    champion: mixed(rows.champion),
    challenger: mixed(rows.challenger),
    confidence: 0.8,
  }
  expect(compareOnWindow(other)).toEqual(compareOnWindow({ ...request(rows), confidence: 0.8 }))
})

it('ties keep the champion: the same ranks are no gain', () => {
  const rows = duel({ seed: 6, instants: 50, symbols: 6, champion: 0.5, challenger: 0 })
  const same = { ...request(rows), challenger: rows.champion.map((p) => Math.exp(p) * 3) }
  expect(compareOnWindow(same)).toMatchObject({ better: false, difference: { mean: 0, lower: 0 } })
  expect(compareOnWindow(same).finding).toMatch(/not more than 0 above/)
})

it('the lower end is the quantile of resampled means', () => {
  const rows = duel({ seed: 7, instants: 120, symbols: 6, champion: 0.1, challenger: 0.2 })
  const gains = naiveGains(rows, (t) => t, 5)
  const { block } = compareOnWindow(request(rows))
  const random = seededRandom(9).fork('bootstrap')
  const counts = new Int32Array(gains.length)
  const means = Array.from({ length: 500 }, () => {
    drawBlocks(counts, block, 'stationary', random)
    return gains.reduce((sum, g, i) => sum + g * counts[i]!, 0) / gains.length
  }).sort((a, b) => a - b)
  const at = 0.1 * 499
  const expected = means[Math.floor(at)]! * (1 - (at % 1)) + means[Math.ceil(at)]! * (at % 1)
  const result = compareOnWindow({ ...request(rows), confidence: 0.9, resamples: 500, seed: 9 })
  expect(result.difference!.lower).toBeCloseTo(expected, 12)
  expect(result.ruleText).toMatch(/one-sided 90 % block-bootstrap interval/)
})

it('asks for more with more confidence and a larger gain', () => {
  const rows = duel({ seed: 8, instants: 400, symbols: 8, champion: 0.2, challenger: 0.3 })
  const lower = [0.6, 0.8, 0.9, 0.99].map(
    (confidence) => compareOnWindow({ ...request(rows), confidence }).difference!.lower!,
  )
  expect(lower).toEqual([...lower].sort((a, b) => b - a))
  const gain = compareOnWindow(request(rows)).difference!.mean!
  expect(gain).toBeGreaterThan(0)
  expect(compareOnWindow({ ...request(rows), minGain: gain })).toMatchObject({ better: false })
  expect(compareOnWindow({ ...request(rows), minGain: gain * 0.999 })).toMatchObject({ better: true })
  const strict = { ...request(rows), minGain: (gain + lower[2]!) / 2, confidence: 0.9 }
  expect(compareOnWindow(strict).better).toBe(false)
  expect(compareOnWindow(strict).finding).toMatch(/at 90 % it may be only/)
})

it('planted skill wins at high confidence, and loses the other way round', () => {
  const rows = duel({ seed: 9, instants: 600, symbols: 10, overlap: 10, champion: 0, challenger: 0.2 })
  const base = { ...request(rows), horizonMinutes: 10, confidence: 0.99 }
  expect(compareOnWindow(base).better).toBe(true)
  expect(compareOnWindow({ ...base, champion: rows.challenger, challenger: rows.champion }).better).toBe(false)
})

it('equal models: a challenger takes over about as often as the confidence says', () => {
  let mean = 0
  let sure = 0
  const runs = 200
  for (let seed = 0; seed < runs; seed++) {
    const rows = duel({ seed, instants: 400, symbols: 6, overlap: 5, champion: 0.1, challenger: 0.1 })
    const base = { ...request(rows), horizonMinutes: 5, resamples: 200 }
    if (compareOnWindow(base).better) mean++
    if (compareOnWindow({ ...base, confidence: 0.9 }).better) sure++
  }
  // Four standard errors of a share of 200: 0.5 ± 0.14, 0.1 ± 0.085.
  expect(mean / runs).toBeGreaterThan(0.36)
  expect(mean / runs).toBeLessThan(0.64)
  expect(sure / runs).toBeGreaterThan(0.015)
  expect(sure / runs).toBeLessThan(0.185)
})

describe('rows', () => {
  const rows = duel({ seed: 10, instants: 100, symbols: 6, champion: 0.1, challenger: 0.3 })
  it('judges both on the rows that both predict and counts the others', () => {
    const champion = rows.champion.slice()
    const challenger = rows.challenger.slice()
    const label = rows.label.slice()
    champion[0] = Number.NaN
    challenger[1] = Number.POSITIVE_INFINITY
    challenger[0] = Number.NaN
    label[2] = Number.NaN
    champion[2] = Number.NaN
    const n = label.length
    const result = compareOnWindow({ ...request(rows), champion, challenger, label })
    expect(result.rows).toEqual({
      given: n,
      withoutLabel: 1,
      withoutChampion: 1,
      withoutChallenger: 2,
      judged: n - 3,
    })
    const kept = Array.from(label.keys()).slice(3)
    const part = <T extends Float64Array | Int32Array>(v: T): T => v.slice(3) as T
    expect(kept).toHaveLength(n - 3)
    const without = compareOnWindow({
      ...request(rows),
      time: part(rows.time),
      symbol: part(rows.symbol),
      label: part(rows.label),
      champion: part(rows.champion),
      challenger: part(rows.challenger),
    })
    expect(result.difference).toEqual(without.difference)
  })

  it('nothing to judge is a result, not a crash', () => {
    const nothing = rows.challenger.map(() => Number.NaN)
    const result = compareOnWindow({ ...request(rows), challenger: nothing })
    expect(result).toMatchObject({ instants: 0, better: false, firstMs: null, challenger: { mean: null } })
    expect(result.finding).toBe('there is nothing to compare')
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })

  it('without a champion the guards decide', () => {
    const { champion: _, ...alone } = request(rows)
    const result = compareOnWindow({ ...alone, baselines: [{ name: 'zero', prediction: rows.label.map(() => 0) }] })
    expect(result).toMatchObject({
      better: true,
      champion: null,
      difference: null,
      baselines: [{ name: 'zero', mean: 0 }],
    })
    expect(result.challenger.mean).toBe(compareOnWindow(request(rows)).challenger.mean)
    expect(result.ruleText).toMatch(/There is no champion/)
  })

  it('with too few instants for an interval, the mean may decide but confidence may not', () => {
    const few = duel({ seed: 11, instants: 8, symbols: 20, champion: 0, challenger: 3 })
    const result = compareOnWindow({ ...request(few), horizonMinutes: 2 })
    expect(result.instants).toBeLessThan(result.minInstants)
    expect(result.better).toBe(true)
    expect(compareOnWindow({ ...request(few), horizonMinutes: 2, confidence: 0.8 })).toMatchObject({
      better: false,
      difference: { lower: null },
    })
  })

  it('refuses what is no comparison', async () => {
    const base = request(rows)
    for (const change of [
      { minGain: -0.1 },
      { minGain: Number.NaN },
      { confidence: 0.4 },
      { confidence: 1 },
      { horizonMinutes: -1 },
      { challenger: rows.challenger.slice(1) },
      { champion: rows.champion.slice(1) },
      { label: rows.label.map((y, i) => (i === 4 ? Number.POSITIVE_INFINITY : y)) },
      { symbol: rows.symbol.map(() => 0) },
      { baselines: [{ name: 'b', prediction: rows.label.map(() => Number.NaN) }] },
    ])
      expect(await codeOf(() => compareOnWindow({ ...base, ...change })), Object.keys(change)[0]).toBe('E_USAGE')
  })
})
