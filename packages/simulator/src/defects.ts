/** Content defects planted into rendered files, so that each kind the preprocessor knows can be shown and tested. */
import { dateMs, fail, type Kind, MINUTE_MS, parseDate, parseUtcText, type UtcDate, utcText } from '@cointrader/core'
import type { Cells } from './csv.js'

export const PLANTS = {
  'missing-minutes': 'leaves rows out',
  'duplicate-row': 'writes rows twice',
  'conflicting-row': 'writes rows twice, the second time with another close and count',
  'extra-row': 'appends rows of the next day',
  'shifted-time': 'moves time stamps off the grid (30 s; metrics 17 s)',
  'unfinished-bar': 'cuts bars short: close time before the end of the bar, half the trades',
  'bad-number': 'writes a word where a number belongs (column 5, volume; premium and mark: column 2)',
  'blank-metrics': 'empties the top-trader account ratio',
  'zero-oi': 'writes open interest and its value as 0',
  'duplicate-metrics': 'writes metrics rows twice, the second time with another ratio',
  'missing-metrics': 'leaves metrics rows out',
  'premium-gap': 'leaves premium rows out',
  'no-header': 'writes the file without its header',
  'mixed-units': 'writes time stamps in microseconds from a row on',
  unordered: 'reverses a run of rows',
} as const

export type PlantKind = keyof typeof PLANTS

export interface PlantedDefect {
  readonly kind: PlantKind
  readonly symbol: string
  readonly date: string
  /** Minute of the day the defect begins at (metrics: of the 5-minute period's end). Default 600; `unfinished-bar` 1439. */
  readonly fromMinute?: number
  /** Rows concerned. Default 1; `unordered` 3; `mixed-units` and `no-header` ignore it. */
  readonly count?: number
  /** File kind. Default by defect: metrics or premium where the name says so, else klines. */
  readonly source?: Kind
  /** Column of `bad-number` (0-based). */
  readonly column?: number
}

/** Which file a defect goes into. */
export function plantSource(defect: PlantedDefect): Kind {
  if (defect.source !== undefined) return defect.source
  if (defect.kind === 'premium-gap') return 'premium'
  return /metrics|zero-oi/.test(defect.kind) ? 'metrics' : 'klines'
}

/** `kind:symbol:date[:fromMinute[:count[:source]]]`, as the command line takes it. Error `E_USAGE`. */
export function parsePlant(text: string): PlantedDefect {
  const [kind = '', symbol, date, fromMinute, count, source] = text.split(':')
  if (!Object.hasOwn(PLANTS, kind) || symbol === undefined || date === undefined) {
    fail('E_USAGE', {
      subject: `--defect ${text}`,
      detail: `expected kind:symbol:date[:fromMinute[:count[:source]]] with a kind of ${Object.keys(PLANTS).join(', ')}`,
    })
  }
  return {
    kind: kind as PlantKind,
    symbol,
    date: parseDate(date, `--defect ${text}`),
    ...(fromMinute ? { fromMinute: Number(fromMinute) } : {}),
    ...(count ? { count: Number(count) } : {}),
    ...(source ? { source: source as Kind } : {}),
  }
}

/** Applies the plan's defects for this file to its rows; says whether the header stays. Rows are changed in place. */
export function plant(
  plan: readonly PlantedDefect[],
  source: Kind,
  symbol: string,
  date: UtcDate,
  rows: Cells[],
): { rows: Cells[]; header: boolean } {
  let header = true
  let out = rows
  for (const defect of plan) {
    if (defect.symbol !== symbol || defect.date !== date || plantSource(defect) !== source) continue
    if (defect.kind === 'no-header') header = false
    else out = applyOne(defect, source, date, out)
  }
  return { rows: out, header }
}

function applyOne(defect: PlantedDefect, source: Kind, date: UtcDate, rows: Cells[]): Cells[] {
  const count = defect.count ?? (defect.kind === 'unordered' ? 3 : 1)
  const fromMs = dateMs(date) + (defect.fromMinute ?? (defect.kind === 'unfinished-bar' ? 1439 : 600)) * MINUTE_MS
  const found = rows.findIndex((r) => rowMs(source, r) >= fromMs)
  const at = found < 0 ? rows.length : found
  const chosen = rows.slice(at, at + count)
  const before = rows.slice(0, at)
  const after = rows.slice(at + count)
  const swap = (changed: Cells[]): Cells[] => [...before, ...changed, ...after]
  switch (defect.kind) {
    case 'missing-minutes':
    case 'missing-metrics':
    case 'premium-gap':
      return swap([])
    case 'duplicate-row':
      return swap(chosen.flatMap((r) => [r, [...r]]))
    case 'conflicting-row':
      return swap(chosen.flatMap((r) => [r, conflicting(r)]))
    case 'duplicate-metrics':
      return swap(chosen.flatMap((r) => [r, withCell(r, 6, bump(r[6]!))]))
    case 'blank-metrics':
      return swap(chosen.map((r) => withCell(r, 4, '')))
    case 'zero-oi':
      return swap(chosen.map((r) => withCell(withCell(r, 2, '0.0000000000000000'), 3, '0.0000000000000000')))
    case 'bad-number':
      return swap(chosen.map((r) => withCell(r, defect.column ?? (source === 'klines' ? 5 : 2), 'n/a')))
    case 'shifted-time':
      return swap(chosen.map((r) => shifted(source, r, source === 'metrics' ? 17_000 : 30_000)))
    case 'unfinished-bar':
      return swap(chosen.map(unfinished))
    case 'unordered':
      return swap([...chosen].reverse())
    case 'mixed-units':
      return [...before, ...rows.slice(at).map((r) => withCell(withCell(r, 0, `${r[0]}000`), 6, `${r[6]}999`))]
    case 'extra-row': {
      const last = rows.slice(-1)
      const step =
        last.length === 0 || source === 'metrics' ? 5 * MINUTE_MS : Number(last[0]![6]) + 1 - Number(last[0]![0])
      return [
        ...rows,
        ...last.flatMap((r) => Array.from({ length: count }, (_, k) => shifted(source, r, (k + 1) * step))),
      ]
    }
    case 'no-header':
      return rows
  }
}

function rowMs(source: Kind, row: Cells): number {
  return source === 'metrics' ? parseUtcText(row[0]!) : Number(row[0]!.slice(0, 13))
}

function withCell(row: Cells, column: number, value: string): Cells {
  const out = [...row]
  out[column] = value
  return out
}

function shifted(source: Kind, row: Cells, byMs: number): Cells {
  if (source === 'metrics') return withCell(row, 0, utcText(parseUtcText(row[0]!) + byMs))
  return withCell(withCell(row, 0, String(Number(row[0]) + byMs)), 6, String(Number(row[6]) + byMs))
}

/** Another close inside the bar and one trade more: still a possible bar, but not the same one. */
function conflicting(row: Cells): Cells {
  const close = row[4] === row[2] ? row[3]! : row[2]!
  return withCell(withCell(row, 4, close), 8, String(Number(row[8]) + 1))
}

function unfinished(row: Cells): Cells {
  const half = Math.floor((Number(row[6]) + 1 - Number(row[0])) / 2)
  return withCell(withCell(row, 6, String(Number(row[0]) + half - 1)), 8, String(Math.ceil(Number(row[8]) / 2)))
}

/** The number with its last digit changed. */
function bump(text: string): string {
  return text.slice(0, -1) + ((Number(text.at(-1)) + 1) % 10)
}
