/** A set of feature columns: names and order, units, availability, and the plan that computes them. */
import { fail } from '@cointrader/core'
import { ADDED_FEATURES, BASE_FEATURES } from './catalogue/base.js'
import { ALL_WINDOWS, type FeatureBuilder, type FeatureDefinition } from './catalogue/definition.js'
import { Graph, type NodeId } from './graph/graph.js'
import { makePlan, type Plan } from './graph/plan.js'
import { type ReadRules, readField, readRules } from './graph/read.js'
import { FLAT_DEVIATION } from './kernels/cross.js'

export type Generator = 'base' | 'added' | 'both'

/** One base column; its neutralised twin is `{name}_neut`. */
export interface FeatureColumn {
  readonly name: string
  readonly type: string
  readonly window: number
  readonly unit: string
  readonly inputs: readonly string[]
  /** Bars it looks at, the current one and those behind carried values included. */
  readonly lookback: number
  /** Minutes after the start of bar t at which the value at t is known. */
  readonly knownAtMinutes: number
}

export interface FeatureSet {
  readonly columns: readonly FeatureColumn[]
  readonly plan: Plan
  /** See `measureCross`. */
  readonly flat: number
  /** Fields of the day table that are read. */
  readonly fields: readonly string[]
}

/** Definitions with the prefix of their columns; windows are the outer loop, definitions the inner one (RP-16). */
export interface DefinitionGroup {
  /** `x` gives `x_5m_O2C`. */
  readonly prefix: string
  readonly definitions: readonly FeatureDefinition[]
}

/** The shipped definitions; with `both`, the added ones (same names, other formulas) are `xa_{w}m_{Type}`. */
export function definitionGroups(generator: Generator, plugins: readonly FeatureDefinition[] = []): DefinitionGroup[] {
  const own = generator === 'added' ? ADDED_FEATURES : BASE_FEATURES
  const groups = [{ prefix: 'x', definitions: [...own, ...plugins] }]
  if (generator === 'both') groups.push({ prefix: 'xa', definitions: [...ADDED_FEATURES] })
  return groups
}

export interface FeatureSetOptions {
  readonly groups: readonly DefinitionGroup[]
  readonly windows: readonly number[]
  /** Undefined: fields are taken as they are (the caller has filled them). */
  readonly rules?: ReadRules | undefined
  readonly flat?: number
}

class Builder extends Graph implements FeatureBuilder {
  constructor(private readonly rules: ReadRules | undefined) {
    super()
  }
  input(field: string): NodeId {
    return this.rules === undefined ? this.raw(field) : readField(this, field, this.rules)
  }
}

/** Builds the set. Error `E_CONFIG` for two columns of one name or a window that is no whole number of minutes. */
export function makeFeatureSet({ groups, windows, rules, flat = FLAT_DEVIATION }: FeatureSetOptions): FeatureSet {
  const graph = new Builder(rules)
  const columns: Omit<FeatureColumn, 'lookback'>[] = []
  const outputs: NodeId[] = []
  for (const { prefix, definitions } of groups) {
    for (const window of windows) {
      for (const d of definitions) {
        if (d.windows !== undefined && !d.windows(window)) continue
        const name = `${prefix}_${window}m_${d.type}`
        if (columns.some((c) => c.name === name))
          fail('E_CONFIG', { subject: `feature ${d.type}`, detail: `there is already a column ${name}` })
        outputs.push(d.build(graph, window))
        const { type, unit, inputs, knownAtMinutes = 1 } = d
        columns.push({ name, type, window, unit, inputs, knownAtMinutes })
      }
    }
  }
  const plan = makePlan(graph, outputs)
  const fields = plan.order.flatMap((i) => plan.nodes[i]!.field ?? [])
  return {
    columns: columns.map((c, k) => ({ ...c, lookback: plan.lookback[outputs[k]!]! })),
    plan,
    flat,
    fields,
  }
}

/** The default set. */
export function shippedFeatures(
  windows: readonly number[] = ALL_WINDOWS,
  generator: Generator = 'base',
  plugins: readonly FeatureDefinition[] = [],
): FeatureSet {
  return makeFeatureSet({ groups: definitionGroups(generator, plugins), windows, rules: readRules() })
}

export const neutralName = (name: string): string => `${name}_neut`
