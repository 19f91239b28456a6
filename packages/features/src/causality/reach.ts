/** How far a leak sees: the latest row whose change still changes the value. */
import { DAY_MINUTES } from '../daybars.js'
import { dayRow } from '../xy.js'
import { type Finding, type ProofDay, punchedDays } from './check.js'
import { POISONS, poisoned } from './known.js'
import type { CausalPipeline } from './pipeline.js'

/**
 * The largest p in `[first, end)` for which `changed(p)` ("the value changes when all rows after p do") holds: rows up to
 * p + 1 are seen. Looks from the far end by powers of two, then bisects. Undefined when nothing changes it.
 */
export function furthest(changed: (p: number) => boolean, first: number, end: number): number | undefined {
  const steps: number[] = []
  for (let d = 0; first + d < end; d = d === 0 ? 1 : 2 * d) steps.push(first + d)
  let high = end
  let low: number | undefined
  for (const p of steps.reverse()) {
    if (changed(p)) {
      low = p
      break
    }
    high = p
  }
  if (low === undefined) return undefined
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (changed(middle)) low = middle
    else high = middle
  }
  return low
}

/** A leak to be measured. */
export interface Target {
  readonly column: number
  readonly finding: Finding
}

/**
 * For each target the minutes after its bar that its value depends on, or null when that is not known: no change of later
 * rows shows in the full build, or `budget` builds are used up (targets at the same row share their builds).
 */
export function measureReach(
  pipeline: CausalPipeline,
  day: ProofDay,
  targets: readonly Target[],
  budget = 120,
): (number | null)[] {
  const cells = day.members.length * DAY_MINUTES
  const end = DAY_MINUTES * (1 + day.days.filter((d) => d.date > day.date).length)
  const wanted = new Map<number, number[]>()
  targets.forEach(({ column }, i) => void wanted.set(column, [...(wanted.get(column) ?? []), i]))
  const variants = new Map<boolean, Variant>()
  let left = budget
  const variantOf = (holes: boolean): Variant => {
    const found = variants.get(holes) ?? { days: holes ? punchedDays(day) : day.days, seen: new Map() }
    variants.set(holes, found)
    return found
  }
  /** Per poison the value of each target when the rows after minute p are poisoned. */
  const valuesAt = (variant: Variant, p: number): readonly Float64Array[] => {
    const known = variant.seen.get(p)
    if (known !== undefined) return known
    if (left < POISONS.length) throw new OutOfBudget()
    left -= POISONS.length
    const values = POISONS.map((poison) => {
      const out = new Float64Array(targets.length)
      const days = poisoned(variant.days, dayRow(day.date) + p, poison)
      pipeline.build(days, day.date, day.members, (column, data) => {
        for (const i of wanted.get(column) ?? []) {
          const { symbol, minute } = targets[i]!.finding
          out[i] = data.subarray(0, cells)[symbol * DAY_MINUTES + minute]!
        }
      })
      return out
    })
    variant.seen.set(p, values)
    return values
  }
  return targets.map(({ column, finding }, i) => {
    if (finding.method === 'look-back') return null
    const variant = variantOf(finding.method === 'holes')
    const changed = (p: number) => valuesAt(variant, p).some((values) => String(values[i]!) !== finding.built)
    const knownUntil = finding.minute + pipeline.columns[column]!.knownAtMinutes - 1
    try {
      const p = furthest(changed, knownUntil, end)
      return p === undefined ? null : p + 1 - finding.minute
    } catch (error) {
      if (error instanceof OutOfBudget) return null
      throw error
    }
  })
}

interface Variant {
  readonly days: ProofDay['days']
  readonly seen: Map<number, readonly Float64Array[]>
}

class OutOfBudget extends Error {}
