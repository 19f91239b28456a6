/** `cointrader collect`: one cycle of the long-term collectors, for cron. */
import { createClient, createLimiter, createRest, fetchHttp } from '@cointrader/binance'
import { EXIT } from '@cointrader/core'
import { type CollectPeriod, collect, pacedClient } from '@cointrader/fetcher/collect'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import { parseBack, parseSeconds, parseSymbols } from '../lib/flags.js'

/** Weight per minute the venue grants an address (exchangeInfo, REQUEST_WEIGHT); these series cost next to nothing. */
const WEIGHT_PER_MINUTE = 2400

interface Flags {
  readonly symbols: string
  readonly period: CollectPeriod
  readonly back?: string
  readonly restUrl: string
  readonly dataDir: string
  readonly wait: number
  readonly json?: boolean
}

export function collectCommand(): Command {
  return new Command('collect')
    .description('store open interest and long/short ratios, which the venue forgets after 30 days; run it from cron')
    .requiredOption('--symbols <list>', 'symbols, comma separated')
    .addOption(new Option('--period <period>', 'length of a point').choices(['5m', '15m']).default('15m'))
    .option('--back <time>', 'ask this far back, e.g. 2d (default: since the last stored point, at most 29.5 days)')
    .option('--rest-url <url>', 'address of the REST API', 'https://fapi.binance.com')
    .option('--data-dir <folder>', 'data folder', 'data')
    .option('--wait <seconds>', 'wait so long for another run on the folder', parseSeconds, 60)
    .option('--json', 'print one machine-readable result')
    .addHelpText(
      'after',
      '\nExample:\n  cointrader collect --symbols BTCUSDT,ETHUSDT,XRPUSDT\nIn crontab, every quarter hour:\n  */15 * * * * cointrader collect --symbols BTCUSDT,ETHUSDT,XRPUSDT --data-dir /srv/data',
    )
    .action((flags: Flags) =>
      runCommand(
        { command: 'collect', lock: true, dataDir: flags.dataDir, json: flags.json, wait: flags.wait },
        async (context) => {
          const { clock, signal, progress } = context
          const symbols = parseSymbols(flags.symbols)
          const backMs = flags.back === undefined ? undefined : parseBack(flags.back)
          const client = createClient({
            http: fetchHttp,
            clock,
            limiter: createLimiter({ clock, weightPerMinute: WEIGHT_PER_MINUTE }),
            signal,
            onWait: (text) => progress.note(text),
          })
          const report = await collect({
            rest: createRest(pacedClient(client, { clock, signal }), flags.restUrl),
            disk: context.disk,
            dataDir: context.dataDir,
            symbols,
            period: flags.period,
            backMs,
            codeVersion: context.codeVersion,
            progress,
            signal,
          })
          progress.end()
          for (const f of report.failures) progress.note(`missing: ${f.symbol} ${f.kind}: ${f.message}`)
          const points = report.series.reduce((sum, s) => sum + s.points, 0)
          const missing = report.series.reduce((sum, s) => sum + s.missing, 0)
          const lost = report.series.filter((s) => s.lost > 0)
          context.print(
            `${points} points of ${report.series.length} series: ${report.added} new, ${report.filled} filled, ${report.revised} revised; ${report.written.length} files written`,
          )
          if (missing > 0) context.print(`${missing} points are missing in the venue's answers`)
          for (const s of lost)
            context.print(
              `${s.symbol} ${s.kind}: ${s.lost} points before ${new Date(s.fromMs).toISOString()} are lost for good`,
            )
          if (report.differing > 0) {
            context.print(
              `${report.differing} stored values differ from what the venue says now; the stored ones are kept`,
            )
            for (const text of report.examples.slice(0, 5)) context.print(`  ${text}`)
          }
          context.printJson(report)
          await context.log.write('collected', {
            points,
            added: report.added,
            failures: report.failures.map((f) => `${f.symbol} ${f.kind}: ${f.message}`),
          })
          return report.failures.length > 0 ? EXIT.partly : EXIT.done
        },
      ),
    )
}
