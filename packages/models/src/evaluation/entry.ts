/** The figures of one contender. */

import { DAY_MS, MINUTE_MS } from '@cointrader/core'
import { reportInterval, type Scores, score } from './chance.js'
import { aucOrdered, averagePrecision, brier, calibration, confusion, logLoss } from './classifier.js'
import { trialsOf } from './contenders.js'
import { delaysOf } from './delay.js'
import type { Ground, Judged } from './ground.js'
import { dailyIc, dailyMeans, sectionIc } from './ic.js'
import { meanTest } from './meantest.js'
import type { MeanTest } from './neweywest.js'
import { ascending, deviation, finite, isConstant, mean, meanRanks, pearson } from './numeric.js'
import { rankPortfolio } from './portfolio.js'
import { monthlyRmse, regressionErrors, residuals } from './regression.js'
import type { ReportClassifier, ReportDay, ReportDecay, ReportEntry, ReportPortfolio, ReportSeries } from './report.js'
import { checkSections, crossSections, dayGroups, gather, MIN_SYMBOLS } from './sections.js'
import { monotonicity, pooledQuantiles, sectionQuantiles } from './spread.js'
import { deflate } from './trials.js'

function sharePositive(values: Float64Array): number {
  let positive = 0
  let n = 0
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    n++
    if (values[i] > 0) positive++
  }
  return positive / n
}

function dayTest(days: Float64Array, values: Float64Array): MeanTest {
  return meanTest(values, days, DAY_MS, 1)
}

function seriesOf(
  ground: Ground,
  times: Float64Array,
  values: Float64Array,
  scores: Scores,
  name: string,
): ReportSeries {
  const test = meanTest(values, times, ground.stepMs, ground.horizonSteps, ground.request.lagHorizons)
  const daily = dailyMeans(times, values)
  const dayMean = dayTest(daily.days, daily.mean)
  return {
    ...score(test.mean, scores.intervals.get(name), scores.bands.get(name)),
    n: test.n,
    undefined: values.length - test.n,
    deviation: finite(deviation(values, 1)),
    standardError: finite(test.standardError),
    t: finite(test.t),
    lag: test.lag,
    sharePositive: finite(sharePositive(values)),
    daily: {
      n: dayMean.n,
      mean: finite(dayMean.mean),
      t: finite(dayMean.t),
      sharePositive: finite(sharePositive(daily.mean)),
    },
  }
}

export type OtherLabel = { readonly name: string; readonly horizonMinutes: number; readonly label: Float64Array }

export function entryOf(
  ground: Ground,
  one: Judged,
  scores: Scores,
  others: readonly OtherLabel[],
  task: 'regression' | 'binary',
): ReportEntry {
  const { sections, label, check, request } = ground
  const minSymbols = request.minSymbols ?? MIN_SYMBOLS
  const { prediction } = one
  const full = check.refusal === null
  const ic = full ? sectionIc(sections, prediction, label, minSymbols) : undefined
  const sectionScores =
    ic === undefined
      ? null
      : {
          pearson: seriesOf(ground, ic.times, ic.pearson, scores, 'section pearson'),
          rank: seriesOf(ground, ic.times, ic.rank, scores, 'section rank'),
        }
  const daily = dailyIc(sections, prediction, label)
  const dailyPearson = dayTest(daily.days, daily.pearson)
  const dailyRank = dayTest(daily.days, daily.rank)
  const pooled = {
    pearson: pearson(prediction, label, 0, label.length, ground.weight),
    rank: pearson(one.rank, ground.labelRank),
  }
  const buckets = pooledQuantiles(prediction, label, ground.quantiles)
  const bucketRows = buckets.map((b, quantile) => ({
    quantile,
    mean: finite(b.meanLabel),
    standardError: finite(b.standardError),
  }))
  const errors = regressionErrors(prediction, label, request.trainMean, ground.weight)
  const t = sectionScores === null ? dailyRank.t : (sectionScores.rank.t ?? Number.NaN)
  const luck = deflate(t, trialsOf(request))
  return {
    name: one.name,
    role: one.role,
    pooled: {
      pearson: score(pooled.pearson, scores.intervals.get('pearson'), scores.bands.get('pearson')),
      rank: score(pooled.rank, scores.intervals.get('rank'), scores.bands.get('rank')),
    },
    sections: sectionScores,
    daily: {
      n: daily.days.length,
      pearsonMean: finite(mean(daily.pearson)),
      pearsonStd: finite(deviation(daily.pearson)),
      rankMean: finite(mean(daily.rank)),
      rankStd: finite(deviation(daily.rank)),
      pearsonT: finite(dailyPearson.t),
      rankT: finite(dailyRank.t),
      sharePositive: finite(sharePositive(daily.rank)),
    },
    spread: spreadOf(ground, one, scores),
    pooledQuantiles: { buckets: bucketRows, monotonicity: finite(monotonicity(buckets.map((b) => b.meanLabel))) },
    portfolio: full
      ? {
          perStep: reportPortfolio(rankPortfolio(sections, prediction, label, 1, minSymbols)),
          perHorizon: reportPortfolio(rankPortfolio(sections, prediction, label, ground.horizonSteps, minSymbols)),
        }
      : null,
    errors: {
      mse: finite(errors.mse),
      rmse: finite(errors.rmse),
      mae: finite(errors.mae),
      bias: finite(errors.bias),
      r2Zero: finite(errors.r2Zero),
      r2TrainMean: finite(errors.r2TrainMean),
      hitRate: finite(errors.hitRate),
      hitRows: errors.hitRows,
    },
    classifier: task === 'binary' ? classifierOf(ground, one, scores) : null,
    decay: decayOf(ground, one, others),
    ...(ground.request.delayMinutes === undefined || one.role !== 'model'
      ? {}
      : { delays: delaysOf(ground, one, ground.request.delayMinutes) }),
    deflated: Number.isNaN(t)
      ? null
      : {
          of: sectionScores === null ? 't of the daily rank IC' : 't of the cross-sectional rank IC',
          trials: luck.trials,
          hurdle: luck.hurdle,
          t: finite(t),
          excess: finite(luck.excess),
          pAdjusted: finite(luck.pAdjusted),
        },
    days: daysOf(ground, daily, ic),
    cumulative: cumulativeOf(ic ?? { times: daily.days, pearson: daily.pearson, rank: daily.rank }),
    months:
      task === 'regression'
        ? monthlyRmse(sections, prediction, label).map((m) => ({
            ...m,
            rmse: finite(m.rmse),
            rmseZero: finite(m.rmseZero),
          }))
        : [],
    residuals: task === 'regression' && one.role === 'model' ? residualsOf(ground, prediction) : null,
  }
}

function spreadOf(ground: Ground, one: Judged, scores: Scores): ReportEntry['spread'] {
  const minSymbols = ground.request.minSymbols ?? MIN_SYMBOLS
  const large = checkSections(ground.sections, Math.max(minSymbols, ground.quantiles))
  if (ground.check.refusal !== null || large.refusal !== null) return null
  const series = sectionQuantiles(ground.sections, one.prediction, ground.label, ground.quantiles, minSymbols)
  const judge = (values: Float64Array): MeanTest =>
    meanTest(values, series.times, ground.stepMs, ground.horizonSteps, ground.request.lagHorizons)
  const test = judge(series.spread)
  const buckets = series.means.map(judge)
  return {
    quantiles: series.quantiles,
    buckets: buckets.map((b, quantile) => ({
      quantile,
      mean: finite(b.mean),
      standardError: finite(b.standardError),
    })),
    value: finite(test.mean),
    interval: reportInterval(scores.intervals.get('spread')),
    t: finite(test.t),
    lag: test.lag,
    n: test.n,
    monotonicity: finite(monotonicity(buckets.map((b) => b.mean))),
  }
}

function reportPortfolio(p: ReturnType<typeof rankPortfolio>): ReportPortfolio {
  return {
    every: p.every,
    rebalancings: p.rebalancings,
    turnover: finite(p.turnover),
    rankAutocorrelation: finite(p.rankAutocorrelation),
    meanReturn: finite(p.meanReturn),
    breakEvenCost: finite(p.breakEvenCost),
  }
}

function classifierOf(ground: Ground, one: Judged, scores: Scores): ReportClassifier {
  const { label, weight } = ground
  const { prediction } = one
  const probabilities = prediction.every((p) => p >= 0 && p <= 1)
  const area = aucOrdered(ascending(prediction), prediction, label, weight)
  const reliability = probabilities ? calibration(prediction, label, 10, 'uniform', weight) : undefined
  const shown = (ground.request.thresholds ?? [0.5]).map((threshold) => confusion(prediction, label, threshold, weight))
  const constant = isConstant(prediction)
  return {
    baseRate: mean(label),
    auc: {
      ...score(area, scores.intervals.get('auc'), constant ? undefined : scores.bands.get('auc'), 0.5),
    },
    averagePrecision: finite(averagePrecision(prediction, label, weight)),
    logLoss: probabilities ? finite(logLoss(prediction, label, weight)) : null,
    brier: probabilities ? finite(brier(prediction, label, weight)) : null,
    ece: reliability === undefined ? null : finite(reliability.ece),
    calibration: (reliability?.bins ?? []).map((b) => ({
      rows: b.rows,
      predicted: b.meanPrediction,
      observed: b.observed,
    })),
    thresholds: shown.map((c) => ({
      threshold: c.threshold,
      called: c.truePositive + c.falsePositive,
      precision: finite(c.precision),
      recall: finite(c.recall),
      f1: finite(c.f1),
      accuracy: finite(c.accuracy),
      confusion: { tp: c.truePositive, fp: c.falsePositive, fn: c.falseNegative, tn: c.trueNegative },
    })),
  }
}

/** IC of one prediction against labels of several horizons: how long it stays worth something. Own label included. */
function decayOf(ground: Ground, one: Judged, others: readonly OtherLabel[]): ReportDecay[] {
  if (others.length === 0) return []
  const { request, sections } = ground
  const own = { name: request.labelName, horizonMinutes: request.horizonMinutes, label: ground.label }
  const all = [own, ...others].sort((a, b) => a.horizonMinutes - b.horizonMinutes)
  return all.map(({ name, horizonMinutes, label }): ReportDecay => {
    const rows: number[] = []
    for (let r = 0; r < label.length; r++) if (Number.isFinite(label[r])) rows.push(r)
    const index = Int32Array.from(rows)
    const p = gather(one.prediction, index)
    const y = gather(label, index)
    const base = { label: name, horizonMinutes, rows: rows.length }
    if (rows.length === 0) return { ...base, pearson: null, rank: null, sectionRank: null, sectionRankT: null }
    const time = new Float64Array(sections.rows)
    for (let s = 0; s < sections.times.length; s++) {
      time.fill(sections.times[s], sections.offsets[s], sections.offsets[s + 1])
    }
    const part = crossSections(gather(time, index), gather(sections.symbol, index))
    const minSymbols = request.minSymbols ?? MIN_SYMBOLS
    let test = { mean: Number.NaN, t: Number.NaN }
    if (checkSections(part, minSymbols).refusal === null) {
      const series = sectionIc(part, p, y, minSymbols)
      const steps = Math.max(1, Math.ceil((horizonMinutes * MINUTE_MS) / ground.stepMs))
      test = meanTest(series.rank, series.times, ground.stepMs, steps, request.lagHorizons)
    }
    return {
      ...base,
      pearson: finite(pearson(p, y)),
      rank: finite(pearson(meanRanks(p), meanRanks(y))),
      sectionRank: finite(test.mean),
      sectionRankT: finite(test.t),
    }
  })
}

function daysOf(
  ground: Ground,
  daily: ReturnType<typeof dailyIc>,
  ic: ReturnType<typeof sectionIc> | undefined,
): ReportDay[] {
  const groups = ic === undefined ? undefined : dayGroups(ic.times)
  const bySection = new Map<number, { mean: number; standardError: number }>()
  if (ic !== undefined && groups !== undefined) {
    for (let d = 0; d < groups.days.length; d++) {
      const [from, to] = [groups.offsets[d], groups.offsets[d + 1]]
      const [values, times] = [ic.rank.subarray(from, to), ic.times.subarray(from, to)]
      bySection.set(
        groups.days[d],
        meanTest(values, times, ground.stepMs, ground.horizonSteps, ground.request.lagHorizons),
      )
    }
  }
  return Array.from(daily.days, (dayMs, d) => ({
    dayMs,
    rows: daily.rows[d],
    pearson: finite(daily.pearson[d]),
    rank: finite(daily.rank[d]),
    sectionRank: finite(bySection.get(dayMs)?.mean ?? Number.NaN),
    sectionRankError: finite(bySection.get(dayMs)?.standardError ?? Number.NaN),
  }))
}

/** Most points a line of the page is drawn with. */
const MOST_POINTS = 400

function cumulativeOf(series: {
  times: Float64Array
  pearson: Float64Array
  rank: Float64Array
}): ReportEntry['cumulative'] {
  const n = series.times.length
  const every = Math.max(1, Math.ceil(n / MOST_POINTS))
  const out: { ms: number; pearson: number; rank: number }[] = []
  let linear = 0
  let rank = 0
  for (let i = 0; i < n; i++) {
    if (Number.isFinite(series.pearson[i])) linear += series.pearson[i]
    if (Number.isFinite(series.rank[i])) rank += series.rank[i]
    if (i % every === every - 1 || i === n - 1) out.push({ ms: series.times[i], pearson: linear, rank })
  }
  return out
}

function residualsOf(ground: Ground, prediction: Float64Array): ReportEntry['residuals'] {
  const r = residuals(ground.sections, prediction, ground.label, 40, 20, ground.stepMs)
  return {
    mean: finite(r.mean),
    deviation: finite(r.deviation),
    skewness: finite(r.skewness),
    excessKurtosis: finite(r.excessKurtosis),
    autocorrelation: finite(r.autocorrelation),
    histogram: r.histogram,
    byPrediction: r.byPrediction.map((g) => ({
      prediction: finite(g.prediction),
      p10: finite(g.p10),
      median: finite(g.median),
      p90: finite(g.p90),
    })),
  }
}
