/** What the golden files do not show: open interest and funding (absent there), and the remedies of D-21, written out. */
import { botFeatures, botIndicators, TrailingZ } from '@cointrader/features/bot/index'
import { expect, it } from 'vitest'
import { market } from './market.js'

const bars = market(700, 21)
const { columns } = botFeatures(bars, { score: 2, adx: 15, volumeMultiplier: 1.5 })
const n = bars.times.length

const scored = (x: ArrayLike<number>, window: number): Float32Array => {
  const z = new TrailingZ(window)
  return Float32Array.from(x, (v) => z.push(v))
}
const ret = (close: Float64Array, k: number): Float64Array =>
  close.map((c, i) => (i < k ? Number.NaN : c / close[i - k]! - 1))

it('open interest and funding: 0 is unknown, windows of 96, means of the known among the last 5', () => {
  const unknown = (x: number): number => (x === 0 ? Number.NaN : x)
  const oi = bars.oiChange!.map(unknown)
  expect(oi.filter(Number.isNaN).length).toBeGreaterThan(20)
  const mean = oi.map((_, i) => {
    const last = [...oi.subarray(Math.max(0, i - 4), i + 1)].filter((x) => !Number.isNaN(x))
    return last.reduce((a, b) => a + b, 0) / last.length
  })
  expect(columns.oi_change).toEqual(scored(oi, 96))
  expect(columns.funding_rate).toEqual(scored(bars.fundingRate!.map(unknown), 96))
  expect(columns.oi_change_ma5).toEqual(scored(mean, 96))
  const own = scored(ret(bars.close, 1), 288)
  expect(columns.oi_price_spread).toEqual(columns.oi_change.map((x, i) => x - own[i]!))
})

it('macd_hist is in ATR', () => {
  const { macd_hist, atr } = botIndicators(bars)
  expect(columns.macd_hist).toEqual(Float32Array.from(macd_hist, (x, i) => x / atr[i]!))
})

it('relative strength is the clipped ratio of float32 returns', () => {
  for (const [side, name] of [
    [bars.btcClose!, 'primary_btc_rs'],
    [bars.ethClose!, 'primary_eth_rs'],
  ] as const) {
    const other = Float32Array.from(ret(side, 1))
    const raw = Float32Array.from(ret(bars.close, 1)).map((x, i) => x / other[i]!)
    const clipped = raw.map((x) => Math.max(-10, Math.min(10, x)))
    const cut = raw.filter((x, i) => x !== clipped[i] && !Number.isNaN(x))
    expect([cut.some((x) => x > 0), cut.some((x) => x < 0)]).toEqual([true, true])
    expect(columns[name]).toEqual(scored(clipped, 288))
  }
})

it('a side symbol that stands still gives no relative strength', () => {
  const still = botFeatures(
    { ...bars, btcClose: new Float64Array(n).fill(5) },
    { score: 2, adx: 15, volumeMultiplier: 1.5 },
  )
  expect(still.columns.primary_btc_rs.subarray(1).every((x) => x === 0)).toBe(true)
})
