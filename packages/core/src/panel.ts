/** Bars of many symbols on one time grid: the shape every kernel works on. */
import { fail } from './errors.js'

/**
 * `times` are bar starts (ms, ascending, T of them); each field is symbol-major: value of symbol `s` at time `t` is
 * `fields[name][s * T + t]`. A missing value is NaN.
 */
export interface Panel {
  readonly times: Float64Array
  readonly symbols: readonly string[]
  readonly fields: Readonly<Record<string, Float64Array>>
}

/** Rows in any order, as three parallel columns and named value columns. */
export interface LongRows {
  readonly symbol: readonly string[]
  readonly time: Float64Array
  readonly values: Readonly<Record<string, Float64Array>>
}

/**
 * Lays rows out on the grid `times` × `symbols`. Rows off the grid or of other symbols are left out; cells without a
 * row are NaN; of two rows for one cell the later one wins.
 */
export function toPanel(rows: LongRows, times: Float64Array, symbols: readonly string[]): Panel {
  const T = times.length
  const place = new Map(symbols.map((s, i) => [s, i]))
  const at = new Map<number, number>()
  for (let t = 0; t < T; t++) at.set(times[t]!, t)
  const names = Object.keys(rows.values)
  const fields: Record<string, Float64Array> = {}
  for (const name of names) fields[name] = new Float64Array(T * symbols.length).fill(Number.NaN)
  const target = new Int32Array(rows.time.length)
  for (let i = 0; i < target.length; i++) {
    const s = place.get(rows.symbol[i]!)
    const t = at.get(rows.time[i]!)
    target[i] = s === undefined || t === undefined ? -1 : s * T + t
  }
  for (const name of names) {
    const source = rows.values[name]!
    if (source.length !== target.length) {
      fail('E_INTERNAL', {
        subject: `panel field ${name}`,
        detail: `${source.length} values for ${target.length} rows`,
      })
    }
    const out = fields[name]!
    for (let i = 0; i < target.length; i++) if (target[i]! >= 0) out[target[i]!] = source[i]!
  }
  return { times, symbols: [...symbols], fields }
}
