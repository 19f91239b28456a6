/** `cointrader backtest`: a strategy on recorded bars, through the core that trades. */
import { parseInterval } from '@cointrader/core/interval'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import {
  barsOption,
  compatOption,
  count,
  instant,
  instantOptions,
  intervalOption,
  jsonOption,
  number,
  parseSymbols,
  resultsOption,
  seedOption,
  symbolsOption,
} from '../lib/flags.js'

export interface BacktestFlags {
  strategy: string
  symbols: string
  data: string
  startDate?: string
  endDate?: string
  interval: string
  scores?: string
  universe?: string
  model?: string
  baseline?: string
  funding?: string
  exchangeInfo?: string
  brackets?: string
  walkForward?: boolean
  trainMonths: number
  testMonths: number
  anchored?: boolean
  ml: boolean
  compareMl?: boolean
  killSwitch: boolean
  compat?: 'seed' | 'published'
  profile: 'ieee' | 'tol' | 'fma'
  initialBalance: number
  leverage: number
  feePct?: number
  slippagePct?: number
  lookbackBars: number
  holdingBars: number
  long?: number
  short?: number
  gross: number
  turnoverCap?: number
  mlThreshold: number
  maxDailyLossPct: number
  maxPositions: number
  maxSameDirection: number
  marginMaxRatio: number
  marginMinRatio: number
  marginDecayRate: number
  atrSlMult: number
  atrTpMult: number
  minNotional: number
  signalThreshold: number
  adxThreshold: number
  volMultiplier: number
  timeWeightDecay: number
  negativeRatio: number
  seed: number
  explain?: string
  out?: string
  json?: boolean
}

/** The fields of TB-05.1 as flags, with this project's defaults. */
export function addTradingOptions(command: Command): Command {
  return command
    .option('--initial-balance <usdt>', 'account at the start', number, 1000)
    .option('--leverage <x>', 'exchange leverage and sizing factor', number, 10)
    .option('--fee-pct <percent>', 'taker fee of each side; default: VIP 0 (0.05), compat 0.04', number)
    .option('--slippage-pct <percent>', 'slippage; default: 0.02 at market, 0.05 at stops, compat 0.01', number)
    .option('--atr-sl-mult <x>', 'stop distance in ATR', number, 1.5)
    .option('--atr-tp-mult <x>', 'target distance in ATR', number, 4)
    .option('--signal-threshold <points>', 'least score', number, 3)
    .option('--adx-threshold <adx>', 'least ADX; 0: no gate', number, 25)
    .option('--vol-multiplier <x>', 'volume surge over its mean', number, 2.5)
    .option('--max-daily-loss-pct <share>', 'loss of the day that stops entries', number, 0.05)
    .option('--max-positions <n>', 'open positions at once', count, 3)
    .option('--max-same-direction <n>', 'of them in one direction', count, 2)
    .option('--margin-max-ratio <share>', 'largest margin share', number, 0.5)
    .option('--margin-min-ratio <share>', 'smallest margin share', number, 0.2)
    .option('--margin-decay-rate <rate>', 'decrease of the share per USDT of profit', number, 0.0006)
    .option('--min-notional <usdt>', 'smallest order', number, 5)
    .option('--ml-threshold <p>', 'least probability to enter', number, 0.55)
    .option('--time-weight-decay <rate>', 'time weights of the ML training', number, 2)
    .option('--negative-ratio <n>', 'HOLD rows per signal row; of the ML training', number, 3)
}

export const fundingOption = (): Option =>
  new Option(
    '--funding <folder|none>',
    '{SYMBOL}.parquet of settlements; default: funding/ in --data, where there is one',
  )

export const anchoredOption = (): Option => new Option('--anchored', 'training always begins at the start of the data')

export const profileOption = (): Option =>
  new Option('--profile <name>', 'compat: arithmetic of K against D (TB-02.5)')
    .choices(['ieee', 'tol', 'fma'])
    .default('ieee')

export function backtestCommand(): Command {
  const command = new Command('backtest')
    .description('Replay recorded bars through the trading core, with named costs, to statistics and a report.')
    .option(
      '--strategy <name|file>',
      'strategy; indicator-score, mtf-pullback, cross-section, or a file of yours',
      'indicator-score',
    )
    .addOption(symbolsOption('or all').makeOptionMandatory())
    .addOption(barsOption('also a data folder').makeOptionMandatory())
  instantOptions(command)
    .addOption(intervalOption('15m'))
    .option(
      '--scores <tables>',
      'cross-section: symbol, start_time_ms, prediction, as predict writes them; several, comma separated; default: the scores of --baseline',
    )
    .option(
      '--universe <file>',
      'universe file; cross-section: scores count only for its members of the day, also those of baselines; default: all symbols',
    )
    .addOption(
      new Option(
        '--baseline <name>',
        'cross-section: scores without a model; default: momentum, unless there are --scores',
      ).choices(['momentum', 'reversal', 'random']),
    )
    .option('--lookback-bars <n>', 'bars behind momentum and reversal', count, 24)
    .option('--holding-bars <n>', 'cross-section: bars between rebalancings (the label horizon)', count, 24)
    .option('--long <n>', 'cross-section: symbols held long; default: a quarter of them, at most 10', count)
    .option('--short <n>', 'cross-section: symbols held short; default: a quarter of them, at most 10', count)
    .option('--gross <share>', 'cross-section: gross exposure over equity', number, 1)
    .option('--turnover-cap <share>', 'cross-section: most change of weights at a rebalancing; default: none', number)
    .addOption(fundingOption())
    .option('--exchange-info <file>', "the venue's exchangeInfo answer: ticks, steps, least sizes; default: none")
    .option('--brackets <file>', "the venue's leverageBracket answer: maintenance margins; default: none")
    .addOption(seedOption())
    .option('--explain <trade>', 'print one trade: decision, orders, fills, costs; default: the summary')
    .addOption(anchoredOption())
    .option('--walk-forward', 'folds of training and test months')
    .option('--train-months <n>', 'training months of a fold', count, 3)
    .option('--test-months <n>', 'test months of a fold', count, 1)
    .option('--no-ml', 'without the ML filter (it is trained in each fold of a walk-forward of indicator-score)')
    .option('--compare-ml', 'walk-forward with and without the filter')
    .option('--no-kill-switch', 'without kill switches')
    .addOption(compatOption(['seed', 'published'], "the original bot's own backtester"))
    .addOption(profileOption())
    .addOption(resultsOption())
    .addOption(jsonOption())
  return addTradingOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader backtest --symbols XRPUSDT --data data/bars\n  cointrader backtest --strategy examples/strategies/donchian-breakout.ts --symbols BTCUSDT,ETHUSDT --data data',
    )
    .action((flags: BacktestFlags) =>
      runCommand(
        { command: 'backtest', dataDir: flags.out ?? 'results', json: flags.json, lock: false },
        async (ctx) => {
          if (flags.compat === undefined) {
            const { runBacktestCommand } = await import('../lib/backtest-run.js')
            return runBacktestCommand(
              {
                flags,
                symbols: flags.symbols === 'all' ? 'all' : parseSymbols(flags.symbols),
                interval: parseInterval(flags.interval),
                startMs: flags.startDate === undefined ? undefined : instant(flags.startDate, false),
                endMs: flags.endDate === undefined ? undefined : instant(flags.endDate, true),
              },
              ctx,
            )
          }
          const symbols = parseSymbols(flags.symbols)
          const { runSeedBacktest } = await import('../lib/backtest-seed.js')
          return runSeedBacktest(
            {
              config: {
                symbols,
                start: flags.startDate ?? null,
                end: flags.endDate ?? null,
                initial_balance: flags.initialBalance,
                leverage: flags.leverage,
                fee_pct: flags.feePct ?? 0.04,
                slippage_pct: flags.slippagePct ?? 0.01,
                use_ml: flags.ml,
                ml_threshold: flags.mlThreshold,
                max_daily_loss_pct: flags.maxDailyLossPct,
                max_positions: flags.maxPositions,
                max_same_direction: flags.maxSameDirection,
                margin_max_ratio: flags.marginMaxRatio,
                margin_min_ratio: flags.marginMinRatio,
                margin_decay_rate: flags.marginDecayRate,
                atr_sl_mult: flags.atrSlMult,
                atr_tp_mult: flags.atrTpMult,
                min_notional: flags.minNotional,
                signal_threshold: flags.signalThreshold,
                adx_threshold: flags.adxThreshold,
                volume_multiplier: flags.volMultiplier,
                train_months: flags.trainMonths,
                test_months: flags.testMonths,
                time_weight_decay: flags.timeWeightDecay,
                negative_ratio: flags.negativeRatio,
              },
              walkForward: flags.walkForward === true,
              published: flags.compat === 'published',
              profile: flags.profile,
              killSwitch: flags.killSwitch,
              data: flags.data,
              out: flags.out,
            },
            ctx,
          )
        },
      ),
    )
}
