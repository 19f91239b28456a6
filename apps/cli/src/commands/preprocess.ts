/** `cointrader preprocess`: defect ledger and ban lists of a range of days. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { DEFECT_KINDS, type DefectKind, dateRange, EXIT, type ExitCode, fail, parseDate } from '@cointrader/core'
import {
  type DayReport,
  POLICY_NAMES,
  preprocess,
  RESEARCH_POLICIES,
  readPolicies,
  sequentialRunner,
  threadRunner,
} from '@cointrader/preprocessor'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { textTable } from '../table.js'

interface Options {
  startDate: string
  endDate: string
  threshold: number
  policies?: string
  policy: string[]
  compat?: 'research'
  workers: number
  dataDir: string
  outDir?: string
  wait: number
  json?: boolean
}

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('give a whole number from 1')
  return n
}

const seconds = (text: string): number => {
  const n = Number(text)
  if (!(n >= 0)) throw new InvalidArgumentError('give a number of zero or more')
  return n
}

const collect = (text: string, before: string[]): string[] => [...before, text]

export function preprocessCommand(): Command {
  return new Command('preprocess')
    .description('Check day tables: write the defect ledger with the policy applied to each defect, and the ban lists.')
    .requiredOption('--start-date <date>', 'first day, inclusive (UTC)')
    .requiredOption('--end-date <date>', 'last day, inclusive (UTC)')
    .option('--threshold <minutes>', 'bad minutes from which a symbol is banned for the day', count, 30)
    .option('--policies <file>', 'JSON: {"strict": false, "policies": {"missing_premium": "forward-fill:5"}}')
    .option('--policy <kind=policy>', 'policy of one kind of defect (repeatable)', collect, [])
    .addOption(new Option('--compat <mode>', "the research pipeline's own rules (RP-07…11)").choices(['research']))
    .option(
      '--workers <n>',
      'worker threads; the result does not depend on it',
      count,
      Math.min(availableParallelism(), 4),
    )
    .option('--data-dir <folder>', 'a data folder, or a folder of {date}.parquet', 'data')
    .option('--out-dir <folder>', 'where ledger and bans go; default: --data-dir')
    .option('--wait <seconds>', 'wait for another run on the same folder instead of refusing', seconds, 0)
    .option('--json', 'one machine-readable result')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      const dataDir = options.outDir ?? options.dataDir
      const { json, wait } = options
      await runCommand({ dataDir, json, wait, command: 'preprocess', lock: true }, (ctx) => run(options, ctx))
    })
}

function help(): string {
  const list = (of: Readonly<Record<string, string>>) =>
    Object.entries(of)
      .map(([name, what]) => `  ${name.padEnd(20)}${what}`)
      .join('\n')
  return `
Example:
  cointrader preprocess --start-date 2026-02-01 --end-date 2026-02-07 --policy missing_premium=forward-fill:3

Kinds of defects:
${list(DEFECT_KINDS)}

Policies (raw tables are never rewritten; readers apply them):
${list(POLICY_NAMES)}`
}

async function run(options: Options, ctx: Context): Promise<ExitCode> {
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
