/** What `cointrader universe` does: the selection of a range of days, and its table. */
import { join, resolve } from 'node:path'
import { dateRange, EXIT, type ExitCode, parseDate, paths } from '@cointrader/core'
import { dayTablePath } from '@cointrader/preprocessor'
import { buildUniverse, reasonsPath, universePath } from '@cointrader/universe'
import type { UniverseFlags } from '../commands/universe.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

export async function runUniverse(options: UniverseFlags, ctx: Context): Promise<ExitCode> {
  const dates = dateRange(parseDate(options.startDate, '--start-date'), parseDate(options.endDate, '--end-date'))
  const dataDir = resolve(options.dataDir)
  const outPath = resolve(options.out ?? universePath(ctx.dataDir, options.top))
  const research = options.compat === 'research'
  const result = await buildUniverse({
    disk: ctx.disk,
    dates,
    top: options.top,
    bufferDays: options.bufferDays,
    minHistoryDays: options.minHistoryDays,
    research,
    locate: (date) => dayTablePath(ctx.disk, dataDir, date),
    contractsPath: join(dataDir, paths.contracts),
    bannedPath: resolve(options.banned ?? join(ctx.dataDir, paths.bannedSymbols)),
    outPath,
    cacheDir: join(ctx.dataDir, paths.cache),
    progress: ctx.progress,
    signal: ctx.signal,
  })
  ctx.progress.end()
  const rows = result.selections.map((s) => [
    s.date,
    s.symbols.length,
    s.daysUsed,
    Object.keys(s.excluded).length,
    s.symbols.slice(0, 5).join(' ') + (s.symbols.length > 5 ? ' …' : ''),
    s.note ?? '',
  ])
  ctx.print(textTable(['date', 'members', 'days used', 'excluded', 'largest', 'note'], rows))
  for (const date of result.skipped) ctx.progress.note(`${date}: no day table in reach; no entry written`)
  if (!result.contractsKnown && !research) {
    ctx.progress.note(`${join(dataDir, paths.contracts)} is not there: contract facts were derived from the names`)
  }
  ctx.print(`universe: ${outPath}\nreasons:  ${reasonsPath(outPath)}`)
  ctx.printJson(result)
  return EXIT.done
}
