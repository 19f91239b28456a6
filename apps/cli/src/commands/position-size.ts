/** `cointrader position-size`: how much to risk per trade, by Monte Carlo over a strategy's trades. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { count, share } from '../lib/flags.js'
import { addMarketOptions, type MarketFlags } from '../lib/sweep-flags.js'

export interface SizeFlags extends MarketFlags {
  readonly trades?: string
  readonly killSwitch?: boolean
  readonly paths: number
  readonly length: number
  readonly maxRuin: number
  readonly maxDrawdown: number
  readonly trainMonths: number
  readonly testMonths: number
}

const HELP = `
Example:
  cointrader position-size --symbols XRPUSDT --data data/bars
  cointrader position-size --trades results/backtest/indicator-score-…/document.json

Paths are drawn from the trades themselves, sampling error included. A risk is recommended only if the edge is above 0 at
its lower end, and if ruin and drawdown keep within the limits both as observed and at the pessimistic end; never more than
half of Kelly there. Without --trades the strategy runs over the range, without kill switches: they would leave the study
with the trades before the first bad streak.`

export function positionSizeCommand(): Command {
  const command = new Command('position-size').description(
    "Monte Carlo over a strategy's trades: return, drawdown and ruin by risk per trade, and what to risk at most.",
  )
  return addMarketOptions(command, false)
    .option('--trades <file>', 'trades of a backtest: its document.json; default: a run over the range')
    .option('--kill-switch', 'run with kill switches')
    .option('--paths <n>', 'simulated paths', count, 10_000)
    .option('--length <n>', 'trades of a path', count, 200)
    .option('--max-ruin <share>', 'largest share of ruined paths', share, 0.01)
    .option('--max-drawdown <share>', 'largest 95th percentile of the drawdown', share, 0.3)
    .option('--train-months <n>', 'training months of a fold; with --compat', count, 3)
    .option('--test-months <n>', 'test months of a fold; with --compat', count, 1)
    .addHelpText('after', HELP)
    .action((flags: SizeFlags) =>
      runCommand(
        { command: 'position-size', dataDir: flags.out ?? 'results', json: flags.json, lock: false },
        async (ctx) => {
          if (flags.compat === undefined) {
            const { runSize } = await import('../lib/sweep-size.js')
            return runSize(flags, ctx)
          }
          const { runSeedSize } = await import('../lib/sweep-seed.js')
          return runSeedSize(flags, command, ctx)
        },
      ),
    )
}
