/** The report as lines of text, for a terminal. */
import type { EvaluationReport, ReportEntry, ReportInterval, ReportScore } from './report.js'

/** A number with `digits` decimals and its sign, `-` when there is none. */
export function signed(x: number | null | undefined, digits = 3): string {
  if (x === null || x === undefined) return '-'
  return `${x >= 0 ? '+' : ''}${x.toFixed(digits)}`
}

/** A number with `digits` decimals, `-` when there is none. */
export function plain(x: number | null | undefined, digits = 3): string {
  return x === null || x === undefined ? '-' : x.toFixed(digits)
}

function range(interval: ReportInterval | null, digits = 3): string {
  return interval === null ? '-' : `[${signed(interval.low, digits)}, ${signed(interval.high, digits)}]`
}

function chance(score: ReportScore | undefined): string {
  const p = score?.band?.pValue
  return p === null || p === undefined ? '-' : p.toFixed(3)
}

interface ColumnSpec {
  readonly title: string
  readonly cell: (entry: ReportEntry) => string
}

/** Columns of the summary: those that make no sense for the report (no cross-sections, other task) are left out. */
export function summaryColumns(report: EvaluationReport): ColumnSpec[] {
  const full = report.crossSections.refusal === null
  const out: ColumnSpec[] = [
    { title: 'name', cell: (e) => e.name },
    { title: 'role', cell: (e) => e.role },
  ]
  if (report.task === 'binary') {
    out.push(
      { title: 'AUC', cell: (e) => plain(e.classifier?.auc.value) },
      { title: 'AUC interval', cell: (e) => probabilityRange(e.classifier?.auc.interval ?? null) },
      { title: 'null p', cell: (e) => chance(e.classifier?.auc) },
      { title: 'avg precision', cell: (e) => plain(e.classifier?.averagePrecision) },
    )
    for (const [i, at] of (report.entries[0]?.classifier?.thresholds ?? []).entries()) {
      out.push(
        { title: `precision@${at.threshold}`, cell: (e) => plain(e.classifier?.thresholds[i]?.precision) },
        { title: `recall@${at.threshold}`, cell: (e) => plain(e.classifier?.thresholds[i]?.recall) },
        { title: `F1@${at.threshold}`, cell: (e) => plain(e.classifier?.thresholds[i]?.f1) },
      )
    }
    out.push(
      { title: 'log loss', cell: (e) => plain(e.classifier?.logLoss, 4) },
      { title: 'Brier', cell: (e) => plain(e.classifier?.brier, 4) },
      { title: 'ECE', cell: (e) => plain(e.classifier?.ece) },
    )
    return out
  }
  out.push(
    { title: 'IC', cell: (e) => signed(e.pooled.pearson.value) },
    { title: 'IC interval', cell: (e) => range(e.pooled.pearson.interval) },
    { title: 'null p', cell: (e) => chance(e.pooled.pearson) },
    { title: 'rank IC', cell: (e) => signed(e.pooled.rank.value) },
    { title: 'daily rank IC', cell: (e) => signed(e.daily.rankMean) },
    { title: 'its t', cell: (e) => signed(e.daily.rankT, 1) },
  )
  if (full) {
    out.push(
      { title: 'xs rank IC', cell: (e) => signed(e.sections?.rank.value) },
      { title: 'NW t', cell: (e) => signed(e.sections?.rank.t, 1) },
      { title: 'xs null p', cell: (e) => chance(e.sections?.rank) },
      { title: `spread ${report.unit}`, cell: (e) => signed(e.spread?.value, 2) },
      { title: 'its t', cell: (e) => signed(e.spread?.t, 1) },
      { title: 'turnover', cell: (e) => plain(e.portfolio?.perHorizon.turnover, 2) },
    )
  }
  out.push(
    { title: 'hit', cell: (e) => plain(e.errors.hitRate) },
    { title: `RMSE ${report.unit}`, cell: (e) => plain(e.errors.rmse, 3) },
    { title: 'R2 vs 0', cell: (e) => signed(e.errors.r2Zero, 4) },
  )
  return out
}

function probabilityRange(interval: ReportInterval | null): string {
  return interval === null ? '-' : `[${plain(interval.low)}, ${plain(interval.high)}]`
}

/** `2026-02-01 00:00` in UTC. */
export function minuteText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

/** What was judged, on what, in a few lines. */
export function reportFacts(report: EvaluationReport): string[] {
  const { rows, time, crossSections: xs, settings } = report
  const percent = `${(settings.level * 100).toFixed(0)} %`
  return [
    `label ${report.label}${report.unit === '' ? '' : ` (${report.unit})`}, ${report.horizonMinutes} minutes ahead`,
    `${rows.judged} rows judged of ${rows.given} (${rows.withoutLabel} without label), ${report.symbols} symbols, ` +
      `${time.instants} instants on ${time.days} days, ${minuteText(time.firstMs)} to ${minuteText(time.lastMs)} UTC`,
    xs.refusal === null
      ? `${xs.used} cross-sections of at least ${xs.minSymbols} symbols (median ${xs.medianSize})`
      : `no cross-sectional figures: ${xs.refusal}`,
    `intervals: ${percent}, ${settings.resamples} stationary block resamples of mean ${settings.block} instants; ` +
      `null: ${settings.permutations} label shuffles; seed ${settings.seed}; trials ${settings.trials}`,
  ]
}

/** Lines of the evaluation: facts, then a row per model and baseline, then notes. */
export function evaluationTable(report: EvaluationReport): string[] {
  const columns = summaryColumns(report)
  const ordered = [...report.entries].sort((a, b) => Number(a.role === 'baseline') - Number(b.role === 'baseline'))
  const cells = [columns.map((c) => c.title), ...ordered.map((entry) => columns.map((c) => c.cell(entry)))]
  const widths = columns.map((_, c) => Math.max(...cells.map((row) => row[c].length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => (c < 2 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd()
  return [
    report.title,
    ...reportFacts(report),
    '',
    line(cells[0]),
    widths.map((w) => '-'.repeat(w)).join('  '),
    ...cells.slice(1).map(line),
    ...(report.notes.length === 0 ? [] : ['', ...report.notes.map((note) => `note: ${note}`)]),
  ]
}
