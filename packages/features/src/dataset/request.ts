/** What a loader is asked for, and what it settles before it reads rows: columns, days, members, policies. */
import { fail, type UtcDate } from '@cointrader/core'
import type { ColumnFacts } from '../build/metadata.js'
import { labelLooksUntil } from './columns.js'
import type { XyDay, XyDays } from './days.js'
import { failAvailability } from './errors.js'
import { type DateSpan, type PurgedRange, spanText, wholeRange } from './splits.js'

/** What is done with a NaN or infinite feature: leave the row out, put 0, or hand it on as it is. */
export type MissingPolicy = 'drop' | 'zero' | 'keep'

/**
 * Days that are left out and columns that count as 0 on a day. The loaders have none of their own: by default a bad cell
 * is treated where it is, and a day is absent when its file is (RP-D20). `compat/research.ts` makes those of RP-26 to 37.
 */
export interface DayPolicy {
  skip(date: UtcDate): boolean
  zeroed(date: UtcDate): ReadonlySet<string>
}

export interface DatasetRequest {
  readonly days: XyDays
  /** Of the rows (of the end points, for windows). A {@link PurgedRange} of `splitRanges` also removes what would leak. */
  readonly range: DateSpan | PurgedRange
  /** Null for inference at the live edge, where labels do not exist yet (RP-D18). */
  readonly label: string | null
  /**
   * Default: all feature columns of the first day (by footer or by name) whose footer does not call them empty. Never ids,
   * times, labels or unknown columns.
   */
  readonly features?: readonly string[]
  /** Default: every symbol. Their order is the order of preference of panel windows. */
  readonly symbols?: readonly string[]
  /** Members per date; a date that is not in it has none. Default: whoever has rows. */
  readonly universe?: Readonly<Record<string, readonly string[]>>
  /** At most this many rows (windows: end points; panels: instants), drawn evenly over all that qualify. */
  readonly maxRows?: number
  /** Of the draw. Default 0. */
  readonly seed?: number
  /** Default `drop`. */
  readonly missingFeatures?: MissingPolicy
  /** Rows whose label is NaN or infinite: default `drop`; `keep` hands on what is there. */
  readonly missingLabel?: 'drop' | 'keep'
  /** Every n-th date of the range from its first (RP-D14). Default 1: all. */
  readonly dateStep?: number
  readonly policy?: DayPolicy
  /** When a decision about bar t is made, in minutes after t: a feature known later is refused. Default 1. */
  readonly decisionMinutes?: number
  /** Refuses a result whose features take more. Default 2 GiB. */
  readonly maxBytes?: number
}

/** A request with all questions about columns answered from its first day. */
export interface ResolvedRequest {
  readonly features: readonly string[]
  readonly label: string | null
  readonly range: PurgedRange
  /** Minutes after t until which the label looks; 0 without a label. */
  readonly looksUntilMinutes: number
  readonly missingFeatures: MissingPolicy
  readonly dropMissingLabel: boolean
  readonly policy: DayPolicy | undefined
  readonly facts: ReadonlyMap<string, ColumnFacts | undefined>
  readonly maxBytes: number
  members(date: UtcDate): ReadonlySet<string> | undefined
}

const DEFAULT_MAX_BYTES = 2 ** 31

export function asPurged(range: DateSpan | PurgedRange): PurgedRange {
  return 'keepToMs' in range ? range : wholeRange(range)
}

/**
 * Settles the columns by the first day that is there. Errors: `E_FILE_CORRUPT` naming absent columns, or for a label that
 * does not say how far it looks; `E_AVAILABILITY` for a feature that is known only after the decision (so for every label);
 * `E_USAGE` for a feature named twice or no feature at all.
 */
export function resolveRequest(request: DatasetRequest, day: XyDay): ResolvedRequest {
  const { label } = request
  const features = resolveFeatures(request, day)
  const decision = request.decisionMinutes ?? 1
  const late = features.filter((name) => (day.facts(name)?.knownAtMinutes ?? 0) > decision)
  if (late.length > 0) {
    const known = late.slice(0, 10).map((name) => `${name} (t + ${day.facts(name)!.knownAtMinutes})`)
    failAvailability(day.subject, `known only after the decision at t + ${decision} minutes: ${known.join(', ')}`)
  }
  if (label !== null && features.includes(label)) {
    failAvailability(day.subject, `the label ${label} is among the features`)
  }
  const allowed = request.symbols === undefined ? undefined : new Set(request.symbols)
  const { universe } = request
  return {
    features,
    label,
    range: asPurged(request.range),
    looksUntilMinutes: label === null ? 0 : labelLooksUntil(label, day.facts(label), day.subject),
    missingFeatures: request.missingFeatures ?? 'drop',
    dropMissingLabel: (request.missingLabel ?? 'drop') === 'drop',
    policy: request.policy,
    facts: new Map([...features, ...(label === null ? [] : [label])].map((name) => [name, day.facts(name)])),
    maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
    members(date) {
      if (universe === undefined) return allowed
      const of = new Set(universe[date] ?? [])
      if (allowed !== undefined) for (const symbol of of) if (!allowed.has(symbol)) of.delete(symbol)
      return of
    },
  }
}

function resolveFeatures(request: DatasetRequest, day: XyDay): readonly string[] {
  const features = request.features ?? day.names.filter((name) => isFeature(day.facts(name)))
  if (features.length === 0) fail('E_USAGE', { subject: day.subject, detail: 'no feature columns' })
  const twice = features.find((name, i) => features.indexOf(name) !== i)
  if (twice !== undefined) fail('E_USAGE', { subject: 'feature list', detail: `${twice} is named twice` })
  return features
}

/** A feature that holds values: `empty` gives the reason why one does not (an input that was absent all day). */
function isFeature(facts: ColumnFacts | undefined): boolean {
  return facts?.role === 'feature' && facts.empty === undefined
}

/** Features of a list that a day has, in list order, and those it has not: for readers that go on without the absent. */
export function presentFeatures(day: XyDay, list: readonly string[]): { present: string[]; absent: string[] } {
  const there = new Set(day.names)
  return { present: list.filter((name) => there.has(name)), absent: list.filter((name) => !there.has(name)) }
}

/**
 * Refuses a day whose columns mean something else than the first day's: a unit, an instant of knowledge or a horizon that
 * changed inside one data set (RP-D04). Error `E_FILE_CORRUPT`.
 */
export function assertSameFacts(facts: ResolvedRequest['facts'], span: DateSpan, day: XyDay): void {
  for (const [name, first] of facts) {
    const now = day.facts(name)
    for (const key of ['role', 'unit', 'knownAtMinutes', 'looksUntilMinutes'] as const) {
      if (now?.[key] !== first?.[key]) {
        fail('E_FILE_CORRUPT', {
          subject: day.subject,
          detail: `${name}: ${key} is ${now?.[key]}, on earlier days of ${spanText(span)} ${first?.[key]}`,
          next: 'build all days with the same settings',
        })
      }
    }
  }
}

/** Error `E_USAGE` when `rows` x `width` float32 values are more than allowed. */
export function assertFits(resolved: ResolvedRequest, rows: number, width: number): void {
  const bytes = rows * width * 4
  if (bytes > resolved.maxBytes) {
    fail('E_USAGE', {
      subject: spanText(resolved.range),
      detail: `${rows} rows x ${width} features take ${bytes} bytes, allowed are ${resolved.maxBytes}`,
      next: 'read fewer rows (--max-rows), fewer features or days, or allow more (--memory)',
    })
  }
}

/** Error `E_NOTHING_FOUND` for a range without a single table. */
export function failNoDays(range: DateSpan): never {
  fail('E_NOTHING_FOUND', { subject: spanText(range), detail: 'no XY table of these dates' })
}
