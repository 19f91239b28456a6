/** What is the same for all contenders of one evaluation: rows, cross-sections, blocks, horizon. */
import { fail, MINUTE_MS } from '@cointrader/core'
import { MIN_BLOCKS } from './bootstrap.js'
import type { EvaluateRequest } from './contenders.js'
import { meanRanks, meanRanksInto } from './numeric.js'
import {
  checkSections,
  commonStep,
  gather,
  instantsPerSpan,
  MIN_SYMBOLS,
  type SectionCheck,
  type Sections,
} from './sections.js'

/** Everything that is the same for all contenders. */
export interface Ground {
  readonly request: EvaluateRequest
  readonly sections: Sections
  readonly check: SectionCheck
  readonly label: Float64Array
  readonly labelRank: Float64Array
  /** Rank of the label within its section; zeros when sections are refused. */
  readonly labelSectionRank: Float64Array
  readonly weight: Float64Array | undefined
  readonly usedTimes: Float64Array
  readonly stepMs: number
  readonly horizonSteps: number
  readonly block: number
  readonly sectionBlock: number
  readonly quantiles: number
  readonly seed: number
  readonly level: number
  readonly notes: string[]
}

/** A contender with what several scores need. */
export interface Judged {
  readonly name: string
  readonly role: 'model' | 'baseline'
  readonly prediction: Float64Array
  readonly rank: Float64Array
  readonly sectionRank: Float64Array
}

export function groundOf(
  request: EvaluateRequest,
  sections: Sections,
  label: Float64Array,
  place: Int32Array,
  notes: string[],
): Ground {
  const minSymbols = request.minSymbols ?? MIN_SYMBOLS
  const check = checkSections(sections, minSymbols)
  const usedTimes = Float64Array.from(check.used, (s) => sections.times[s])
  const instants = sections.times.length
  const horizonMs = request.horizonMinutes * MINUTE_MS
  if (!(horizonMs >= 0)) fail('E_USAGE', { subject: 'horizon', detail: `${request.horizonMinutes} minutes` })
  const step = commonStep(check.refusal === null ? usedTimes : sections.times)
  const stepMs = Number.isNaN(step) ? MINUTE_MS : step
  const sizes = Array.from(check.used, (s) => sections.offsets[s + 1] - sections.offsets[s]).sort((a, b) => a - b)
  const wanted = request.quantiles ?? 10
  // At least half of the used sections must be able to fill all buckets.
  const quantiles = check.refusal === null ? Math.max(2, Math.min(wanted, sizes[sizes.length >> 1])) : wanted
  if (quantiles < wanted)
    notes.push(`${quantiles} quantiles instead of ${wanted}: cross-sections hold no more symbols.`)
  const ground: Ground = {
    request,
    sections,
    check,
    label,
    labelRank: meanRanks(label),
    labelSectionRank: new Float64Array(sections.rows),
    weight: request.weight === undefined ? undefined : gather(request.weight, place),
    usedTimes,
    stepMs,
    horizonSteps: Math.max(1, Math.ceil(horizonMs / stepMs)),
    block: blockLength(sections.times, horizonMs),
    sectionBlock: usedTimes.length === 0 ? 1 : blockLength(usedTimes, horizonMs),
    quantiles,
    seed: request.seed ?? 0,
    level: request.level ?? 0.95,
    notes,
  }
  if (instants < MIN_BLOCKS * ground.block) {
    notes.push(`No bootstrap intervals: ${instants} instants are fewer than ${MIN_BLOCKS} blocks of ${ground.block}.`)
  }
  if (check.refusal === null) for (const s of check.used) rankSection(sections, s, label, ground.labelSectionRank)
  return ground
}

function rankSection(sections: Sections, s: number, values: Float64Array, out: Float64Array): void {
  meanRanksInto(values, sections.offsets[s], sections.offsets[s + 1], out)
}

export function sectionRanks(ground: Ground, values: Float64Array): Float64Array {
  const out = new Float64Array(values.length)
  if (ground.check.refusal === null) for (const s of ground.check.used) rankSection(ground.sections, s, values, out)
  return out
}

/**
 * Instants per block of bootstrap and null band: three horizons, because each cut severs labels that overlap (false alarms at
 * 5 % with blocks of one horizon were 10.7 %, of three 7.3 %: 150 series of 3,000 steps summed over 60), but at most a tenth
 * of the range, at least one horizon, and at least the cube root of the length.
 */
export function blockLength(times: Float64Array, horizonMs: number): number {
  const horizon = instantsPerSpan(times, horizonMs)
  return Math.max(horizon, Math.min(3 * horizon, Math.floor(times.length / 10)), Math.ceil(Math.cbrt(times.length)))
}
