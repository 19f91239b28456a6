/** Named sets of conventions: pass `TB_02.rsi` where an indicator takes options. */

/** The trading bot's indicators (TB-02.2 … TB-02.4: pandas-ta 0.4.71b0 without TA-Lib). */
export const TB_02 = {
  rsi: { length: 14, seed: 'first' },
  macd: { fast: 12, slow: 26, signal: 9, seed: 'sma' },
  bollinger: { length: 20, width: 2, divisor: 'sample' },
  ema9: { length: 9, seed: 'sma' },
  ema21: { length: 21, seed: 'sma' },
  ema50: { length: 50, seed: 'sma' },
  atr: { length: 14, seed: 'sma', firstRange: 'high-low' },
  adx: { length: 14, seeding: 'pandas-ta' },
  stochRsi: { rsi: { length: 14, seed: 'first' }, length: 14, k: 3, d: 3, flat: 0 },
  volumeMean: { length: 20 },
} as const

/** The signal classifier's indicators (CL-07 … CL-09: plain means, first values as seeds, 1e-8 in denominators). */
export const CL_07 = {
  rsi: { length: 14, average: 'simple', firstChange: 'zero' },
  ema12: { length: 12, seed: 'first' },
  ema26: { length: 26, seed: 'first' },
  macd: { fast: 12, slow: 26, signal: 9, seed: 'first' },
  bollinger: { length: 20, width: 2, divisor: 'sample' },
  stochastic: { length: 14, d: 3 },
  atr: { length: 14, average: 'simple', firstRange: 'high-low' },
  obv: { start: 'zero' },
  mfi: { length: 14, firstChange: 'zero', epsilon: 1e-8 },
  williamsR: { length: 14, epsilon: 1e-8 },
} as const
