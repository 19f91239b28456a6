/**
 * The checks of one day, cut into tasks that may run in any order and in any thread.
 *
 * - rows: the truncation oracle. Row t from data of which nothing after its instant of knowledge is in memory must have
 *   the bits of the full build.
 * - poison: with everything after an instant replaced, nothing known by then may change in the full build.
 * - holes: the truncation oracle again at the instants, on a copy of the day with holes of every kind.
 * - lookback: each column by itself, from exactly the rows its look-back names.
 */
import { seededRandom, type UtcDate } from '@cointrader/core'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { dayRow } from '../xy.js'
import { KnownDays, POISONS, poisoned, punched } from './known.js'
import type { CausalPipeline } from './pipeline.js'

/** A minute of the day; −1 is the moment before its first bar. */
export type Instant = number

export type ProofTask =
  | { readonly kind: 'rows'; readonly from: number; readonly to: number }
  /** `whole`: by the pipeline's full build, not its shorter way. */
  | { readonly kind: 'poison'; readonly at: Instant; readonly whole: boolean }
  | { readonly kind: 'holes' | 'lookback'; readonly at: readonly Instant[] }

/** The day under proof. */
export interface ProofDay {
  readonly date: UtcDate
  /** Raw blocks: context days, the date, following days; ascending. */
  readonly days: readonly DayBars[]
  /** Sorted. */
  readonly members: readonly string[]
  /** The full build: column c, symbol s, minute t at `(c * members.length + s) * 1440 + t`. */
  readonly reference: Float64Array
  /** Names the holes and instants. */
  readonly seed: string
}

/** How a difference came to light. */
export type Method = 'truncation' | 'holes' | 'poison NaN' | 'poison 1e9' | 'look-back'

/** Values are texts, so that NaN and every bit survive JSON. */
export interface Finding {
  /** Minute of the day. */
  readonly minute: number
  /** Place in `members`. */
  readonly symbol: number
  readonly method: Method
  /** Value of the full build. */
  readonly built: string
  /** Value from what was known. */
  readonly known: string
}

/** Per column: cells compared, cells that differ, and the first of them. */
export interface ColumnResult {
  readonly checked: number
  readonly wrong: number
  readonly first?: Finding
}

/** The full build into one array (shared memory, if `shared`). */
export function referenceBuild(
  pipeline: CausalPipeline,
  days: readonly DayBars[],
  date: UtcDate,
  members: readonly string[],
  shared = false,
): Float64Array {
  const cells = members.length * DAY_MINUTES
  const bytes = pipeline.columns.length * cells * 8
  const out = new Float64Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  pipeline.build(days, date, members, (column, values) => void out.set(values.subarray(0, cells), column * cells))
  return out
}

/** Before the first bar of the day, after its first two and its last two. */
const BORDERS: readonly Instant[] = [-1, 0, 1, DAY_MINUTES - 2, DAY_MINUTES - 1]

/** Cuts the proof into tasks: `chunkRows` rows and one instant at a time. */
export function proofTasks(instants: readonly Instant[], chunkRows = 30): ProofTask[] {
  const tasks: ProofTask[] = []
  for (let from = 0; from < DAY_MINUTES; from += chunkRows)
    tasks.push({ kind: 'rows', from, to: Math.min(DAY_MINUTES, from + chunkRows) })
  const borders = new Set(BORDERS)
  instants.forEach((at, i) => void tasks.push({ kind: 'poison', at, whole: borders.has(at) || i % 8 === 0 }))
  const inDay = instants.filter((t) => t >= 0)
  for (let i = 0; i < inDay.length; i += 17) {
    tasks.push({ kind: 'holes', at: inDay.slice(i, i + 17) })
    tasks.push({ kind: 'lookback', at: inDay.slice(i, i + 17) })
  }
  return tasks
}

/** The day's borders and `count` seeded minutes; ascending. */
export function proofInstants(seed: string, count = 64): Instant[] {
  const random = seededRandom(seed).fork('instants')
  const chosen = new Set<Instant>(BORDERS)
  const all = chosen.size + Math.min(count, DAY_MINUTES - chosen.size + 1)
  while (chosen.size < all) chosen.add(random.int(DAY_MINUTES))
  return [...chosen].sort((a, b) => a - b)
}

class Tally {
  readonly checked: number[]
  readonly wrong: number[]
  readonly first: (Finding | undefined)[]
  constructor(columns: number) {
    this.checked = new Array<number>(columns).fill(0)
    this.wrong = new Array<number>(columns).fill(0)
    this.first = new Array<Finding | undefined>(columns).fill(undefined)
  }
  differs(column: number, minute: number, symbol: number, method: Method, built: number, known: number): void {
    this.wrong[column]!++
    const finding = { minute, symbol, method, built: String(built), known: String(known) }
    if (this.first[column] === undefined || before(finding, this.first[column])) this.first[column] = finding
  }
  results(): ColumnResult[] {
    return this.checked.map((checked, c) => {
      const first = this.first[c]
      return { checked, wrong: this.wrong[c]!, ...(first === undefined ? {} : { first }) }
    })
  }
}

const METHODS: readonly Method[] = ['truncation', 'poison NaN', 'poison 1e9', 'look-back', 'holes']

/** Order of findings: the day as it is before its copy with holes, then row, symbol, method. */
export function before(a: Finding, b: Finding): boolean {
  const holes = Number(a.method === 'holes') - Number(b.method === 'holes')
  const rank = holes || a.minute - b.minute || a.symbol - b.symbol
  return (rank || METHODS.indexOf(a.method) - METHODS.indexOf(b.method)) < 0
}

/** The blocks with seeded holes: in the first minutes of each day too, where a backward fill shows. */
export function punchedDays({ days, seed }: ProofDay): DayBars[] {
  const random = seededRandom(seed).fork('holes')
  return days.map((d) => punched(d, random.fork(d.date)))
}

/** Does one task. The result is a function of the arguments only. */
export function runProofTask(pipeline: CausalPipeline, day: ProofDay, task: ProofTask): ColumnResult[] {
  const tally = new Tally(pipeline.columns.length)
  switch (task.kind) {
    case 'rows': {
      const minutes = Array.from({ length: task.to - task.from }, (_, i) => task.from + i)
      truncation(pipeline, day, day.days, day.reference, minutes, 'truncation', tally)
      break
    }
    case 'holes': {
      const days = punchedDays(day)
      const reference = referenceBuild(pipeline, days, day.date, day.members)
      truncation(pipeline, day, days, reference, task.at, 'holes', tally)
      break
    }
    case 'poison':
      poison(pipeline, day, task.at, task.whole, tally)
      break
    case 'lookback':
      for (const at of task.at) lookback(pipeline, day, at, tally)
  }
  return tally.results()
}

/** Columns by the minutes after a bar's end at which they are known. */
function byDelay(pipeline: CausalPipeline): [delay: number, columns: number[]][] {
  const out = new Map<number, number[]>()
  pipeline.columns.forEach((c, k) => {
    const list = out.get(c.knownAtMinutes - 1)
    if (list === undefined) out.set(c.knownAtMinutes - 1, [k])
    else list.push(k)
  })
  return [...out]
}

function truncation(
  pipeline: CausalPipeline,
  { date, members }: ProofDay,
  days: readonly DayBars[],
  reference: Float64Array,
  minutes: readonly Instant[],
  method: Method,
  tally: Tally,
): void {
  const n = members.length
  const row = dayRow(date)
  const known = new KnownDays(days, row)
  const out = new Float64Array(pipeline.columns.length * n)
  for (const [delay, columns] of byDelay(pipeline)) {
    known.forget()
    for (const t of minutes) {
      pipeline.row(known.upTo(row + t + delay), date, members, row + t, columns, out)
      for (const c of columns) {
        for (let s = 0; s < n; s++) {
          const built = reference[(c * n + s) * DAY_MINUTES + t]!
          const value = out[c * n + s]!
          if (!Object.is(built, value)) tally.differs(c, t, s, method, built, value)
        }
        tally.checked[c]! += n
      }
    }
  }
}

function poison(pipeline: CausalPipeline, day: ProofDay, at: Instant, whole: boolean, tally: Tally): void {
  const build = (whole ? pipeline.build : (pipeline.rebuild ?? pipeline.build)).bind(pipeline)
  const { date, members, reference } = day
  const cells = members.length * DAY_MINUTES
  for (const value of POISONS) {
    const days = poisoned(day.days, dayRow(date) + at, value)
    build(days, date, members, (c, values) => {
      // Known by the instant: t + knownAtMinutes − 1 ≤ at.
      const end = Math.min(DAY_MINUTES, at - pipeline.columns[c]!.knownAtMinutes + 2)
      if (end <= 0) return
      for (let s = 0; s < members.length; s++) {
        const mine = s * DAY_MINUTES
        for (let t = 0; t < end; t++) {
          const built = reference[c * cells + mine + t]!
          const known = values[mine + t]!
          if (!Object.is(built, known))
            tally.differs(c, t, s, value === 1e9 ? 'poison 1e9' : 'poison NaN', built, known)
        }
      }
      tally.checked[c]! += end * members.length
    })
  }
}

function lookback(pipeline: CausalPipeline, { date, days, members, reference }: ProofDay, at: Instant, tally: Tally) {
  const n = members.length
  pipeline.columns.forEach((_, c) => {
    const values = pipeline.alone?.(days, date, members, dayRow(date) + at, c)
    if (values === undefined) return
    for (let s = 0; s < n; s++) {
      const built = reference[(c * n + s) * DAY_MINUTES + at]!
      if (!Object.is(built, values[s]!)) tally.differs(c, at, s, 'look-back', built, values[s]!)
    }
    tally.checked[c]! += n
  })
}
