/** `cointrader data`: what a data folder holds; `cointrader data export`: bars for the bot's data set. */
import { join, resolve } from 'node:path'
import { EXIT, fail, MINUTE_MS, parseDate, parseInterval } from '@cointrader/core'
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { describeFolder, describeSymbols } from '../lib/describe-folder.js'
import { exportBars } from '../lib/export-bars.js'
import { flagsOf, parseSeconds, parseSymbols } from '../lib/flags.js'
import { bytesText, textTable } from '../table.js'

interface DataFlags {
  readonly dataDir: string
  /** True without a list. */
  readonly symbols?: boolean | string
  readonly json?: boolean
}

interface ExportFlags {
  readonly interval: string
  /** True when the list was forgotten. */
  readonly symbols?: boolean | string
  readonly startDate?: string
  readonly endDate?: string
  readonly outDir?: string
  readonly dataDir: string
  readonly allowPartial?: boolean
  readonly wait: number
  readonly json?: boolean
}

/** Days or names for a table cell: the first few, and how many more. */
function some(items: readonly string[], most = 3): string {
  return items.length > most ? `${items.slice(0, most).join(', ')} … (${items.length})` : items.join(', ') || '-'
}

const minuteText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

export function dataCommand(): Command {
  return new Command('data')
    .description('show what a data folder holds: spans, symbols, rows, gaps')
    .option('--data-dir <folder>', 'data folder', 'data')
    .option('--symbols [list]', 'one line per symbol (or per listed one): first and last bar, gaps')
    .option('--json', 'print one machine-readable result')
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader data --data-dir data\n  cointrader data --symbols\n  cointrader data export --interval 15m --symbols XRPUSDT',
    )
    .addCommand(exportCommand())
    .action((flags: DataFlags) =>
      runCommand({ command: 'data', lock: false, dataDir: flags.dataDir, json: flags.json }, async (context) => {
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
        for (const { file, entries, bytes } of facts.files)
          context.print(`${file}: ${entries} entries, ${bytesText(bytes)}`)
        for (const path of facts.damaged) context.print(`damaged: ${path} (see cointrader verify)`)
        context.printJson(facts)
        return facts.damaged.length > 0 ? EXIT.partly : EXIT.done
      }),
    )
}

function exportCommand(): Command {
  return new Command('export')
    .description(
      'minute tables to {SYMBOL}_{interval}.parquet with BTC and ETH columns, open-interest change and funding',
    )
    .option('--interval <interval>', 'length of a bar', '15m')
    .option('--symbols <list>', 'symbols, comma separated (default: all there are)')
    .option('--start-date <date>', 'first day, inclusive (default: the first there is)')
    .option('--end-date <date>', 'last day, inclusive (default: the last there is)')
    .option('--out-dir <folder>', 'where to write (default: export in the data folder)')
    .option('--data-dir <folder>', 'data folder', 'data')
    .option('--allow-partial', 'also write bars of which minutes are missing')
    .option('--wait <seconds>', 'wait so long for another run on the folder', parseSeconds, 0)
    .option('--json', 'print one machine-readable result')
    .addHelpText(
      'after',
      '\nExample:\n  cointrader data export --interval 15m --symbols XRPUSDT,DOGEUSDT --start-date 2026-02-01 --end-date 2026-02-28',
    )
    .action((_: unknown, command: Command) => {
      const flags = flagsOf<ExportFlags>(command)
      return runCommand(
        { command: 'data export', lock: true, dataDir: flags.dataDir, json: flags.json, wait: flags.wait },
        async (context) => {
          const interval = parseInterval(flags.interval)
          const startDate = flags.startDate === undefined ? null : parseDate(flags.startDate, '--start-date')
          const endDate = flags.endDate === undefined ? null : parseDate(flags.endDate, '--end-date')
          if (startDate && endDate && endDate < startDate) fail('E_USAGE_RANGE', { subject: `${startDate}…${endDate}` })
          const outDir = flags.outDir === undefined ? join(context.dataDir, 'export') : resolve(flags.outDir)
          const symbols =
            flags.symbols === undefined ? null : parseSymbols(flags.symbols === true ? '' : String(flags.symbols))
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
            context.print(
              `side columns: ${report.sides.join(', ') || 'none'} (BTCUSDT and ETHUSDT are not both in the data)`,
            )
          if (report.missingDays.length > 0) context.print(`days without a table: ${some(report.missingDays, 10)}`)
          for (const symbol of report.unknown) progress.note(`missing: ${symbol} has no row in the range`)
          context.printJson({ ...report, interval })
          const empty = report.files.filter((f) => f.file === null)
          for (const f of empty) progress.note(`missing: ${f.symbol} has no complete bar`)
          return report.unknown.length + empty.length > 0 ? EXIT.partly : EXIT.done
        },
      )
    })
}
