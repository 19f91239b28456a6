/** Options of `train bot` and `tune bot`. Definitions only. */
import type { Sampling } from '@cointrader/models/bot/index'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  barsOption,
  compatOption,
  count,
  intervalOption,
  jsonOption,
  modelsDirOption,
  notNegative,
  positive,
  seedOption,
  threadsOption,
  waitOption,
} from './flags.js'

export interface BotDataOptions {
  symbol: string
  data: string
  interval: string
  decay: number
  slMult: number
  tpMult: number
  tunedParams?: string
  trainOn?: Sampling
  compat?: 'seed'
  seed: number
  threads: number
  name?: string
  modelsDir: string
  wait: number
  json?: boolean
}

function addBotDataOptions(command: Command, threads: Option): Command {
  return command
    .requiredOption('--symbol <symbol>', 'the symbol, e.g. XRPUSDT')
    .addOption(barsOption().makeOptionMandatory())
    .addOption(intervalOption('15m'))
    .option('--decay <rate>', 'steepness of the time weights, 0 weighs all rows alike', notNegative, 2)
    .option('--sl-mult <atr>', 'distance of the stop in the label, in ATR', positive, 2)
    .option('--tp-mult <atr>', 'distance of the target in the label, in ATR', positive, 2)
    .option('--tuned-params <file>', 'tuned parameters; default: active_lgbm_params.json of the model, if there is one')
    .addOption(
      new Option('--train-on <rows>', 'signal rows only, or as many HOLD rows besides; default: signal').choices([
        'signal',
        'balanced',
      ]),
    )
    .addOption(compatOption(['seed'], 'the original bot with its defects'))
    .addOption(seedOption())
    .addOption(threads.default(1))
    .option('--name <model>', 'name of the model; default: bot-{SYMBOL}')
    .addOption(modelsDirOption())
    .addOption(waitOption())
    .addOption(jsonOption())
}

export interface BotCommand extends BotDataOptions {
  wf?: boolean
  wfSplits: number
  ablation?: boolean
  compare?: boolean
}

/** Options of `train bot`. */
export function addBotOptions(command: Command): Command {
  return addBotDataOptions(command, threadsOption())
    .option('--wf', 'judge by walk-forward too')
    .option('--wf-splits <n>', 'folds of --wf and --ablation', count, 5)
    .option('--ablation', 'judge without the points, and without points and side')
    .option('--compare', 'judge without and with the features derived from open interest')
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader train bot --symbol XRPUSDT --data data/bars --wf' +
        '\n  cointrader train bot --symbol XRPUSDT --data data/bars --wf --ablation --compat seed',
    )
}

export interface TuneBotCommand extends BotDataOptions {
  trials: number
  folds: number
  minRecall: number
  /** False with `--no-baseline`. */
  baseline: boolean
  workers: number
  promote?: boolean
}

function shareAboveZero(text: string): number {
  const n = Number(text)
  if (!(n > 0 && n <= 1)) throw new InvalidArgumentError('give a number above 0, at most 1')
  return n
}

/** Options of `tune bot`. */
export function addTuneBotOptions(command: Command): Command {
  return addBotDataOptions(command, threadsOption({ alone: true }))
    .option('--trials <n>', 'points tried', count, 50)
    .option('--folds <n>', 'walk-forward folds a point is scored on', count, 5)
    .option('--min-recall <share>', 'least recall of the precision that is scored', shareAboveZero, 0.35)
    .option('--workers <n>', 'worker threads; one trial each, at most 4, the result does not depend on them', count, 1)
    .option('--no-baseline', 'do not measure the parameters in use; nothing is promoted then')
    .option('--promote', 'put the best parameters in use, if the rule of promotion allows it')
    .addHelpText('after', '\nExample:\n  cointrader tune bot --symbol XRPUSDT --data data/bars --trials 50 --promote')
}
