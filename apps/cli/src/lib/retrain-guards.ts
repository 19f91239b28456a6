/** The guards of a retraining that speak before anything is trained. */
import { join } from 'node:path'
import { durationText, HOUR_MS, utcText } from '@cointrader/core'
import { type GuardResult, type ModelManifest, openModel, readPointer } from '@cointrader/models'
import { retrainModel, type Study } from '@cointrader/study'
import type { RetrainFlags } from '../commands/retrain.js'
import type { Context } from '../context.js'
import { type BuildConfig, buildDifference, buildOf, modelBuild } from './build-config.js'
import type { Outcome } from './retrain-decision.js'
import { newestTable } from './retrain-window.js'
import type { StudyPlace } from './study-open.js'

/**
 * What can be said before anything is trained. The data must be young enough. The challenger is trained on the active model's
 * features, so that a column that happened to be empty for some weeks changes nothing for whoever feeds the model: the tables
 * must have them, built as they were then.
 */
export async function earlyGuards(
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
