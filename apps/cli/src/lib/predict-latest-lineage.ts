/** How the tables a model was trained on were built, as far as they are still there: names alone do not say all of it. */
import { join } from 'node:path'
import { fail } from '@cointrader/core'
import { type Generator, type ReadRules, readRules } from '@cointrader/features'
import type { LoadedModel } from '@cointrader/models'
import { type Disk, readManifest } from '@cointrader/store'
import { modelBuild } from './build-config.js'
import type { PluginModule } from './plugins.js'

/** The part of build-xy's config that decides what a column of a given name holds. */
export interface TrainedTables {
  /** File that states it. */
  readonly file: string
  readonly top: number
  readonly generator: Generator
  readonly rules: ReadRules
  readonly research: boolean
  /** Hashes of the plug-ins' texts. */
  readonly plugins: readonly string[]
}

/** What the model's manifest says; of older models the first XY table in `xyDir` that it names by hash; else undefined. */
export async function trainedTables(
  disk: Disk,
  xyDir: string,
  { manifest }: LoadedModel,
): Promise<TrainedTables | undefined> {
  const built = modelBuild(manifest?.data)
  if (built !== undefined) {
    const { top, generator, rules, research, plugins } = built as unknown as Omit<TrainedTables, 'file'>
    return { file: `the manifest of ${manifest!.name}/${manifest!.version}`, top, generator, rules, research, plugins }
  }
  // Models made before their manifest said so.
  const data = manifest?.data as { inputs?: Readonly<Record<string, string>> } | null | undefined
  const inputs = data?.inputs ?? {}
  for (const file of await disk.list(xyDir)) {
    const date = /^(\d{4}-\d{2}-\d{2})_xy_top\d+\.parquet$/.exec(file)?.[1]
    if (date === undefined || inputs[date] === undefined) continue
    const made = await readManifest(disk, join(xyDir, file))
    if (made === undefined || made.sha256 !== inputs[date]) continue
    const { top, generator, rules, research, plugins } = made.config as unknown as Omit<TrainedTables, 'file'>
    return { file, top, generator, rules, research, plugins }
  }
  return undefined
}

export interface ServedSettings {
  readonly generator: Generator | undefined
  readonly rules: ReadRules
  /** Where they come from, for people. */
  readonly source: string
}

/**
 * The settings to serve with. Error `E_SCHEMA` where what was asked for, or a plug-in's text, is not what the tables of the
 * training were built with, and for tables with the research pipeline's look-ahead: no live value can equal theirs.
 */
export function servedSettings(
  tables: TrainedTables | undefined,
  generator: Generator | undefined,
  plugins: readonly PluginModule[],
): ServedSettings {
  if (tables === undefined)
    return { generator, rules: readRules(), source: "the features' names; the tables of the training are not there" }
  const { file } = tables
  if (tables.research)
    fail('E_SCHEMA', {
      subject: file,
      detail: 'the model was trained on tables of --compat research, whose filling looks ahead',
      next: 'train on tables built without --compat',
    })
  if (generator !== undefined && generator !== tables.generator)
    fail('E_SCHEMA', {
      subject: `--generator ${generator}`,
      detail: `the model was trained on ${file}, built with --generator ${tables.generator}`,
      next: 'leave --generator out',
    })
  const other = plugins.find((p) => !tables.plugins.includes(p.sha256))
  if (other !== undefined)
    fail('E_SCHEMA', {
      subject: '--plugin',
      detail: `${file} of the training was built with another text of the plug-in, or without it`,
      next: 'give the file as it was then, or build the tables and train again',
    })
  return { generator: tables.generator, rules: tables.rules, source: file }
}
