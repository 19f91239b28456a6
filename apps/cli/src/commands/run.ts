/** `cointrader run`: a whole study from one file. */
import { Command } from 'commander'
import {
  collect,
  coresDefault,
  count,
  jsonOption,
  outDirOption,
  setOption,
  waitOption,
  workersOption,
} from '../lib/flags.js'

export interface StudyFlags {
  archive?: string
  outDir?: string
  set: string[]
  workers: number
  jobs: number
  again: string[]
  dryRun?: boolean
  wait: number
  json?: boolean
}

/** Flags of every command that reads a study file. */
export function addStudyOptions(command: Command): Command {
  return command
    .option('--archive <url-or-folder>', 'the archive, or a folder in its layout; default: that of the study file')
    .addOption(outDirOption('default: results/studies/{study}'))
    .addOption(setOption('universe.size=8'))
    .addOption(coresDefault(workersOption(), 8))
    .addOption(waitOption())
    .addOption(jsonOption())
}

export function runStudyCommand(): Command {
  const command = new Command('run')
    .description(
      'Run a study: fetch, check, universe, features, train, judge, backtest, one report. Only what changed is done again.',
    )
    .argument('<study.yaml>', 'study file; cointrader config explain shows every entry')
  return addStudyOptions(command)
    .option('--jobs <n>', 'light stages (scores, backtests) at once', count, 2)
    .option('--again <stage>', 'run a stage again although nothing changed, repeatable: --again train', collect, [])
    .option('--dry-run', 'print the plan, with sizes and estimated times, and stop')
    .addHelpText(
      'after',
      '\nExample:\n  cointrader run configs/studies/tiny.yaml --dry-run\n\nInterrupt it at any time: the same command goes on where it stopped, and ends with the same bytes.',
    )
    .action(async (file: string, flags: StudyFlags) => {
      const { runStudyFile } = await import('../lib/study-run.js')
      await runStudyFile(file, flags)
    })
}
