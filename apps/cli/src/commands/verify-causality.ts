/** `cointrader verify causality`: the proof that no feature, label or universe sees the future. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, type Json, parseDate, paths, sha256, stableJson } from '@cointrader/core'
import {
  BAR_FIELDS,
  contextDays,
  DAY_MINUTES,
  DEFAULT_HORIZONS,
  DEFAULT_WINDOWS,
  type Generator,
  labelDays,
  readRules,
} from '@cointrader/features'
import { defaultRules } from '@cointrader/features/build/day'
import { importPlugins } from '@cointrader/features/build/jobs'
import {
  type CausalPipeline,
  concludeProof,
  mergeResults,
  type Proof,
  type ProofDay,
  proofInstants,
  proofTasks,
  proveUniverse,
  referenceBuild,
} from '@cointrader/features/causality/index'
import { Command, Option } from 'commander'
import { type Context, runCommand } from '../context.js'
import { folderData, madeUpData, type ProofData, tableDates } from '../lib/causality-data.js'
import { runParts } from '../lib/causality-parts.js'
import { leakText, proofText, universeLeaks } from '../lib/causality-report.js'
import { type CausalitySpec, makePipeline } from '../lib/causality-spec.js'
import { flagsOf } from '../lib/flags.js'
import { pluginModules } from '../lib/plugins.js'
import { count, minutes } from '../lib/xy-options.js'

interface Flags {
  readonly date?: string
  readonly top: number
  readonly bufferDays: number
  readonly windows: readonly number[]
  readonly yWindows: readonly number[]
  readonly generator: Generator
  readonly plugin: readonly string[]
  readonly universe?: string
  readonly compat?: 'research'
  readonly seed?: string
  readonly workers: number
  readonly resume?: boolean
  readonly summary?: boolean
  readonly dataDir: string
  readonly json?: boolean
}

const HELP = `
Examples:
  cointrader verify causality --top 8
  cointrader verify causality --date 2026-02-04 --top 50 --windows all --resume
  cointrader verify causality --plugin my-feature.ts

Every row of the day is computed again from data in which nothing after its instant of knowledge is in memory, and must
have the same bits; then everything after 64 seeded instants and the day's borders is replaced by NaN and by 1e9, and
nothing known by then may change. Exit 1 when a column sees the future, with its first row and how far it sees.`

export function causalityCommand(): Command {
  return new Command('causality')
    .description('prove that no feature, label or universe sees the future; a certificate per column')
    .option('--date <date>', 'day (UTC); default: the last one that has a day before it')
    .option('--top <n>', 'size of the universe', count, 50)
    .option('--buffer-days <n>', 'days before the date whose volume is ranked', count, 14)
    .option('--windows <list>', 'feature windows in minutes, or "all"', minutes, [...DEFAULT_WINDOWS])
    .option('--y-windows <list>', 'label horizons in minutes', minutes, [...DEFAULT_HORIZONS])
    .addOption(
      new Option('--generator <name>', 'feature definitions').choices(['base', 'added', 'both']).default('base'),
    )
    .option(
      '--plugin <file>',
      'TypeScript or JavaScript file with your own features (repeatable): proves only these, on made-up data if the folder has none',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--universe <file>', 'take the members from this universe file instead of the rule')
    .addOption(new Option('--compat <mode>', 'the research pipeline, which is refused').choices(['research']))
    .option('--seed <text>', 'names the instants and holes; default: the date')
    .option(
      '--workers <n>',
      'worker threads; the proof does not depend on them',
      count,
      Math.min(availableParallelism(), 4),
    )
    .option('--resume', 'go on with an interrupted proof of the same data and settings')
    .option('--summary', 'print only what was refused, and the certificate')
    .option('--data-dir <folder>', 'a data folder, or a folder of {date}.parquet', 'data')
    .option('--json', 'print one machine-readable result')
    .addHelpText('after', HELP)
    .action((_: unknown, command: Command) => {
      const flags = flagsOf<Flags>(command)
      const { dataDir, json } = flags
      return runCommand({ command: 'verify causality', lock: false, dataDir, json }, (ctx) => run(flags, ctx))
    })
}

async function run(flags: Flags, ctx: Context): Promise<ExitCode> {
  const research = flags.compat === 'research'
  if (research && flags.plugin.length > 0)
    fail('E_USAGE', { subject: '--plugin', detail: 'the research pipeline has no plug-ins' })
  if (research && flags.generator === 'both')
    fail('E_USAGE', { subject: '--generator both', detail: 'the research pipeline has one generator at a time' })
  const base: CausalitySpec = {
    kind: research ? 'research' : flags.plugin.length > 0 ? 'plugins' : 'product',
    windows: flags.windows,
    horizons: flags.yWindows,
    generator: flags.generator,
    price: 'close',
    universe: { top: flags.top, bufferDays: flags.bufferDays, minHistoryDays: 1 },
    fields: BAR_FIELDS,
    plugins: await pluginModules(ctx.disk, flags.plugin),
  }
  const { before, after } = await reach(base)
  const data = await choose(flags, base, before, after, ctx)
  const pipeline = await makePipeline(base)
  if (pipeline.columns.length === 0)
    fail('E_CONFIG', { subject: flags.plugin.join(', ') || '--windows', detail: 'there is no column to prove' })
  const rule = pipeline.universe(data.facts)
  const members = [...new Set(data.listed ?? rule)].sort()
  if (members.length === 0)
    fail('E_NOTHING_FOUND', {
      subject: data.date,
      detail: 'the universe is empty',
      next: 'choose a later --date, or give --universe',
    })
  if (data.listed !== undefined && String(data.listed) !== String(rule))
    ctx.progress.note(
      `${flags.universe}: not the list of the rule with these options; its members are taken, their choice is not proven`,
    )
  const days = await data.load(members, before, after)
  const spec = { ...base, fields: BAR_FIELDS.filter((f) => days.some((d) => d.fields[f] !== undefined)) }
  const proof = await proveDay(flags, spec, data, { days, members }, ctx)
  ctx.progress.end()
  ctx.printJson({ ...proof, membersFrom: data.listed === undefined ? 'rule' : 'file' })
  ctx.print(proofText(proof, { summary: flags.summary === true }))
  if (proof.verdict === 'proven') return EXIT.done
  if (ctx.json) return EXIT.failed
  const refused = proof.certificates.filter((c) => c.verdict === 'refused')
  const first = [refused.find((c) => c.leak?.defect !== undefined) ?? refused[0] ?? []].flat().map(leakText)
  fail('E_VERIFY', {
    subject: `causality of ${proof.date}`,
    detail: [...universeLeaks(proof), ...first].join('; '),
    next: research
      ? 'use it for comparisons only; the default rules do not look ahead'
      : 'mend the named columns; do not train or trade on them',
  })
}

/** Days before and after the date that the proof reads. */
async function reach(spec: CausalitySpec): Promise<{ before: number; after: number }> {
  if (spec.kind === 'research') return { before: 1, after: 1 }
  const set = defaultRules(readRules()).set(
    { ...spec, top: 0, how: 'left', part: 'xy', float: 64, rules: readRules(), research: false },
    await importPlugins(spec.plugins.map((p) => p.url)),
    () => true,
  )
  return { before: Math.max(1, contextDays(set)), after: labelDays(spec.horizons) }
}

async function choose(
  flags: Flags,
  spec: CausalitySpec,
  before: number,
  after: number,
  ctx: Context,
): Promise<ProofData> {
  const { disk, dataDir } = ctx
  const date = flags.date === undefined ? undefined : parseDate(flags.date, '--date')
  const seed = flags.seed ?? 'made-up'
  if (spec.kind === 'plugins' && date === undefined && (await tableDates(disk, dataDir)).length < 2) {
    ctx.progress.note(`no days in ${flags.dataDir}: a made-up market serves (seed ${seed})`)
    return madeUpData(seed, before, after)
  }
  const universeFile = flags.universe === undefined ? undefined : resolve(flags.universe)
  return folderData({ disk, dataDir, date, universeFile, rule: spec.universe })
}

async function proveDay(
  flags: Flags,
  spec: CausalitySpec,
  data: ProofData,
  { days, members }: Pick<ProofDay, 'days' | 'members'>,
  ctx: Context,
): Promise<Proof> {
  const { date, facts } = data
  const seed = flags.seed ?? date
  const pipeline: CausalPipeline = await makePipeline(spec)
  const universe = proveUniverse(pipeline, facts)
  const reference = referenceBuild(pipeline, days, date, members, true)
  const day: ProofDay = { date, days, members, reference, seed }
  const instants = proofInstants(seed)
  const tasks = proofTasks(instants)
  const dataIds: Json = { files: data.ids(), plugins: spec.plugins.map((p) => p.sha256) }
  // The reference build stands for the code that made it: parts of other kernels are never taken over.
  const built = sha256(new Uint8Array(reference.buffer))
  const what = { code: ctx.codeVersion, spec: settings(spec), date, members, dataIds, seed, tasks, built }
  const id = sha256(stableJson(what as unknown as Json)).slice(0, 32)
  const folder = Object.hasOwn(data.ids(), 'made-up market')
    ? undefined
    : join(ctx.dataDir, paths.cache, `causality-${id}`)
  const parts = await runParts({
    spec,
    day,
    tasks,
    workers: flags.workers,
    disk: ctx.disk,
    keepIn: folder,
    resume: flags.resume === true,
    progress: ctx.progress,
    signal: ctx.signal,
  }).catch((error: unknown) => {
    if (ctx.signal.aborted && folder !== undefined)
      ctx.progress.note('the finished parts are kept: the same command with --resume goes on from here')
    throw error
  })
  const results = mergeResults(parts)
  return concludeProof({ pipeline, day, instants, universe, results, dataIds, rows: DAY_MINUTES })
}

/** A spec without the places of its plug-ins. */
const settings = ({ plugins, ...rest }: CausalitySpec) => ({ ...rest, plugins: plugins.map((p) => p.sha256) })
