/**
 * What is done about each kind of defect, as named choices. Raw tables are never rewritten: a policy says what a reader
 * sees (spec RP-D03, RP-D20, RP-D23).
 */
import { byCodeUnit, DEFECT_KINDS, type Defect, type DefectKind, fail, utcText } from '@cointrader/core'

export const POLICY_NAMES = {
  none: 'leave it as it is stored: missing stays missing',
  'forward-fill':
    'carry the last value forward, by time, up to a maximum age in minutes; premium and metrics only, never prices',
  mask: 'take the contradictory values for missing',
  'exclude-symbol': 'ban the symbol for the day',
  research: 'forward, then backward fill over the whole day, prices too (RP-08; looks ahead, for comparisons only)',
} as const
export type PolicyName = keyof typeof POLICY_NAMES

export interface Policy {
  readonly name: PolicyName
  /** Oldest value that may be carried forward; 0 for the other policies. */
  readonly maxAgeMinutes: number
}

/** Kind → policy. A kind without one stops the run. */
export type PolicyTable = Readonly<Partial<Record<DefectKind, Policy>>>

export const DEFECT_KIND_NAMES = Object.keys(DEFECT_KINDS) as DefectKind[]

const CELLS: readonly PolicyName[] = ['none', 'forward-fill', 'research', 'exclude-symbol']
const ROWS: readonly PolicyName[] = ['none', 'exclude-symbol']
const ALLOWED: Partial<Record<DefectKind, readonly PolicyName[]>> = {
  blank_cell: CELLS,
  bad_number: [...CELLS, 'mask'],
  missing_premium: CELLS,
  missing_metrics: CELLS,
  stale_metrics: CELLS,
  absent_source: CELLS,
  zero_open_interest: ['none', 'mask', 'forward-fill', 'exclude-symbol'],
  impossible_bar: ['none', 'mask', 'exclude-symbol'],
}

/** The policies that make sense for a kind: what has no cell to fill cannot be filled. */
export function allowedPolicies(kind: DefectKind): readonly PolicyName[] {
  return ALLOWED[kind] ?? ROWS
}

/** Age limit of `forward-fill` when none is given: metrics come every 5 minutes, the premium every minute. */
export function defaultMaxAge(kind: DefectKind): number {
  return kind === 'missing_premium' ? 5 : 10
}

const policy = (name: PolicyName, maxAgeMinutes = 0): Policy => ({ name, maxAgeMinutes })
const everyKind = (of: (kind: DefectKind) => Policy): Record<DefectKind, Policy> =>
  Object.fromEntries(DEFECT_KIND_NAMES.map((kind) => [kind, of(kind)])) as Record<DefectKind, Policy>

/**
 * The defaults. Short holes of the premium and single cells are carried forward; absent or stale metrics are not (the
 * fetcher already carried them as far as it states); contradictory numbers count as missing; nothing is looked up ahead.
 */
export const DEFAULT_POLICIES: PolicyTable = everyKind((kind) => {
  switch (kind) {
    case 'blank_cell':
    case 'bad_number':
    case 'missing_premium':
      return policy('forward-fill', defaultMaxAge(kind))
    case 'impossible_bar':
    case 'zero_open_interest':
      return policy('mask')
    default:
      return policy('none')
  }
})

/** RP-08 for every kind that leaves cells empty. */
export const RESEARCH_POLICIES: PolicyTable = everyKind((kind) =>
  policy(allowedPolicies(kind).includes('research') ? 'research' : 'none'),
)

/** `forward-fill:10`, `none`… the form in ledgers and configurations. */
export function policyText({ name, maxAgeMinutes }: Policy): string {
  return name === 'forward-fill' ? `${name}:${maxAgeMinutes}` : name
}

/** A kind that no policy covers. */
export interface Unpoliced {
  readonly kind: DefectKind
  /** Number of defects. */
  readonly count: number
  readonly first: string
}

/** `BTCUSDT premium from 2026-02-01 10:05:00`. */
function place({ symbol, source, column, fromMs }: Defect): string {
  return `${symbol} ${source}${column === '' ? '' : ` ${column}`} from ${utcText(fromMs)}`
}

/** Kinds among the defects that the table does not cover, in the catalogue's order. */
export function unpoliced(defects: readonly Defect[], table: PolicyTable): Unpoliced[] {
  return DEFECT_KIND_NAMES.flatMap((kind) => {
    if (table[kind] !== undefined) return []
    const of = defects.filter((d) => d.kind === kind)
    if (of.length === 0) return []
    const first = of.reduce((a, b) =>
      b.fromMs < a.fromMs || (b.fromMs === a.fromMs && byCodeUnit(b.symbol, a.symbol) < 0) ? b : a,
    )
    return [{ kind, count: of.length, first: place(first) }]
  })
}

/** Adds up lists of different days (given in date order). */
export function sumUnpoliced(days: readonly (readonly Unpoliced[])[]): Unpoliced[] {
  const all = days.flat()
  return DEFECT_KIND_NAMES.flatMap((kind) => {
    const of = all.filter((u) => u.kind === kind)
    return of.length === 0 ? [] : [{ kind, count: of.reduce((n, u) => n + u.count, 0), first: of[0]!.first }]
  })
}

/** Error `E_NO_POLICY`, listing kind × count × first place, unless the list is empty. */
export function requirePolicies(missing: readonly Unpoliced[]): void {
  if (missing.length === 0) return
  const detail = missing.map((u) => `${u.kind} × ${u.count}, first ${u.first}`).join('; ')
  fail('E_NO_POLICY', { subject: missing.map((u) => u.kind).join(', '), detail })
}
