/** A proof for people. */
import type { Certificate, Leak, Proof } from '@cointrader/features/causality/index'
import { textTable } from '../table.js'

/** Refused columns that a text names before it says how many more there are. */
const SHOWN = 5

export interface ReportOptions {
  /** Only what was refused. */
  readonly summary: boolean
}

/** Lines: the universe, a certificate per column, leaks, and the id. */
export function proofText(proof: Proof, { summary }: ReportOptions): string {
  const { universe, certificates } = proof
  const refused = certificates.filter((c) => c.verdict === 'refused')
  const empty = certificates.filter((c) => c.verdict === 'empty')
  const proven = certificates.length - refused.length - empty.length
  const cells = certificates.reduce((n, c) => n + c.cells, 0)
  const shown = summary ? refused : certificates
  const rows = shown.map((c) => [
    c.column,
    c.kind,
    c.rows,
    c.cells,
    c.values,
    c.lookback ?? '-',
    `+${c.knownAtMinutes}m`,
    c.instants,
    c.verdict === 'refused' ? 'REFUSED' : c.verdict,
  ])
  const head = ['column', 'kind', 'rows', 'cells', 'values', 'look-back', 'known at', 'instants', 'verdict']
  return [
    `causality of ${proof.date}: ${proof.pipeline}, ${proof.members.length} symbols, seed ${proof.seed}`,
    `universe: ${universe.verdict}, ${universe.trials} changes of the day tried`,
    ...universeLeaks(proof),
    ...(rows.length > 0 ? [textTable(head, rows)] : []),
    ...refused.slice(0, SHOWN).map(leakText),
    ...(refused.length > SHOWN ? [`… and ${refused.length - SHOWN} more columns`] : []),
    ...(empty.length > 0
      ? [
          `${empty.length} columns hold no value on this day, so that nothing is shown of them: ${some(empty.map((c) => c.column))}`,
        ]
      : []),
    `certificate ${proof.id.slice(0, 16)}: ${proof.verdict}, ${proven} of ${certificates.length} columns, ${cells.toLocaleString('en-US')} cells`,
  ].join('\n')
}

const some = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} …` : names.join(', ')

/** One line per source that the universe should not have used. */
export function universeLeaks({ universe, date }: Proof): string[] {
  const rank = (r: number | null) => (r === null ? 'no member' : `rank ${r}`)
  return universe.leaks.map((leak) => {
    const sees = leak.reachMinutes === null ? '' : `, sees ${leak.reachMinutes} min of it`
    const id = universe.defect === undefined ? '' : `${universe.defect}: `
    const change = `${rank(leak.built)}, and ${rank(leak.known)} after a change of the day (${leak.method})`
    return `${id}the universe of ${date} uses the day's own ${leak.source}: ${leak.symbol} is ${change}${sees}`
  })
}

/** `RP-D03: mt_oi at 2026-02-02 00:00:00, XRPUSDT: …`. */
export function leakText(certificate: Certificate): string {
  const { column, leak } = certificate
  if (leak === undefined) return `${column}: ${certificate.verdict}`
  const id = leak.defect === undefined ? '' : `${leak.defect}: `
  return `${id}${column} at ${leak.time}, ${leak.symbol}: ${what(leak)}${far(certificate, leak)} (${leak.cells.toLocaleString('en-US')} cells differ)`
}

function what({ method, built, known }: Leak): string {
  const from = method === 'look-back' ? 'from its look-back alone' : 'from what was known'
  const where = method === 'holes' ? ' in a copy of the day with seeded holes' : ''
  return `${built} as built, ${known} ${from}${where}; found by ${method}`
}

function far({ knownAtMinutes }: Certificate, { reachMinutes, method }: Leak): string {
  if (method === 'look-back') return '; it looks back further than it says'
  if (reachMinutes === null) return '; how far it sees was not measured'
  return `; it sees ${reachMinutes} min after its bar, ${knownAtMinutes - 1} are allowed`
}
