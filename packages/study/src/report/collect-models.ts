/** Facts about the models: scores and rows of each fold, what they look at. */
import { join } from 'node:path'
import { fail } from '@cointrader/core'
import { type EvaluationReport, linearFromJson, linearImportance, openModel } from '@cointrader/models'
import type { StudyModel } from '../config/schema.js'
import type { CollectRequest } from './artefacts.js'
import type { ModelFacts, ModelFold } from './facts.js'

/** Score a model shows: the mean over cross-sections, or where these are refused the pooled one. */
function rankIc(report: EvaluationReport | undefined): ModelFold['test'] {
  const entry = report?.entries.find((e) => e.role === 'model')
  if (entry === undefined) return { rankIc: null, error: null }
  const { sections, pooled } = entry
  return sections === null
    ? { rankIc: pooled.rank.value, error: pooled.rank.interval?.standardError ?? null }
    : { rankIc: sections.rank.value, error: sections.rank.standardError }
}

/** `featureNames`: all columns the tables have, to tell which of them the model left out. */
export async function modelFacts(
  { disk, roots, study, records }: CollectRequest,
  model: StudyModel,
  featureNames: readonly string[],
): Promise<ModelFacts> {
  const folds: ModelFold[] = []
  const shares: Map<string, number>[] = []
  let leftOut: string[] = []
  for (const [i] of study.folds.entries()) {
    const version = records.find((r) => r.id === `train/${model.name}/${i + 1}`)?.version
    if (version === undefined || version === null)
      fail('E_FILE_MISSING', { subject: `record of train/${model.name}/${i + 1}`, next: 'run the study again' })
    const stored = await openModel(disk, join(roots.study, `models/${model.name}-${i + 1}/${version}`))
    const { manifest } = stored
    const { splits } = manifest.data as unknown as {
      splits: Record<'train' | 'valid' | 'test', { rows: { kept: number; purged: number } }>
    }
    const text = async (name: string) => new TextDecoder().decode(await stored.file(name))
    const reports = JSON.parse(await text('evaluation.json')) as { valid: EvaluationReport; test?: EvaluationReport }
    const pick = (key: 'kept' | 'purged') => ({
      train: splits.train.rows[key],
      valid: splits.valid.rows[key],
      test: splits.test.rows[key],
    })
    folds.push({
      fold: i + 1,
      version,
      rows: pick('kept'),
      purged: pick('purged'),
      trees: manifest.bestIteration ?? null,
      valid: rankIc(reports.valid),
      test: rankIc(reports.test),
    })
    shares.push(
      model.family === 'lgbm'
        ? sharesOf(gains(await text('feature_importance.csv')))
        : sharesOf(
            linearImportance(linearFromJson(await text('model.json'))).map((l) => [l.feature, Math.abs(l.coefficient)]),
          ),
    )
    const used = new Set(manifest.features)
    if (i === 0) leftOut = study.features.list === undefined ? featureNames.filter((f) => !used.has(f)) : []
  }
  const names = new Set(shares.flatMap((s) => [...s.keys()]))
  const importance = [...names]
    .map((feature) => {
      const perFold = shares.map((s) => s.get(feature) ?? 0)
      return { feature, share: perFold.reduce((a, b) => a + b, 0) / perFold.length, perFold }
    })
    .filter((f) => f.share > 0)
    .sort((a, b) => b.share - a.share || (a.feature < b.feature ? -1 : 1))
  return { name: model.name, family: model.family, settings: settingsOf(model), folds, leftOut, importance }
}

function settingsOf(model: StudyModel): [string, string][] {
  const { name: _name, family: _family, ...rest } = model
  return Object.entries(rest)
    .filter(([, v]) => v !== undefined)
    .map(([key, v]) => [
      key,
      typeof v === 'object'
        ? // By name: the study file that is kept has them so, and the page must not depend on how they were written.
          Object.entries(v)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([k, x]) => `${k} ${x}`)
            .join(', ') || 'defaults'
        : String(v),
    ])
}

function gains(csv: string): [string, number][] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [feature, gain] = line.split(',')
      return [feature!, Number(gain)]
    })
}

function sharesOf(list: readonly (readonly [string, number])[]): Map<string, number> {
  const total = list.reduce((n, [, x]) => n + x, 0)
  return new Map(total === 0 ? [] : list.map(([name, x]) => [name, x / total]))
}
