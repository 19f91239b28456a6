/** The study of a retraining: the same settings, one fold that ends with the newest complete day. */
import { addDays, dateOf, fail, parseDate, type UtcDate } from '@cointrader/core'
import type { Study, StudyModel } from '../config/schema.js'

/** Newest complete UTC day at an instant. */
export function newestCompleteDay(nowMs: number): UtcDate {
  return addDays(dateOf(nowMs), -1)
}

/** The model that is trained again. */
export function retrainModel(study: Study): StudyModel {
  const name = study.retrain.model
  return name === undefined ? study.models[0]! : study.models.find((m) => m.name === name)!
}

/** Dates are in order as texts. */
const latest = (...dates: UtcDate[]): UtcDate => dates.sort().at(-1)!

/**
 * Train, validation and test windows that end with the newest complete day; nothing before `range.start`, whose day has no
 * universe. Error `E_NOTHING_FOUND` when the days since then are too few for the windows asked for.
 */
export function retrainStudy(study: Study, nowMs: number): Study {
  const { train_days, valid_days, test_days } = study.retrain
  const end = newestCompleteDay(nowMs)
  const testStart = addDays(end, 1 - test_days)
  const validStart = addDays(testStart, -valid_days)
  const trainStart = addDays(validStart, -train_days)
  const first = parseDate(study.range.start)
  const second = addDays(first, 1)
  if (validStart <= second)
    fail('E_NOTHING_FOUND', {
      subject: `retraining on ${end}`,
      detail: `${valid_days} days of validation and ${test_days} of test begin on ${validStart}: no day of training is left after ${first} (range.start)`,
      next: 'wait for more days, or ask for shorter windows (retrain.valid_days, retrain.test_days)',
    })
  const from = latest(trainStart, second)
  const history = addDays(from, -study.universe.buffer_days)
  return {
    ...study,
    range: { start: latest(history, first), end },
    folds: [
      {
        train: { start: from, end: addDays(validStart, -1) },
        valid: { start: validStart, end: addDays(testStart, -1) },
        test: { start: testStart, end },
      },
    ],
    models: [retrainModel(study)],
    proof: { causality: [] },
  }
}
