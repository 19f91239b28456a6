/** `cointrader sweep`: a grid of parameters, chosen on train, quoted on test. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { count, notNegative } from '../lib/flags.js'
import { addSweepOptions, type SweepFlags } from '../lib/sweep-flags.js'

export interface SweepCommandFlags extends SweepFlags {
  readonly combined?: boolean
  readonly minPf: number
  readonly minPfCount: number
}

const HELP = `
Example:
  cointrader sweep --symbols XRPUSDT --data data/bars
  cointrader sweep --symbols XRPUSDT --data data/bars --grid grid.json --metric sharpe --min-trades 50

Every combination runs once in each month, on a fresh account with warm indicators. A fold chooses the best of its training
months among combinations with enough trades, and quotes it on the months after; the folds cover everything after the
first training. Several symbols are one portfolio. A killed sweep run again with the same flags goes on where it stopped.`

export function sweepCommand(): Command {
  const command = new Command('sweep').description(
    'Try a grid of parameters: choose on train, quote on test, with trades per combination and the luck of the best.',
  )
  return addSweepOptions(command)
    .option('--best <n>', 'combinations listed', count, 15)
    .option('--combined', 'compat: each symbol by itself, then put together')
    .option('--min-pf <factor>', 'compat --combined: profit factor from which a symbol counts', notNegative, 0.9)
    .option('--min-pf-count <n>', 'compat --combined: symbols that must count', count, 2)
    .addHelpText('after', HELP)
    .action((flags: SweepCommandFlags) =>
      runCommand({ command: 'sweep', dataDir: flags.out ?? 'results', json: flags.json, lock: false }, async (ctx) => {
        if (flags.compat === undefined) {
          const { runSweepCommand } = await import('../lib/sweep-run.js')
          return runSweepCommand(flags, command, ctx)
        }
        const { runSeedSweep } = await import('../lib/sweep-seed.js')
        return runSeedSweep(flags, command, ctx)
      }),
    )
}
