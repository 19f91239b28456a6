/** What the page, the terminal summary and the findings read from the facts alike, so that all three say the same. */
import { DAY_MS, MINUTE_MS } from '@cointrader/core'
import type { ReportBand, ReportEntry } from '@cointrader/models'
import type { BacktestFacts, ModelFacts, StudyFacts } from './facts.js'

/** The one score by which an entry is judged: the cross-sectional rank IC; where that is refused the pooled one; AUC for classes. */
export interface Primary {
  readonly name: string
  /** What a score without skill is: 0, or 0.5 for an AUC. */
  readonly none: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  /** The larger of the Newey-West and the bootstrap error, so that the doubt is not understated. */
  readonly error: number | null
  readonly band: ReportBand | null
}

function larger(a: number | null | undefined, b: number | null | undefined): number | null {
  const all = [a, b].filter((x): x is number => x !== null && x !== undefined)
  return all.length === 0 ? null : Math.max(...all)
}

export function primaryOf(facts: StudyFacts, entry: ReportEntry): Primary {
  const sections = facts.judged.crossSections.refusal === null ? entry.sections : null
  const { name, score, none } =
    facts.judged.task === 'binary' && entry.classifier !== null
      ? { name: 'AUC', score: entry.classifier.auc, none: 0.5 }
      : sections !== null
        ? { name: 'cross-sectional rank IC', score: sections.rank, none: 0 }
        : { name: 'pooled rank IC', score: entry.pooled.rank, none: 0 }
  const { value, interval, band } = score
  const neweyWest = sections !== null && none === 0 ? sections.rank.standardError : null
  return {
    name,
    none,
    value,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    error: larger(neweyWest, interval?.standardError),
    band,
  }
}

/** Name of {@link primaryOf} for all entries. */
export function primaryName(facts: StudyFacts): string {
  const { entries } = facts.judged
  return entries.length === 0 ? 'rank IC' : primaryOf(facts, entries[0]).name
}

/**
 * The score that delays are compared with: the cross-sectional rank IC, and the pooled one where that is refused and for
 * classes, whose {@link primaryOf} is an AUC.
 */
export function atOnce(
  facts: StudyFacts,
  entry: ReportEntry,
): { readonly name: string; readonly value: number | null } {
  return inSections(facts)
    ? { name: 'cross-sectional rank IC', value: entry.sections?.rank.value ?? null }
    : { name: 'pooled rank IC', value: entry.pooled.rank.value }
}

/** Whether {@link atOnce} and {@link soonest} are means over cross-sections. */
export const inSections = (facts: StudyFacts): boolean =>
  facts.judged.crossSections.refusal === null && facts.judged.task !== 'binary'

/** A score used some minutes after it was known. */
export interface Later {
  readonly minutes: number
  readonly value: number
  readonly error: number | null
}

/** The shortest delay that has a score, of the kind of {@link atOnce}; null where none was measured. */
export function soonest(facts: StudyFacts, entry: ReportEntry): Later | null {
  const full = inSections(facts)
  const delays = [...(entry.delays ?? [])].sort((a, b) => a.minutes - b.minutes)
  for (const d of delays) {
    if (d.minutes === 0) continue
    const value = full ? d.sectionRank : d.rank
    if (value !== null) return { minutes: d.minutes, value, error: full ? d.sectionRankError : null }
  }
  return null
}

/** True when a score loses more than half of itself in the shortest delay and is then no longer told from nothing. */
export function fades(facts: StudyFacts, entry: ReportEntry): boolean {
  const { value } = atOnce(facts, entry)
  const later = soonest(facts, entry)
  if (value === null || later === null || value <= 0) return false
  return later.value < value / 2 && (later.error === null || later.value < 2 * later.error)
}

export const modelEntries = (facts: StudyFacts): ReportEntry[] => facts.judged.entries.filter((e) => e.role === 'model')

export const baselineEntries = (facts: StudyFacts): ReportEntry[] =>
  facts.judged.entries.filter((e) => e.role === 'baseline')

/** The baseline with the largest score; null when none has one. */
export function bestBaseline(facts: StudyFacts): { readonly entry: ReportEntry; readonly primary: Primary } | null {
  let best: { entry: ReportEntry; primary: Primary } | null = null
  for (const entry of baselineEntries(facts)) {
    const primary = primaryOf(facts, entry)
    if (primary.value === null) continue
    if (best === null || primary.value > (best.primary.value ?? Number.NEGATIVE_INFINITY)) best = { entry, primary }
  }
  return best
}

/**
 * How far the evidence for a model carries. Each step asks more than the one before:
 * `none`: its score has no value, lies in the range of shuffled labels, or its interval reaches chance;
 * `backwards`: as sure as `alone`, but on the wrong side;
 * `unknown`: there is no interval to judge by;
 * `alone`: tells itself from chance when nothing else had been tried;
 * `deflated`: also as the best of all trials, with a chance of at most 5 %.
 */
export type Evidence = 'none' | 'backwards' | 'unknown' | 'alone' | 'deflated'

export function evidenceOf(facts: StudyFacts, entry: ReportEntry): Evidence {
  const p = primaryOf(facts, entry)
  if (p.value === null || p.band?.inside === true) return 'none'
  if (p.low === null || p.high === null) return 'unknown'
  if (p.high < p.none) return 'backwards'
  if (p.low <= p.none) return 'none'
  const d = entry.deflated
  if (d === null || d.excess === null || d.pAdjusted === null) return 'alone'
  return d.excess > 0 && d.pAdjusted <= 0.05 ? 'deflated' : 'alone'
}

/** By how much a model's score is above that of the best baseline; null when either has none. */
export function aboveBaseline(facts: StudyFacts, entry: ReportEntry): number | null {
  const best = bestBaseline(facts)
  const own = primaryOf(facts, entry).value
  return best === null || best.primary.value === null || own === null ? null : own - best.primary.value
}

/** How much independent evidence the judged range holds. */
export function evidenceSize(facts: StudyFacts): {
  readonly days: number
  readonly symbols: number
  /** Whole horizons that do not overlap. */
  readonly horizons: number
  /** Blocks of the bootstrap. */
  readonly blocks: number
} {
  const { time, settings, symbols } = facts.judged
  const step = time.stepMs ?? MINUTE_MS
  const spanMs = time.instants * step
  const horizonMs = Math.max(step, facts.judged.horizonMinutes * MINUTE_MS)
  return {
    days: time.days,
    symbols,
    horizons: Math.max(1, Math.floor(spanMs / horizonMs)),
    blocks: Math.max(1, Math.floor(time.instants / Math.max(1, settings.sectionBlock ?? settings.block))),
  }
}

/** Label units that break-even costs of the rank portfolio can be compared in, as basis points per unit. */
const IN_BPS: Readonly<Record<string, number>> = {
  bp: 1,
  bps: 1,
  '': Number.NaN,
  '%': 100,
  percent: 100,
  fraction: 1e4,
}

/** Break-even cost of one unit traded when held for the label's horizon, basis points; null when it cannot be said. */
export function breakEvenBps(facts: StudyFacts, entry: ReportEntry): number | null {
  const cost = entry.portfolio?.perHorizon.breakEvenCost ?? null
  const scale = IN_BPS[facts.judged.unit] ?? Number.NaN
  return cost === null || !Number.isFinite(scale) ? null : cost * scale
}

/** Cost assumed per unit of one fill, basis points, of the backtests that are no variants; null when none states it. */
export function assumedCostBps(facts: StudyFacts): { fee: number; slippage: number; total: number } | null {
  const found = facts.backtests.find((b) => b.role !== 'variant' && b.costBps !== null)?.costBps
  return found === undefined || found === null ? null : { ...found, total: found.fee + found.slippage }
}

export const mainBacktests = (facts: StudyFacts): BacktestFacts[] => facts.backtests.filter((b) => b.role !== 'variant')

export const modelBacktests = (facts: StudyFacts): BacktestFacts[] => facts.backtests.filter((b) => b.role === 'model')

export const variantsOf = (facts: StudyFacts, base: BacktestFacts): BacktestFacts[] =>
  facts.backtests.filter((b) => b.role === 'variant' && b.of === base.id)

/** Gross less costs, account currency. */
export function netOf(b: BacktestFacts): number {
  const { gross, fees, slippage, funding } = b.costs
  return gross - fees - slippage - funding
}

export const costsOf = (b: BacktestFacts): number => b.costs.fees + b.costs.slippage + b.costs.funding

export const totalReturn = (b: BacktestFacts): number | null => b.document.statistics.totalReturn.value

/** Symbols without a value of the kind on every day, by kind, and on how many days. */
export function absentKinds(
  facts: StudyFacts,
): { readonly kind: string; readonly days: number; readonly all: boolean }[] {
  const { days } = facts.data
  const counts = new Map<string, { days: number; all: number }>()
  for (const day of days) {
    for (const [kind, symbols] of Object.entries(day.absent)) {
      if (symbols <= 0) continue
      const own = counts.get(kind) ?? { days: 0, all: 0 }
      own.days++
      if (symbols >= day.symbols) own.all++
      counts.set(kind, own)
    }
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, n]) => ({ kind, days: n.days, all: n.all === days.length }))
}

/** Dates of the study's range, inclusive. */
export function datesOf(facts: StudyFacts): string[] {
  const from = Date.parse(`${facts.range.start}T00:00:00Z`)
  const to = Date.parse(`${facts.range.end}T00:00:00Z`)
  if (!(to >= from)) return []
  const count = Math.min(4000, Math.round((to - from) / DAY_MS) + 1)
  return Array.from({ length: count }, (_, i) => new Date(from + i * DAY_MS).toISOString().slice(0, 10))
}

/** Dates of the range without a single row. */
export function daysWithoutRows(facts: StudyFacts): string[] {
  const rows = new Map(facts.data.days.map((d) => [d.date, d.rows]))
  return datesOf(facts).filter((date) => (rows.get(date) ?? 0) === 0)
}

/** Symbol → days banned, most first. */
export function bannedDays(facts: StudyFacts): [string, number][] {
  const counts = new Map<string, number>()
  for (const day of facts.data.days)
    for (const { symbol } of day.banned) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  return byCount(counts)
}

/** Largest count first, then by name. */
export function byCount(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
}

/** Adds up records of counts. */
export function addUp(records: readonly Readonly<Record<string, number>>[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const record of records)
    for (const [name, n] of Object.entries(record)) if (n > 0) counts.set(name, (counts.get(name) ?? 0) + n)
  return byCount(counts)
}

/** The reason of an exclusion or a ban without its numbers, dates and names, so that equal causes count together. */
export function reasonKind(reason: string): string {
  const rank = /^rank \d+ > (\d+)$/.exec(reason)
  if (rank !== null) return `volume rank below the first ${rank[1]}`
  return reason
    .replace(/\d{4}-\d{2}-\d{2}/g, 'the day before')
    .replace(/\b\d[\d,]* (?=minutes)/g, '')
    .replace(/\s*\(threshold [^)]*\)/g, '')
    .replace(/\b\d[\d,.]*\b/g, 'some')
}

export const modelFacts = (facts: StudyFacts, name: string): ModelFacts | undefined =>
  facts.models.find((m) => m.name === name)

/** The smallest distance from chance that could be told with this standard error. */
export const detectable = (error: number): number => 2 * error
