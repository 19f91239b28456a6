/** `cointrader features`: what is wrong with XY tables, and which features to use. */
import { join, resolve } from 'node:path'
import { addDays, dateRange, EXIT, fail, parseDate } from '@cointrader/core'
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
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { count, whole } from '../lib/train-options.js'
import { textTable } from '../table.js'

const share = (text: string): number => {
  const n = Number(text)
  if (!(n >= 0 && n <= 1)) throw new InvalidArgumentError('give a number from 0 to 1')
  return n
}

export function featuresCommand(): Command {
  return new Command('features')
    .description('Audit XY tables, and select features inside a training range.')
    .addCommand(auditCommand())
    .addCommand(selectCommand())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader features audit --start-date 2026-02-02 --end-date 2026-02-07 --top 30',
    )
}

interface AuditOptions {
  startDate: string
  endDate: string
  top: number
  dataDir: string
  out?: string
  json?: boolean
}

function auditCommand(): Command {
  return new Command('audit')
    .description('Count missing and infinite cells, find dead columns; write global_ban_dates.json (RP-21).')
    .requiredOption('--start-date <date>', 'first day, inclusive (UTC)')
    .requiredOption('--end-date <date>', 'last day, inclusive')
    .option('--top <n>', 'universe of the XY tables', count, 30)
    .option('--data-dir <folder>', 'folder of XY tables', 'data/xy')
    .option('--out <file>', `default: ${GLOBAL_BAN_DATES} in --data-dir`)
    .option('--json', 'one machine-readable result')
    .addHelpText(
      'after',
      '\nExample:\n  cointrader features audit --start-date 2026-02-02 --end-date 2026-02-07 --top 30',
    )
    .action((options: AuditOptions) =>
      runCommand({ command: 'features audit', dataDir: options.dataDir, json: options.json, lock: false }, (ctx) =>
        audit(options, ctx),
      ),
    )
}

async function audit(options: AuditOptions, ctx: Context) {
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

interface SelectOptions {
  method: 'correlation' | 'lasso'
  yName: string
  top: number
  trainStart: string
  trainEnd: string
  windowMonths: number
  stepMonths: number
  windows: number
  windowDays?: number
  minCorrelation: number
  maxMutual: number
  fraction: number
  minWindows: number
  keep?: number
  label: string
  encoding: 'array' | 'python'
  dataDir: string
  outDir: string
  seed: number
  json?: boolean
}

function selectCommand(): Command {
  return new Command('select')
    .description('Rank features by correlation with the label, or by LASSO, over windows of the training range only.')
    .requiredOption('--train-start <date>', 'first day of the training range: no later data is looked at')
    .requiredOption('--train-end <date>', 'last day of the training range, inclusive')
    .addOption(
      new Option('--method <name>', 'correlation (RP-22), or correlation followed by lasso (RP-23)')
        .choices(['correlation', 'lasso'])
        .default('correlation'),
    )
    .option('--y-name <label>', 'label column', 'y_60m')
    .option('--top <n>', 'universe of the XY tables', count, 30)
    .option('--window-months <n>', 'length of a window', count, 4)
    .option('--step-months <n>', 'distance of windows', count, 2)
    .option('--windows <n>', 'number of windows', count, 5)
    .option('--window-days <n>', 'short data: consecutive windows of so many days instead of months', count)
    .option('--min-correlation <a>', 'least |correlation| with the label', share, 0.02)
    .option('--max-mutual <b>', 'largest |correlation| with a feature already taken', share, 0.9)
    .option('--fraction <share>', 'share of the rows that is drawn', share, 1)
    .option('--min-windows <k>', 'keep features taken in so many windows', count, 2)
    .option('--keep <n>', 'at most so many features', count)
    .option('--label <name>', 'name of the list', 'selected')
    .addOption(
      new Option('--encoding <form>', "of the list: a JSON array, or the research pipeline's Python literal")
        .choices(['array', 'python'])
        .default('array'),
    )
    .option('--data-dir <folder>', 'folder of XY tables', 'data/xy')
    .option('--out-dir <folder>', 'folder that gets feature_list/', '.')
    .option('--seed <n>', 'seed of the draw', whole, 42)
    .option('--json', 'one machine-readable result')
    .addHelpText(
      'after',
      '\nExample:\n  cointrader features select --train-start 2026-02-02 --train-end 2026-02-05 --window-days 2 --top 30',
    )
    .action((options: SelectOptions) =>
      runCommand({ command: 'features select', dataDir: options.dataDir, json: options.json, lock: false }, (ctx) =>
        select(options, ctx),
      ),
    )
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

async function select(options: SelectOptions, ctx: Context) {
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
