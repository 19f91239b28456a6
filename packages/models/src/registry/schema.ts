/** Whether one model can take the place of another without its consumers noticing. */
import type { ModelManifest } from '../artefact/index.js'

export type SchemaFacts = Pick<ModelManifest, 'label' | 'features' | 'schemaHash' | 'knownAtMinutes'>

export interface SchemaDifferences {
  /** Of the label's name, unit or horizon: the scores would mean something else. Never allowed. */
  readonly label: readonly string[]
  /** Of features, their units and availability: whoever feeds the model has to feed it otherwise. */
  readonly features: readonly string[]
}

/** Differences in words, both lists empty when there is none. */
export function schemaDifferences(active: SchemaFacts, other: SchemaFacts): SchemaDifferences {
  const label: string[] = []
  const one = (what: string, a: string | number, b: string | number): void => {
    if (a !== b) label.push(`${what} ${b} instead of ${a}`)
  }
  one('label', active.label.name, other.label.name)
  one('label unit', active.label.unit, other.label.unit)
  one('label horizon in minutes', active.label.looksUntilMinutes, other.label.looksUntilMinutes)
  const features: string[] = []
  const had = new Set(active.features)
  const has = new Set(other.features)
  const gone = active.features.filter((f) => !has.has(f))
  const added = other.features.filter((f) => !had.has(f))
  if (gone.length > 0) features.push(`without ${some(gone)}`)
  if (added.length > 0) features.push(`with ${some(added)}`)
  if (gone.length + added.length === 0 && active.schemaHash !== other.schemaHash)
    features.push(
      active.features.every((f, i) => f === other.features[i])
        ? 'the same features in other units or with other availability'
        : 'the same features in another order, or in other units or with other availability',
    )
  if (other.knownAtMinutes > active.knownAtMinutes)
    features.push(`features known ${other.knownAtMinutes} minutes after the bar instead of ${active.knownAtMinutes}`)
  return { label, features }
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more features` : shown
}
