/** The two jobs of a build, for a worker or this thread: reading a day table, building a day from blocks of bars. */
import type { UtcDate } from '@cointrader/core'
import { encodeParquetGroups, nodeDisk, writeWithManifest } from '@cointrader/store'
import type { FeatureDefinition } from '../catalogue/definition.js'
import { defineFeature } from '../catalogue/definition.js'
import { researchRules } from '../compat/research-rules.js'
import type { DayBars } from '../daybars.js'
import { DayBuilder } from './day.js'
import { loadDay } from './days.js'
import { type BuildSpec, type BuildTask, specConfig } from './spec.js'

export type Job =
  | {
      readonly kind: 'load'
      readonly path: string
      readonly date: UtcDate
      readonly symbols: readonly string[]
      readonly shared: boolean
    }
  | { readonly kind: 'build'; readonly task: BuildTask; readonly days: readonly DayBars[] }

export interface BuiltDay {
  readonly rows: number
  readonly columns: number
  /** Feature and label cells, and how many of them hold nothing. */
  readonly cells: number
  readonly missing: number
  readonly bytes: number
  readonly id: string
  readonly excluded: Readonly<Record<string, string>>
  readonly empty: Readonly<Record<string, string>>
}

export type JobResult = DayBars | undefined | BuiltDay

/** Imports plug-in modules: a default export that is a definition or a list of them. Errors `E_CONFIG`. */
export async function importPlugins(urls: readonly string[]): Promise<FeatureDefinition[]> {
  const out: FeatureDefinition[] = []
  for (const url of urls) {
    const module = (await import(url)) as { default?: FeatureDefinition | FeatureDefinition[] }
    for (const d of [module.default ?? []].flat()) out.push(defineFeature(d))
  }
  return out
}

/** A handler that keeps the builder of the last spec. */
export function makeJobs(): (job: Job) => Promise<JobResult> {
  let key = ''
  let builder: DayBuilder | undefined
  const builderOf = async (spec: BuildSpec): Promise<DayBuilder> => {
    const wanted = JSON.stringify(spec)
    if (builder === undefined || wanted !== key) {
      const plugins = await importPlugins(spec.plugins.map((p) => p.url))
      builder = spec.research ? new DayBuilder(spec, plugins, researchRules(spec)) : new DayBuilder(spec, plugins)
      key = wanted
    }
    return builder
  }
  return async (job) => {
    if (job.kind === 'load') return loadDay(nodeDisk, job.path, job.date, job.symbols, job.shared)
    const { task, days } = job
    const built = (await builderOf(task.spec)).build(days, task.date, task.members)
    const parts = encodeParquetGroups(built.groups, built.metadata)
    const { cells, missing } = built.missing()
    const { excluded, empty, rows } = built
    const manifest = await writeWithManifest(nodeDisk, task.path, parts, {
      ...manifestFacts(task),
      rows,
      columns: built.columns,
      timeRange: built.timeRange === null ? null : [built.timeRange[0], built.timeRange[1]],
      details: { excluded, empty, cells, missing },
    })
    const { bytes, id } = manifest
    return { rows, columns: built.columns.length, cells, missing, bytes, id, excluded, empty }
  }
}

/** The part of the manifest that its id depends on. */
export function manifestFacts({ spec, date, members, inputs, codeVersion }: BuildTask) {
  return {
    kind: spec.part,
    command: 'build-xy',
    codeVersion,
    seed: null,
    config: specConfig(spec),
    inputs: { date, universe: [...members], days: inputs },
  }
}
