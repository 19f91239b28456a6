/** Stop/target labels, TB-04.3. */
import {
  type BotBars,
  LABEL_DEFAULTS,
  type LabelOptions,
  type Side,
  stopTargetLabels,
} from '@cointrader/features/bot/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { edit, market, withGap } from './market.js'

const flat = (n: number): BotBars => edit(market(n), (column) => column.fill(100))
const atrOf = (n: number): Float64Array => new Float64Array(n).fill(1)

/** Flat at 100 but for some bars. */
function bars(n: number, change: Record<number, { high?: number; low?: number; close?: number }>): BotBars {
  const out = flat(n)
  for (const [i, c] of Object.entries(change)) {
    for (const [name, x] of Object.entries(c)) out[name as 'high' | 'low' | 'close'][Number(i)] = x
  }
  return out
}

function first(b: BotBars, side: Side, options: Partial<LabelOptions> = {}): [number, number] {
  const { label, exit } = stopTargetLabels(b, atrOf(b.times.length), side, {
    ...LABEL_DEFAULTS,
    horizon: 3,
    ...options,
  })
  return [label[0]!, exit[0]!]
}

describe('a bet at 100 with an ATR of 1, stop and target 2 ATR away', () => {
  it('wins at the target and loses at the stop, which are reached when touched', () => {
    expect(first(bars(4, { 2: { high: 102 } }), 1)).toEqual([1, 2])
    expect(first(bars(4, { 2: { high: 101.9 } }), 1)).toEqual([0, 3])
    expect(first(bars(4, { 2: { low: 98 } }), 1)).toEqual([0, 2])
    expect(first(bars(4, { 2: { low: 98 } }), -1)).toEqual([1, 2])
    expect(first(bars(4, { 2: { high: 102 } }), -1)).toEqual([0, 2])
  })

  it('within one bar the stop comes first; the entry bar ends nothing', () => {
    expect(first(bars(4, { 1: { high: 110, low: 90 } }), 1)).toEqual([0, 1])
    expect(first(bars(4, { 1: { high: 110, low: 90 } }), -1)).toEqual([0, 1])
    expect(first(bars(4, { 0: { high: 110, low: 90 }, 3: { high: 102 } }), 1)).toEqual([1, 3])
  })

  it('without a hit leaves at the last close, or counts as loss', () => {
    const up = bars(4, { 3: { close: 101, high: 101 } })
    expect(first(up, 1)).toEqual([1, 3])
    expect(first(up, -1)).toEqual([0, 3])
    expect(first(up, 1, { noHit: 'loss' })).toEqual([0, 3])
  })

  it('is unknown past the end, over a missing bar, and without an ATR', () => {
    expect(first(bars(3, { 1: { high: 110 } }), 1)).toEqual([-1, 0])
    expect(first(withGap(bars(6, { 1: { high: 110 } }), 3, 4), 1)).toEqual([-1, 0])
    expect(first(withGap(bars(6, { 1: { high: 110 } }), 4, 5), 1)).toEqual([1, 1])
    const { label } = stopTargetLabels(flat(9), new Float64Array(9), 1, LABEL_DEFAULTS)
    expect(label.every((x) => x === -1)).toBe(true)
  })
})

/** TB-04.3 word for word. */
function naive(b: BotBars, atr: Float64Array, side: Side, o: LabelOptions, i: number): [number, number] {
  const next = Array.from({ length: o.horizon }, (_, k) => i + 1 + k)
  const there = (j: number): boolean => j < b.times.length && ![b.high[j], b.low[j], b.close[j]].some(Number.isNaN)
  if (!(atr[i]! > 0) || !there(i) || !next.every(there)) return [-1, i]
  const entry = b.close[i]!
  if (side === 1) {
    const [sl, tp] = [entry - atr[i]! * o.stopAtr, entry + atr[i]! * o.targetAtr]
    for (const j of next) {
      if (b.low[j]! <= sl) return [0, j]
      if (b.high[j]! >= tp) return [1, j]
    }
  } else {
    const [sl, tp] = [entry + atr[i]! * o.stopAtr, entry - atr[i]! * o.targetAtr]
    for (const j of next) {
      if (b.high[j]! >= sl) return [0, j]
      if (b.low[j]! <= tp) return [1, j]
    }
  }
  const last = next.at(-1)!
  const won = side === 1 ? b.close[last]! > entry : b.close[last]! < entry
  return [o.noHit === 'time-exit' && won ? 1 : 0, last]
}

it('agrees with the text of the specification on drawn markets', () => {
  const options = fc.record({
    stopAtr: fc.constantFrom(0.5, 1, 2),
    targetAtr: fc.constantFrom(0.5, 1, 4),
    horizon: fc.constantFrom(1, 2, 5, 24),
    noHit: fc.constantFrom('time-exit' as const, 'loss' as const),
  })
  const world = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer(), fc.integer({ min: 0, max: 59 }), fc.nat(3))
  fc.assert(
    fc.property(world, options, fc.constantFrom<Side>(1, -1), ([n, seed, at, width], o, side) => {
      const b = withGap(market(n, seed), Math.min(at, n), Math.min(at + width, n))
      const atr = Float64Array.from(b.high, (h, i) => (h - b.low[i]!) * ((i % 5) - 0.5))
      const { label, exit } = stopTargetLabels(b, atr, side, o)
      for (let i = 0; i < n; i++) expect([label[i], exit[i]]).toEqual(naive(b, atr, side, o, i))
    }),
    { numRuns: 1000 },
  )
})
