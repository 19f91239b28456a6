/** `cointrader compare-symbols`: the same sweep, or the same parameters, on each symbol by itself. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { addSweepOptions, type SweepFlags } from '../lib/sweep-flags.js'

export interface CompareFlags extends SweepFlags {
  readonly fixed?: boolean
}

const HELP = `
Example:
  cointrader compare-symbols --symbols XRPUSDT,TRXUSDT,DOGEUSDT --data data/bars
  cointrader compare-symbols --symbols all --data data/bars --fixed --atr-sl-mult 1.5

Each symbol is an account of its own. With --fixed the parameters of the flags are run over the whole range; without, each
symbol is swept and what is compared is what training chose, on test. Symbols with too few trades are shown, not ranked.`

export function compareSymbolsCommand(): Command {
  const command = new Command('compare-symbols').description(
    'Compare symbols by what a sweep chosen on train gives on test, or by fixed parameters.',
  )
  return addSweepOptions(command)
    .option('--fixed', 'no sweep: the parameters of the flags on every symbol')
    .addHelpText('after', HELP)
    .action((flags: CompareFlags) =>
      runCommand(
        { command: 'compare-symbols', dataDir: flags.out ?? 'results', json: flags.json, lock: false },
        async (ctx) => {
          if (flags.compat === undefined) {
            const { runCompare } = await import('../lib/sweep-compare.js')
            return runCompare(flags, command, ctx)
          }
          const { runSeedCompare } = await import('../lib/sweep-seed.js')
          return runSeedCompare(flags, command, ctx)
        },
      ),
    )
}
