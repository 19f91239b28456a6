/** `cointrader reproduce`: the same study once more, and whether the same bytes come out. */
import { Command } from 'commander'
import { coresDefault, count, jsonOption, waitOption, workersOption } from '../lib/flags.js'

export interface ReproduceFlags {
  archive?: string
  into?: string
  workers: number
  jobs: number
  keep?: boolean
  wait: number
  json?: boolean
}

export function reproduceCommand(): Command {
  return new Command('reproduce')
    .description(
      'Derive a finished study again from the archive, in another folder, and compare every artefact byte by byte.',
    )
    .argument('<folder>', 'folder of a finished study, as run printed it')
    .option(
      '--archive <url-or-folder>',
      'the archive, or a folder in its layout; default: the one the study was made from',
    )
    .option('--into <folder>', 'where to derive it; default: a folder that is removed afterwards')
    .option('--keep', 'keep the derived folder')
    .addOption(coresDefault(workersOption(), 8))
    .option('--jobs <n>', 'light stages (scores, backtests) at once', count, 2)
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  cointrader reproduce results/studies/tiny\n\nExit 1 when an artefact differs, with the first stage where it does.',
    )
    .action(async (folder: string, flags: ReproduceFlags) => {
      const { runReproduce } = await import('../lib/study-reproduce.js')
      await runReproduce(folder, flags)
    })
}
