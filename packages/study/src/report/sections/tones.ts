/** One colour per model through all sections; baselines are grey. */
import type { Tone } from '../charts/rows.js'
import { modelEntries } from '../derive.js'
import type { StudyFacts } from '../facts.js'

const MODEL_TONES: readonly Tone[] = ['a', 'b', 'c', 'd']

/** Colour of a model by its name; `soft` for everything else. Beyond four models colours repeat, their lines are dashed. */
export function toneOf(facts: StudyFacts, name: string | null): { readonly tone: Tone; readonly dashed: boolean } {
  const names = [...new Set([...modelEntries(facts).map((e) => e.name), ...facts.models.map((m) => m.name)])]
  const place = name === null ? -1 : names.indexOf(name)
  if (place < 0) return { tone: 'soft', dashed: true }
  return { tone: MODEL_TONES[place % MODEL_TONES.length], dashed: place >= MODEL_TONES.length }
}
