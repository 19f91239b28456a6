/**
 * `cointrader retrain`: incremental fetch, build, train, compare, promote or keep. The only write that matters is the pointer
 * to the active version, and it is the last and atomic: whatever goes wrong before leaves the old model in use.
 */
import { dirname, join, resolve } from 'node:path'
import {
  addDays,
  dateMs,
  durationText,
  EXIT,
  type ExitCode,
  fail,
  HOUR_MS,
  type Json,
  MINUTE_MS,
  parseDate,
  paths,
  stableJson,
  utcText,
} from '@cointrader/core'
import { diskDays, loadMatrix, type TrainingMatrix } from '@cointrader/features'
import {
  checkVersion,
  columnsOf,
  compareOnWindow,
  type GuardResult,
  judgeChallenger,
  type LoadedModel,
  loadModel,
  type ModelManifest,
  momentumBaseline,
  momentumColumn,
  openModel,
  promoteModel,
  pruneModel,
  readEvaluation,
  readPointer,
  schemaHash,
  storedBaselines,
  type Verdict,
} from '@cointrader/models'
import { readManifest, takeLock } from '@cointrader/store'
import { planStudy, retrainModel, retrainStudy, type Study, xyDates } from '@cointrader/study'
import type { RetrainFlags } from '../commands/retrain.js'
import { type Context, runCommand } from '../context.js'
import { type BuildConfig, buildDifference, buildOf, modelBuild } from './build-config.js'
import { instant } from './flags.js'
import { absoluteArchive, openStudy, type StudyPlace, withPaths } from './study-open.js'
import { carryOut } from './study-run.js'

export async function runRetrain(flags: RetrainFlags): Promise<void> {
  await runCommand({ command: 'retrain', dataDir: '.', json: flags.json, lock: false }, async (ctx) => {
    const { study: stated } = await openStudy(ctx.disk, flags.config, flags.set)
    const study = withPaths(stated, dirname(resolve(flags.config)))
    const out = resolve(flags.outDir ?? join('results', 'retrain', study.study))
    let exit: ExitCode = EXIT.failed
    await runCommand(
      { command: 'retrain', dataDir: out, json: flags.json, wait: flags.wait, lock: true },
      async (inner) => {
        exit = await retrain(study, out, flags, inner)
        return exit
      },
    )
    return (process.exitCode as ExitCode | undefined) ?? exit
  })
}

interface Outcome {
  readonly outcome: Verdict['outcome'] | 'same'
  readonly reason: string
  readonly name: string
  /** Null when it was refused before it was trained. */
  readonly challenger: string | null
  /** Active before. */
  readonly champion: string | null
  readonly verdict: (Pick<Verdict, 'failed' | 'guards'> & { readonly comparison: Verdict['comparison'] | null }) | null
}

async function retrain(study: Study, out: string, flags: RetrainFlags, ctx: Context): Promise<ExitCode> {
  const nowMs = flags.now === undefined ? ctx.clock.now() : instant(flags.now, false, '--now')
  const rolling = retrainStudy(study, nowMs)
  const modelsDir = resolve(flags.modelsDir)
  const model = retrainModel(study)
  const place = placeRetrain(rolling, out, modelsDir, model.name, flags, 'build-xy')
  const fold = rolling.folds[0]!
  ctx.print(
    `retrain ${model.name}: train ${fold.train.start} to ${fold.train.end}, validation to ${fold.valid.end}, compared on ${fold.test.start} to ${fold.test.end}`,
  )
  const built = await carryOut(rolling, place, { jobs: 1, again: [] }, ctx)
  const wanted = await earlyGuards(rolling, place, modelsDir, nowMs, flags, ctx)
  if (wanted.refused !== undefined) return conclude(wanted.refused, study, place, built.missing, nowMs, flags, ctx)
  const training = placeRetrain(
    wanted.list === undefined ? rolling : { ...rolling, features: { ...rolling.features, list: wanted.list } },
    out,
    modelsDir,
    model.name,
    flags,
    'train',
  )
  const { records, missing } = await carryOut(rolling, training, { jobs: 1, again: [] }, ctx)
  const version = records.get(`train/${model.name}/1`)?.version
  if (version === undefined || version === null)
    fail('E_INTERNAL', { subject: 'retrain', detail: 'the training named no version' })
  const lock = await takeLock({
    path: join(modelsDir, paths.lock),
    command: 'cointrader retrain',
    pid: ctx.pid,
    host: ctx.host,
    clock: ctx.clock,
    waitMs: Math.max(60, flags.wait) * 1000,
    onWait: (owner) => ctx.progress.note(`waiting for ${owner}`),
    signal: ctx.signal,
  })
  try {
    const outcome = await decide(rolling, place, version, nowMs, flags, ctx)
    return await conclude(outcome, study, place, missing, nowMs, flags, ctx)
  } finally {
    await lock.release()
  }
}

function placeRetrain(
  study: Study,
  out: string,
  modelsDir: string,
  name: string,
  flags: RetrainFlags,
  until: 'build-xy' | 'train',
): StudyPlace {
  const archive = flags.archive ?? (/^https?:/.test(study.source.archive) ? undefined : study.source.archive)
  return {
    roots: { study: out, raw: study.source.folder ?? join(out, 'data') },
    stages: planStudy(study, {
      archive: archive === undefined ? undefined : absoluteArchive(archive),
      workers: flags.workers,
      wait: Math.max(60, flags.wait),
      modelsDir,
      modelFolder: () => name,
      until,
      incremental: true,
    }),
  }
}

/**
 * What can be said before anything is trained. The data must be young enough. The challenger is trained on the active model's
 * features, so that a column that happened to be empty for some weeks changes nothing for whoever feeds the model: the tables
 * must have them, built as they were then.
 */
async function earlyGuards(
  study: Study,
  { roots }: StudyPlace,
  modelsDir: string,
  nowMs: number,
  flags: RetrainFlags,
  ctx: Context,
): Promise<{ list?: string; refused?: Outcome }> {
  const { name } = retrainModel(study)
  const pointer = await readPointer(ctx.disk, modelsDir, name)
  const guards: GuardResult[] = []
  const newest = await newestTable(study, roots.study, ctx)
  const age = nowMs - (newest?.endMs ?? 0)
  const allowed = study.retrain.max_age_hours * HOUR_MS
  if (newest === undefined || age > allowed)
    guards.push({
      guard: 'stale-data',
      passed: false,
      detail: `${newest === undefined ? 'there is no table of these days' : `the newest row ends ${utcText(newest.endMs)}, ${durationText(age)} ago`}; ${durationText(allowed)} are allowed`,
    })
  let list: string | undefined
  if (newest !== undefined && pointer !== undefined && flags.allowSchemaChange !== true) {
    const { manifest } = await openModel(ctx.disk, join(modelsDir, name, pointer.version))
    const detail = schemaProblem(manifest, newest.names, await buildOf(ctx.disk, newest.subject))
    if (detail !== undefined) guards.push({ guard: 'schema', passed: false, detail })
    else {
      list = join(roots.study, 'features.json')
      await ctx.disk.writeAtomic(list, `${JSON.stringify(manifest.features)}\n`)
    }
  }
  if (guards.length === 0) return list === undefined ? {} : { list }
  return {
    refused: {
      outcome: 'refuse',
      reason: guards.map((g) => `${g.guard}: ${g.detail}`).join('; '),
      name,
      challenger: null,
      champion: pointer?.version ?? null,
      verdict: { failed: guards.map((g) => g.guard), guards, comparison: null },
    },
  }
}

function schemaProblem(
  manifest: ModelManifest,
  columns: readonly string[],
  build: BuildConfig | undefined,
): string | undefined {
  const absent = manifest.features.filter((f) => !columns.includes(f))
  const advice = '--allow-schema-change trains on what there is'
  if (absent.length > 0)
    return `the tables lack ${absent.length} features of the active model: ${absent.slice(0, 5).join(', ')}${absent.length > 5 ? ', …' : ''}; ${advice}`
  const trained = modelBuild(manifest.data)
  const difference = trained === undefined || build === undefined ? undefined : buildDifference(trained, build)
  return difference === undefined
    ? undefined
    : `the tables are built with ${difference} than those of the active model; ${advice}`
}

/** The newest XY table of the days asked for. */
async function newestTable(study: Study, root: string, ctx: Context) {
  const days = diskDays(ctx.disk, join(root, 'data/xy'), study.universe.size)
  for (const date of xyDates(study).reverse()) {
    const day = await days.open(date)
    if (day === undefined) continue
    const manifest = await readManifest(ctx.disk, day.subject)
    if (manifest === undefined || manifest.rows === 0) continue
    return { names: day.names, subject: day.subject, endMs: manifest.timeRange![1] + MINUTE_MS }
  }
  return undefined
}

async function decide(
  study: Study,
  { roots }: StudyPlace,
  version: string,
  nowMs: number,
  flags: RetrainFlags,
  ctx: Context,
): Promise<Outcome> {
  const { disk } = ctx
  const modelsDir = resolve(flags.modelsDir)
  const { name } = retrainModel(study)
  const pointer = await readPointer(disk, modelsDir, name)
  const base = { name, challenger: version, champion: pointer?.version ?? null }
  if (pointer?.version === version)
    return { ...base, outcome: 'same', reason: 'the newest data gives the model that is active already', verdict: null }
  const challenger = await loadModel(disk, modelsDir, `${name}/${version}`)
  const champion = pointer === undefined ? undefined : await loadModel(disk, modelsDir, `${name}/${pointer.version}`)
  const window = await readWindow(study, roots.study, ctx)
  const challengerRows = await window.rows(challenger.features)
  if (challengerRows === undefined)
    fail('E_SCHEMA', { subject: `${name}/${version}`, detail: 'its features are not in the tables it was trained on' })
  const championRows = champion === undefined ? undefined : await window.rows(champion.features)
  const column = momentumColumn(challenger.features, challenger.manifest!.label.looksUntilMinutes - 1)
  const momentum = column === undefined ? undefined : momentumBaseline({ column, direction: 'momentum' })
  const baselineScores = momentum?.predict(challengerRows.matrix)
  const comparison = compareOnWindow({
    time: challengerRows.matrix.time,
    symbol: challengerRows.matrix.symbol,
    label: challengerRows.matrix.y,
    challenger: scores(challenger, challengerRows.matrix),
    ...(champion === undefined || championRows === undefined
      ? {}
      : { champion: scores(champion, championRows.matrix) }),
    ...(baselineScores === undefined
      ? {}
      : {
          baselines: [
            { name: `momentum ${column}`, prediction: baselineScores },
            { name: `reversal ${column}`, prediction: baselineScores.map((x) => -x) },
          ],
        }),
    horizonMinutes: challenger.manifest!.label.looksUntilMinutes - 1,
    minGain: study.retrain.min_gain,
    confidence: study.retrain.confidence,
    seed: study.seed,
  })
  const evaluation = await readEvaluation(disk, join(modelsDir, name, version))
  const verdict = judgeChallenger({
    challenger: challenger.manifest!,
    ...(champion?.manifest === undefined ? {} : { champion: champion.manifest }),
    comparison,
    checked: await checkVersion(disk, modelsDir, name, version),
    nowMs,
    newestRowEndMs: window.newestRowEndMs,
    maxAgeMs: study.retrain.max_age_hours * HOUR_MS,
    baselines: storedBaselines(evaluation, comparison.score).filter((b) => b.name !== 'random'),
    allowSchemaChange: flags.allowSchemaChange === true,
    dataSchemaHash: challengerRows.schemaHash,
    skip: study.retrain.beat_baseline ? [] : ['baseline'],
  })
  return { ...base, outcome: verdict.outcome, reason: verdict.reason, verdict }
}

const scores = (model: LoadedModel, matrix: TrainingMatrix): Float64Array =>
  model.predict({ rows: matrix.rows, columns: columnsOf(matrix) })

/** The rows both are compared on: the test days, as far as there are tables. */
async function readWindow(study: Study, root: string, ctx: Context) {
  const days = diskDays(ctx.disk, join(root, 'data/xy'), study.universe.size)
  const { test } = study.folds[0]!
  const from = parseDate(test.start)
  const to = addDays(parseDate(test.end), 1)
  let newestRowEndMs = 0
  let names: readonly string[] | undefined
  let facts: Parameters<typeof schemaHash>[1] = () => undefined
  for (let date = from; date < to; date = addDays(date, 1)) {
    const day = await days.open(date)
    if (day === undefined) continue
    names ??= day.names
    facts = (column) => day.facts(column)
    const manifest = await readManifest(ctx.disk, day.subject)
    newestRowEndMs = Math.max(
      newestRowEndMs,
      manifest?.timeRange == null ? dateMs(date) : manifest.timeRange[1] + 60_000,
    )
  }
  return {
    newestRowEndMs,
    async rows(features: readonly string[]) {
      if (names === undefined || features.some((f) => !names!.includes(f))) return undefined
      const matrix = await loadMatrix({
        days,
        range: { from, to },
        label: study.labels.target,
        features,
        missingFeatures: 'keep',
        missingLabel: 'keep',
        layout: 'column',
        maxBytes: 8 * 2 ** 30,
      })
      return { matrix, schemaHash: schemaHash(features, facts) }
    },
  }
}

/** Carries out the decision and says it. */
async function conclude(
  outcome: Outcome,
  study: Study,
  { roots }: StudyPlace,
  missing: readonly string[],
  nowMs: number,
  flags: RetrainFlags,
  ctx: Context,
): Promise<ExitCode> {
  const modelsDir = resolve(flags.modelsDir)
  const { name, challenger, champion, verdict } = outcome
  if (outcome.outcome === 'promote' && challenger !== null)
    await promoteModel(ctx.disk, modelsDir, {
      name,
      version: challenger,
      atMs: nowMs,
      reason: outcome.reason,
      by: 'retrain',
      evidence: plain(verdict),
      allowSchemaChange: flags.allowSchemaChange === true,
    })
  const active = (await readPointer(ctx.disk, modelsDir, name))?.version ?? null
  const failed = verdict?.failed ?? []
  const result = {
    outcome: outcome.outcome,
    reason: outcome.reason,
    model: name,
    challenger,
    champion,
    active,
    failed,
    guards: verdict?.guards ?? [],
    comparison: verdict?.comparison ?? null,
    missing,
    now: new Date(nowMs).toISOString(),
  }
  const stamp = result.now.slice(0, 16).replaceAll(':', '')
  const report = join(roots.study, 'decisions', `${stamp}-${challenger ?? 'none'}.json`)
  await ctx.disk.writeAtomic(report, `${stableJson(plain(result), 1)}\n`)
  // After the decision: a prune that fails changes nothing about it.
  const pruned = await pruneModel(ctx.disk, modelsDir, { name, keep: study.retrain.keep_versions })
  for (const g of verdict?.guards ?? []) ctx.print(`  ${g.passed ? 'ok  ' : 'FAIL'} ${g.guard}: ${g.detail}`)
  if (verdict !== null && verdict.comparison !== null)
    ctx.print(`rule: ${verdict.comparison.ruleText}\n      ${verdict.comparison.finding}`)
  ctx.print(
    {
      promote: `promoted ${name}/${challenger}: ${outcome.reason}`,
      keep: `kept ${name}/${champion}: ${outcome.reason}`,
      same: `kept ${name}/${champion}: ${outcome.reason}`,
      refuse: `refused ${name}/${challenger ?? '(not trained)'}: ${outcome.reason}; active: ${active ?? 'none'}`,
    }[outcome.outcome],
  )
  if (pruned.removed.length > 0) ctx.print(`pruned ${pruned.removed.length} old versions`)
  for (const m of missing) ctx.progress.note(`missing: ${m}`)
  ctx.print(`decision: ${report}`)
  ctx.printJson(result)
  return outcome.outcome === 'refuse' ? EXIT.failed : EXIT.done
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json
