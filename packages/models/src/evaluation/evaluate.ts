/**
 * Judges predictions side by side: models and baselines on the same rows, each score with its uncertainty and beside what
 * shuffled labels give. Needs no market knowledge; reads arrays, returns plain JSON.
 */
import { fail } from '@cointrader/core'
import { scoreAll } from './chance.js'
import { assertBinary } from './classifier.js'
import { type EvaluateRequest, judgedRows, trialsOf, withBaselines } from './contenders.js'
import { entryOf } from './entry.js'
import { groundOf, type Judged, sectionRanks } from './ground.js'
import { finite, isConstant, meanRanks, type Numbers } from './numeric.js'
import type { EvaluationReport, ReportEntry } from './report.js'
import { commonStep, crossSections, dayGroups, gather, MIN_SYMBOLS } from './sections.js'

/**
 * Judges. Baselines are always among the entries: `zero`, `constant` (when `trainMean` is given) and a seeded `random` are
 * added unless a contender has that name; for `binary`, `constant` is the training base rate or 0.5, without `zero`.
 *
 * Rows without a label are left out, and rows for which any contender has NaN, so that all are judged alike; both are
 * counted. Errors: `E_USAGE` for unequal lengths, an infinite value, two contenders of one name, a constant label or a class
 * that is not 0 or 1; `E_NOTHING_FOUND` when no row is left.
 */
export function evaluate(request: EvaluateRequest): EvaluationReport {
  const notes: string[] = []
  const task = request.task ?? 'regression'
  const contenders = withBaselines(request, task)
  const { keep, withoutLabel, withoutPrediction } = judgedRows(request, contenders)
  const pick = (values: Numbers): Float64Array => gather(values, keep)
  const sections = crossSections(pick(request.time), pick(request.symbol))
  const rows = sections.rows
  const place = sections.order.map((i) => keep[i])
  const label = gather(request.label, place)
  if (isConstant(label)) {
    fail('E_USAGE', {
      subject: request.labelName,
      detail: `the label is ${label[0]} in all ${rows} rows that can be judged`,
      next: 'give a range in which the outcome varies',
    })
  }
  if (task === 'binary') assertBinary(label)
  const ground = groundOf(request, sections, label, place, notes)
  const judged = contenders.map(({ name, role, prediction }): Judged => {
    const p = gather(prediction, place)
    return { name, role, prediction: p, rank: meanRanks(p), sectionRank: sectionRanks(ground, p) }
  })
  const scores = scoreAll(ground, judged, task)
  const others = (request.otherLabels ?? []).map((one) => ({ ...one, label: gather(one.label, place) }))
  const entries = judged.map((one, k): ReportEntry => entryOf(ground, one, scores[k], others, task))
  const days = dayGroups(sections.times).days.length
  const { check } = ground
  if (check.refusal !== null) notes.push(`Cross-sectional figures are refused: ${check.refusal}.`)
  const missing = Object.values(withoutPrediction).reduce((a, b) => a + b, 0)
  if (missing > 0) notes.push('Some contenders lack predictions; all are judged on the rows that every one predicts.')
  return {
    version: 1,
    title: request.title ?? `${request.labelName}: ${contenders.find((c) => c.role === 'model')?.name ?? 'baselines'}`,
    task,
    label: request.labelName,
    unit: request.unit,
    horizonMinutes: request.horizonMinutes,
    rows: { given: request.label.length, withoutLabel, withoutPrediction, judged: rows },
    time: {
      firstMs: sections.times[0],
      lastMs: sections.times[sections.times.length - 1],
      instants: sections.times.length,
      days,
      stepMs: finite(commonStep(sections.times)),
    },
    symbols: new Set(sections.symbol).size,
    crossSections: {
      used: check.refusal === null ? check.used.length : 0,
      tooSmall: check.tooSmall,
      minSymbols: request.minSymbols ?? MIN_SYMBOLS,
      medianSize: check.medianSize,
      refusal: check.refusal,
    },
    settings: {
      seed: ground.seed,
      level: ground.level,
      resamples: request.resamples ?? 1000,
      permutations: request.permutations ?? 200,
      block: ground.block,
      sectionBlock: check.refusal === null ? ground.sectionBlock : null,
      quantiles: ground.quantiles,
      trials: trialsOf(request),
      trainMean: request.trainMean ?? null,
    },
    entries,
    notes,
  }
}
