/** Which symbols a day is not good enough of. Point-in-time: a ban of day D is used for the universe of D+1 (RP-D02). */
import type { Defect, UtcDate } from '@cointrader/core'
import { numbers, type Table } from '@cointrader/store'
import { liveMinutes, requestedSources, TABLE_SOURCES } from './checks.js'
import { DAY_MINUTES, symbolRows } from './daytable.js'
import type { PolicyTable } from './policies.js'
import type { LiveSpan } from './sources.js'

export interface Ban {
  readonly symbol: string
  readonly reason: string
}

export interface BanOptions {
  readonly date: UtcDate
  /** Bad minutes from which a symbol is banned (RP-10: 30). */
  readonly threshold: number
  readonly kinds?: readonly string[] | undefined
  readonly live?: Readonly<Record<string, LiveSpan>> | undefined
  readonly defects: readonly Defect[]
  readonly policies: PolicyTable
}

/** Bad minutes of a symbol: without a row, and with a row that lacks a value. */
export interface BadMinutes {
  readonly symbol: string
  readonly absent: number
  readonly incomplete: number
}

/**
 * Counts bad minutes per symbol over the columns of the requested kinds. A minute before the symbol's first or after
 * its last instant of trading is not bad. A value that is not finite is missing.
 */
export function badMinutes(table: Table, options: Pick<BanOptions, 'date' | 'kinds' | 'live'>): BadMinutes[] {
  const bad = new Uint8Array(table.rows)
  for (const source of requestedSources(table, options.kinds)) {
    for (const name of TABLE_SOURCES[source]) {
      const data = numbers(table, name)
      for (let i = 0; i < bad.length; i++) if (!Number.isFinite(data[i]!)) bad[i] = 1
    }
  }
  return symbolRows(table, options.date).map(({ symbol, at }) => {
    const [from, to] = liveMinutes(options.date, options.live?.[symbol])
    let absent = 0
    let incomplete = 0
    for (let m = 0; m < DAY_MINUTES; m++) {
      if (at[m]! >= 0) incomplete += bad[at[m]!]!
      else if (m >= from && m < to) absent++
    }
    return { symbol, absent, incomplete }
  })
}

/**
 * Bans of a day, sorted by symbol: symbols with at least `threshold` bad minutes, and those that a policy excludes. One
 * symbol's faults never touch another's (RP-D19). Stablecoins are the universe's business, not a ban's.
 */
export function banSymbols(table: Table, options: BanOptions): Ban[] {
  const excluded = new Map<string, string>()
  for (const { kind, symbol } of options.defects) {
    if (options.policies[kind]?.name === 'exclude-symbol' && !excluded.has(symbol))
      excluded.set(symbol, `policy: ${kind} excludes the symbol`)
  }
  return badMinutes(table, options).flatMap(({ symbol, absent, incomplete }) => {
    const reasons: string[] = []
    if (absent + incomplete >= options.threshold) {
      const parts = [
        ...(absent > 0 ? [`${absent} minutes without a bar`] : []),
        ...(incomplete > 0 ? [`${incomplete} minutes with missing values`] : []),
      ]
      reasons.push(`${parts.join(', ') || 'no bad minute'} (threshold ${options.threshold})`)
    }
    const policy = excluded.get(symbol)
    if (policy !== undefined) reasons.push(policy)
    return reasons.length === 0 ? [] : [{ symbol, reason: reasons.join('; ') }]
  })
}
