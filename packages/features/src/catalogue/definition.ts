/** What a feature is: the unit in which the shipped catalogue is written, and users' plug-ins. */
import { DAY_COLUMNS, fail } from '@cointrader/core'
import type { Graph, NodeId } from '../graph/graph.js'

/** Windows (minutes) of the research pipeline (RP-14). */
export const ALL_WINDOWS = [1, 5, 15, 30, 60, 120, 240, 480, 720, 1440] as const
export const DEFAULT_WINDOWS: readonly number[] = [1, 5, 15, 30, 60]

/** What a definition builds with. */
export interface FeatureBuilder extends Graph {
  /** A field of the bars, read by the rules in force (masked, short holes carried). */
  input(field: string): NodeId
}

export interface FeatureDefinition {
  /** Letters, digits and `_`; the column is `x_{window}m_{type}`. */
  readonly type: string
  /** One line for people. */
  readonly title: string
  /** `bp`, `fraction`, `z`, … */
  readonly unit: string
  /** Windows (minutes) it exists for; absent: all. */
  readonly windows?: (window: number) => boolean
  /** Fields of the day table it reads. */
  readonly inputs: readonly string[]
  /** Minutes after the start of bar t at which its value at t is known; absent: 1, the end of the bar. */
  readonly knownAtMinutes?: number
  /** The series for one window. */
  readonly build: (x: FeatureBuilder, window: number) => NodeId
}

const FIELDS = new Set(DAY_COLUMNS.map(([name]) => name as string))

/** Checks a definition that came from outside, and returns it. Error `E_CONFIG` naming the mistake. */
export function defineFeature(definition: FeatureDefinition): FeatureDefinition {
  const bad = (detail: string) => fail('E_CONFIG', { subject: `feature ${definition.type}`, detail })
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(definition.type)) bad('the type must be letters, digits and "_"')
  if (/_neut$/.test(definition.type)) bad('"_neut" is reserved for neutralised columns')
  for (const field of definition.inputs) if (!FIELDS.has(field)) bad(`no field "${field}" in a day table`)
  if (typeof definition.build !== 'function') bad('"build" is not a function')
  if (!((definition.knownAtMinutes ?? 1) >= 1)) bad('"knownAtMinutes" must be 1 or more: a bar is known at its end')
  return definition
}
