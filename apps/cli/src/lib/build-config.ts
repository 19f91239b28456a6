/** The part of build-xy's settings that decides what a column of a given name holds: names alone do not say all of it. */
import { join } from 'node:path'
import { fail, type Json, stableJson, type UtcDate } from '@cointrader/core'
import { xyFile } from '@cointrader/features'
import { type Disk, readManifest } from '@cointrader/store'

export interface BuildConfig {
  /** Size of the universe, for information: it names the table. */
  readonly top: Json
  readonly generator: Json
  readonly rules: Json
  readonly research: Json
  /** Hashes of the plug-ins' texts. */
  readonly plugins: Json
  readonly price: Json
}

/** That of an XY table, or undefined where its manifest does not say. */
export async function buildOf(disk: Disk, table: string): Promise<BuildConfig | undefined> {
  const config = (await readManifest(disk, table))?.config as Partial<BuildConfig> | undefined
  if (config?.generator === undefined) return undefined
  const { top = null, generator, rules = null, research = null, plugins = null, price = null } = config
  return { top, generator, rules, research, plugins, price }
}

/** That of all tables of a range. Error `E_SCHEMA` naming the first day that was built otherwise. */
export async function buildOfDays(
  disk: Disk,
  dir: string,
  top: number,
  dates: readonly string[],
): Promise<BuildConfig | undefined> {
  let first: { readonly file: string; readonly build: BuildConfig } | undefined
  for (const date of dates) {
    const file = xyFile(date as UtcDate, top)
    const build = await buildOf(disk, join(dir, file))
    if (build === undefined) continue
    if (first === undefined) first = { file, build }
    const difference = buildDifference(first.build, build)
    if (difference !== undefined)
      fail('E_SCHEMA', {
        subject: join(dir, file),
        detail: `built with ${difference}, unlike ${first.file}`,
        next: 'build the range again with cointrader build-xy',
      })
  }
  return first?.build
}

/** What a feature's values depend on. */
export const FEATURE_KEYS = ['generator', 'rules', 'research', 'plugins'] as const

/** `other generator, plugins`, or undefined when columns of one name mean the same. */
export function buildDifference(
  a: BuildConfig,
  b: BuildConfig,
  keys: readonly (keyof BuildConfig)[] = [...FEATURE_KEYS, 'price'],
): string | undefined {
  const other = keys.filter((key) => stableJson(a[key]) !== stableJson(b[key]))
  return other.length === 0 ? undefined : `other ${other.join(', ')}`
}

/** What a model's manifest says of the tables it was trained on; undefined for models made before it was recorded. */
export function modelBuild(data: Json | undefined): BuildConfig | undefined {
  const build = (data as { build?: BuildConfig | null } | null | undefined)?.build
  return build ?? undefined
}
