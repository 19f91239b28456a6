/**
 * @module Technical indicators. Each is one definition, a small state machine: the streaming form `create…(options)` has
 * `push(…)`, which takes one value or bar and returns the indicator at it, in bounded memory; the batch form runs the
 * same machine over columns and returns Float64Arrays of the same length with NaN where it is not yet defined. The two
 * therefore agree bit for bit. Conventions on which schools differ are options; `TB_02` and `CL_07` are named sets.
 *
 * | indicator | batch | streaming: `push(…)` returns, beside it | first value with the defaults |
 * | --- | --- | --- | --- |
 * | simple moving average | `sma` | `createSma`: (x) | length − 1 |
 * | exponential moving average | `ema` | `createEma`: (x) | length − 1 |
 * | Wilder's average (RMA) | `wilder` | `createWilder`: (x) | length − 1 |
 * | MACD | `macd` | `createMacd`: (close) → macd; `signal`, `histogram` | 25; 33 |
 * | Bollinger bands | `bollinger` | `createBollinger`: (close) → middle; `upper`, `lower` | 19 |
 * | RSI | `rsi` | `createRsi`: (close) | 14 |
 * | stochastic RSI | `stochRsi` | `createStochRsi`: (close) → k; `d` | 29; 31 |
 * | stochastic oscillator | `stochastic` | `createStochastic`: (high, low, close) → k; `d` | 13; 15 |
 * | true range, ATR | `trueRange`, `atr` | `createTrueRange`, `createAtr`: (high, low, close) | 1, 14 |
 * | ADX | `adx` | `createAdx`: (high, low, close) → adx; `plusDi`, `minusDi` | 27; 14 |
 * | Williams %R | `williamsR` | `createWilliamsR`: (high, low, close) | 13 |
 * | on-balance volume | `obv` | `createObv`: (close, volume) | 0 |
 * | money flow index | `mfi` | `createMfi`: (high, low, close, volume) | 14 |
 * | VWAP (running, by session, or trailing) | `vwap` | `createVwap`: (high, low, close, volume, session?) | 0 |
 * | mean volume | `volumeMean` | `createVolumeMean`: (volume) | 19 |
 * | candle patterns | `candlePattern` | `createCandlePattern(name)`: (open, high, low, close) → 1 or 0 | 0 or 1 |
 *
 * Windowed indicators are functions of their window only; recursive ones (EMA, Wilder, OBV, running VWAP and what is
 * built on them) are functions of all bars since the first. NaN is a missing value; the header of each file says what
 * it does. `snapshot` and `restore` store a stream's state and put it back.
 */
export * from './averages.js'
export * from './candles.js'
export { createEma, createWilder, type EmaOptions, EwmStream, type Seed } from './ewm.js'
export * from './presets.js'
export * from './range.js'
export * from './rsi.js'
export * from './snapshot.js'
export * from './volume.js'
export { DeviationStream, type Divisor, ExtremeStream, SmaStream, SumStream, Window } from './window.js'
