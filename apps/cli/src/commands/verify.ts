/** `cointrader verify`: re-proves a data folder offline; `verify causality` proves that nothing sees the future. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { dataDirOption, jsonOption } from '../lib/flags.js'
import { causalityCommand } from './verify-causality.js'

export interface VerifyFlags {
  readonly dataDir: string
  readonly json?: boolean
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Re-prove a data folder offline: hashes, rows, time grid, manifests; exit 1 names every problem.')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  cointrader verify --data-dir data\n  cointrader verify causality --top 8')
    .addCommand(causalityCommand())
    .action((flags: VerifyFlags) =>
      runCommand({ command: 'verify', lock: false, dataDir: flags.dataDir, json: flags.json }, async (ctx) =>
        (await import('../lib/verify-run.js')).runVerify(flags, ctx),
      ),
    )
}
