#!/usr/bin/env node
/** `cointrader`: one small file per command, loaded only when it is used so that --help is quick. */
import { EXIT } from '@cointrader/core'
import { Command, CommanderError } from 'commander'
import { report } from './context.js'
import { COMMANDS } from './registry.js'

const program = new Command('cointrader')
  .description(
    'Crypto market data all the way to trading: fetch, check, universe, features, train, judge, backtest, trade.',
  )
  .version('cointrader 0.1.0')
  .showHelpAfterError('(run with --help for a working example)')
  .addHelpText(
    'after',
    '\nFirst steps:\n  npm run demo                       the whole chain on a synthetic market, no network\n  cointrader fetch --help            an example for each command\n',
  )
  .enablePositionalOptions()
  .exitOverride()

async function main(argv: readonly string[]): Promise<void> {
  const wanted = argv.find((a) => !a.startsWith('-'))
  const known = COMMANDS.find((c) => c.name === wanted)
  if (known) program.addCommand(exitOverrideAll(await known.load()))
  else for (const c of COMMANDS) program.addCommand(new Command(c.name).description(c.summary).helpOption(false))
  if (wanted === undefined && argv.length === 0) program.help({ error: false })
  await program.parseAsync([...argv], { from: 'user' })
}

function exitOverrideAll(command: Command): Command {
  command.exitOverride()
  for (const sub of command.commands) exitOverrideAll(sub)
  return command
}

// `cointrader … | head` closes our output early: that is the reader's right, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? EXIT.done)
})

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  else process.exitCode = report(error, process.argv.includes('--json'))
})
