/** Resampling and shuffling for all contenders at once, so that all see the same draws. */
import { MINUTE_MS } from '@cointrader/core'
import { blockBootstrap, type Interval, MIN_BLOCKS, meanStatistic, pearsonStatistic } from './bootstrap.js'
import { aucOrdered } from './classifier.js'
import { blockLength, type Ground, type Judged } from './ground.js'
import { sectionIc } from './ic.js'
import { type LinearScore, type NullBand, nullBands, pooledScore, sectionScore } from './nullband.js'
import { ascending, finite } from './numeric.js'
import type { ReportBand, ReportInterval, ReportScore } from './report.js'
import { checkSections, MIN_SYMBOLS } from './sections.js'
import { sectionQuantiles } from './spread.js'

/** What resampling and shuffling say of one contender. */
export interface Scores {
  readonly intervals: ReadonlyMap<string, Interval>
  readonly bands: ReadonlyMap<string, NullBand>
}

/** One bootstrap and one shuffling for all contenders together: they see the same draws. */
export function scoreAll(ground: Ground, judged: readonly Judged[], task: string): Scores[] {
  const { sections, label, request, check, quantiles } = ground
  const intervals = judged.map(() => new Map<string, Interval>())
  const bands = judged.map(() => new Map<string, NullBand>())
  const resamples = request.resamples ?? 1000
  const options = { kind: 'stationary', resamples, seed: ground.seed, level: ground.level } as const
  type Statistic = { k: number; name: string; of: (counts: Int32Array) => number }
  const run = (instants: number, block: number, list: readonly Statistic[]): void => {
    if (resamples === 0 || instants < MIN_BLOCKS * block) return
    const each = (counts: Int32Array, out: Float64Array): void => {
      for (let s = 0; s < list.length; s++) out[s] = list[s].of(counts)
    }
    const all = blockBootstrap(instants, list.length, each, { ...options, block })
    for (let s = 0; s < list.length; s++) intervals[list[s].k].set(list[s].name, all[s])
  }
  run(
    sections.times.length,
    ground.block,
    judged.flatMap((one, k): Statistic[] => [
      { k, name: 'pearson', of: pearsonStatistic(sections.offsets, one.prediction, label, ground.weight) },
      { k, name: 'rank', of: pearsonStatistic(sections.offsets, one.rank, ground.labelRank) },
      ...(task === 'binary' ? [{ k, name: 'auc', of: aucStatistic(ground, one) }] : []),
    ]),
  )
  const full = check.refusal === null
  if (full) {
    const minSymbols = request.minSymbols ?? MIN_SYMBOLS
    run(
      check.used.length,
      ground.sectionBlock,
      judged.flatMap((one, k): Statistic[] => {
        const series = sectionIc(sections, one.prediction, label, minSymbols)
        return [
          { k, name: 'section pearson', of: meanStatistic(series.pearson) },
          { k, name: 'section rank', of: meanStatistic(series.rank) },
        ]
      }),
    )
    const large = checkSections(sections, Math.max(minSymbols, quantiles))
    if (large.refusal === null) {
      const times = Float64Array.from(large.used, (s) => sections.times[s])
      const block = blockLength(times, request.horizonMinutes * MINUTE_MS)
      const spreads = judged.map(
        (one) => sectionQuantiles(sections, one.prediction, label, quantiles, minSymbols).spread,
      )
      run(
        times.length,
        block,
        spreads.map((spread, k) => ({ k, name: 'spread', of: meanStatistic(spread) })),
      )
    }
  }
  const draws = request.permutations ?? 200
  const shuffle = (scheme: 'within' | 'blocks', block: number, of: (one: Judged) => LinearScore[]): void => {
    if (draws === 0) return
    const lists = judged.map(of)
    const all = nullBands(sections, lists.flat(), { scheme, block, draws, seed: ground.seed, level: ground.level })
    let at = 0
    for (let k = 0; k < lists.length; k++) for (const { name } of lists[k]) bands[k].set(name, all[at++])
  }
  if (sections.times.length >= 6 * ground.block) {
    shuffle('blocks', ground.block, (one) => [
      pooledScore('pearson', one.prediction, label),
      pooledScore('rank', one.rank, ground.labelRank),
      ...(task === 'binary' ? [aucScore(one.rank, label)] : []),
    ])
  } else ground.notes.push(`No null band over time: fewer than six blocks of ${ground.block} instants.`)
  if (full) {
    shuffle('within', ground.sectionBlock, (one) => [
      sectionScore('section pearson', sections, check.used, one.prediction, label),
      sectionScore('section rank', sections, check.used, one.sectionRank, ground.labelSectionRank),
    ])
  }
  return judged.map((_, k) => ({ intervals: intervals[k], bands: bands[k] }))
}

/** AUC of a resample: rows weigh as often as their instant is drawn. */
function aucStatistic(ground: Ground, one: Judged): (counts: Int32Array) => number {
  const { sections, label, weight } = ground
  const order = ascending(one.prediction)
  const times = new Float64Array(sections.rows)
  return (counts) => {
    for (let s = 0; s < counts.length; s++) {
      for (let r = sections.offsets[s]; r < sections.offsets[s + 1]; r++) {
        times[r] = counts[s] * (weight === undefined ? 1 : weight[r])
      }
    }
    return aucOrdered(order, one.prediction, label, times)
  }
}

/** AUC - 1/2 as a sum over rows: (sum of ranks of positives - their expectation) / (positives * negatives). */
function aucScore(rank: Float64Array, label: Float64Array): LinearScore {
  const positives = label.reduce((sum, y) => sum + y, 0)
  const n = label.length
  const scale = 1 / (positives * (n - positives))
  return { name: 'auc', a: rank.map((r) => (r - (n + 1) / 2) * scale), b: label }
}

export function reportInterval(interval: Interval | undefined): ReportInterval | null {
  if (interval === undefined || interval.resamples === 0) return null
  const { low, high, standardError, pValue } = interval
  return {
    low: finite(low),
    high: finite(high),
    standardError: finite(standardError),
    pValue: finite(pValue),
  }
}

/** Null where the score itself is undefined: a constant prediction has no correlation to compare. */
function reportBand(band: NullBand | undefined, defined: boolean, offset = 0): ReportBand | null {
  if (band === undefined || !defined) return null
  return {
    scheme: band.scheme,
    low: finite(band.low + offset),
    high: finite(band.high + offset),
    mean: finite(band.mean + offset),
    deviation: finite(band.deviation),
    pValue: finite(band.pValue),
    inside: band.score >= band.low && band.score <= band.high,
  }
}

export function score(
  value: number,
  interval: Interval | undefined,
  band: NullBand | undefined,
  offset = 0,
): ReportScore {
  return {
    value: finite(value),
    interval: reportInterval(interval),
    band: reportBand(band, Number.isFinite(value), offset),
  }
}
