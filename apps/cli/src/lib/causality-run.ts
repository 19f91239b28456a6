/** What `cointrader verify causality` does: chooses day and data, runs the proof in parts, prints it. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, type Json, parseDate, paths, sha256, stableJson } from '@cointrader/core'
import { BAR_FIELDS, contextDays, DAY_MINUTES, labelDays, readRules } from '@cointrader/features'
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
import type { CausalityFlags } from '../commands/verify-causality.js'
import type { Context } from '../context.js'
import { folderData, madeUpData, type ProofData, tableDates } from './causality-data.js'
import { runParts } from './causality-parts.js'
import { leakText, proofText, universeLeaks } from './causality-report.js'
import { type CausalitySpec, makePipeline } from './causality-spec.js'
import { pluginModules } from './plugins.js'

export async function runCausality(flags: CausalityFlags, ctx: Context): Promise<ExitCode> {
  const research = flags.compat === 'research'
  if (research && flags.plugin.length > 0)
    fail('E_USAGE', { subject: '--plugin', detail: 'the research pipeline has no plug-ins' })
  if (research && flags.generator === 'both')
    fail('E_USAGE', { subject: '--generator both', detail: 'the research pipeline has one generator at a time' })
  const base: CausalitySpec = {
    kind: research ? 'research' : flags.plugin.length > 0 && flags.allColumns !== true ? 'plugins' : 'product',
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
  const empty = proof.certificates.filter((c) => c.verdict === 'empty')
  // Whoever asks about a feature of his own must not take silence for a proof.
  if (proof.verdict === 'proven') return spec.kind === 'plugins' && empty.length > 0 ? EXIT.partly : EXIT.done
  if (ctx.json) return EXIT.failed
  if (proof.verdict === 'empty')
    fail('E_VERIFY', {
      subject: `causality of ${proof.date}`,
      detail: `no column holds a value on this day: ${empty
        .slice(0, 5)
        .map((c) => c.column)
        .join(', ')}`,
      next: 'check the look-back and the inputs of the feature, or choose another --date',
    })
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
  flags: CausalityFlags,
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
  flags: CausalityFlags,
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
