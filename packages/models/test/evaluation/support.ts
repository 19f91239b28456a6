/** Shared data, small synthetic panels, and naive twins of the scores, written as their definitions read. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DAY_MS, MINUTE_MS, seededRandom } from '@cointrader/core'
import { expect } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

export interface Panel {
  readonly time: Float64Array
  readonly symbol: Int32Array
  readonly label: Float64Array
  readonly prediction: Float64Array
}

/**
 * T instants of S symbols. The label is a sum of `overlap` minute moves ahead (so neighbours share outcome); the prediction is
 * `skill` times the label plus noise. With `gaps`, that share of rows is absent. With `grid` values are rounded (ties).
 */
export function panel(options: {
  seed: number
  instants: number
  symbols: number
  overlap?: number
  skill?: number
  gaps?: number
  grid?: number
  stepMs?: number
}): Panel {
  const { seed, instants, symbols, overlap = 1, skill = 0, gaps = 0, grid = 0, stepMs = MINUTE_MS } = options
  const random = seededRandom(seed)
  const moves = Array.from({ length: symbols }, () =>
    Float64Array.from({ length: instants + overlap }, () => random.normal()),
  )
  const round = (v: number): number => (grid === 0 ? v : Math.round(v / grid) * grid)
  const rows: { t: number; s: number; y: number; p: number }[] = []
  const start = Date.UTC(2026, 0, 5)
  for (let i = 0; i < instants; i++) {
    for (let s = 0; s < symbols; s++) {
      let y = 0
      for (let k = 0; k < overlap; k++) y += moves[s]![i + k]!
      const p = skill * y + random.normal()
      if (random.next() < gaps) continue
      rows.push({ t: start + i * stepMs, s, y: round(y), p: round(p) })
    }
  }
  return {
    time: Float64Array.from(rows, (r) => r.t),
    symbol: Int32Array.from(rows, (r) => r.s),
    label: Float64Array.from(rows, (r) => r.y),
    prediction: Float64Array.from(rows, (r) => r.p),
  }
}

/** The same rows in another order. */
export function shuffled(p: Panel, seed: number): Panel {
  const random = seededRandom(seed)
  const order = Array.from(p.time, (_, i) => ({ i, key: random.next() })).sort((a, b) => a.key - b.key)
  return {
    time: Float64Array.from(order, ({ i }) => p.time[i]!),
    symbol: Int32Array.from(order, ({ i }) => p.symbol[i]!),
    label: Float64Array.from(order, ({ i }) => p.label[i]!),
    prediction: Float64Array.from(order, ({ i }) => p.prediction[i]!),
  }
}

/** Rows by time, ascending; within by symbol. */
export function bySection(p: Panel): { t: number; rows: { s: number; y: number; p: number }[] }[] {
  const map = new Map<number, { s: number; y: number; p: number }[]>()
  p.time.forEach((t, i) => {
    const list = map.get(t) ?? []
    list.push({ s: p.symbol[i]!, y: p.label[i]!, p: p.prediction[i]! })
    map.set(t, list)
  })
  return [...map].sort((a, b) => a[0] - b[0]).map(([t, rows]) => ({ t, rows: rows.sort((a, b) => a.s - b.s) }))
}

export function byDay(p: Panel): { y: number[]; p: number[] }[] {
  const map = new Map<number, { y: number[]; p: number[] }>()
  for (const { t, rows } of bySection(p)) {
    const day = Math.floor(t / DAY_MS)
    const own = map.get(day) ?? { y: [], p: [] }
    for (const row of rows) {
      own.y.push(row.y)
      own.p.push(row.p)
    }
    map.set(day, own)
  }
  return [...map.values()]
}

export const naiveMean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length

export function naivePearson(x: readonly number[], y: readonly number[]): number {
  if (x.length < 2 || new Set(x).size === 1 || new Set(y).size === 1) return Number.NaN
  const [mx, my] = [naiveMean(x), naiveMean(y)]
  let [xy, xx, yy] = [0, 0, 0]
  x.forEach((v, i) => {
    xy += (v - mx) * (y[i]! - my)
    xx += (v - mx) ** 2
    yy += (y[i]! - my) ** 2
  })
  return xy / Math.sqrt(xx * yy)
}

/** Rank of each value: 1 + how many are smaller + half of how many others are equal. */
export function naiveRanks(x: readonly number[]): number[] {
  return x.map((v) => 1 + x.filter((u) => u < v).length + (x.filter((u) => u === v).length - 1) / 2)
}

export const naiveSpearman = (x: readonly number[], y: readonly number[]): number =>
  naivePearson(naiveRanks(x), naiveRanks(y))

/** Newey and West 1987, with the whole sums of the formula. */
export function naiveNeweyWest(x: readonly number[], lag: number): number {
  const n = x.length
  const m = naiveMean(x)
  const gamma = (k: number): number => {
    let sum = 0
    for (let i = k; i < n; i++) sum += (x[i]! - m) * (x[i - k]! - m)
    return sum / n
  }
  let variance = gamma(0)
  for (let k = 1; k <= lag; k++) variance += 2 * (1 - k / (lag + 1)) * gamma(k)
  return m / Math.sqrt(variance / n)
}

/** Equal to `digits` decimals, or both NaN. */
export function expectClose(got: number | undefined, expected: number, digits = 12): void {
  if (Number.isNaN(expected)) expect(got).toBeNaN()
  else expect(got).toBeCloseTo(expected, digits)
}
