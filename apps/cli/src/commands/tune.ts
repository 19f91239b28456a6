/** `cointrader tune`: parameter searches, chosen on validation data. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { addTuneBotOptions, type TuneBotCommand } from '../lib/bot-flags.js'
import { coresDefault, workersOption } from '../lib/flags.js'
import { addSplitOptions, roundsOption, stoppingOption } from '../lib/train-flags.js'
import type { TuneLgbmCommand } from '../lib/tune-lgbm.js'

const RANGES =
  '--train-start 2026-02-01 --train-end 2026-02-18 --valid-start 2026-02-19 --valid-end 2026-02-23 --test-start 2026-02-24 --test-end 2026-02-28'

export function tuneCommand(): Command {
  return new Command('tune')
    .description('Search parameters: chosen on validation, the test range is looked at once; resumable.')
    .addCommand(lgbm())
    .addCommand(bot())
    .addHelpText('after', `\nExample:\n  cointrader tune lgbm ${RANGES} --grid grid.json`)
}

function lgbm(): Command {
  const command = new Command('lgbm').description('Grid of LightGBM parameters on one binned data set.')
  return addSplitOptions(command, 'lgbm')
    .option(
      '--grid <file>',
      'JSON of parameter to list of values; {"num_leaves": [31, 63], …}, default: the 32 points of the research pipeline',
    )
    .addOption(roundsOption())
    .addOption(stoppingOption())
    .addOption(coresDefault(workersOption('one point each, the result does not depend on them'), 8))
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `\nExample:\n  cointrader tune lgbm ${RANGES} --num-boost-round 500`)
    .action((options: TuneLgbmCommand, self: Command) =>
      runCommand(
        { command: 'tune lgbm', dataDir: options.modelsDir, json: options.json, wait: options.wait, lock: true },
        async (ctx) => (await import('../lib/tune-lgbm.js')).runTuneLgbm(options, self.args, ctx),
      ),
    )
}

function bot(): Command {
  const command = new Command('bot').description("The bot's classifier: TPE search over purged walk-forward folds.")
  return addTuneBotOptions(command).action((options: TuneBotCommand) =>
    runCommand(
      { command: 'tune bot', dataDir: options.modelsDir, json: options.json, wait: options.wait, lock: true },
      async (ctx) => (await import('../lib/train-bot-tune.js')).runTuneBot(options, ctx),
    ),
  )
}
