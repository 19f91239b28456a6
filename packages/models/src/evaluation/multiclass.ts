/** Scores of a classifier with several classes: labels 0 to K - 1, probabilities row-major (row * K + class). */
import { fail } from '@cointrader/core'
import { auc } from './classifier.js'

export interface ClassScore {
  /** Rows (weight) of this class. */
  readonly support: number
  /** NaN when the class is never called. */
  readonly precision: number
  /** NaN when the class does not occur. */
  readonly recall: number
  readonly f1: number
  /** One class against the rest; NaN when it does not occur or nothing else does. */
  readonly auc: number
}

export interface MulticlassReport {
  readonly classes: number
  /** confusion[true][called], sums of weights. */
  readonly confusion: readonly (readonly number[])[]
  readonly perClass: readonly ClassScore[]
  readonly accuracy: number
  /** Mean recall over the classes that occur. */
  readonly balancedAccuracy: number
  /** Unweighted means over classes; an undefined precision, recall or F1 of a class counts 0 (scikit-learn's default). */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number; readonly auc: number }
  readonly logLoss: number
}

/**
 * Judges probabilities of K classes; the class called is the one of largest probability, the first of equals. The log loss
 * takes each row divided by its sum. Error `E_USAGE` for a label that is no class or a row without probability.
 */
export function multiclassReport(
  probability: Float64Array,
  label: Float64Array,
  classes: number,
  weight?: Float64Array,
): MulticlassReport {
  const rows = label.length
  if (probability.length !== rows * classes) {
    fail('E_USAGE', { subject: 'probabilities', detail: `${probability.length} values for ${rows} x ${classes}` })
  }
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  let loss = 0
  let total = 0
  for (let r = 0; r < rows; r++) {
    const y = label[r]
    if (!(Number.isInteger(y) && y >= 0 && y < classes)) {
      fail('E_USAGE', { subject: 'class label', detail: `row ${r} has ${y}, not 0 to ${classes - 1}` })
    }
    let sum = 0
    let called = 0
    for (let c = 0; c < classes; c++) {
      const p = probability[r * classes + c]
      if (p > probability[r * classes + called]) called = c
      sum += p
    }
    if (!(sum > 0)) fail('E_USAGE', { subject: 'probabilities', detail: `row ${r} sums to ${sum}` })
    const w = weight === undefined ? 1 : weight[r]
    table[y][called] += w
    const p = probability[r * classes + y] / sum
    loss -= w * Math.log(Math.min(1 - 2 ** -52, Math.max(2 ** -52, p)))
    total += w
  }
  const one = new Float64Array(rows)
  const is = new Float64Array(rows)
  let correct = 0
  const perClass = table.map((row, c): ClassScore => {
    const support = row.reduce((a, b) => a + b, 0)
    const calledSum = table.reduce((a, other) => a + other[c], 0)
    correct += row[c]
    for (let r = 0; r < rows; r++) {
      one[r] = probability[r * classes + c]
      is[r] = label[r] === c ? 1 : 0
    }
    return {
      support,
      precision: row[c] / calledSum,
      recall: row[c] / support,
      f1: (2 * row[c]) / (support + calledSum),
      auc: auc(one, is, weight),
    }
  })
  const macro = (pick: (score: ClassScore) => number): number =>
    perClass.reduce((sum, score) => sum + (Number.isNaN(pick(score)) ? 0 : pick(score)), 0) / classes
  const recalls = perClass.flatMap((score) => (Number.isNaN(score.recall) ? [] : [score.recall]))
  const aucs = perClass.flatMap((score) => (Number.isNaN(score.auc) ? [] : [score.auc]))
  const average = (list: readonly number[]): number =>
    list.length === 0 ? Number.NaN : list.reduce((a, b) => a + b, 0) / list.length
  return {
    classes,
    confusion: table,
    perClass,
    accuracy: correct / total,
    balancedAccuracy: average(recalls),
    macro: {
      precision: macro((s) => s.precision),
      recall: macro((s) => s.recall),
      f1: macro((s) => s.f1),
      auc: average(aucs),
    },
    logLoss: loss / total,
  }
}
