/** `cointrader retrain`: the one line for cron. */
import { Command } from 'commander'
import {
  coresDefault,
  jsonOption,
  modelsDirOption,
  nowOption,
  outDirOption,
  setOption,
  waitOption,
  workersOption,
} from '../lib/flags.js'

export interface RetrainFlags {
  config: string
  archive?: string
  now?: string
  modelsDir: string
  outDir?: string
  set: string[]
  workers: number
  allowSchemaChange?: boolean
  wait: number
  json?: boolean
}

export function retrainCommand(): Command {
  return new Command('retrain')
    .description(
      'Fetch the newest days, train a challenger, compare it with the active model, promote it or keep the champion.',
    )
    .requiredOption(
      '--config <study.yaml>',
      'study file; its section "retrain" has the windows, the rule and the guards',
    )
    .option('--archive <url-or-folder>', 'the archive, or a folder in its layout; default: that of the study file')
    .addOption(nowOption('for tests and for days that were missed, default: the clock'))
    .addOption(modelsDirOption())
    .addOption(outDirOption('default: results/retrain/{study}; kept from day to day'))
    .addOption(setOption('retrain.test_days=5'))
    .option('--allow-schema-change', 'the challenger may have other features than the active model')
    .addOption(coresDefault(workersOption(), 8))
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader retrain --config configs/studies/month-7-coins.yaml --now 2026-03-01T06:00:00Z\nIn a crontab:\n  15 6 * * *  cd /srv/cointrader && ./cointrader retrain --config my-study.yaml --wait 3600 --json >> retrain.log\n\nExit 0: promoted, or the champion was kept. Exit 1: refused by a guard, which --json names; the active model is what it was.',
    )
    .action(async (flags: RetrainFlags) => (await import('../lib/retrain-run.js')).runRetrain(flags))
}
