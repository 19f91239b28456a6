/** From the names of a model's features to the series that compute exactly them: what a live model is served with. */
import { fail } from '@cointrader/core'
import { type ColumnFacts, columnFacts, RAW_COLUMNS } from '../build/metadata.js'
import { ADDED_FEATURES, BASE_FEATURES } from '../catalogue/base.js'
import type { FeatureDefinition } from '../catalogue/definition.js'
import { type DefinitionGroup, type FeatureSet, type Generator, makeFeatureSet, neutralName } from '../featureset.js'
import { type ReadRules, readRules } from '../graph/read.js'

/** The features of a model and where the stream that computes them puts each. */
export interface ServingColumns {
  /** In the model's order. */
  readonly features: readonly string[]
  /** The smallest set that has all of them; its look-back is theirs. */
  readonly set: FeatureSet
  /** Feature f of symbol s is `values[column[f] * symbols + s]` of a stream's row. */
  readonly column: Int32Array
  /** Unit and availability of each feature, as build-xy would state them. */
  readonly facts: ReadonlyMap<string, ColumnFacts>
  /** Minutes after the start of bar t at which all of them are known. */
  readonly knownAtMinutes: number
  readonly generator: Generator
}

export interface ServingOptions {
  /** The definitions that `x_` columns come from; absent: what the names say (see {@link generatorOf}). */
  readonly generator?: Generator | undefined
  readonly plugins?: readonly FeatureDefinition[]
  /** Default: the reading rules of build-xy. */
  readonly rules?: ReadRules
}

interface Wanted {
  readonly prefix: string
  readonly window: number
  readonly type: string
}

/** `x_5m_O2C` and `xa_60m_PctB_neut` taken apart; undefined for other names. A type never ends in `_neut`. */
function parseName(name: string): (Wanted & { readonly neutral: boolean }) | undefined {
  const match = /^(xa?)_([1-9]\d*)m_([A-Za-z][A-Za-z0-9_]*?)(_neut)?$/.exec(name)
  if (match === null) return undefined
  return { prefix: match[1]!, window: Number(match[2]), type: match[3]!, neutral: match[4] !== undefined }
}

const has = (definitions: readonly FeatureDefinition[], { type, window }: Wanted): boolean =>
  definitions.some((d) => d.type === type && (d.windows?.(window) ?? true))

/**
 * The generator that names can only have come from: `both` for `xa_` columns, `added` for `x_` columns that only the added
 * definitions have, else `base`. Names of `added` alone can be those of `base` with other formulas (RVol, PctB: RP-18), so
 * what the tables of the training state goes before this guess.
 */
export function generatorOf(features: readonly string[]): Generator {
  const names = features.flatMap((f) => parseName(f) ?? [])
  if (names.some((n) => n.prefix === 'xa')) return 'both'
  return names.some((n) => !has(BASE_FEATURES, n) && has(ADDED_FEATURES, n)) ? 'added' : 'base'
}

/** Prefix of the helper columns that stand for raw fields; no feature can have it. */
const RAW_PREFIX = 'raw'

/**
 * Finds the definition of each feature by its name, and builds the set of exactly these. Raw columns of the table (`close`)
 * may be features too and are read by the same rules. Error `E_SCHEMA` naming all that no definition explains.
 */
export function servingColumns(features: readonly string[], options: ServingOptions = {}): ServingColumns {
  const { plugins = [], rules = readRules() } = options
  const generator = options.generator ?? generatorOf(features)
  const own = generator === 'added' ? ADDED_FEATURES : BASE_FEATURES
  const definitions: Readonly<Record<string, readonly FeatureDefinition[]>> = {
    x: [...own, ...plugins],
    xa: generator === 'both' ? ADDED_FEATURES : [],
  }
  const windows = new Map<string, Set<number>>()
  const unknown: string[] = []
  const raw = new Set<string>()
  for (const name of features) {
    const parsed = parseName(name)
    if (RAW_COLUMNS.includes(name)) raw.add(name)
    else if (parsed === undefined || !has(definitions[parsed.prefix]!, parsed)) unknown.push(name)
    else {
      const key = `${parsed.prefix} ${parsed.type}`
      windows.set(key, (windows.get(key) ?? new Set()).add(parsed.window))
    }
  }
  if (unknown.length > 0) refuseUnknown(unknown, features.length, generator)
  const groups: DefinitionGroup[] = Object.entries(definitions).map(([prefix, all]) => ({
    prefix,
    definitions: all.flatMap((d) => {
      const of = windows.get(`${prefix} ${d.type}`)
      return of === undefined ? [] : [{ ...d, windows: (w: number) => of.has(w) }]
    }),
  }))
  groups.push({ prefix: RAW_PREFIX, definitions: [...raw].map(rawDefinition) })
  const lengths = new Set([...windows.values()].flatMap((of) => [...of]))
  if (raw.size > 0) lengths.add(1)
  const set = makeFeatureSet({ groups, windows: [...lengths].sort((a, b) => a - b), rules })
  const place = new Map<string, number>()
  set.columns.forEach(({ name, type }, k) => {
    if (name.startsWith(`${RAW_PREFIX}_`)) place.set(type, k)
    else place.set(name, k).set(neutralName(name), set.columns.length + k)
  })
  const facts = new Map(columnFacts(set, [], new Map()))
  const known = features.map((f) => facts.get(f)!.knownAtMinutes)
  return {
    features: [...features],
    set,
    column: Int32Array.from(features, (f) => place.get(f)!),
    facts: new Map(features.map((f) => [f, facts.get(f)!])),
    knownAtMinutes: Math.max(1, ...known),
    generator,
  }
}

/** A raw field as a feature: what the reading rules leave of it. */
function rawDefinition(field: string): FeatureDefinition {
  return {
    type: field,
    title: field,
    unit: '',
    windows: (w) => w === 1,
    inputs: [field],
    build: (x) => x.input(field),
  }
}

function refuseUnknown(unknown: readonly string[], all: number, generator: Generator): never {
  const plugin = unknown.some((name) => parseName(name)?.prefix === 'x')
  fail('E_SCHEMA', {
    subject: unknown.length === 1 ? unknown[0]! : `${unknown.length} of ${all} features`,
    detail: `no definition of generator "${generator}" makes ${unknown.slice(0, 8).join(', ')}${unknown.length > 8 ? ', …' : ''}`,
    next: plugin
      ? 'give --plugin FILE with the definitions the tables were built with (or --generator, if that was another)'
      : 'train on columns of build-xy: only what can be computed minute by minute can be served',
  })
}
