/**
 * Information coefficients: the correlation of predictions with outcomes, pooled over all rows, per instant over symbols
 * (cross-sectional), and per day. The original knows only the pooled and daily ones (RP-38, RP-D12).
 */
import { deviation, float64, mean, meanRanks, meanRanksInto, type Numbers, pearson, spearman } from './numeric.js'
import { dayGroups, MIN_SYMBOLS, requireSections, type Sections } from './sections.js'

export interface Pair {
  /** Pearson; NaN when undefined. */
  readonly pearson: number
  /** Spearman. */
  readonly rank: number
}

/** Correlation over all rows, in any order. `weight` counts in Pearson only: weighted ranks have no agreed meaning. */
export function pooledIc(prediction: Numbers, label: Numbers, weight?: Numbers): Pair {
  const p = float64(prediction)
  const y = float64(label)
  const w = weight === undefined ? undefined : float64(weight)
  return { pearson: pearson(p, y, 0, p.length, w), rank: spearman(p, y) }
}

/** One value per used cross-section. */
export interface IcSeries {
  readonly times: Float64Array
  /** NaN where prediction or label is constant in the section. */
  readonly pearson: Float64Array
  readonly rank: Float64Array
  /** Symbols in the section. */
  readonly size: Int32Array
  /** Sections left out because they are below the minimum. */
  readonly tooSmall: number
}

/**
 * IC of every cross-section of at least `minSymbols` symbols. `prediction` and `label` in canonical order (`gather`).
 * Error `E_ROW_COUNT` when cross-sections are refused, see `checkSections`.
 */
export function sectionIc(
  sections: Sections,
  prediction: Float64Array,
  label: Float64Array,
  minSymbols = MIN_SYMBOLS,
): IcSeries {
  const { used, tooSmall } = requireSections(sections, minSymbols)
  const n = used.length
  const times = new Float64Array(n)
  const linear = new Float64Array(n)
  const rank = new Float64Array(n)
  const size = new Int32Array(n)
  const rankP = new Float64Array(sections.rows)
  const rankY = new Float64Array(sections.rows)
  for (let i = 0; i < n; i++) {
    const from = sections.offsets[used[i]]
    const to = sections.offsets[used[i] + 1]
    times[i] = sections.times[used[i]]
    size[i] = to - from
    linear[i] = pearson(prediction, label, from, to)
    meanRanksInto(prediction, from, to, rankP)
    meanRanksInto(label, from, to, rankY)
    rank[i] = pearson(rankP, rankY, from, to)
  }
  return { times, pearson: linear, rank, size, tooSmall }
}

/** One value per UTC day. */
export interface DailyIc {
  /** Start of the day, ms. */
  readonly days: Float64Array
  /** Correlation pooled over the rows of the day. */
  readonly pearson: Float64Array
  readonly rank: Float64Array
  readonly rows: Int32Array
}

/** Pearson and Spearman over the rows of each UTC day. `prediction` and `label` in canonical order. */
export function dailyIc(sections: Sections, prediction: Float64Array, label: Float64Array): DailyIc {
  const groups = dayGroups(sections.times)
  const n = groups.days.length
  const out = { pearson: new Float64Array(n), rank: new Float64Array(n), rows: new Int32Array(n) }
  for (let d = 0; d < n; d++) {
    const from = sections.offsets[groups.offsets[d]]
    const to = sections.offsets[groups.offsets[d + 1]]
    out.rows[d] = to - from
    out.pearson[d] = pearson(prediction, label, from, to)
    out.rank[d] = spearman(prediction.subarray(from, to), label.subarray(from, to))
  }
  return { days: groups.days, ...out }
}

/** Mean of a section series over each UTC day; NaN for a day without a defined value. */
export function dailyMeans(times: Float64Array, values: Float64Array): { days: Float64Array; mean: Float64Array } {
  const groups = dayGroups(times)
  const out = new Float64Array(groups.days.length)
  for (let d = 0; d < out.length; d++) out[d] = mean(values.subarray(groups.offsets[d], groups.offsets[d + 1]))
  return { days: groups.days, mean: out }
}

/** The figures of RP-38, under their original names; NaN where the original has NaN. */
export interface ResearchIc {
  readonly ic_pearson: number
  readonly ic_spearman: number
  readonly daily_ic_pearson_mean: number
  /** Population deviation over days, NaN days left out. */
  readonly daily_ic_pearson_std: number
  readonly daily_ic_spearman_mean: number
  readonly daily_ic_spearman_std: number
  readonly n_days: number
}

/** `compute_ic` of RP-38: rows of equal `day` belong together. `day` may be dates or any key. */
export function researchIc(prediction: Numbers, label: Numbers, day: readonly (string | number)[]): ResearchIc {
  const p = float64(prediction)
  const y = float64(label)
  const rowsOf = new Map<string | number, number[]>()
  for (let i = 0; i < p.length; i++) {
    const rows = rowsOf.get(day[i])
    if (rows === undefined) rowsOf.set(day[i], [i])
    else rows.push(i)
  }
  const linear: number[] = []
  const rank: number[] = []
  for (const rows of rowsOf.values()) {
    const dayP = Float64Array.from(rows, (i) => p[i])
    const dayY = Float64Array.from(rows, (i) => y[i])
    linear.push(pearson(dayP, dayY))
    rank.push(pearson(meanRanks(dayP), meanRanks(dayY)))
  }
  return {
    ic_pearson: pearson(p, y),
    ic_spearman: spearman(p, y),
    daily_ic_pearson_mean: mean(Float64Array.from(linear)),
    daily_ic_pearson_std: deviation(Float64Array.from(linear)),
    daily_ic_spearman_mean: mean(Float64Array.from(rank)),
    daily_ic_spearman_std: deviation(Float64Array.from(rank)),
    n_days: rowsOf.size,
  }
}
