/** The defect ledger: one row per defect of a day, with what was done about it. `data/ledger/{date}.parquet`. */
import { byCodeUnit, DEFECT_KINDS, type Defect, type DefectKind, fail, sha256, type UtcDate } from '@cointrader/core'
import { type Column, decodeParquet, encodeParquet, makeTable, numbers, strings } from '@cointrader/store'
import { type PolicyTable, policyText } from './policies.js'

export interface LedgerRow extends Defect {
  /** 16 hex digits of SHA-256 of kind, symbol, source, column and first instant: the same in every rebuild. */
  readonly id: string
  readonly date: UtcDate
  /** As {@link policyText}, e.g. `forward-fill:10`. */
  readonly policy: string
  /** What a reader that applies the policy sees: `filled`, `kept missing`, `row left out`, `symbol excluded`… */
  readonly action: string
}

export function defectId({ kind, symbol, source, column, fromMs }: Defect): string {
  return sha256([kind, symbol, source, column, fromMs].join('|')).slice(0, 16)
}

/** What happens without any policy of ours: fetching has settled it, or nothing is done. */
const AS_STORED: Readonly<Record<DefectKind, string>> = {
  missing_bars: 'kept missing',
  duplicate_bar: 'one row kept',
  conflicting_bar: 'later row kept',
  extra_bar: 'row left out',
  shifted_label: 'row left out',
  unfinished_bar: 'row left out',
  unordered_rows: 'sorted',
  bad_number: 'kept missing',
  impossible_bar: 'kept as it is',
  blank_cell: 'kept missing',
  zero_open_interest: 'kept as it is',
  duplicate_metrics: 'later row kept',
  missing_metrics: 'kept missing',
  missing_premium: 'kept missing',
  stale_metrics: 'kept missing',
  absent_source: 'kept missing',
}

function action(defect: Defect, policies: PolicyTable, { cells, filled }: { cells: number; filled: number }): string {
  const name = policies[defect.kind]?.name
  if (name === 'exclude-symbol') return 'symbol excluded'
  if (name === 'forward-fill' || name === 'research') {
    if (cells === 0) return 'no cell missing'
    return filled === cells ? 'filled' : filled === 0 ? 'kept missing' : `filled ${filled} of ${cells} cells`
  }
  if (name === 'mask') {
    return filled === 0 ? 'masked' : `masked, filled ${filled} of ${cells} cells`
  }
  // Metrics rows off the 5-minute grid are used from the instant they were known (RP-05, BX-05).
  if (defect.kind === 'shifted_label' && defect.source === 'metrics') return 'aligned by its instant'
  // Fetching carries a metrics row forward up to its stated age, which may cover the whole hole.
  if (defect.kind === 'missing_metrics' && cells === 0) return 'carried forward'
  return AS_STORED[defect.kind]
}

/** Order of a ledger: symbol, time, then kind, source, column. */
export function compareDefects(a: Defect, b: Defect): number {
  return (
    byCodeUnit(a.symbol, b.symbol) ||
    a.fromMs - b.fromMs ||
    byCodeUnit(a.kind, b.kind) ||
    byCodeUnit(a.source, b.source) ||
    byCodeUnit(a.column, b.column)
  )
}

/**
 * Sorts defects and joins those with the same id: equal ones (a defect that two files tell of) become one, different
 * ones add their counts.
 */
export function distinctDefects(defects: readonly Defect[]): Defect[] {
  const byId = new Map<string, Defect>()
  for (const defect of [...defects].sort(compareFully)) {
    const id = defectId(defect)
    const seen = byId.get(id)
    if (seen === undefined) byId.set(id, defect)
    else if (seen.detail !== defect.detail || seen.toMs !== defect.toMs || seen.count !== defect.count) {
      const detail = seen.detail.split('; ').includes(defect.detail) ? seen.detail : `${seen.detail}; ${defect.detail}`
      byId.set(id, { ...seen, toMs: Math.max(seen.toMs, defect.toMs), count: seen.count + defect.count, detail })
    }
  }
  return [...byId.values()].sort(compareDefects)
}

const compareFully = (a: Defect, b: Defect) =>
  compareDefects(a, b) || a.toMs - b.toMs || a.count - b.count || byCodeUnit(a.detail, b.detail)

/** Rows for defects (as {@link distinctDefects} gives them) and what filling made of them. */
export function ledgerRows(
  defects: readonly Defect[],
  date: UtcDate,
  policies: PolicyTable,
  outcome: readonly { readonly cells: number; readonly filled: number }[],
): LedgerRow[] {
  return defects.map((defect, i) => {
    const policy = policies[defect.kind]
    if (policy === undefined) fail('E_NO_POLICY', { subject: defect.kind, detail: `${defect.symbol} ${defect.source}` })
    return {
      ...defect,
      id: defectId(defect),
      date,
      policy: policyText(policy),
      action: action(defect, policies, outcome[i]!),
    }
  })
}

/** Columns of a ledger in stored order. */
export const LEDGER_COLUMNS = [
  'id',
  'date',
  'symbol',
  'kind',
  'source',
  'column',
  'from_ms',
  'to_ms',
  'count',
  'detail',
  'policy',
  'action',
] as const

/** The ledger as Parquet; the same rows give the same bytes. */
export function encodeLedger(rows: readonly LedgerRow[]): Uint8Array {
  const text = (of: (row: LedgerRow) => string): Column => ({ type: 'string', data: rows.map(of) })
  const int64 = (of: (row: LedgerRow) => number): Column => ({ type: 'int64', data: Float64Array.from(rows, of) })
  const columns: Record<(typeof LEDGER_COLUMNS)[number], Column> = {
    id: text((r) => r.id),
    date: text((r) => r.date),
    symbol: text((r) => r.symbol),
    kind: text((r) => r.kind),
    source: text((r) => r.source),
    column: text((r) => r.column),
    from_ms: int64((r) => r.fromMs),
    to_ms: int64((r) => r.toMs),
    count: int64((r) => r.count),
    detail: text((r) => r.detail),
    policy: text((r) => r.policy),
    action: text((r) => r.action),
  }
  return encodeParquet(makeTable(LEDGER_COLUMNS.map((name) => [name, columns[name]] as const)))
}

/** Reads a ledger. Error `E_FILE_CORRUPT` if it is not one. */
export async function decodeLedger(bytes: Uint8Array, subject: string): Promise<LedgerRow[]> {
  const { table } = await decodeParquet(bytes, subject, LEDGER_COLUMNS)
  const text = (name: string) => strings(table, name, subject)
  const [id, date, symbol, kind] = [text('id'), text('date'), text('symbol'), text('kind')]
  const [source, column, detail, policy, done] = [
    text('source'),
    text('column'),
    text('detail'),
    text('policy'),
    text('action'),
  ]
  const [from, to, count] = [numbers(table, 'from_ms'), numbers(table, 'to_ms'), numbers(table, 'count')]
  return Array.from({ length: table.rows }, (_, i) => {
    if (!Object.hasOwn(DEFECT_KINDS, kind[i]!))
      fail('E_FILE_CORRUPT', { subject, detail: `row ${i}: unknown kind "${kind[i]}"` })
    return {
      id: id[i]!,
      date: date[i] as UtcDate,
      symbol: symbol[i]!,
      kind: kind[i] as DefectKind,
      source: source[i]!,
      column: column[i]!,
      fromMs: from[i]!,
      toMs: to[i]!,
      count: count[i]!,
      detail: detail[i]!,
      policy: policy[i]!,
      action: done[i]!,
    }
  })
}
