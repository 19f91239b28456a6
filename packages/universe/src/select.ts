/**
 * The point-in-time universe: what could have been known before the day began (spec RP-D01, RP-D02, BX-08, BX-33).
 * Pure; nothing of the day itself or later enters.
 */
import { addDays, byCodeUnit, type Contract, contractFromName, dateMs, type UtcDate, utcText } from '@cointrader/core'
import type { BansByDate, Contracts, Selection, VolumesByDate } from './days.js'
import { STABLE_BASES } from './stablecoins.js'

export interface SelectOptions {
  readonly date: UtcDate
  /** Most members. */
  readonly top: number
  /** Days before the date that are ranked. */
  readonly bufferDays: number
  /** Fewest of them that must have a table; with fewer the list is empty. */
  readonly minHistoryDays: number
  readonly volumes: VolumesByDate
  readonly contracts: Contracts
  readonly bans: BansByDate
}

/** Underlyings of crypto perpetuals; the others (`EQUITY`, `COMMODITY`, …) are TradFi with sessions and halts (BX-33). */
const CRYPTO_UNDERLYINGS: readonly string[] = ['', 'COIN', 'INDEX', 'PREMARKET']

/**
 * Ranks the symbols by quote volume over the days `date − bufferDays … date − 1` that have a table and takes the first
 * `top` of the eligible ones; equal volumes are ordered by name. A symbol is eligible if it is a crypto perpetual
 * quoted and margined in USDT, no stablecoin, had bars on the day before, was not banned that day, was not settled
 * before the date began, and had volume. Today's trading status is not asked: a symbol is a member while it lived.
 */
export function selectUniverse(options: SelectOptions): Selection {
  const { date, top, bufferDays, minHistoryDays, volumes, contracts, bans } = options
  const days = Array.from({ length: bufferDays }, (_, i) => addDays(date, i - bufferDays)).filter((day) =>
    volumes.has(day),
  )
  const base = { date, days, daysUsed: days.length }
  if (days.length < Math.max(1, minHistoryDays)) {
    const note =
      days.length === 0
        ? `no earlier day: nothing is known before ${date}`
        : `only ${days.length} of at least ${minHistoryDays} earlier days`
    return { ...base, symbols: [], excluded: {}, note }
  }
  const last = days.at(-1)!
  const yesterday = addDays(date, -1)
  const total = new Map<string, number>()
  for (const day of days) {
    const { symbols, quoteVolume } = volumes.get(day)!
    symbols.forEach((symbol, i) => void total.set(symbol, (total.get(symbol) ?? 0) + quoteVolume[i]!))
  }
  const final = volumes.get(last)!
  const alive = new Set(final.symbols.filter((_, i) => final.bars[i]! > 0))
  const banned = new Set(bans[last] ?? [])
  const excluded: Record<string, string> = {}
  const eligible: string[] = []
  for (const [symbol, volume] of total) {
    const reason =
      contractReason(Object.hasOwn(contracts, symbol) ? contracts[symbol] : undefined, symbol, date) ??
      (!alive.has(symbol)
        ? `not trading on ${last}`
        : banned.has(symbol)
          ? `banned on ${last}`
          : volume > 0
            ? undefined
            : 'no volume')
    if (reason === undefined) eligible.push(symbol)
    else excluded[symbol] = reason
  }
  eligible.sort((a, b) => total.get(b)! - total.get(a)! || byCodeUnit(a, b))
  for (const [i, symbol] of eligible.entries()) if (i >= top) excluded[symbol] = `rank ${i + 1} > ${top}`
  const notes = [
    ...(last === yesterday ? [] : [`no day table of ${yesterday}: trading and bans are those of ${last}`]),
    ...(Object.hasOwn(bans, last) ? [] : [`no ban list of ${last}`]),
    ...(eligible.length > 0 ? [] : ['no symbol is eligible']),
  ]
  return { ...base, symbols: eligible.slice(0, top), excluded, ...(notes.length > 0 ? { note: notes.join('; ') } : {}) }
}

/**
 * Why a contract is out whatever its volume. Only facts that held before the date are used: type, currencies, and a
 * settlement that had already happened. A type ends in `DELIVERING` once the venue winds a contract down, which says
 * nothing about earlier days.
 */
function contractReason(known: Contract | undefined, symbol: string, date: UtcDate): string | undefined {
  const named = contractFromName(symbol)
  const type = (known?.contractType || named.contractType).replace(/[ _]DELIVERING$/, '')
  const quote = known?.quoteAsset || named.quoteAsset
  const margin = known?.marginAsset || named.marginAsset
  const underlying = known?.underlyingType ?? ''
  if (type !== 'PERPETUAL') return `contract type ${type}`
  if (!CRYPTO_UNDERLYINGS.includes(underlying)) return `underlying type ${underlying}`
  if (quote !== 'USDT') return `quote ${quote || 'unknown'}`
  if (margin !== 'USDT') return `margin ${margin || 'unknown'}`
  if (STABLE_BASES.has(known?.baseAsset || named.baseAsset)) return 'stablecoin'
  const delivery = known?.deliveryMs ?? null
  if (delivery !== null && delivery <= dateMs(date)) return `delisted at ${utcText(delivery)}`
  return undefined
}
