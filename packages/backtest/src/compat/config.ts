/**
 * What a run of the original's backtester is told (TB-05.1, TB-05.17, and the profiles of the golden README). Field names
 * are those of the original's result document, of which the configuration is a part.
 */
import { fail } from '@cointrader/core'

/** The configuration in the order of the result document. Money in USDT; `fee_pct` and `slippage_pct` in percent. */
export interface SeedConfig {
  readonly symbols: readonly string[]
  /** First and last bar start, both inclusive, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM[:SS]` in UTC; null is no bound. */
  readonly start: string | null
  readonly end: string | null
  readonly initial_balance: number
  readonly leverage: number
  readonly fee_pct: number
  readonly slippage_pct: number
  readonly use_ml: boolean
  readonly ml_threshold: number
  /** Share of the initial balance. */
  readonly max_daily_loss_pct: number
  readonly max_positions: number
  readonly max_same_direction: number
  readonly margin_max_ratio: number
  readonly margin_min_ratio: number
  readonly margin_decay_rate: number
  readonly atr_sl_mult: number
  readonly atr_tp_mult: number
  readonly min_notional: number
  readonly signal_threshold: number
  readonly adx_threshold: number
  readonly volume_multiplier: number
}

export interface SeedWalkForwardConfig extends SeedConfig {
  readonly train_months: number
  readonly test_months: number
  readonly time_weight_decay: number
  readonly negative_ratio: number
}

/** Defaults of the library (TB-05.1); the original's command line has others (D-26). */
export const SEED_DEFAULTS: SeedConfig = {
  symbols: ['XRPUSDT'],
  start: null,
  end: null,
  initial_balance: 1000,
  leverage: 10,
  fee_pct: 0.04,
  slippage_pct: 0.01,
  use_ml: true,
  ml_threshold: 0.55,
  max_daily_loss_pct: 0.05,
  max_positions: 3,
  max_same_direction: 2,
  margin_max_ratio: 0.5,
  margin_min_ratio: 0.2,
  margin_decay_rate: 0.0006,
  atr_sl_mult: 2,
  atr_tp_mult: 2,
  min_notional: 5,
  signal_threshold: 3,
  adx_threshold: 25,
  volume_multiplier: 2.5,
}

export const SEED_WALK_FORWARD_DEFAULTS: SeedWalkForwardConfig = {
  ...SEED_DEFAULTS,
  train_months: 6,
  test_months: 1,
  time_weight_decay: 2,
  negative_ratio: 3,
}

/** What the original's command line (`run_backtest`) sets differently from its library (D-26). */
export const SEED_COMMAND_LINE = {
  atr_sl_mult: 1.5,
  atr_tp_mult: 3,
  adx_threshold: 0,
  volume_multiplier: 1.5,
} as const satisfies Partial<SeedConfig>

/**
 * How StochRSI's K meets D, which rounding decides now and then (TB-02.5, D-01): `ieee` compares plain doubles, `tol` takes
 * values closer than 1e-9 for equal, `fma` compares strictly after exponential averages with one fused multiply-add.
 */
export type SeedProfile = 'ieee' | 'tol' | 'fma'

/** What older code did otherwise (TB-05.17, golden README). */
export interface SeedSwitches {
  /** The entry fee is taken from the balance at entry too. It changes later sizes, not `net_pnl`. */
  readonly doubleEntryFee: boolean
  readonly killSwitch: boolean
  /** Bars per year in the Sharpe ratio: 35040, or 24192 (published results). */
  readonly barsPerYear: number
  /**
   * Fields of the document: as of the seed commit; of 2026-03-07 (no `payoff_ratio`, `max_consecutive_losses`, `test_start`,
   * `test_end`); of 2026-03-06 (besides, no thresholds in `config`, and times end in `+00:00`).
   */
  readonly shape: 'seed' | '2026-03-07' | '2026-03-06'
}

export const SEED_SWITCHES: SeedSwitches = {
  doubleEntryFee: false,
  killSwitch: true,
  barsPerYear: 35040,
  shape: 'seed',
}

/** All switches of TB-05.17, and the document of the published walk-forward results: `--compat published`. */
export const PUBLISHED_SWITCHES: SeedSwitches = {
  doubleEntryFee: true,
  killSwitch: false,
  barsPerYear: 24192,
  shape: '2026-03-07',
}

export interface SeedOptions {
  /** Default `ieee`. */
  readonly profile?: SeedProfile
  /** Default {@link SEED_SWITCHES}, those left out too. */
  readonly switches?: Partial<SeedSwitches>
}

/** The bar start `text` names, ms. Error `E_USAGE_DATE`. */
export function seedInstant(text: string, what: string): number {
  const shape = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$/.exec(text)
  const ms = shape === null ? Number.NaN : Date.parse(`${shape[1]}T${shape[2] ?? '00:00'}Z`)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== shape![1]) {
    fail('E_USAGE_DATE', {
      subject: what,
      detail: `"${text}"`,
      next: 'write YYYY-MM-DD or YYYY-MM-DD HH:MM (UTC)',
    })
  }
  return ms
}

/** Checks what the event loop relies on. Error `E_USAGE` names the field. */
export function checkSeedConfig(config: SeedConfig): void {
  const positive = ['initial_balance', 'leverage', 'atr_sl_mult', 'atr_tp_mult'] as const
  const atLeastZero = [
    ...['fee_pct', 'slippage_pct', 'max_daily_loss_pct', 'max_positions', 'max_same_direction', 'margin_max_ratio'],
    ...['margin_min_ratio', 'min_notional', 'signal_threshold', 'adx_threshold', 'volume_multiplier', 'ml_threshold'],
  ] as (keyof SeedConfig)[]
  const refuse = (field: string, detail: string): never =>
    fail('E_USAGE', { subject: `config.${field}`, detail, next: 'mend the field' })
  if (config.symbols.length === 0) refuse('symbols', 'no symbol')
  if (new Set(config.symbols).size < config.symbols.length) refuse('symbols', 'a symbol twice')
  for (const field of positive) if (!(config[field] > 0)) refuse(field, `${config[field]} is not above 0`)
  for (const field of atLeastZero) {
    if (!((config[field] as number) >= 0)) refuse(field, `${config[field]} is not at least 0`)
  }
  if (!Number.isFinite(config.margin_decay_rate)) refuse('margin_decay_rate', `${config.margin_decay_rate}`)
}

/** The half-open range of bar starts a configuration asks for, ms. Error `E_USAGE_DATE`. */
export function seedRange({ start, end }: SeedConfig): { readonly from: number; readonly to: number } {
  return {
    from: start === null ? Number.NEGATIVE_INFINITY : seedInstant(start, 'config.start'),
    // Both ends are inclusive; times are whole milliseconds.
    to: end === null ? Number.POSITIVE_INFINITY : seedInstant(end, 'config.end') + 1,
  }
}
