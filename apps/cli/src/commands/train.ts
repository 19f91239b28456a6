/** `cointrader train`: model families, one subcommand each. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCommand } from '../context.js'
import { addBotOptions, type BotCommand } from '../lib/bot-flags.js'
import { coresDefault, share, threadsOption } from '../lib/flags.js'
import { addSplitOptions, roundsOption, stoppingOption } from '../lib/train-flags.js'
import type { LgbmCommand } from '../lib/train-lgbm.js'
import type { LinearCommand } from '../lib/train-linear.js'

const RANGES =
  '--train-start 2026-02-01 --train-end 2026-02-18 --valid-start 2026-02-19 --valid-end 2026-02-23 --test-start 2026-02-24 --test-end 2026-02-28'

export function trainCommand(): Command {
  return new Command('train')
    .description('Train a model on XY tables, judge it beside baselines, and store it with its evidence.')
    .addCommand(lgbm())
    .addCommand(linear())
    .addCommand(bot())
    .addHelpText('after', `\nExample:\n  cointrader train lgbm ${RANGES} --y-name y_60m --topn 30`)
}

function lgbm(): Command {
  const command = new Command('lgbm').description('Gradient-boosted trees; every LightGBM parameter is a flag.')
  return addSplitOptions(command, 'lgbm')
    .addOption(roundsOption())
    .addOption(stoppingOption())
    .option('--params <file>', 'JSON object of LightGBM parameters, flags win over it; default: none')
    .addOption(coresDefault(threadsOption(), 8))
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `\nExample:\n  cointrader train lgbm ${RANGES} --num-leaves 63 --learning-rate 0.02`)
    .action((options: LgbmCommand, self: Command) =>
      runCommand(
        { command: 'train lgbm', dataDir: options.modelsDir, json: options.json, wait: options.wait, lock: true },
        async (ctx) => (await import('../lib/train-lgbm.js')).runTrainLgbm(options, self.args, ctx),
      ),
    )
}

function linear(): Command {
  const command = new Command('linear').description('Linear models: ordinary, ridge, lasso, elastic net, logistic.')
  return addSplitOptions(command, 'linear')
    .addOption(
      new Option('--family <name>', 'kind of model')
        .choices(['ols', 'ridge', 'lasso', 'elastic_net', 'logistic'])
        .default('ridge'),
    )
    .option(
      '--alpha <strength>',
      'strength (for logistic: C), or auto: chosen without the test range',
      strength,
      'auto',
    )
    .option('--l1-ratio <share>', 'share of the L1 part of elastic_net and logistic; default: 0.5', share)
    .addHelpText('after', `\nExample:\n  cointrader train linear ${RANGES} --family lasso`)
    .action((options: LinearCommand) =>
      runCommand(
        { command: 'train linear', dataDir: options.modelsDir, json: options.json, wait: options.wait, lock: true },
        async (ctx) => (await import('../lib/train-linear.js')).runTrainLinear(options, ctx),
      ),
    )
}

function strength(text: string): number | 'auto' {
  if (text === 'auto') return text
  const n = Number(text)
  if (!(n > 0)) throw new InvalidArgumentError('give a number above zero, or auto')
  return n
}

function bot(): Command {
  const command = new Command('bot').description("The signal bot's classifier, led by its figure on signal rows.")
  return addBotOptions(command).action((options: BotCommand) =>
    runCommand(
      { command: 'train bot', dataDir: options.modelsDir, json: options.json, wait: options.wait, lock: true },
      async (ctx) => (await import('../lib/train-bot.js')).runTrainBot(options, ctx),
    ),
  )
}
