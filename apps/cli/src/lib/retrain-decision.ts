/** The decision of a retraining: challenger beside champion, and what follows from it. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, HOUR_MS, type Json, stableJson } from '@cointrader/core'
import type { TrainingMatrix } from '@cointrader/features'
import {
  checkVersion,
  columnsOf,
  compareOnWindow,
  judgeChallenger,
  type LoadedModel,
  loadModel,
  momentumBaseline,
  momentumColumn,
  promoteModel,
  pruneModel,
  readEvaluation,
  readPointer,
  storedBaselines,
  type Verdict,
} from '@cointrader/models'
import { retrainModel, type Study } from '@cointrader/study'
import type { RetrainFlags } from '../commands/retrain.js'
import type { Context } from '../context.js'
import { readWindow } from './retrain-window.js'
import type { StudyPlace } from './study-open.js'

/** What was decided, and on what grounds. */
export interface Outcome {
  readonly outcome: Verdict['outcome'] | 'same'
  readonly reason: string
  readonly name: string
  /** Null when it was refused before it was trained. */
  readonly challenger: string | null
  /** Active before. */
  readonly champion: string | null
  readonly verdict: (Pick<Verdict, 'failed' | 'guards'> & { readonly comparison: Verdict['comparison'] | null }) | null
}

/** Compares the new version with the active one on the test days, and judges. Changes nothing. */
export async function decide(
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

/** Carries out the decision and says it. */
export async function conclude(
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
  const report = join(roots.study, 'decisions', `${stamp}-${challenger ?? 'none'}-${outcome.outcome}.json`)
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
