/** The proof for the universe: nothing of the day, and no fact from later, changes who is a member. */
import { type Contract, dateMs } from '@cointrader/core'
import type { Contracts } from '@cointrader/universe'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import type { CausalPipeline, UniverseFacts } from './pipeline.js'
import { furthest } from './reach.js'

/** A symbol whose membership, or else whose rank, hangs on the day itself. Ranks count from 1; null: no member. */
export interface UniverseLeak {
  readonly source: 'table' | 'ban list' | 'contract facts'
  readonly symbol: string
  /** What was changed: `truncation`, `poison 1e9 for X`, … */
  readonly method: string
  readonly built: number | null
  readonly known: number | null
  /** Minutes of the day that it sees; null when it is not a matter of minutes. */
  readonly reachMinutes: number | null
}

export interface UniverseCertificate {
  readonly members: number
  /** Changes of the day that were tried. */
  readonly trials: number
  readonly verdict: 'proven' | 'refused'
  /** At most one per source; a change of members before a mere change of their order. */
  readonly leaks: readonly UniverseLeak[]
}

const bansBefore = ({ date, bans }: UniverseFacts): UniverseFacts['bans'] =>
  Object.fromEntries(Object.entries(bans).filter(([day]) => day < date))

function contractsBefore({ date, contracts }: UniverseFacts): Contracts {
  const ms = dateMs(date)
  const then = (c: Contract): Contract => ({
    ...c,
    status: 'UNKNOWN',
    deliveryMs: c.deliveryMs !== null && c.deliveryMs > ms ? null : c.deliveryMs,
  })
  return Object.fromEntries(Object.entries(contracts).map(([symbol, c]) => [symbol, then(c)]))
}

/** Largest number of symbols that are changed one at a time. */
const ONE_BY_ONE = 200

/** More than any sum of volumes: one minute of it decides a ranking. */
const HUGE = 1e18

/** Attacks the universe of a day: table, ban list and contract facts of the day and later are taken away or changed. */
export function proveUniverse(pipeline: CausalPipeline, facts: UniverseFacts): UniverseCertificate {
  const full = pipeline.universe(facts)
  const leaks = new Map<UniverseLeak['source'], UniverseLeak>()
  let trials = 0
  const against = (changed: Partial<UniverseFacts>) => difference(full, pipeline.universe({ ...facts, ...changed }))
  const attack = (
    source: UniverseLeak['source'],
    method: string,
    changed: Partial<UniverseFacts>,
    reach: (symbol: string) => number | null = () => null,
  ): void => {
    trials++
    const found = against(changed)
    if (found === undefined) return
    const old = leaks.get(source)
    if (old === undefined || (!isChange(old) && isChange(found)))
      leaks.set(source, { source, ...found, method, reachMinutes: reach(found.symbol) })
  }
  const end = DAY_MINUTES * facts.after.length
  /** By whatever shows the most: changes of everything, of the symbol found, of the last member and of the first other. */
  const furthestMinute = (symbol: string): number | null => {
    const other = facts.after[0]?.symbols.find((s) => !full.includes(s))
    const reached = [...new Set([undefined, symbol, full.at(-1), other])].flatMap((only) =>
      [Number.NaN, HUGE].flatMap((value) => {
        const changed = (k: number) => against({ after: withPoison(facts.after, k, value, only) }) !== undefined
        return furthest(changed, -1, end) ?? []
      }),
    )
    return reached.length === 0 ? null : Math.max(...reached) + 2
  }
  const table = (method: string, value: number, symbol?: string): void =>
    attack('table', method, { after: withPoison(facts.after, -1, value, symbol) }, furthestMinute)
  const [today] = facts.after
  table('truncation', Number.NaN)
  attack('table', 'no table', { after: [] })
  if (today !== undefined) {
    table('poison 1e9', 1e9)
    for (const symbol of today.symbols.slice(0, ONE_BY_ONE)) {
      table(`poison 1e9 for ${symbol}`, 1e9, symbol)
      table(`no rows of ${symbol}`, Number.NaN, symbol)
    }
  }
  const everyone = [...new Set([...full, ...(today?.symbols ?? [])])]
  attack('ban list', 'truncation', { bans: bansBefore(facts) })
  attack('ban list', 'everyone banned', { bans: { ...facts.bans, [facts.date]: everyone } })
  attack('ban list', 'nobody banned', { bans: { ...facts.bans, [facts.date]: [] } })
  attack('contract facts', 'truncation', { contracts: contractsBefore(facts) })
  const found = [...leaks.values()]
  return { members: full.length, trials, verdict: found.length === 0 ? 'proven' : 'refused', leaks: found }
}

const isChange = ({ built, known }: Pick<UniverseLeak, 'built' | 'known'>): boolean => built === null || known === null

/** The first symbol in or out, else the first at another rank. */
function difference(
  built: readonly string[],
  known: readonly string[],
): Pick<UniverseLeak, 'symbol' | 'built' | 'known'> | undefined {
  const rank = (list: readonly string[], symbol: string) => (list.includes(symbol) ? list.indexOf(symbol) + 1 : null)
  const symbol =
    built.find((s) => !known.includes(s)) ??
    known.find((s) => !built.includes(s)) ??
    built.find((s, i) => known[i] !== s)
  return symbol === undefined ? undefined : { symbol, built: rank(built, symbol), known: rank(known, symbol) }
}

/** Volumes after minute `k` of the first day (k ≥ 1440: of later days) replaced, for one symbol or all; NaN removes rows. */
function withPoison(days: readonly DayBars[], k: number, value: number, only?: string): DayBars[] {
  return days.map((day, d) => {
    const from = Math.max(0, k + 1 - d * DAY_MINUTES)
    if (from >= DAY_MINUTES) return day
    const volume = day.fields.quote_volume
    const present = Uint8Array.from(day.present)
    const changed = volume === undefined ? undefined : Float64Array.from(volume)
    day.symbols.forEach((symbol, s) => {
      if (only !== undefined && symbol !== only) return
      const [a, b] = [s * DAY_MINUTES + from, (s + 1) * DAY_MINUTES]
      changed?.fill(value, a, b)
      present.fill(Number.isNaN(value) ? 0 : 1, a, b)
    })
    return { ...day, present, fields: changed === undefined ? {} : { quote_volume: changed } }
  })
}
