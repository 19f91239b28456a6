/**
 * From the artefacts of a run to what its report shows. Reads artefacts only, never what a stage printed, so that a run that
 * kept everything gives the same page as one that made everything.
 */
import { join } from 'node:path'
import { contentId } from '@cointrader/core'
import type { Health } from '@cointrader/features'
import type { EvaluationReport } from '@cointrader/models'
import { studyYaml } from '../config/explain.js'
import { planBacktests } from '../plan/backtests.js'
import type { Stage } from '../plan/stage.js'
import type { StageRecord } from '../run/records.js'
import { type CollectRequest, readJson } from './artefacts.js'
import { backtestFacts } from './collect-backtests.js'
import { dataFacts } from './collect-data.js'
import { modelFacts } from './collect-models.js'
import type { StageFacts, StudyFacts } from './facts.js'

export type { CollectRequest } from './artefacts.js'

/** Everything the report shows. Errors `E_FILE_MISSING`, `E_FILE_CORRUPT` name the artefact. */
export async function collectFacts(request: CollectRequest): Promise<StudyFacts> {
  const { study, records, stages } = request
  const judged = await readJson<EvaluationReport>(request.disk, join(request.roots.study, 'judged.json'))
  const health = await readJson<Health>(request.disk, join(request.roots.study, 'data/health.json'))
  const data = await dataFacts(request, health)
  const backtests = []
  for (const plan of planBacktests(study)) backtests.push(await backtestFacts(request, plan))
  const models = []
  const featureNames = health.columns.filter((c) => c.role === 'feature').map((c) => c.column)
  for (const model of study.models) models.push(await modelFacts(request, model, featureNames))
  const tried = [
    ...study.models.map((m) => `model ${m.name} (${m.family})`),
    ...backtests.filter((b) => b.role === 'variant').map((b) => `backtest: ${b.title}`),
  ]
  return {
    version: 1,
    study: study.study,
    title: study.title || study.study,
    about: study.about.trim(),
    seed: study.seed,
    codeVersion: request.codeVersion,
    commit: request.commit,
    range: study.range,
    label: { name: judged.label, unit: judged.unit, horizonMinutes: judged.horizonMinutes },
    embargoMinutes: study.embargo_minutes,
    folds: study.folds.map((f, i) => ({ fold: i + 1, ...f })),
    data,
    models,
    judged,
    backtests,
    trials: { here: tried.length, before: study.tried_before, list: tried },
    stages: stages.map((s) => stageFacts(s, records)),
    config: studyYaml(study),
  }
}

function stageFacts(stage: Stage, records: readonly StageRecord[]): StageFacts {
  const record = records.find((r) => r.id === stage.id)
  const quoted = (a: string) => (/[\s'"]/.test(a) ? `'${a.replaceAll("'", "'\\''")}'` : a)
  return {
    id: stage.id,
    title: stage.title,
    command: `cointrader ${(record?.argv ?? stage.argv).map((a) => quoted(a.replaceAll('{raw}', 'data'))).join(' ')}`,
    needs: stage.needs,
    key: record?.key ?? '',
    outputs: record?.outputs.length ?? 0,
    bytes: record?.outputs.reduce((n, o) => n + o.bytes, 0) ?? 0,
    content: record?.content ?? contentId([]),
    missing: record?.missing ?? [],
  }
}
