/**
 * Profile `fma`: the bot's indicators as the original author's machine computed them, with w = fma(g, w, a·x)/(g + a) in
 * exponential averages and everything else unfused (TB-02.5). JavaScript has no fused multiply-add, so it is emulated.
 */
import { DeviationStream, ExtremeStream, SmaStream } from '@cointrader/indicators'
import type { SeedBars } from './bars.js'
import type { SeedIndicators } from './signals.js'

const SPLITTER = 134217729 // 2^27 + 1
const word = new Float64Array(1)
const bits = new BigInt64Array(word.buffer)

/**
 * a·b + c rounded once (to nearest, ties to even). Boldo and Melquiond 2008, "Emulation of a FMA and correctly rounded
 * sums: proved algorithms using rounding to odd", figure 3, with Dekker's exact product. Exact while no intermediate
 * overflows or underflows: 1e-140 < |a|, |b|, |c| < 1e140, or 0, are safe.
 */
export function fma(a: number, b: number, c: number): number {
  const high = a * b
  const as = SPLITTER * a
  const ah = as - (as - a)
  const al = a - ah
  const bs = SPLITTER * b
  const bh = bs - (bs - b)
  const bl = b - bh
  const low = al * bl - (high - ah * bh - al * bh - ah * bl)
  // c + low = th + tl exactly, high + th = vh + vl exactly.
  const th = c + low
  const t = th - c
  const tl = c - (th - t) + (low - t)
  const vh = high + th
  const v = vh - high
  const vl = high - (vh - v) + (th - v)
  return vh + addToOdd(tl, vl)
}

/** x + y rounded to odd: the sum if exact, else of the two doubles around it the one with the odd significand. */
function addToOdd(x: number, y: number): number {
  const sum = x + y
  const t = sum - x
  const error = x - (sum - t) + (y - t)
  if (error === 0) return sum
  word[0] = sum
  if ((bits[0]! & 1n) === 0n) bits[0]! += error > 0 === sum > 0 ? 1n : -1n
  return word[0]!
}

/** TB-02.1 with the multiply-add fused, and the mean of the first `seedCount` numbers as seed. */
class FusedEwm {
  private value = Number.NaN
  private weight = 1
  private seen = 0
  private seedSum = 0
  private readonly alpha: number

  constructor(
    com: number,
    private readonly seedCount: number,
    private readonly multiplyAdd: typeof fma,
  ) {
    this.alpha = 1 / (1 + com)
  }

  push(x: number): number {
    if (this.seen < this.seedCount) {
      if (Number.isNaN(x)) return Number.NaN
      this.seedSum += x
      if (++this.seen === this.seedCount) this.value = this.seedSum / this.seedCount
      return this.value
    }
    this.weight *= 1 - this.alpha
    if (!Number.isNaN(x)) {
      if (this.value !== x)
        this.value = this.multiplyAdd(this.weight, this.value, this.alpha * x) / (this.weight + this.alpha)
      this.weight = 1
    }
    return this.value
  }
}

/**
 * The indicators of TB-02.2 … TB-02.4 over `bars`, fused. With a plain a·b + c as `multiplyAdd` they are those of profile
 * `ieee`, bit for bit.
 */
export function fusedIndicators(bars: SeedBars, multiplyAdd = fma): SeedIndicators {
  const ema = (length: number): FusedEwm => new FusedEwm((length - 1) / 2, length, multiplyAdd)
  const rma = (length: number, seedCount = 1): FusedEwm =>
    new FusedEwm((1 - 1 / length) / (1 / length), seedCount, multiplyAdd)
  const n = bars.times.length
  const column = (): Float64Array => new Float64Array(n)
  const out = {
    ...{ rsi: column(), macd: column(), macd_signal: column(), macd_hist: column(), bb_upper: column() },
    ...{ bb_lower: column(), ema9: column(), ema21: column(), ema50: column(), atr: column(), vol_ma20: column() },
    ...{ stoch_k: column(), stoch_d: column(), adx: column() },
  }
  const [ema9, ema12, ema21, ema26, ema50, signal] = [ema(9), ema(12), ema(21), ema(26), ema(50), ema(9)]
  const [gains, losses, ups, downs, dx] = [rma(14), rma(14), rma(14), rma(14), rma(14)]
  const [meanRange, diRange] = [rma(14, 14), rma(14, 13)]
  const bands = new DeviationStream(20, 'sample')
  const [volumes, smoothK, smoothD] = [new SmaStream(20), new SmaStream(3), new SmaStream(3)]
  const [highest, lowest] = [new ExtremeStream(14, 'max'), new ExtremeStream(14, 'min')]
  const { high, low, close, volume } = bars
  for (let i = 0; i < n; i++) {
    const [h, l, c] = [high[i]!, low[i]!, close[i]!]
    const [lastHigh, lastLow, last] = i === 0 ? [NaN, NaN, NaN] : [high[i - 1]!, low[i - 1]!, close[i - 1]!]
    out.ema9[i] = ema9.push(c)
    out.ema21[i] = ema21.push(c)
    out.ema50[i] = ema50.push(c)
    const macd = ema12.push(c) - ema26.push(c)
    out.macd[i] = macd
    out.macd_signal[i] = signal.push(macd)
    out.macd_hist[i] = macd - out.macd_signal[i]!
    const reach = 2 * bands.push(c)
    out.bb_upper[i] = bands.mean + reach
    out.bb_lower[i] = bands.mean - reach
    out.vol_ma20[i] = volumes.push(volume[i]!)
    const gain = gains.push(Math.max(c - last, 0))
    const loss = losses.push(Math.max(last - c, 0))
    const rsi = gain + loss === 0 ? Number.NaN : (100 * gain) / (gain + loss)
    out.rsi[i] = rsi
    const [top, bottom] = [highest.push(rsi), lowest.push(rsi)]
    out.stoch_k[i] = smoothK.push(top === bottom ? 0 : (100 * (rsi - bottom)) / (top - bottom))
    out.stoch_d[i] = smoothD.push(out.stoch_k[i]!)
    const range = Math.max(h - l, Math.abs(h - last), Math.abs(last - l))
    out.atr[i] = meanRange.push(i === 0 ? h - l : range)
    const scale = 100 / diRange.push(range)
    const [up, down] = [h - lastHigh, lastLow - l]
    const plus = scale * ups.push(i === 0 ? NaN : up > down && up > Number.EPSILON ? up : 0)
    const minus = scale * downs.push(i === 0 ? NaN : down > up && down > Number.EPSILON ? down : 0)
    out.adx[i] = dx.push((100 * Math.abs(plus - minus)) / (plus + minus))
  }
  return out
}
