/** What `cointrader collect` does: one cycle of the long-term collectors. */
import { createClient, createLimiter, createRest, fetchHttp } from '@cointrader/binance'
import { EXIT, type ExitCode } from '@cointrader/core'
import { collect, pacedClient } from '@cointrader/fetcher/collect'
import type { CollectFlags } from '../commands/collect.js'
import type { Context } from '../context.js'
import { parseBack, parseSymbols } from './flags.js'

/** Weight per minute the venue grants an address (exchangeInfo, REQUEST_WEIGHT); these series cost next to nothing. */
const WEIGHT_PER_MINUTE = 2400

export async function runCollect(flags: CollectFlags, context: Context): Promise<ExitCode> {
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
    context.print(`${report.differing} stored values differ from what the venue says now; the stored ones are kept`)
    for (const text of report.examples.slice(0, 5)) context.print(`  ${text}`)
  }
  context.printJson(report)
  await context.log.write('collected', {
    points,
    added: report.added,
    failures: report.failures.map((f) => `${f.symbol} ${f.kind}: ${f.message}`),
  })
  return report.failures.length > 0 ? EXIT.partly : EXIT.done
}
