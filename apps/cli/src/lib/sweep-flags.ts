/** The options that sweep, compare-symbols and position-size share. */
import type { SweepMetric, SweepStrategy } from '@cointrader/backtest/sweep/index'
import { fail } from '@cointrader/core/errors'
import { type Command, Option } from 'commander'
import { addTradingOptions, anchoredOption, fundingOption, profileOption } from '../commands/backtest.js'
import { SWEEP_METRICS, SWEEP_STRATEGIES } from './choices.js'
import {
  barsOption,
  compatOption,
  coresDefault,
  count,
  instant,
  instantOptions,
  intervalOption,
  jsonOption,
  resultsOption,
  seedOption,
  symbolsOption,
  whole,
  workersOption,
} from './flags.js'

/** Fields of TB-05.1 as flags, and where the bars are. */
export interface MarketFlags {
  readonly strategy: SweepStrategy
  readonly symbols: string
  readonly data: string
  readonly startDate?: string
  readonly endDate?: string
  readonly interval: string
  readonly funding?: string
  readonly seed: number
  readonly initialBalance: number
  readonly leverage: number
  readonly feePct?: number
  readonly slippagePct?: number
  readonly atrSlMult: number
  readonly atrTpMult: number
  readonly signalThreshold: number
  readonly adxThreshold: number
  readonly volMultiplier: number
  readonly maxDailyLossPct: number
  readonly maxPositions: number
  readonly maxSameDirection: number
  readonly marginMaxRatio: number
  readonly marginMinRatio: number
  readonly marginDecayRate: number
  readonly minNotional: number
  readonly mlThreshold: number
  readonly timeWeightDecay: number
  readonly negativeRatio: number
  readonly compat?: 'seed'
  readonly profile: 'ieee' | 'tol' | 'fma'
  readonly out?: string
  readonly json?: boolean
}

export interface SweepFlags extends MarketFlags {
  readonly grid?: string
  readonly metric: SweepMetric
  readonly minTrades: number
  readonly trainMonths?: number
  readonly testMonths: number
  readonly anchored?: boolean
  readonly killSwitch: boolean
  readonly workers: number
  readonly best: number
}

/** Flag of a parameter of {@link addTradingOptions}; others cannot be given on the command line. */
const FLAG_OF: Readonly<Record<string, keyof MarketFlags>> = {
  atr_sl_mult: 'atrSlMult',
  atr_tp_mult: 'atrTpMult',
  signal_threshold: 'signalThreshold',
  adx_threshold: 'adxThreshold',
  volume_multiplier: 'volMultiplier',
  leverage: 'leverage',
  max_positions: 'maxPositions',
  max_same_direction: 'maxSameDirection',
  max_daily_loss_pct: 'maxDailyLossPct',
  margin_max_ratio: 'marginMaxRatio',
  margin_min_ratio: 'marginMinRatio',
  margin_decay_rate: 'marginDecayRate',
}

/** Error `E_USAGE` when a flag fixes what the grid varies. */
export function refuseFixed(command: Command, names: readonly string[]): void {
  const both = names.filter((name) => {
    const flag = FLAG_OF[name]
    return flag !== undefined && command.getOptionValueSource(flag) === 'cli'
  })
  if (both.length > 0) {
    fail('E_USAGE', {
      subject: both.join(', '),
      detail: 'given as a flag and varied by the grid',
      next: 'leave the flag out, or the parameter out of the grid file',
    })
  }
}

/** {@link instant} of a flag that may be absent. */
export const instantOf = (text: string | undefined, end: boolean): number | undefined =>
  text === undefined ? undefined : instant(text, end)

/** Market, strategy and account. `required` is false where trades of a file may stand in for a run. */
export function addMarketOptions(command: Command, required = true): Command {
  command
    .addOption(new Option('--strategy <name>', 'strategy').choices([...SWEEP_STRATEGIES]).default('indicator-score'))
    .addOption(symbolsOption(required ? 'or all' : 'or all, default: those of --trades').makeOptionMandatory(required))
    .addOption(
      barsOption(required ? 'also a data folder' : 'also a data folder, default: --trades').makeOptionMandatory(
        required,
      ),
    )
  instantOptions(command).addOption(intervalOption('15m')).addOption(fundingOption()).addOption(seedOption())
  addTradingOptions(command)
  return command
    .addOption(compatOption(['seed'], "the original bot's own study, defects included"))
    .addOption(profileOption())
    .addOption(resultsOption())
    .addOption(jsonOption())
}

export function addSweepOptions(command: Command): Command {
  return addMarketOptions(command)
    .option(
      '--grid <file>',
      'JSON of parameter to list of values; {"atr_sl_mult": [1, 1.5], …}, default: the 324 combinations of the original',
    )
    .addOption(new Option('--metric <name>', 'score that chooses').choices([...SWEEP_METRICS]).default('profit-factor'))
    .option('--min-trades <n>', 'trades in training below which nothing is ranked or chosen', whole, 30)
    .option('--train-months <n>', 'training months of a fold; default: 6, compat 3', count)
    .option('--test-months <n>', 'test months of a fold', count, 1)
    .addOption(anchoredOption())
    .option('--no-kill-switch', 'without kill switches')
    .addOption(coresDefault(workersOption('they share one copy of the data, the result does not depend on them')))
}
