/** What can be wrong with market data, under one name each. Fetching reports what it saw; preprocessing decides. */

export const DEFECT_KINDS = {
  missing_bars: 'bars of the grid that the source does not have (a gap)',
  duplicate_bar: 'the same bar twice with the same numbers; one is kept',
  conflicting_bar: 'the same bar twice with different numbers; the later row of the file is kept',
  extra_bar: 'a bar that belongs to another day; left out',
  shifted_label: 'a time stamp that is not on the grid; the row is left out, or for metrics aligned by its instant',
  unfinished_bar: 'a bar that had not ended when it was recorded, or whose close time does not fit; left out',
  unordered_rows: 'rows of the file out of time order; sorted',
  bad_number: 'a cell that is not a number; stored as missing',
  impossible_bar: 'a bar whose numbers contradict each other (high below low, negative volume, taker above total)',
  blank_cell: 'an empty cell',
  zero_open_interest: 'open interest of exactly zero',
  duplicate_metrics: 'two metrics rows for the same instant; the later row of the file is kept',
  missing_metrics: 'metrics rows of the 5-minute grid that the source does not have',
  missing_premium: 'premium index bars that the source does not have',
  stale_metrics: 'minutes without a metrics row that is young enough',
  absent_source: 'the source has no file of this kind for the symbol and day',
} as const

export type DefectKind = keyof typeof DEFECT_KINDS

/** One defect: a run of cells or rows of one symbol. Times are ms, half-open `[fromMs, toMs)`. */
export interface Defect {
  readonly kind: DefectKind
  readonly symbol: string
  /** `klines`, `premium`, `metrics`, `mark`, `funding`. */
  readonly source: string
  /** Column of the day table, or '' when whole rows are meant. */
  readonly column: string
  readonly fromMs: number
  readonly toMs: number
  /** How many rows or cells. */
  readonly count: number
  readonly detail: string
}
