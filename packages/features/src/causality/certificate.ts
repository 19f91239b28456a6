/** What a proof says in the end: a certificate per column, and one id for all of it. */
import { dateMs, type Json, MINUTE_MS, sha256, stableJson, utcText } from '@cointrader/core'
import { DAY_MINUTES } from '../daybars.js'
import { before, type ColumnResult, type Finding, type Instant, type Method, type ProofDay } from './check.js'
import type { CausalPipeline } from './pipeline.js'
import { measureReach } from './reach.js'
import type { UniverseCertificate } from './universe.js'

/** The first value of a column that is not a function of what was known. */
export interface Leak {
  /** Start of the bar, ms and UTC text. */
  readonly timeMs: number
  readonly time: string
  readonly symbol: string
  readonly method: Method
  readonly built: string
  readonly known: string
  /** Minutes after its bar that the value depends on; null when it was not measured. */
  readonly reachMinutes: number | null
  /** Cells of the column that differed, over all checks. */
  readonly cells: number
  /** Id of the known defect that this is. */
  readonly defect?: string
}

export interface Certificate {
  readonly column: string
  readonly kind: 'input' | 'feature' | 'label'
  readonly knownAtMinutes: number
  readonly lookback: number | null
  /** Rows of the day whose truncated value was compared. */
  readonly rows: number
  /** Cells compared by all checks. */
  readonly cells: number
  readonly instants: number
  /** Cells of the full build that hold a value. */
  readonly values: number
  /** `empty`: there is no value on the day, so nothing was shown. */
  readonly verdict: 'proven' | 'empty' | 'refused'
  readonly leak?: Leak
}

export interface Proof {
  /** SHA-256 of everything below and of the data: the same proof has the same id. */
  readonly id: string
  readonly pipeline: string
  readonly date: string
  readonly members: readonly string[]
  readonly seed: string
  readonly universe: UniverseCertificate & { readonly defect?: string }
  readonly certificates: readonly Certificate[]
  /** `empty`: nothing was refused, and no column holds a value. */
  readonly verdict: 'proven' | 'empty' | 'refused'
}

/** What several tasks found of the same columns, as one. */
export function mergeResults(all: readonly (readonly ColumnResult[])[]): ColumnResult[] {
  const out: ColumnResult[] = []
  for (const results of all) {
    results.forEach((r, c) => {
      const old = out[c]
      if (old === undefined) out[c] = r
      else {
        const first = [old.first, r.first].reduce((a, b) => (a === undefined || (b && before(b, a)) ? b : a))
        const counts = { checked: old.checked + r.checked, wrong: old.wrong + r.wrong }
        out[c] = { ...counts, ...(first === undefined ? {} : { first }) }
      }
    })
  }
  return out
}

export interface ConcludeOptions {
  readonly pipeline: CausalPipeline
  readonly day: ProofDay
  readonly instants: readonly Instant[]
  readonly universe: UniverseCertificate
  /** Merged over all tasks. */
  readonly results: readonly ColumnResult[]
  /** Hashes of what was read: they enter the id. */
  readonly dataIds: Json
  /** Full builds that measuring the reach of leaks may take. */
  readonly reachBudget?: number
  /** Rows that the truncation oracle went through. */
  readonly rows: number
}

/** Writes the certificates, measures leaks, and gives the proof its id. */
export function concludeProof(options: ConcludeOptions): Proof {
  const { pipeline, day, results } = options
  const targets = results.flatMap(({ first }, column) => (first === undefined ? [] : [{ column, finding: first }]))
  // The earliest leaks first: they are what the reader looks at, should the budget not suffice for all.
  targets.sort((a, b) => (before(a.finding, b.finding) ? -1 : before(b.finding, a.finding) ? 1 : a.column - b.column))
  const reach = measureReach(pipeline, day, targets, options.reachBudget)
  const reachOf = new Map(targets.map((t, i) => [t.column, reach[i]!]))
  const certificates = pipeline.columns.map(({ name, kind, knownAtMinutes, lookback }, c): Certificate => {
    const { checked, first, wrong } = results[c]!
    const defect = kind === 'feature' ? undefined : pipeline.defects?.input
    const values = valuesOf(day, c)
    return {
      column: name,
      kind,
      knownAtMinutes,
      lookback: lookback ?? null,
      rows: options.rows,
      cells: checked,
      instants: options.instants.length,
      values,
      verdict: first !== undefined ? 'refused' : values === 0 ? 'empty' : 'proven',
      ...(first && { leak: { ...leakOf(day, first, reachOf.get(c)!, wrong), ...(defect && { defect }) } }),
    }
  })
  const { universe: found } = options
  const defect = found.leaks.length === 0 ? undefined : pipeline.defects?.universe
  const universe = { ...found, ...(defect && { defect }) }
  const refused = universe.verdict === 'refused' || certificates.some((c) => c.verdict === 'refused')
  const shown = certificates.some((c) => c.verdict === 'proven')
  const content = {
    pipeline: pipeline.name,
    date: day.date,
    members: day.members,
    seed: day.seed,
    universe,
    certificates,
    verdict: refused ? ('refused' as const) : shown ? ('proven' as const) : ('empty' as const),
  }
  const id = sha256(stableJson({ ...content, data: options.dataIds } as unknown as Json))
  return { id, ...content }
}

function leakOf(day: ProofDay, finding: Finding, reachMinutes: number | null, cells: number): Leak {
  const timeMs = dateMs(day.date) + finding.minute * MINUTE_MS
  const { method, built, known } = finding
  const symbol = day.members[finding.symbol]!
  return { timeMs, time: utcText(timeMs), symbol, method, built, known, reachMinutes, cells }
}

function valuesOf({ members, reference }: ProofDay, column: number): number {
  const cells = members.length * DAY_MINUTES
  let values = 0
  for (let i = column * cells; i < (column + 1) * cells; i++) if (!Number.isNaN(reference[i]!)) values++
  return values
}
