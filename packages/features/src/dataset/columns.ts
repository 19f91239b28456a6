/**
 * What a column of an XY table is and when it can be known. Tables of `build-xy` say so in the footer entry
 * {@link COLUMNS_KEY}; of other tables the names decide (RP-19, RP-20). Minutes count from the start t of the bar.
 */
import { fail } from '@cointrader/core'
import { COLUMNS_KEY, type ColumnFacts, ID_COLUMNS, RAW_COLUMNS } from '../build/metadata.js'

export { COLUMNS_KEY, type ColumnFacts }

export type ColumnRole = ColumnFacts['role']
const ROLES: readonly string[] = ['id', 'raw', 'feature', 'label'] satisfies ColumnRole[]

const IDS = new Set([...ID_COLUMNS, 'date'])
const RAW = new Set(RAW_COLUMNS)

/** Facts by name alone: ids, day-table columns, `x_{w}m_{type}` features, `y_{h}m` labels. Undefined for anything else. */
export function factsByName(name: string): ColumnFacts | undefined {
  if (IDS.has(name)) return { role: 'id', unit: '', knownAtMinutes: 0 }
  if (RAW.has(name)) return { role: 'raw', unit: '', knownAtMinutes: 1 }
  if (/^x_\d+m_/.test(name)) return { role: 'feature', unit: '', knownAtMinutes: 1 }
  const label = /^y_(\d+)m(?:_|$)/.exec(name)
  if (label === null) return undefined
  const until = Number(label[1]) + 1
  return { role: 'label', unit: '', knownAtMinutes: until, looksUntilMinutes: until }
}

/** Reads the footer entry. Error `E_FILE_CORRUPT` naming the column whose facts are not of the stated shape. */
export function parseColumnFacts(text: string, subject: string): Map<string, ColumnFacts> {
  const bad = (detail: string): never => fail('E_FILE_CORRUPT', { subject, detail: `${COLUMNS_KEY}: ${detail}` })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    bad((error as Error).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad('not an object')
  const out = new Map<string, ColumnFacts>()
  for (const [name, facts] of Object.entries(value as Record<string, Partial<ColumnFacts> | null>)) {
    if (facts === null || typeof facts !== 'object') return bad(`${name} is not an object`)
    if (!ROLES.includes(facts.role as string)) bad(`${name} has the role ${JSON.stringify(facts.role)}`)
    if (typeof facts.unit !== 'string') bad(`${name} has no unit`)
    if (!Number.isFinite(facts.knownAtMinutes)) bad(`${name} has no knownAtMinutes`)
    for (const key of ['lookbackMinutes', 'looksUntilMinutes'] as const) {
      if (facts[key] !== undefined && !Number.isFinite(facts[key])) bad(`${name}: ${key} is not a number`)
    }
    out.set(name, facts as ColumnFacts)
  }
  return out
}

/** Minutes after t until which a label looks. Error `E_FILE_CORRUPT` when neither facts nor name say so. */
export function labelLooksUntil(name: string, facts: ColumnFacts | undefined, subject: string): number {
  const until = facts?.looksUntilMinutes ?? factsByName(name)?.looksUntilMinutes
  if (until === undefined) {
    fail('E_FILE_CORRUPT', {
      subject,
      detail: `nothing says how far the label "${name}" looks ahead`,
      next: `state looksUntilMinutes in ${COLUMNS_KEY}, or name the label y_{minutes}m`,
    })
  }
  return until
}
