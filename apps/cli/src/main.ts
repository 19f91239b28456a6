#!/usr/bin/env node
/** `cointrader`: one small file per command, loaded only when it is used so that --help is quick. */
import { CointraderError, EXIT, type ExitCode } from '@cointrader/core/errors'
import { type Command, CommanderError } from 'commander'
import { report } from './context.js'
import { makeProgram } from './lib/program.js'
import { serveParent } from './lib/stage-child.js'
import { COMMANDS } from './registry.js'

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--version' || argv[0] === '-V') return version(argv.includes('--json'))
  const words = argv.filter((a) => !a.startsWith('-'))
  const wanted = words[0] === 'help' ? words[1] : words[0]
  const entry = COMMANDS.find((c) => c.name === wanted)
  if (words[0] === 'help' && wanted !== undefined && entry === undefined) throw await unknownTopic(wanted)
  const program = makeProgram(entry === undefined ? new Map() : new Map([[entry.name, await entry.load()]]))
  if (argv.length === 0) {
    program.outputHelp()
    return
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and the like: printed already. A group without its subcommand prints its help too, as an error.
    if (error.exitCode === 0) process.exitCode = EXIT.done
    else if (error.code === 'commander.help') process.exitCode = EXIT.usage
    else process.exitCode = report(await usageError(program, words, error), argv.includes('--json'))
  }
}

async function version(json: boolean): Promise<void> {
  const { versionFacts, versionText } = await import('./lib/version.js')
  const facts = await versionFacts()
  process.stdout.write(`${json ? JSON.stringify(facts) : versionText(facts)}\n`)
}

/** `help ftech`: commander would show the list without a word. */
async function unknownTopic(word: string): Promise<CointraderError> {
  const { nearest } = await import('@cointrader/core/spelling')
  const names = COMMANDS.map((c) => c.name)
  const next = `did you mean ${nearest(word, names)}? Else run cointrader --help for the list`
  return new CointraderError('E_USAGE', { subject: 'help', detail: `unknown command '${word}'`, next })
}

/** What commander refused, as one line of the catalogue that names the nearest spelling. */
async function usageError(program: Command, words: readonly string[], error: CommanderError): Promise<CointraderError> {
  let command = program
  const path: string[] = ['cointrader']
  for (const word of words) {
    const next = command.commands.find((c) => c.name() === word)
    if (next === undefined) break
    command = next
    path.push(word)
  }
  const help = `run ${path.join(' ')} --help for a working example`
  const [what, meant] = error.message.replace(/^error: /, '').split(/\n\(Did you mean (?:one of )?/)
  let nearest = meant?.replace(/\?\)$/, '')
  const operand = words[path.length - 1]
  // `data exprt`: a command that also runs by itself takes a misspelt subcommand for an argument.
  if (error.code === 'commander.excessArguments' && operand !== undefined && command.commands.length > 0) {
    const { nearest: nearestOf } = await import('@cointrader/core/spelling')
    const names = command.commands.map((c) => c.name())
    nearest = nearestOf(operand, names)
  }
  const subject = path.length > 1 ? path.slice(1).join(' ') : 'cointrader'
  const next = nearest === undefined ? help : `did you mean ${nearest}? Else ${help}`
  return new CointraderError('E_USAGE', { subject, detail: (what ?? '').replace(/\.$/, ''), next })
}

// `cointrader … | head` closes our output early: that is the reader's right, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? EXIT.done)
})

// A stage of a study tells its parent what it used, and ends with it.
serveParent()

main(process.argv.slice(2)).catch((error: unknown) => {
  const exit: ExitCode = report(error, process.argv.includes('--json'))
  process.exitCode = exit
})
