/** The precision-first threshold (TB-04.5): the most precise point of the precision-recall curve with enough recall. */

export interface ChosenThreshold {
  /** Probabilities of at least this are entered. */
  readonly threshold: number
  /** Of the data it was chosen on, so better than it will be elsewhere. */
  readonly precision: number
  readonly recall: number
  /** Rows at or above the threshold. */
  readonly called: number
}

export interface ThresholdRule {
  readonly minRecall: number
  /** A point that calls fewer rows is not looked at: its precision is chance. */
  readonly minCalled: number
}

/**
 * Among the distinct probabilities with recall >= `minRecall` and at least `minCalled` rows, the one with the highest
 * precision; of equal ones the lowest. Undefined when there is none (no positives, or too few rows).
 */
export function chooseThreshold(
  probability: Float64Array,
  label: Float64Array,
  { minRecall, minCalled }: ThresholdRule,
): ChosenThreshold | undefined {
  const order = Int32Array.from(probability, (_, i) => i).sort((a, b) => probability[b] - probability[a])
  let positives = 0
  for (let i = 0; i < label.length; i++) positives += label[i]
  if (positives === 0) return undefined
  let best: ChosenThreshold | undefined
  let hits = 0
  for (let i = 0; i < order.length; ) {
    const threshold = probability[order[i]]
    for (; i < order.length && probability[order[i]] === threshold; i++) hits += label[order[i]]
    const precision = hits / i
    const recall = hits / positives
    // Thresholds fall, so >= keeps the lowest of equally precise ones: the first of the ascending curve.
    if (recall >= minRecall && i >= minCalled && (best === undefined || precision >= best.precision))
      best = { threshold, precision, recall, called: i }
  }
  return best
}
