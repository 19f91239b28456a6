/**
 * Feature selection by LassoCV over windows of whole months (RP-23), on the candidates of the correlation step (RP-22), inside
 * a training range only (RP-D17).
 */
import { dateMs, fail, MINUTE_MS, type UtcDate } from '@cointrader/core'
import { labelLooksUntil } from '@cointrader/features/dataset/columns'
import type { XyDays } from '@cointrader/features/dataset/days'
import { loadMatrix, type MatrixRequest, type TrainingMatrix } from '@cointrader/features/dataset/matrix'
import {
  type DateSpan,
  type PurgedRange,
  spanDates,
  spansOverlap,
  spanText,
  wholeRange,
} from '@cointrader/features/dataset/splits'
import { type LassoCvOptions, lassoCv } from './path.js'

export interface LassoSelectionRequest {
  readonly days: XyDays
  readonly label: string
  /** As for the correlation step, see `monthWindows`. */
  readonly windows: readonly DateSpan[]
  /** All windows must lie inside. */
  readonly training: DateSpan
  /** Ranges kept for validation or test: no window may touch them, and rows whose label looks into one go. */
  readonly heldOut: readonly DateSpan[]
  /** Usually `selectionList(selection.ranking, 3)` of `selectByCorrelation`. */
  readonly candidates: readonly string[]
  /** Share of a window's complete rows that is drawn. Default 0.1. */
  readonly fraction?: number
  /** At most this many rows per window. Default 600,000. */
  readonly maxRows?: number
  /** Default 42. */
  readonly seed?: number
  /** Default: the rules of `lassoCv`. The original: `purge: 'none', scaling: 'all'`. */
  readonly cv?: Pick<LassoCvOptions, 'alphas' | 'folds' | 'purge' | 'scaling'>
}

export interface LassoWindow {
  readonly span: DateSpan
  /** Complete rows of the window, and those drawn. */
  readonly rows: number
  readonly drawn: number
  readonly alpha: number
  /** Non-zero coefficients per deviation of the feature, largest first. */
  readonly selected: readonly { readonly feature: string; readonly coefficient: number }[]
}

export interface LassoRanked {
  readonly feature: string
  /** Windows in which its coefficient is not 0. */
  readonly windows: number
  /** Mean |coefficient| over those windows. */
  readonly meanCoefficient: number
}

export interface LassoSelection {
  readonly windows: readonly LassoWindow[]
  /** By number of windows, then mean |coefficient|, descending, then name. RP-23 takes the first 30. */
  readonly ranking: readonly LassoRanked[]
}

/**
 * Selects. The original draws with pandas' generator and in its shuffled order; here rows are drawn by our own and kept in
 * order of time, so that folds are blocks of time. Errors: `E_USAGE` when a window is not inside the training range or touches
 * a held-out one, or without candidates; those of `loadMatrix` and `lassoCv`.
 */
export async function selectByLasso(request: LassoSelectionRequest): Promise<LassoSelection> {
  const next = 'select inside the training range only'
  if (request.candidates.length === 0) {
    fail('E_USAGE', { subject: 'candidates', detail: 'none', next: 'lower the number of windows asked for' })
  }
  for (const span of request.windows) {
    spanDates(span)
    if (span.from < request.training.from || span.to > request.training.to) {
      const detail = `not inside the training range ${spanText(request.training)}`
      fail('E_USAGE', { subject: `selection window ${spanText(span)}`, detail, next })
    }
  }
  for (const held of request.heldOut) {
    const touched = [request.training, ...request.windows].find((span) => spansOverlap(span, held))
    if (touched !== undefined) {
      const detail = `overlaps the held-out range ${spanText(held)}`
      fail('E_USAGE', { subject: `selection on ${spanText(touched)}`, detail, next })
    }
  }
  const windows: LassoWindow[] = []
  for (const span of request.windows) windows.push(await selectWindow(request, span))
  return { windows, ranking: rankByLasso(windows) }
}

/** Counts and averages over windows. */
export function rankByLasso(windows: readonly Pick<LassoWindow, 'selected'>[]): LassoRanked[] {
  const sums = new Map<string, { windows: number; sum: number }>()
  for (const { selected } of windows) {
    for (const { feature, coefficient } of selected) {
      const own = sums.get(feature) ?? { windows: 0, sum: 0 }
      sums.set(feature, { windows: own.windows + 1, sum: own.sum + Math.abs(coefficient) })
    }
  }
  return [...sums]
    .map(([feature, s]) => ({ feature, windows: s.windows, meanCoefficient: s.sum / s.windows }))
    .sort((a, b) => b.windows - a.windows || b.meanCoefficient - a.meanCoefficient || (a.feature < b.feature ? -1 : 1))
}

/** The first `count` names of a ranking. */
export function lassoList(ranking: readonly LassoRanked[], count = 30): string[] {
  return ranking.slice(0, count).map((one) => one.feature)
}

async function selectWindow(request: LassoSelectionRequest, span: DateSpan): Promise<LassoWindow> {
  const looksUntilMinutes = await reachOf(request, span)
  const base: MatrixRequest = {
    days: request.days,
    label: request.label,
    features: request.candidates,
    range: keptRange(span, request.heldOut, looksUntilMinutes),
    layout: 'column',
    seed: request.seed ?? 42,
  }
  const fraction = request.fraction ?? 0.1
  const limit = request.maxRows ?? 600_000
  let data: TrainingMatrix
  if (fraction >= 1) data = await loadMatrix({ ...base, maxRows: limit })
  else {
    // A first pass only to count the complete rows.
    const { counts } = await loadMatrix({ ...base, maxRows: 0 })
    const wanted = Math.round(fraction * (counts.kept + counts.sampledOut))
    data = await loadMatrix({ ...base, maxRows: Math.min(limit, wanted) })
  }
  const result = lassoCv(data, data.y, { ...request.cv, time: data.time, looksUntilMinutes, missing: 'refuse' })
  const { features, coefficients } = result.model
  const selected = features
    .map((feature, f) => ({ feature, coefficient: coefficients[f] }))
    .filter((one) => one.coefficient !== 0)
    .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient) || (a.feature < b.feature ? -1 : 1))
  return { span, rows: data.counts.kept + data.counts.sampledOut, drawn: data.rows, alpha: result.alpha, selected }
}

async function reachOf(request: LassoSelectionRequest, span: DateSpan): Promise<number> {
  for (const date of spanDates(span)) {
    const day = await request.days.open(date as UtcDate)
    if (day !== undefined) return labelLooksUntil(request.label, day.facts(request.label), day.subject)
  }
  fail('E_NOTHING_FOUND', { subject: `selection window ${spanText(span)}`, detail: 'no XY table of these dates' })
}

/** The window without rows whose labels share time with a held-out range. */
function keptRange(span: DateSpan, heldOut: readonly DateSpan[], looksUntilMinutes: number): PurgedRange {
  const whole = wholeRange(span)
  let { keepFromMs, keepToMs, borderMs } = whole
  for (const held of heldOut) {
    if (held.from >= span.to) {
      borderMs = Math.min(borderMs, dateMs(held.from))
      keepToMs = Math.min(keepToMs, dateMs(held.from) - looksUntilMinutes * MINUTE_MS + 1)
    } else keepFromMs = Math.max(keepFromMs, dateMs(held.to) + (looksUntilMinutes - 1) * MINUTE_MS)
  }
  if (keepFromMs >= keepToMs) {
    fail('E_USAGE_RANGE', { subject: `selection window ${spanText(span)}`, detail: 'nothing is left after the purge' })
  }
  const kept = Math.ceil((keepToMs - keepFromMs) / MINUTE_MS)
  const purgedMinutes = (whole.keepToMs - whole.keepFromMs) / MINUTE_MS - kept
  return { ...whole, keepFromMs, keepToMs, borderMs, purgedMinutes }
}
