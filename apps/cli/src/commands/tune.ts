/** `cointrader tune`: parameter searches, chosen on validation data. */
import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { addTuneBotOptions, runTuneBot, type TuneBotCommand } from '../lib/train-bot-tune.js'
import { addSplitOptions, count, whole } from '../lib/train-options.js'
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
    .option('--grid <file>', 'JSON {"num_leaves": [31, 63], …}; default: the 32 points of the research pipeline')
    .option('--num-boost-round <n>', 'most trees', count, 4000)
    .option('--early-stopping-rounds <n>', 'stop when validation has not improved for so many', whole, 200)
    .option(
      '--workers <n>',
      'points at once; the result does not depend on it',
      count,
      Math.min(availableParallelism(), 8),
    )
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
      (ctx) => runTuneBot(options, ctx),
    ),
  )
}
