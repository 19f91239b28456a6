/** What `cointrader data` and `data export` do. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, MINUTE_MS, parseDate, parseInterval } from '@cointrader/core'
import type { DataFlags, ExportFlags } from '../commands/data.js'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'
import { describeFolder, describeSymbols } from './describe-folder.js'
import { exportBars } from './export-bars.js'
import { parseSymbols } from './flags.js'

/** Days or names for a table cell: the first few, and how many more. */
function some(items: readonly string[], most = 3): string {
  return items.length > most ? `${items.slice(0, most).join(', ')} … (${items.length})` : items.join(', ') || '-'
}

const minuteText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

export async function runData(flags: DataFlags, context: Context): Promise<ExitCode> {
  if (!(await context.disk.exists(context.dataDir)))
    fail('E_FILE_MISSING', { subject: flags.dataDir, detail: 'no such folder' })
  if (flags.symbols) {
    const wanted = flags.symbols === true ? null : parseSymbols(flags.symbols)
    const symbols = (await describeSymbols(context)).filter((s) => wanted === null || wanted.includes(s.symbol))
    context.progress.end()
    if (symbols.length === 0) context.print('no bars of such symbols')
    else
      context.print(
        textTable(
          ['table', 'symbol', 'first bar', 'last bar', 'bars', 'expected', 'gaps', 'longest gap'],
          symbols.map((s) => [
            s.group,
            s.symbol,
            minuteText(s.firstMs),
            minuteText(s.lastMs),
            s.bars,
            s.expected,
            s.gaps,
            s.longestGap
              ? `${minuteText(s.longestGap[0])}, ${(s.longestGap[1] - s.longestGap[0]) / MINUTE_MS} min`
              : '-',
          ]),
        ),
      )
    context.printJson({ symbols })
    return EXIT.done
  }
  const facts = await describeFolder(context)
  context.progress.end()
  if (facts.groups.length === 0) context.print('no tables')
  else
    context.print(
      textTable(
        ['table', 'from', 'to', 'files', 'symbols', 'rows', 'size', 'missing days'],
        facts.groups.map((g) => [
          g.group || '.',
          g.from ?? '-',
          g.to ?? '-',
          g.files,
          g.symbols,
          g.rows,
          bytesText(g.bytes),
          some(g.missingDays),
        ]),
      ),
    )
  for (const { file, entries, bytes } of facts.files) context.print(`${file}: ${entries} entries, ${bytesText(bytes)}`)
  for (const path of facts.damaged) context.print(`damaged: ${path} (see cointrader verify)`)
  context.printJson(facts)
  return facts.damaged.length > 0 ? EXIT.partly : EXIT.done
}

export async function runExport(flags: ExportFlags, context: Context): Promise<ExitCode> {
  const interval = parseInterval(flags.interval)
  const startDate = flags.startDate === undefined ? null : parseDate(flags.startDate, '--start-date')
  const endDate = flags.endDate === undefined ? null : parseDate(flags.endDate, '--end-date')
  if (startDate && endDate && endDate < startDate) fail('E_USAGE_RANGE', { subject: `${startDate}…${endDate}` })
  const outDir = flags.outDir === undefined ? join(context.dataDir, 'export') : resolve(flags.outDir)
  const symbols = flags.symbols === undefined ? null : parseSymbols(flags.symbols === true ? '' : String(flags.symbols))
  const { disk, dataDir, codeVersion, progress, signal } = context
  const report = await exportBars({
    disk,
    dataDir,
    outDir,
    interval,
    symbols,
    startDate,
    endDate,
    allowPartial: flags.allowPartial === true,
    codeVersion,
    progress,
    signal,
  })
  progress.end()
  context.print(
    textTable(
      ['symbol', 'bars', 'incomplete', 'absent', 'no BTC/ETH', 'no OI', 'no funding', 'file'],
      report.files.map((f) => [
        f.symbol,
        f.bars,
        f.incomplete,
        f.absent,
        f.withoutSide,
        f.withoutOi,
        f.withoutFunding,
        f.file ?? '-',
      ]),
    ),
  )
  context.print(
    `${report.from} to ${report.to}, in ${outDir}${flags.allowPartial ? '' : '; incomplete bars are left out'}`,
  )
  if (report.sides.length < 2)
    context.print(`side columns: ${report.sides.join(', ') || 'none'} (BTCUSDT and ETHUSDT are not both in the data)`)
  if (report.missingDays.length > 0) context.print(`days without a table: ${some(report.missingDays, 10)}`)
  for (const symbol of report.unknown) progress.note(`missing: ${symbol} has no row in the range`)
  context.printJson({ ...report, interval })
  const empty = report.files.filter((f) => f.file === null)
  for (const f of empty) progress.note(`missing: ${f.symbol} has no complete bar`)
  return report.unknown.length + empty.length > 0 ? EXIT.partly : EXIT.done
}
