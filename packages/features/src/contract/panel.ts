/**
 * Made-up bars with everything that real ones have been seen to have: missing minutes, symbols that are listed late and
 * delisted early, holes in premium and metrics, contradictory bars, zero open interest, infinities, frozen prices and
 * ratios, minutes without trades. For the contract of features and for tests; the same seed gives the same numbers.
 */
import { type Random, seededRandom } from '@cointrader/core'
import { BAR_FIELDS } from '../daybars.js'
import type { Bars } from '../graph/evaluate.js'

export interface PanelOptions {
  readonly seed: number | string
  readonly symbols: number
  /** Row number (minutes since 1970) of the first row. */
  readonly firstRow: number
  readonly rows: number
  /**
   * Share of minutes at which a defect begins, of each kind, in the first of every four symbols; a tenth of that in the
   * second, and so on, so that long windows are whole somewhere. Default 0.004; 0: flawless bars.
   */
  readonly defects?: number
}

/** Names `AAAUSDT`, `AABUSDT`, … in sorted order. */
export function panelSymbols(count: number): string[] {
  const letter = (n: number): string => String.fromCharCode(65 + (n % 26))
  return Array.from(
    { length: count },
    (_, i) => `${letter(Math.floor(i / 676))}${letter(Math.floor(i / 26))}${letter(i)}USDT`,
  )
}

/** Bars of a market that does not exist. Every field of a day table; NaN where there is nothing. */
export function makePanel({ seed, symbols, firstRow, rows, defects = 0.004 }: PanelOptions): Bars {
  const names = panelSymbols(symbols)
  const fields: Record<string, Float64Array> = {}
  for (const name of BAR_FIELDS) fields[name] = new Float64Array(symbols * rows)
  const root = seededRandom(seed)
  for (let s = 0; s < symbols; s++) {
    const own = Object.fromEntries(BAR_FIELDS.map((f) => [f, fields[f]!.subarray(s * rows, (s + 1) * rows)]))
    walk(own, rows, root.fork(`walk ${names[s]}`), s)
    if (defects > 0) damage(own, rows, root.fork(`damage ${names[s]}`), defects * 10 ** -(s % 4), s)
  }
  return { firstRow, rows, symbols: names, fields }
}

type Fields = Record<string, Float64Array>

const tick = (value: number, size: number): number => Math.round(value / size) * size

/** A random walk on a price grid, with stretches that stand still; metrics change every fifth minute. */
function walk(f: Fields, rows: number, random: Random, s: number): void {
  const size = 10 ** -(s % 5)
  let price = 50 * size * (1 + 200 * random.next())
  let still = 0
  let [interest, ratio, accounts] = [1e6 * (1 + random.next()), 1 + random.next(), 1 + random.next()]
  for (let t = 0; t < rows; t++) {
    if (still > 0) still--
    else if (random.next() < 0.003) still = random.int(90)
    const open = tick(price, size)
    if (still === 0) price = Math.max(20 * size, price * Math.exp(0.001 * random.normal()))
    const close = tick(price, size)
    const spread = still > 0 ? 0 : Math.abs(0.0007 * price * random.normal())
    f.open![t] = open
    f.close![t] = close
    f.high![t] = tick(Math.max(open, close) + spread, size)
    f.low![t] = Math.max(size, tick(Math.min(open, close) - spread, size))
    const trades = still > 0 ? 0 : random.int(200)
    const base = trades * (1 + random.next())
    f.num_trades![t] = trades
    f.volume_base![t] = base
    f.quote_volume![t] = base * close
    const share = random.next()
    f.taker_buy_base![t] = base * share
    f.taker_buy_quote![t] = base * close * share
    const premium = 1e-4 * random.normal()
    f.pm_open![t] = premium
    f.pm_close![t] = premium + 1e-5 * random.normal()
    f.pm_high![t] = Math.max(premium, f.pm_close![t]!)
    f.pm_low![t] = Math.min(premium, f.pm_close![t]!)
    if (t % 5 === s % 5 && still < 40) {
      interest *= Math.exp(0.001 * random.normal())
      ratio *= Math.exp(0.01 * random.normal())
      accounts *= Math.exp(0.01 * random.normal())
    }
    f.mt_oi![t] = tick(interest, 0.001)
    f.mt_top_ls_ratio![t] = tick(ratio, 1e-6)
    f.mt_top_ls_ratio_cnt![t] = tick(1 / ratio, 1e-6)
    f.mt_ls_ratio_cnt![t] = tick(accounts, 1e-6)
    f.mt_ls_vol_ratio![t] = tick(1 / accounts, 1e-6)
  }
}

const PREMIUM = ['pm_open', 'pm_high', 'pm_low', 'pm_close']
const METRICS = ['mt_oi', 'mt_top_ls_ratio', 'mt_top_ls_ratio_cnt', 'mt_ls_ratio_cnt', 'mt_ls_vol_ratio']

function damage(f: Fields, rows: number, random: Random, share: number, s: number): void {
  const put = (names: readonly string[], from: number, length: number, value: number): void => {
    for (const name of names) f[name]!.fill(value, Math.max(0, from), Math.min(rows, from + length))
  }
  const some = (): string => BAR_FIELDS[random.int(BAR_FIELDS.length)]!
  for (let t = 0; t < rows; t++) {
    if (random.next() < share) put(BAR_FIELDS, t, random.next() < 0.7 ? 1 : 1 + random.int(40), Number.NaN)
    if (random.next() < share) put(PREMIUM, t, 1 + random.int(12), Number.NaN)
    if (random.next() < share) put(METRICS, t, 1 + random.int(15), Number.NaN)
    if (random.next() < share) put([some()], t, 1 + random.int(14), Number.NaN)
    if (random.next() < share)
      put([some()], t, 1, random.next() < 0.5 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
    if (random.next() < share) put(['high'], t, 1, f.low![t]! / 2)
    if (random.next() < share) put(['taker_buy_quote'], t, 1, 2 * f.quote_volume![t]! + 1)
    if (random.next() < share) put(['mt_oi'], t, 1 + random.int(3), 0)
  }
  // Of every five symbols one begins late and one ends early.
  if (s % 5 === 3) put(BAR_FIELDS, 0, random.int(Math.ceil(rows / 2)), Number.NaN)
  if (s % 5 === 4) put(BAR_FIELDS, rows - random.int(Math.ceil(rows / 2)), rows, Number.NaN)
}
