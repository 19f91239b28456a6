/**
 * What the study report shows, as plain data. Collected from the artefacts of a run (`collect.ts`) and drawn by `html.ts`; no
 * duration, host or path of a machine is in it, so that the same study gives the same page.
 */
import type { ResultDocument } from '@cointrader/backtest'
import type { EvaluationReport } from '@cointrader/models'

/** Inclusive UTC dates. */
export interface DateSpan {
  readonly start: string
  readonly end: string
}

export interface FoldFacts {
  /** From 1. */
  readonly fold: number
  readonly train: DateSpan
  readonly valid: DateSpan
  readonly test: DateSpan
}

export interface CoverageDay {
  readonly date: string
  /** Symbols with a row, and rows of the day table. */
  readonly symbols: number
  readonly rows: number
  /** Rows a complete day of these symbols would have. */
  readonly complete: number
  /** Kind → symbols the source does not have that day. */
  readonly absent: Readonly<Record<string, number>>
  /** Kind → files that were there and not accepted. */
  readonly refused: Readonly<Record<string, number>>
  /** Kind of defect → entries of the ledger. */
  readonly defects: Readonly<Record<string, number>>
  readonly banned: readonly { readonly symbol: string; readonly reason: string }[]
}

export interface UniverseDay {
  readonly date: string
  /** Largest volume first. */
  readonly symbols: readonly string[]
  readonly daysUsed: number
  /** Symbol → why it is not in. */
  readonly excluded: Readonly<Record<string, string>>
  readonly note: string | null
}

/** Distribution of a feature or label over the training range of the first fold and over all test ranges. */
export interface ColumnHealth {
  readonly name: string
  readonly rows: number
  /** Share without a value, 0..1. */
  readonly missing: number
  readonly mean: number | null
  readonly deviation: number | null
  readonly p01: number | null
  readonly median: number | null
  readonly p99: number | null
  /** Distance of the test range's mean from the training range's, in training deviations; null without a value. */
  readonly shift: number | null
}

export interface DataFacts {
  readonly symbols: readonly string[]
  readonly kinds: readonly string[]
  readonly days: readonly CoverageDay[]
  readonly universe: readonly UniverseDay[]
  /** Days of volume that the universe is to rank by (`UniverseDay.daysUsed` says how many there were). */
  readonly historyDays: number
  readonly xy: {
    readonly rows: number
    readonly days: number
    /** Feature columns of the tables. */
    readonly features: number
    readonly missing: number
    /** Columns without a single value, and why. */
    readonly empty: Readonly<Record<string, string>>
    /** Members of the universe without bars, day by day: symbol → days. */
    readonly excluded: Readonly<Record<string, number>>
  }
  readonly features: readonly ColumnHealth[]
  readonly labels: readonly ColumnHealth[]
  /** Days on which each value was recomputed from what was known then; null when the study did not ask for it. */
  readonly causality: { readonly dates: readonly string[]; readonly columns: number; readonly cells: number } | null
}

export interface ModelFold {
  readonly fold: number
  readonly version: string
  readonly rows: { readonly train: number; readonly valid: number; readonly test: number }
  readonly purged: { readonly train: number; readonly valid: number; readonly test: number }
  /** Trees kept, of the most that were allowed; null for families without. */
  readonly trees: number | null
  /** Mean cross-sectional (or, where refused, pooled) rank IC with its standard error, in validation and test. */
  readonly valid: { readonly rankIc: number | null; readonly error: number | null }
  readonly test: { readonly rankIc: number | null; readonly error: number | null }
}

export interface ModelFacts {
  readonly name: string
  readonly family: 'lgbm' | 'linear'
  /** Name and value, as the study states them. */
  readonly settings: readonly (readonly [string, string])[]
  readonly folds: readonly ModelFold[]
  /** Features the model has no value of in training. */
  readonly leftOut: readonly string[]
  /** Share of all gain (trees) or of absolute standardised coefficients (linear), mean over folds, largest first. */
  readonly importance: readonly {
    readonly feature: string
    readonly share: number
    readonly perFold: readonly number[]
  }[]
}

export interface EquityPoint {
  readonly ms: number
  readonly equity: number
}

/** One backtest over the test ranges of all folds. */
export interface BacktestFacts {
  readonly id: string
  readonly title: string
  readonly role: 'model' | 'baseline' | 'variant'
  /** Of a variant: the backtest it differs from and what differs, e.g. `holding_bars 24 → 48`. */
  readonly of: string | null
  readonly changed: string | null
  /** Name of the entry of `judged` whose scores are traded (of a variant: as its base); null when it trades no scores. */
  readonly model: string | null
  /** Account currency, before the first bar. */
  readonly initialBalance: number
  /** Cost assumed per unit of notional of one fill, basis points; null where it is not one number. */
  readonly costBps: { readonly fee: number; readonly slippage: number } | null
  readonly settings: readonly (readonly [string, string])[]
  readonly document: Pick<ResultDocument, 'summary' | 'statistics' | 'validation' | 'notes'>
  /** Thinned; after costs. */
  readonly equity: readonly EquityPoint[]
  /**
   * Sum of fees, slippage and funding (paid less received), in the account's currency, and profit before them: gross - fees -
   * slippage - funding = net. `turnover` is the notional of all fills.
   */
  readonly costs: {
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    readonly gross: number
    readonly turnover: number
  }
  /** Net result of closed trades by symbol; largest first, then by name. */
  readonly symbols: readonly { readonly symbol: string; readonly net: number; readonly trades: number }[]
  /** Return of each test fold. */
  readonly folds: readonly { readonly fold: number; readonly totalReturn: number | null; readonly trades: number }[]
}

export interface ArtefactFacts {
  readonly stage: string
  /** Path inside the study's folder. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface StageFacts {
  readonly id: string
  readonly title: string
  /** The command line, with paths relative to the study's folder. */
  readonly command: string
  /** Stages it reads from. */
  readonly needs: readonly string[]
  /** Hash of settings, code and inputs. */
  readonly key: string
  /** Files it made, and the hash over them. */
  readonly outputs: number
  readonly bytes: number
  readonly content: string
  /** What it could not do, in words; empty when complete. */
  readonly missing: readonly string[]
}

export type FindingTone = 'good' | 'plain' | 'warn' | 'bad'

/** One plain sentence or two. */
export interface Finding {
  readonly tone: FindingTone
  /** Section it belongs to, for the link. */
  readonly section: string
  readonly text: string
}

export interface StudyFacts {
  readonly version: 1
  readonly study: string
  readonly title: string
  /** What the author wrote about it. */
  readonly about: string
  readonly seed: number
  readonly codeVersion: string
  /** Commit of the program, or `unknown`. */
  readonly commit: string
  readonly range: DateSpan
  readonly label: { readonly name: string; readonly unit: string; readonly horizonMinutes: number }
  readonly embargoMinutes: number
  readonly folds: readonly FoldFacts[]
  readonly data: DataFacts
  readonly models: readonly ModelFacts[]
  /** All models and baselines on the same rows: the test ranges of all folds joined. */
  readonly judged: EvaluationReport
  readonly backtests: readonly BacktestFacts[]
  readonly trials: {
    /** Things tried on these test ranges: here, and what the study file admits to (`tried_before`). */
    readonly here: number
    readonly before: number
    readonly list: readonly string[]
  }
  readonly stages: readonly StageFacts[]
  /** The resolved study file, every default stated, as YAML. */
  readonly config: string
}
