/** What `cointrader features audit` and `features select` do. */
import { join, resolve } from 'node:path'
import { addDays, dateRange, EXIT, type ExitCode, fail, parseDate } from '@cointrader/core'
import {
  auditDays,
  type DateSpan,
  diskDays,
  GLOBAL_BAN_DATES,
  monthWindows,
  selectByCorrelation,
  selectionList,
  updateBanDates,
  writeFeatureList,
} from '@cointrader/features'
import { selectByLasso } from '@cointrader/models'
import type { AuditOptions, SelectOptions } from '../commands/features.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

export async function runAudit(options: AuditOptions, ctx: Context): Promise<ExitCode> {
  const dates = dateRange(parseDate(options.startDate, '--start-date'), parseDate(options.endDate, '--end-date'))
  const span = { from: dates[0]!, to: addDays(dates.at(-1)!, 1) }
  const result = await auditDays(diskDays(ctx.disk, ctx.dataDir, options.top), span)
  const out = resolve(options.out ?? join(ctx.dataDir, GLOBAL_BAN_DATES))
  await updateBanDates(ctx.disk, out, result.banDates, dates)
  const days = result.days.map((d) => [
    d.date,
    d.state,
    d.rows.toLocaleString('en-US'),
    d.symbols,
    d.badCells,
    d.badColumns,
  ])
  ctx.print(textTable(['date', '', 'rows', 'symbols', 'bad cells', 'bad columns'], days))
  const bad = result.columns.filter((c) => c.badShare > 0).sort((a, b) => b.badShare - a.badShare)
  if (bad.length > 0) {
    const rows = bad.slice(0, 15).map((c) => [c.column, `${(100 * c.badShare).toFixed(2)} %`, c.badDays, c.absentDays])
    ctx.print(`\n${textTable(['column', 'missing or infinite', 'days', 'days absent'], rows)}`)
  }
  const dead = result.columns.filter((c) => c.constant && c.role === 'feature').map((c) => c.column)
  ctx.print(
    `\n${bad.length} columns with bad cells, ${dead.length} without information${dead.length > 0 ? `: ${dead.slice(0, 12).join(' ')}` : ''}`,
  )
  ctx.print(`ban dates: ${out}`)
  ctx.printJson({ ...result, banDates: result.banDates, out })
  return result.days.some((d) => d.state !== 'present') ? EXIT.partly : EXIT.done
}

function windowsOf(options: SelectOptions, training: DateSpan): DateSpan[] {
  const { windowDays } = options
  if (windowDays === undefined)
    return monthWindows(training.from.slice(0, 7), options.windowMonths, options.stepMonths, options.windows)
  const out: DateSpan[] = []
  for (let from = training.from; addDays(from, windowDays) <= training.to; from = addDays(from, windowDays))
    out.push({ from, to: addDays(from, windowDays) })
  if (out.length === 0)
    fail('E_USAGE', { subject: '--window-days', detail: 'the training range is shorter than one window' })
  return out
}

export async function runSelect(options: SelectOptions, ctx: Context): Promise<ExitCode> {
  const training = {
    from: parseDate(options.trainStart, '--train-start'),
    to: addDays(parseDate(options.trainEnd, '--train-end'), 1),
  }
  const windows = windowsOf(options, training)
  const days = diskDays(ctx.disk, ctx.dataDir, options.top)
  // Rows whose label looks beyond the training range are held out with what lies there.
  const heldOut = [{ from: training.to, to: addDays(training.to, 2) }]
  const base = { days, label: options.yName, windows, training, heldOut, seed: options.seed }
  const found = await selectByCorrelation({
    ...base,
    minCorrelation: options.minCorrelation,
    maxMutual: options.maxMutual,
    fraction: options.fraction,
  })
  let names = selectionList(found.ranking, Math.min(options.minWindows, windows.length))
  let rows = found.ranking.slice(0, 20).map((r) => [r.feature, r.windows, r.meanCorrelation.toFixed(4)])
  let head = ['feature', 'windows', 'mean |correlation|']
  if (options.method === 'lasso') {
    const lasso = await selectByLasso({ ...base, candidates: names, fraction: Math.max(options.fraction, 0.1) })
    names = lasso.ranking.map((r) => r.feature)
    rows = lasso.ranking.slice(0, 20).map((r) => [r.feature, r.windows, r.meanCoefficient.toFixed(4)])
    head = ['feature', 'windows', 'mean |coefficient|']
  }
  if (options.keep !== undefined) names = names.slice(0, options.keep)
  if (names.length === 0)
    fail('E_NOTHING_FOUND', {
      subject: 'selection',
      detail: 'no feature passes',
      next: 'lower --min-correlation or --min-windows',
    })
  const id = { yName: options.yName, top: options.top, label: options.label }
  const path = await writeFeatureList(ctx.disk, resolve(options.outDir), id, names, options.encoding)
  ctx.print(
    textTable(
      ['window', 'rows', 'used', 'candidates', 'taken'],
      found.windows.map((w) => [`${w.span.from} to ${w.span.to}`, w.rows, w.used, w.candidates, w.taken.length]),
    ),
  )
  ctx.print(`\n${textTable(head, rows)}`)
  ctx.print(`\n${names.length} features: ${join(resolve(options.outDir), path)}`)
  ctx.printJson({ ...found, names, path })
  return EXIT.done
}
