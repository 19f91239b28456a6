/** The options that sweep, compare-symbols and position-size share. */
import { availableParallelism } from 'node:os'
import { SWEEP_METRICS, SWEEP_STRATEGIES, type SweepMetric, type SweepStrategy } from '@cointrader/backtest/sweep/index'
import { DAY_MS, dateMs, fail, parseDate, parseUtcText } from '@cointrader/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { addTradingOptions } from '../commands/backtest.js'
import { count } from './xy-options.js'

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

const whole = (text: string): number => {
  const n = Number(text)
  if (text.trim() === '' || !Number.isInteger(n) || n < 0) throw new InvalidArgumentError('give a whole number from 0')
  return n
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

/** A date or an instant, ms; an end date is inclusive. */
export function instantOf(text: string | undefined, end: boolean): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return dateMs(parseDate(text)) + (end ? DAY_MS : 0)
  const ms = parseUtcText(text)
  if (Number.isNaN(ms)) fail('E_USAGE_DATE', { subject: end ? '--end-date' : '--start-date', detail: `"${text}"` })
  return ms
}

export function addMarketOptions(command: Command): Command {
  command
    .addOption(new Option('--strategy <name>', 'what is run').choices([...SWEEP_STRATEGIES]).default('indicator-score'))
    .requiredOption('--symbols <list>', 'symbols, comma separated, or all')
    .requiredOption('--data <folder>', '{SYMBOL}_15m.parquet as data export writes them, or a data folder')
    .option('--start-date <date>', 'first day (or instant)')
    .option('--end-date <date>', 'last day, inclusive (or instant)')
    .option('--interval <interval>', 'interval of the bars', '15m')
    .option(
      '--funding <folder|none>',
      '{SYMBOL}.parquet of settlements; default: funding/ in --data, where there is one',
    )
    .option('--seed <n>', 'seed of everything drawn', whole, 42)
  addTradingOptions(command)
  return command
    .addOption(new Option('--compat <mode>', "the original bot's own study, defects included").choices(['seed']))
    .addOption(
      new Option('--profile <name>', 'compat: arithmetic of K against D (TB-02.5)')
        .choices(['ieee', 'tol', 'fma'])
        .default('ieee'),
    )
    .option('--out <folder>', 'where results go; default: results/…')
    .option('--json', 'print the result document')
}

export function addSweepOptions(command: Command): Command {
  return addMarketOptions(command)
    .option('--grid <file>', '{"parameter": [values…], …}; default: the 324 combinations of the original')
    .addOption(new Option('--metric <name>', 'score that chooses').choices([...SWEEP_METRICS]).default('profit-factor'))
    .option('--min-trades <n>', 'trades in training below which nothing is ranked or chosen', whole, 30)
    .option('--train-months <n>', 'training months of a fold; default: 6, compat 3', count)
    .option('--test-months <n>', 'test months of a fold', count, 1)
    .option('--anchored', 'training always begins at the first month')
    .option('--no-kill-switch', 'without kill switches')
    .option('--workers <n>', 'worker threads; they share one copy of the data', count, availableParallelism())
}
