/** What a sweep may vary: names as in the original's documents (TB-05.1), what each does, and its bounds. */
import { fail } from '@cointrader/core'
import {
  INDICATOR_SCORE_DEFAULTS,
  type IndicatorScoreParams,
  MTF_PULLBACK_DEFAULTS,
  type MtfPullbackParams,
} from '@cointrader/strategies'
import type { DynamicMargin, TradingConfig } from '@cointrader/trading'

export const SWEEP_STRATEGIES = ['indicator-score', 'mtf-pullback'] as const
export type SweepStrategy = (typeof SWEEP_STRATEGIES)[number]

/** One combination: parameter → value. */
export type SweepParams = Readonly<Record<string, number>>

/** Values per parameter, the first outermost. */
export type SweepGrid = Readonly<Record<string, readonly number[]>>

/** The 324 combinations of TB-05.13. */
export const SWEEP_GRID: SweepGrid = Object.freeze({
  atr_sl_mult: [1, 1.5, 2],
  atr_tp_mult: [2, 3, 4],
  signal_threshold: [3, 4, 5],
  adx_threshold: [0, 20, 25, 30],
  volume_multiplier: [1.5, 2, 2.5],
})

/** Settings of one run that parameters change. */
export interface RunSettings {
  readonly score: IndicatorScoreParams
  readonly pullback: MtfPullbackParams
  readonly config: TradingConfig
}

interface Parameter {
  readonly name: string
  readonly of: readonly SweepStrategy[]
  /** Smallest and largest value that means something. */
  readonly least: number
  readonly most: number
  readonly whole?: boolean
  set(x: RunSettings, value: number): RunSettings
}

const BOTH = SWEEP_STRATEGIES
const SCORE: readonly SweepStrategy[] = ['indicator-score']
const PULLBACK: readonly SweepStrategy[] = ['mtf-pullback']

const score =
  (field: keyof IndicatorScoreParams) =>
  (x: RunSettings, value: number): RunSettings => ({ ...x, score: { ...x.score, [field]: value } })
const pullback =
  (field: keyof MtfPullbackParams) =>
  (x: RunSettings, value: number): RunSettings => ({ ...x, pullback: { ...x.pullback, [field]: value } })
const config =
  (field: keyof TradingConfig) =>
  (x: RunSettings, value: number): RunSettings => ({ ...x, config: { ...x.config, [field]: value } })
const sizing =
  (field: Exclude<keyof DynamicMargin, 'kind'>) =>
  (x: RunSettings, value: number): RunSettings => ({
    ...x,
    config: { ...x.config, sizing: { ...(x.config.sizing as DynamicMargin), [field]: value } },
  })

const PARAMETERS: readonly Parameter[] = [
  {
    name: 'atr_sl_mult',
    of: BOTH,
    least: 0.01,
    most: 100,
    set: (x, v) => pullback('stopAtr')(score('stopAtr')(x, v), v),
  },
  {
    name: 'atr_tp_mult',
    of: BOTH,
    least: 0,
    most: 100,
    set: (x, v) => pullback('targetAtr')(score('targetAtr')(x, v), v),
  },
  { name: 'signal_threshold', of: SCORE, least: 1, most: 10, set: score('score') },
  { name: 'adx_threshold', of: BOTH, least: 0, most: 100, set: (x, v) => pullback('adx')(score('adx')(x, v), v) },
  { name: 'volume_multiplier', of: SCORE, least: 0, most: 1000, set: score('volumeMultiplier') },
  { name: 'exit_after_bars', of: SCORE, least: 0, most: 1e6, whole: true, set: score('exitAfterBars') },
  { name: 'dry_share', of: PULLBACK, least: 0, most: 100, set: pullback('dryShare') },
  { name: 'ema_length', of: PULLBACK, least: 2, most: 1000, whole: true, set: pullback('ema') },
  { name: 'slow_ema_fast', of: PULLBACK, least: 2, most: 1000, whole: true, set: pullback('slowFast') },
  { name: 'slow_ema_slow', of: PULLBACK, least: 2, most: 1000, whole: true, set: pullback('slowSlow') },
  { name: 'leverage', of: BOTH, least: 1, most: 125, set: config('leverage') },
  { name: 'max_positions', of: BOTH, least: 1, most: 1e6, whole: true, set: config('maxPositions') },
  { name: 'max_same_direction', of: BOTH, least: 1, most: 1e6, whole: true, set: config('maxSameDirection') },
  { name: 'max_daily_loss_pct', of: BOTH, least: 0.0001, most: 1, set: config('maxDailyLoss') },
  { name: 'margin_max_ratio', of: BOTH, least: 0.0001, most: 1, set: sizing('max') },
  { name: 'margin_min_ratio', of: BOTH, least: 0.0001, most: 1, set: sizing('min') },
  { name: 'margin_decay_rate', of: BOTH, least: 0, most: 1, set: sizing('decay') },
]

/** Names a grid of this strategy may use. */
export function sweepParameters(strategy: SweepStrategy): string[] {
  return PARAMETERS.filter((p) => p.of.includes(strategy)).map((p) => p.name)
}

/** Everything wrong with a grid, one line each; names are the caller's to check against {@link sweepParameters}. */
export function gridProblems(grid: SweepGrid): string[] {
  const wrong: string[] = []
  for (const [name, values] of Object.entries(grid)) {
    const p = PARAMETERS.find((one) => one.name === name)
    if (p === undefined) continue
    if (values.length === 0) wrong.push(`${name}: no value`)
    if (new Set(values).size < values.length) wrong.push(`${name}: a value twice`)
    for (const v of values) {
      if (!(v >= p.least && v <= p.most)) wrong.push(`${name}: ${v} is not within ${p.least} … ${p.most}`)
      else if (p.whole === true && !Number.isInteger(v)) wrong.push(`${name}: ${v} is no whole number`)
    }
  }
  return wrong
}

/** Combinations of a grid in its nesting order, the first parameter outermost (TB-05.13). */
export function combinations(grid: SweepGrid): SweepParams[] {
  let out: SweepParams[] = [{}]
  for (const [name, values] of Object.entries(grid)) {
    out = out.flatMap((params) => values.map((value) => ({ ...params, [name]: value })))
  }
  return out
}

/** `base` with the values of a combination. Error `E_CONFIG` for a name that is no parameter. */
export function withParams(base: RunSettings, params: SweepParams): RunSettings {
  let out = base
  for (const [name, value] of Object.entries(params)) {
    const p = PARAMETERS.find((one) => one.name === name)
    if (p === undefined) fail('E_CONFIG', { subject: `parameter ${name}`, detail: 'not known to sweeps' })
    out = p.set(out, value)
  }
  return out
}

/** Settings with the strategies' defaults. */
export function runSettings(
  config: TradingConfig,
  of: { score?: Partial<IndicatorScoreParams>; pullback?: Partial<MtfPullbackParams> } = {},
): RunSettings {
  return {
    score: { ...INDICATOR_SCORE_DEFAULTS, ...of.score },
    pullback: { ...MTF_PULLBACK_DEFAULTS, ...of.pullback },
    config,
  }
}
