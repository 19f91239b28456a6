/** What is proved: anything that makes columns of a day out of raw day tables, as a black box with stated availability. */
import { dateMs, MINUTE_MS, type UtcDate } from '@cointrader/core'
import type { BansByDate, Contracts, DayVolumes, VolumesByDate } from '@cointrader/universe'
import { DAY_MINUTES, type DayBars } from '../daybars.js'
import { type FeatureSet, neutralName } from '../featureset.js'
import { labelColumns } from '../labels.js'

/** A column and what it claims about time. */
export interface CausalColumn {
  readonly name: string
  /** `input`: a field of the bars as features see it, after masks and fills. */
  readonly kind: 'input' | 'feature' | 'label'
  /**
   * Minutes after the start of bar t at which the value at t is known: it may depend on the bars up to
   * `t + knownAtMinutes - 1`. 1 for a feature of finished bars; horizon + 1 for a label (its `looksUntil`).
   */
  readonly knownAtMinutes: number
  /** Bars it looks at, the current one included; undefined when the pipeline does not bound it. */
  readonly lookback?: number
}

/** What a universe is chosen from. */
export interface UniverseFacts {
  readonly date: UtcDate
  /** Volumes of days before the date. */
  readonly before: VolumesByDate
  /** The date itself and later days: quote volume of every symbol of the tables, minute by minute. */
  readonly after: readonly DayBars[]
  readonly bans: BansByDate
  readonly contracts: Contracts
}

export interface CausalPipeline {
  readonly name: string
  readonly columns: readonly CausalColumn[]
  /** The universe of the date: members in the order of its list. */
  universe(facts: UniverseFacts): readonly string[]
  /**
   * All columns of the date from raw blocks (context days, the date, following days; ascending), the way the product
   * builds them: for each column, symbol-major values of 1440 rows. `members` are sorted. The array may be reused
   * after `visit` returns.
   */
  build(
    days: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    visit: (column: number, values: Float64Array) => void,
  ): void
  /** The same values by a shorter way (no table, no rows left out for it to write), where many builds are needed. */
  rebuild?(
    days: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    visit: (column: number, values: Float64Array) => void,
  ): void
  /**
   * The given columns at one row (minutes since 1970) of the date, from no more than they look at: column c of symbol s
   * goes to `out[c * members.length + s]`.
   */
  row(
    days: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    row: number,
    columns: readonly number[],
    out: Float64Array,
  ): void
  /**
   * One column at one row, evaluated by itself from the rows that its look-back names and nothing older; undefined for
   * columns without such a form (neutralised ones are a function of their base columns).
   */
  alone?(
    days: readonly DayBars[],
    date: UtcDate,
    members: readonly string[],
    row: number,
    column: number,
  ): Float64Array | undefined
  /** Ids of known defects that explain a leak of the universe, or of an input (or a label, which reads inputs itself). */
  readonly defects?: { readonly universe?: string; readonly input?: string }
}

/** Columns of a feature set (base, then neutralised) and of labels, with their availability. */
export function availability(set: FeatureSet, horizons: readonly number[]): CausalColumn[] {
  const features = set.columns.map(({ name, knownAtMinutes, lookback }) => ({
    name,
    kind: 'feature' as const,
    knownAtMinutes,
    lookback,
  }))
  return [
    ...features,
    ...features.map((c) => ({ ...c, name: neutralName(c.name) })),
    ...labelColumns(horizons).map(({ name, looksUntilMinutes }) => ({
      name,
      kind: 'label' as const,
      knownAtMinutes: looksUntilMinutes,
      lookback: 1,
    })),
  ]
}

/** First row (minutes since 1970) of a block. */
export const firstRowOf = (day: DayBars): number => dateMs(day.date) / MINUTE_MS

/** Volumes of a block, as the universe sees a day table: symbols that have a row, in sorted order. */
export function volumesOfBars(day: DayBars): DayVolumes {
  const symbols: string[] = []
  const quoteVolume: number[] = []
  const bars: number[] = []
  const volume = day.fields.quote_volume
  day.symbols.forEach((symbol, s) => {
    let sum = 0
    let rows = 0
    for (let i = s * DAY_MINUTES; i < (s + 1) * DAY_MINUTES; i++) {
      if (day.present[i] === 0) continue
      rows++
      if (volume !== undefined && Number.isFinite(volume[i]!)) sum += volume[i]!
    }
    if (rows === 0) return
    symbols.push(symbol)
    quoteVolume.push(sum)
    bars.push(rows)
  })
  return { date: day.date, symbols, quoteVolume, bars }
}
