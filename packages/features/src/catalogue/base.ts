/**
 * The base features of the research pipeline (spec RP-15, RP-16), evaluated stably and without its look-ahead; what
 * differs from the original is listed in docs/features.md. `w` is the window in minutes; bp = 1e-4.
 */
import type { FeatureBuilder, FeatureDefinition } from './definition.js'

/** Below this share of its mean a deviation is rounding noise (RP-D08). */
const FLAT = 1e-9

export const BP = 10_000
const atLeast5 = (w: number) => Math.max(w, 5)
const from = (first: number) => (w: number) => w >= first
const between = (first: number, last: number) => (w: number) => w >= first && w <= last

/** ln(C_t / C_{t−1}). */
export const logReturn = (x: FeatureBuilder) => {
  const close = x.input('close')
  return x.map('ln-ratio', [close, x.shift(close, 1)], (a, b) => {
    const r = Math.log(a / b)
    return r - r === 0 ? r : Number.NaN
  })
}

/** (price − (mean − 2 sd)) / (4 sd), 0.5 where the band has no width. */
export const percentB = (x: FeatureBuilder, w: number, ddof: 0 | 1) => {
  const close = x.input('close')
  return x.map('percent-b', [close, x.mean(close, w), x.std(close, w, ddof)], (c, m, s) => {
    const low = m - 2 * s
    const width = m + 2 * s - low
    return width === 0 ? 0.5 : (c - low) / width
  })
}

export const ratioSkew = (x: FeatureBuilder, w: number) =>
  x.sub(x.mean(x.input('mt_top_ls_ratio'), w), x.mean(x.input('mt_ls_ratio_cnt'), w))

const ratioSkewZ = (x: FeatureBuilder, w: number) => x.zscore(ratioSkew(x, w), atLeast5(w), FLAT)

/** (I − mean) / (sd + 1e-9); 0 where open interest is frozen. */
const interestZ = (x: FeatureBuilder, w: number) => {
  const interest = x.input('mt_oi')
  return x.map('interest-z', [interest, x.mean(interest, w), x.std(interest, w)], (i, m, s) =>
    s <= FLAT * Math.abs(m) ? 0 : (i - m) / (s + 1e-9),
  )
}

const volumeZ = (x: FeatureBuilder, w: number) => x.zscore(x.mean(x.input('quote_volume'), w), 10 * w, FLAT)

export const netTaker = (x: FeatureBuilder, w: number) =>
  x.map('net-taker', [x.sum(x.input('taker_buy_quote'), w), x.sum(x.input('quote_volume'), w)], (buy, all) =>
    all === 0 ? Number.NaN : (buy - (all - buy)) / all,
  )

const typicalPrice = (x: FeatureBuilder) =>
  x.map('typical', [x.input('high'), x.input('low'), x.input('close')], (h, l, c) => (h + l + c) / 3)

const RATIOS = ['mt_top_ls_ratio', 'mt_ls_ratio_cnt']

/** In the order of the columns inside a window (RP-15). */
export const BASE_FEATURES: readonly FeatureDefinition[] = [
  {
    type: 'O2C',
    title: 'close against the first open',
    unit: 'bp',
    inputs: ['open', 'close'],
    build: (x, w) => x.change(x.input('close'), x.first(x.input('open'), w), BP),
  },
  {
    type: 'O2H',
    title: 'highest high against the first open',
    unit: 'bp',
    inputs: ['open', 'high'],
    build: (x, w) => x.change(x.max(x.input('high'), w), x.first(x.input('open'), w), BP),
  },
  {
    type: 'O2L',
    title: 'lowest low against the first open',
    unit: 'bp',
    inputs: ['open', 'low'],
    build: (x, w) => x.change(x.min(x.input('low'), w), x.first(x.input('open'), w), BP),
  },
  {
    type: 'H2C',
    title: 'close against the highest high',
    unit: 'bp',
    inputs: ['high', 'close'],
    build: (x, w) => x.change(x.input('close'), x.max(x.input('high'), w), BP),
  },
  {
    type: 'L2C',
    title: 'close against the lowest low',
    unit: 'bp',
    inputs: ['low', 'close'],
    build: (x, w) => x.change(x.input('close'), x.min(x.input('low'), w), BP),
  },
  {
    type: 'H2L_Vol',
    title: 'highest high against the lowest low',
    unit: 'bp',
    inputs: ['high', 'low'],
    build: (x, w) => x.change(x.max(x.input('high'), w), x.min(x.input('low'), w), BP),
  },
  {
    type: 'OI_Chg',
    title: 'open interest against its first value',
    unit: 'bp',
    windows: from(2),
    inputs: ['mt_oi'],
    build: (x, w) => x.change(x.input('mt_oi'), x.first(x.input('mt_oi'), w), BP),
  },
  {
    type: 'AvgTrade',
    title: 'mean size of a trade',
    unit: 'quote currency',
    inputs: ['quote_volume', 'num_trades'],
    build: (x, w) => x.div(x.sum(x.input('quote_volume'), w), x.sum(x.input('num_trades'), w)),
  },
  {
    type: 'WhaleGap',
    title: 'mean long/short ratio of top accounts less that of all accounts',
    unit: 'ratio',
    windows: from(2),
    inputs: ['mt_top_ls_ratio_cnt', 'mt_ls_ratio_cnt'],
    build: (x, w) => x.sub(x.mean(x.input('mt_top_ls_ratio_cnt'), w), x.mean(x.input('mt_ls_ratio_cnt'), w)),
  },
  {
    type: 'NetTaker',
    title: 'share of taker buys less share of taker sells',
    unit: '-1..1',
    inputs: ['taker_buy_quote', 'quote_volume'],
    build: netTaker,
  },
  {
    type: 'C2VWAP',
    title: 'close against the volume-weighted price',
    unit: 'bp',
    inputs: ['high', 'low', 'close', 'quote_volume'],
    build: (x, w) => x.change(x.input('close'), x.vwap(typicalPrice(x), x.input('quote_volume'), w), BP),
  },
  {
    type: 'Premium',
    title: 'mean premium index',
    unit: 'fraction',
    inputs: ['pm_close'],
    build: (x, w) => x.mean(x.input('pm_close'), w),
  },
  {
    type: 'RVol',
    title: 'deviation of one-minute log returns',
    unit: 'bp',
    inputs: ['close'],
    build: (x, w) => x.scale(x.std(logReturn(x), w), BP),
  },
  {
    type: 'EffRatio',
    title: 'distance over path of the close (Kaufman)',
    unit: '0..1',
    inputs: ['close'],
    build: (x, w) => x.efficiency(x.input('close'), w),
  },
  {
    type: 'OI_P_Corr',
    title: 'correlation of close and open interest',
    unit: '-1..1',
    windows: from(6),
    inputs: ['close', 'mt_oi'],
    build: (x, w) => x.corr(x.input('close'), x.input('mt_oi'), w),
  },
  {
    type: 'Force',
    title: 'volume-weighted mean price change (Elder)',
    unit: 'price',
    inputs: ['close', 'quote_volume'],
    build: (x, w) => {
      const close = x.input('close')
      const volume = x.input('quote_volume')
      const force = x.mean(x.mul(x.sub(close, x.shift(close, 1)), volume), w)
      return x.overOrOne(force, x.mean(volume, w))
    },
  },
  {
    type: 'PctB',
    title: 'place of the close in the band mean ± 2 deviations',
    unit: 'fraction',
    inputs: ['close'],
    build: (x, w) => percentB(x, w, 0),
  },
  {
    type: 'Close_Diff_Rate',
    title: 'close against the first close',
    unit: 'fraction',
    inputs: ['close'],
    build: (x, w) => x.change(x.input('close'), x.first(x.input('close'), w)),
  },
  {
    type: 'RatioSkew',
    title: 'mean position ratio of top traders less the mean account ratio of all',
    unit: 'ratio',
    windows: from(2),
    inputs: RATIOS,
    build: ratioSkew,
  },
  {
    type: 'RatioSkew_Z',
    title: 'RatioSkew against its own window',
    unit: 'z',
    windows: between(2, 720),
    inputs: RATIOS,
    build: ratioSkewZ,
  },
  {
    type: 'CrowdingPressure',
    title: 'tanh of 1 / RatioSkew_Z; 0 where RatioSkew is flat',
    unit: '-1..1',
    windows: between(2, 720),
    inputs: RATIOS,
    build: (x, w) => x.map('crowding', [ratioSkewZ(x, w)], (z) => (z === 0 ? 0 : Math.tanh(1 / z))),
  },
  {
    type: 'OI_Z',
    title: 'open interest against its window',
    unit: 'z',
    windows: from(2),
    inputs: ['mt_oi'],
    build: interestZ,
  },
  {
    type: 'OI_Price_Ratio',
    title: 'change of open interest over change of price, against its window',
    unit: 'z',
    windows: from(2),
    inputs: ['mt_oi', 'close'],
    build: (x, w) => {
      const interest = x.change(x.input('mt_oi'), x.first(x.input('mt_oi'), w))
      const price = x.change(x.input('close'), x.first(x.input('close'), w))
      return x.zscore(
        x.map('interest-per-move', [interest, price], (i, c) => i / (c === 0 ? 1e-9 : c)),
        atLeast5(w),
        0,
      )
    },
  },
  {
    type: 'OI_XSkew',
    title: 'OI_Z times RatioSkew_Z',
    unit: 'z²',
    windows: between(2, 720),
    inputs: ['mt_oi', ...RATIOS],
    build: (x, w) => x.mul(interestZ(x, w), ratioSkewZ(x, w)),
  },
  {
    type: 'RatioSkewDiff',
    title: 'change of the position ratio less account ratio',
    unit: 'ratio',
    windows: from(2),
    inputs: RATIOS,
    build: (x, w) => {
      const gap = x.sub(x.input('mt_top_ls_ratio'), x.input('mt_ls_ratio_cnt'))
      return x.sub(gap, x.shift(gap, w))
    },
  },
  {
    type: 'Vol',
    title: 'mean volume against its last ten windows',
    unit: 'z',
    windows: (w) => w <= 120,
    inputs: ['quote_volume'],
    build: volumeZ,
  },
  {
    type: 'VolDiff',
    title: 'change of Vol over one window',
    unit: 'z',
    windows: (w) => w <= 120,
    inputs: ['quote_volume'],
    build: (x, w) => x.sub(volumeZ(x, w), x.shift(volumeZ(x, w), w)),
  },
  {
    type: 'PremiumDiff',
    title: 'change of the premium index',
    unit: 'fraction',
    inputs: ['pm_close'],
    build: (x, w) => x.sub(x.input('pm_close'), x.shift(x.input('pm_close'), w)),
  },
]

const ADDED_TYPES = ['O2C', 'O2H', 'O2L', 'H2C', 'L2C', 'RVol', 'EffRatio', 'OI_P_Corr', 'Force', 'PctB']

const ADDED_CHANGES: Readonly<Record<string, FeatureDefinition['build']>> = {
  RVol: (x, w) => x.scale(x.std(logReturn(x), w, 1), BP),
  PctB: (x, w) => percentB(x, w, 1),
}

/** The older generator (RP-18): ten types for every window, sample deviations (all NaN for w = 1). */
export const ADDED_FEATURES: readonly FeatureDefinition[] = ADDED_TYPES.map((type) => {
  const { windows: _everywhere, ...base } = BASE_FEATURES.find((f) => f.type === type)!
  return { ...base, build: ADDED_CHANGES[type] ?? base.build }
})
