/** What the fetcher wrote down about the sources of a day table (`details` of its manifest), read with tolerance. */
import {
  type Contract,
  DAY_MS,
  DEFECT_KINDS,
  type Defect,
  dateMs,
  fail,
  KINDS,
  type Kind,
  PREMIUM_FIELDS,
  parseDate,
  type UtcDate,
} from '@cointrader/core'

/** The part of a day's manifest that the ledger needs. */
export interface SourceFacts {
  /** Kinds that were requested, or undefined when no manifest says so. */
  readonly kinds: readonly Kind[] | undefined
  readonly defects: readonly Defect[]
}

/** First and last instant `[fromMs, toMs)` at which a symbol trades; null where unknown. */
export type LiveSpan = readonly [fromMs: number | null, toMs: number | null]

/** No manifest: nothing is known about the sources. */
export const UNKNOWN_SOURCES: SourceFacts = { kinds: undefined, defects: [] }

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * Reads `{ kinds, sources, absent, refused }`. Of a file of another day (the metrics of the day before, a monthly file) only
 * the defects that reach into this day are kept. Absent and refused files become `absent_source` unless `live` says that the
 * symbol did not trade that day. Error `E_FILE_CORRUPT` for a defect that is not one.
 */
export function sourceFacts(
  details: unknown,
  date: UtcDate,
  live: Readonly<Record<string, LiveSpan>>,
  subject: string,
): SourceFacts {
  const root = record(details)
  if (root === undefined) return UNKNOWN_SOURCES
  const defects: Defect[] = []
  const start = dateMs(date)
  for (const item of list(root.sources)) {
    const source = record(item)
    const ofThisDay = dayOfFile(text(source?.path)) === date
    for (const raw of list(source?.defects)) {
      const defect = toDefect(raw, subject)
      if (ofThisDay || (defect.fromMs < start + DAY_MS && Math.max(defect.toMs, defect.fromMs + 1) > start))
        defects.push(defect)
    }
  }
  const missing = (item: unknown, why: 'reason' | 'code'): void => {
    const gone = record(item)
    const symbol = text(gone?.symbol)
    const [from, to] = live[symbol] ?? [null, null]
    if ((from !== null && from >= start + DAY_MS) || (to !== null && to <= start)) return
    const path = text(gone?.path)
    const day = dayOfFile(path) ?? date
    defects.push({
      kind: 'absent_source',
      symbol,
      source: text(gone?.kind),
      column: '',
      fromMs: dateMs(day),
      toMs: dateMs(day) + DAY_MS,
      count: 1,
      detail: [path, text(gone?.[why])].filter((s) => s !== '').join(': '),
    })
  }
  for (const item of list(root.absent)) missing(item, 'reason')
  for (const item of list(root.refused)) missing(item, 'code')
  const kinds = Array.isArray(root.kinds) ? KINDS.filter((kind) => list(root.kinds).includes(kind)) : undefined
  return { kinds, defects }
}

function dayOfFile(path: string): UtcDate | undefined {
  const found = /-(\d{4}-\d{2}-\d{2})\.[a-z]+$/.exec(path)?.[1]
  return found === undefined ? undefined : parseDate(found, path)
}

function toDefect(raw: unknown, subject: string): Defect {
  const d = record(raw)
  const good =
    d !== undefined &&
    typeof d.kind === 'string' &&
    Object.hasOwn(DEFECT_KINDS, d.kind) &&
    typeof d.symbol === 'string' &&
    typeof d.source === 'string' &&
    Number.isFinite(d.fromMs) &&
    Number.isFinite(d.toMs) &&
    Number.isFinite(d.count)
  if (!good) fail('E_FILE_CORRUPT', { subject, detail: `not a defect: ${JSON.stringify(raw)?.slice(0, 120)}` })
  // Premium files have the column names of klines; in the day table theirs begin with pm_.
  const column = text(d.column)
  const premium = d.source === 'premium' && (PREMIUM_FIELDS as readonly string[]).includes(`pm_${column}`)
  return { ...(d as unknown as Defect), column: premium ? `pm_${column}` : column, detail: text(d.detail) }
}

/** Trading spans from `contracts.json`, for the symbols that state one. */
export function liveSpans(contracts: Readonly<Record<string, Contract>>): Record<string, LiveSpan> {
  const out: Record<string, LiveSpan> = {}
  for (const [symbol, { onboardMs, deliveryMs }] of Object.entries(contracts)) {
    if (onboardMs != null || deliveryMs != null) out[symbol] = [onboardMs ?? null, deliveryMs ?? null]
  }
  return out
}
