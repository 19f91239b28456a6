/** The rows of the bot's training set (TB-04.4) as columns, checked once, and which of them a model is trained on. */
import { fail, type Random } from '@cointrader/core'
import { BOT_FEATURE_NAMES, type BotFeature } from '@cointrader/features/bot/index'
import { numbers, strings, type Table } from '@cointrader/store'

/** One row per bet, in order of time. All arrays have `rows` values. */
export interface BotRows {
  readonly rows: number
  /** Start of the bar, ms. */
  readonly times: Float64Array
  /** Instant at which the label is known, ms. */
  readonly looksUntil: Float64Array
  /** 1 won, 0 lost. */
  readonly label: Float64Array
  /** Time weights, mean 1 over the table. */
  readonly weight: Float64Array
  /** 1 where the bar signalled, 0 for a row made from a HOLD bar. */
  readonly signal: Uint8Array
  readonly features: Readonly<Record<BotFeature, Float32Array>>
}

/**
 * Reads a table of `buildBotTable`. Errors: `E_FILE_CORRUPT` for an absent column or rows out of order, `E_TRAINING` for
 * an infinite feature or a weight or label without sense, by name and row.
 */
export function botRows(table: Table, subject = 'bot table'): BotRows {
  const times = Float64Array.from(numbers(table, 'start_time_ms', subject))
  const looksUntil = Float64Array.from(numbers(table, 'looks_until_ms', subject))
  const label = Float64Array.from(numbers(table, 'label', subject))
  const weight = Float64Array.from(numbers(table, 'weight', subject))
  const kind = strings(table, 'kind', subject)
  for (let r = 0; r < table.rows; r++) {
    const refuse = (code: 'E_FILE_CORRUPT' | 'E_TRAINING', detail: string): never =>
      fail(code, {
        subject,
        detail: `row ${r}: ${detail}`,
        next: 'rebuild the table with cointrader build-xy --kind bot',
      })
    if (r > 0 && !(times[r] > times[r - 1])) refuse('E_FILE_CORRUPT', 'not later than the row before it')
    if (!(looksUntil[r] >= times[r])) refuse('E_FILE_CORRUPT', 'its label is known before it starts')
    if (kind[r] !== 'signal' && kind[r] !== 'hold') refuse('E_FILE_CORRUPT', `kind "${kind[r]}"`)
    if (label[r] !== 0 && label[r] !== 1) refuse('E_TRAINING', `label ${label[r]}`)
    if (!(weight[r] >= 0) || !Number.isFinite(weight[r])) refuse('E_TRAINING', `weight ${weight[r]}`)
  }
  const features = Object.fromEntries(
    BOT_FEATURE_NAMES.map((name) => {
      const data = Float32Array.from(numbers(table, name, subject))
      const at = data.findIndex((x) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY)
      if (at >= 0) fail('E_TRAINING', { subject, detail: `feature ${name} is infinite in row ${at}` })
      return [name, data]
    }),
  ) as Record<BotFeature, Float32Array>
  const signal = Uint8Array.from(kind, (k) => (k === 'signal' ? 1 : 0))
  return { rows: table.rows, times, looksUntil, label, weight, signal, features }
}

/** The listed rows. */
export function takeBotRows(rows: BotRows, index: Int32Array | readonly number[]): BotRows {
  const pick = (data: Float64Array): Float64Array => Float64Array.from(index, (r) => data[r])
  return {
    rows: index.length,
    times: pick(rows.times),
    looksUntil: pick(rows.looksUntil),
    label: pick(rows.label),
    weight: pick(rows.weight),
    signal: Uint8Array.from(index, (r) => rows.signal[r]),
    features: Object.fromEntries(
      BOT_FEATURE_NAMES.map((name) => [name, Float32Array.from(index, (r) => rows.features[name][r])]),
    ) as Record<BotFeature, Float32Array>,
  }
}

/** Rows of `index` that were signals. */
export function signalRows(rows: BotRows, index: Int32Array): Int32Array {
  return index.filter((r) => rows.signal[r] === 1)
}

/**
 * Which rows a model learns from.
 * - `signal`: signal rows only, the bets that are ever made (default).
 * - `balanced`: all signal rows and as many HOLD rows, drawn whatever their outcome.
 * - `stratified`: the original's under-sampling (TB-04.4): all won rows, all lost signal rows, and as many lost HOLD rows
 *   as rows were won. It chooses by outcome, so it is sound only where HOLD rows have no outcome of their own.
 */
export type Sampling = 'signal' | 'balanced' | 'stratified'

/** The rows of `index` to train on, ascending. */
export function sampleRows(rows: BotRows, index: Int32Array, sampling: Sampling, random: Random): Int32Array {
  if (sampling === 'signal') return signalRows(rows, index)
  const kept: number[] = []
  const pool: number[] = []
  let won = 0
  for (const r of index) {
    if (rows.label[r] === 1) won++
    if (rows.signal[r] === 1 || (sampling === 'stratified' && rows.label[r] === 1)) kept.push(r)
    else pool.push(r)
  }
  const count = Math.min(pool.length, sampling === 'stratified' ? won : kept.length)
  for (let k = 0; k < count; k++) {
    const other = k + random.int(pool.length - k)
    kept.push(pool[other])
    pool[other] = pool[k]
  }
  return Int32Array.from(kept).sort()
}
