/** What is judged: predictions and baselines on the rows that all of them have. */
import { fail } from '@cointrader/core'
import { constantPrediction, randomPrediction } from '../baselines/simple.js'
import { assertLength, float64, type Numbers } from './numeric.js'

export interface Contender {
  readonly name: string
  readonly role: 'model' | 'baseline'
  /** One per row; NaN where it has none. For `binary` the probability of class 1 (or any score). */
  readonly prediction: Numbers
}

export interface EvaluateRequest {
  readonly title?: string
  readonly task?: 'regression' | 'binary'
  /** Start of the bar of each row, ms. */
  readonly time: Numbers
  /** Symbol index of each row, from 0. */
  readonly symbol: Numbers
  /** Outcome of each row; NaN where it is not known. 0 or 1 for `binary`. */
  readonly label: Numbers
  readonly weight?: Numbers
  readonly labelName: string
  /** Unit of the label, for example `bp`. */
  readonly unit: string
  /** How far the label looks: neighbours closer than this share outcome. */
  readonly horizonMinutes: number
  readonly contenders: readonly Contender[]
  /** Labels of other horizons, for the decay. NaN where not known. */
  readonly otherLabels?: readonly { readonly name: string; readonly horizonMinutes: number; readonly label: Numbers }[]
  /** Also score the models' predictions as they were so many minutes before. Default: none. */
  readonly delayMinutes?: readonly number[]
  /** Mean label (base rate) of the training rows: the baseline `constant`. */
  readonly trainMean?: number
  /** Number of models tried until this one, for the deflated t. Default: the number of contenders of role `model`. */
  readonly trials?: number
  /** Least symbols of a cross-section. Default 5. */
  readonly minSymbols?: number
  /** Default 10, fewer where cross-sections are smaller. */
  readonly quantiles?: number
  /** Of the bootstrap. Default 1000; 0 leaves it out. */
  readonly resamples?: number
  /** Lag of the Newey-West t in horizons; the textbook has 1. Default 2: see `horizonLag`. */
  readonly lagHorizons?: number
  /** Shufflings of the null band. Default 200; 0 leaves it out. */
  readonly permutations?: number
  readonly seed?: number
  /** Coverage of intervals and bands. Default 0.95. */
  readonly level?: number
  /** Probabilities from which class 1 is called. Default 0.5. */
  readonly thresholds?: readonly number[]
}

export function trialsOf(request: EvaluateRequest): number {
  return Math.max(1, request.trials ?? request.contenders.filter((one) => one.role === 'model').length)
}

export function withBaselines(request: EvaluateRequest, task: 'regression' | 'binary'): Contender[] {
  const out = [...request.contenders]
  const rows = request.label.length
  const names = new Set<string>()
  for (const { name } of out) {
    if (names.has(name)) fail('E_USAGE', { subject: name, detail: 'two contenders have this name' })
    names.add(name)
  }
  const add = (name: string, prediction: () => Float64Array): void => {
    if (!names.has(name)) out.push({ name, role: 'baseline', prediction: prediction() })
  }
  if (task === 'regression') {
    add('zero', () => constantPrediction(0, rows))
    const { trainMean } = request
    if (trainMean !== undefined) add('constant', () => constantPrediction(trainMean, rows))
  } else add('constant', () => constantPrediction(request.trainMean ?? 0.5, rows))
  const kind = task === 'binary' ? 'uniform' : 'normal'
  // Seeded by (time, symbol), so that the order of rows does not matter.
  add('random', () => randomPrediction(request.time, request.symbol, request.seed ?? 0, kind))
  return out
}

export function judgedRows(request: EvaluateRequest, contenders: readonly Contender[]) {
  const n = request.label.length
  assertLength('time', request.time, n)
  assertLength('symbol', request.symbol, n)
  if (request.weight !== undefined) assertLength('weight', request.weight, n)
  const bad = new Uint8Array(n)
  let withoutLabel = 0
  const refuseInfinite = (what: string, value: number, row: number): void => {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      fail('E_USAGE', { subject: what, detail: `row ${row} is ${value}`, next: 'mend what made it; NaN means "none"' })
    }
  }
  for (let i = 0; i < n; i++) {
    refuseInfinite(request.labelName, request.label[i], i)
    if (!Number.isNaN(request.label[i])) continue
    bad[i] = 1
    withoutLabel++
  }
  const withoutPrediction: Record<string, number> = {}
  const lacking = new Uint8Array(n)
  for (const { name, prediction } of contenders) {
    assertLength(`prediction of ${name}`, prediction, n)
    let count = 0
    for (let i = 0; i < n; i++) {
      refuseInfinite(`prediction of ${name}`, prediction[i], i)
      if (bad[i] === 1 || !Number.isNaN(prediction[i])) continue
      lacking[i] = 1
      count++
    }
    if (count > 0) withoutPrediction[name] = count
  }
  const keep = new Int32Array(n)
  let kept = 0
  for (let i = 0; i < n; i++) if (bad[i] === 0 && lacking[i] === 0) keep[kept++] = i
  if (kept === 0) {
    fail('E_NOTHING_FOUND', {
      subject: request.labelName,
      detail: `no row has a label and all predictions (${n} rows, ${withoutLabel} without label)`,
      next: 'check the range and the predictions',
    })
  }
  return { keep: keep.slice(0, kept), withoutLabel, withoutPrediction }
}

/** Predictions of any kind as a contender. */
export function contender(name: string, role: 'model' | 'baseline', prediction: Numbers): Contender {
  return { name, role, prediction: float64(prediction) }
}
