/**
 * Lists that help and parsing need, restated so that neither loads a whole package.
 * `test/definitions.test.ts` compares each with the package that owns it.
 */

/** `ALL_WINDOWS`, `DEFAULT_WINDOWS` and `DEFAULT_HORIZONS` of @cointrader/features, minutes. */
export const ALL_WINDOWS: readonly number[] = [1, 5, 15, 30, 60, 120, 240, 480, 720, 1440]
export const DEFAULT_WINDOWS: readonly number[] = [1, 5, 15, 30, 60]
export const DEFAULT_HORIZONS: readonly number[] = [1, 5, 15, 30, 60, 240]

/** `GLOBAL_BAN_DATES` of @cointrader/features: the file that features audit writes. */
export const GLOBAL_BAN_DATES = 'global_ban_dates.json'

/** `SWEEP_STRATEGIES` and `SWEEP_METRICS` of @cointrader/backtest. */
export const SWEEP_STRATEGIES = ['indicator-score', 'mtf-pullback'] as const
export const SWEEP_METRICS = ['profit-factor', 'sharpe', 'expectancy', 'net'] as const
