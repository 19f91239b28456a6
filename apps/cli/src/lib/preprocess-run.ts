/** What `cointrader preprocess` does: ledgers and bans of a range of days, and their table. */
import { resolve } from 'node:path'
import { DEFECT_KINDS, type DefectKind, dateRange, EXIT, type ExitCode, fail, parseDate } from '@cointrader/core'
import {
  type DayReport,
  preprocess,
  RESEARCH_POLICIES,
  readPolicies,
  sequentialRunner,
  threadRunner,
} from '@cointrader/preprocessor'
import type { PreprocessFlags } from '../commands/preprocess.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

export async function runPreprocess(options: PreprocessFlags, ctx: Context): Promise<ExitCode> {
  const dates = dateRange(parseDate(options.startDate, '--start-date'), parseDate(options.endDate, '--end-date'))
  const research = options.compat === 'research'
  const policies = readPolicies(
    await policyFile(options.policies, ctx),
    options.policy,
    options.policies ?? '--policy',
    research ? RESEARCH_POLICIES : undefined,
  )
  const workers = Math.min(options.workers, dates.length)
  const result = await preprocess({
    disk: ctx.disk,
    dates,
    dataDir: resolve(options.dataDir),
    outDir: ctx.dataDir,
    threshold: options.threshold,
    research,
    policies,
    codeVersion: ctx.codeVersion,
    runner: workers > 1 ? threadRunner(workers) : sequentialRunner(ctx.disk),
    progress: ctx.progress,
    signal: ctx.signal,
  })
  ctx.progress.end()
  show(result.days, ctx)
  ctx.printJson(result)
  for (const date of result.missing) ctx.progress.note(`${date}: no day table; skipped`)
  for (const { date, error } of result.days) if (error !== null) ctx.progress.note(`${date}: ${error.message}`)
  return result.missing.length + result.failed.length > 0 ? EXIT.partly : EXIT.done
}

async function policyFile(path: string | undefined, ctx: Context): Promise<string | undefined> {
  if (path === undefined) return undefined
  const bytes = await ctx.disk.read(path)
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --policies' })
  return new TextDecoder().decode(bytes)
}

function show(days: readonly DayReport[], ctx: Context): void {
  const kinds = (Object.keys(DEFECT_KINDS) as DefectKind[]).filter((kind) =>
    days.some((d) => (d.byKind[kind] ?? 0) > 0),
  )
  const rows = days.map((d) => [
    d.date,
    d.state === 'done' ? '' : d.state === 'missing' ? 'no table' : d.state,
    d.symbols,
    ...kinds.map((kind) => d.byKind[kind] ?? 0),
    d.banned.length,
    d.banned
      .slice(0, 4)
      .map((b) => b.symbol)
      .join(' ') + (d.banned.length > 4 ? ' …' : ''),
  ])
  ctx.print(textTable(['date', 'state', 'symbols', ...kinds, 'banned', ''], rows))
}
