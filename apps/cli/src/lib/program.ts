/** The program as commander sees it: all commands listed, only those that are asked for loaded. */
import { Command } from 'commander'
import { COMMANDS, type CommandEntry, GROUPS, type Group } from '../registry.js'

const FIRST_STEPS = `
First steps:
  npm run demo                              the whole chain on a synthetic market, no network
  cointrader doctor                         is this machine ready, is the archive reachable
  cointrader fetch --help                   an example for each command
  eval "$(cointrader completion bash)"      commands and flags with the Tab key`

/** Entries in the order of their groups. */
export function entriesByGroup(): readonly CommandEntry[] {
  return (Object.keys(GROUPS) as Group[]).flatMap((group) => COMMANDS.filter((c) => c.group === group))
}

/** The program with the given commands whole and the others by name and summary only. */
export function makeProgram(loaded: ReadonlyMap<string, Command> = new Map()): Command {
  const program = new Command('cointrader')
    .usage('COMMAND [options]')
    .description(
      'Crypto market data all the way to trading: fetch, check, universe, features, train, judge, backtest, trade.',
    )
    .option('-V, --version', 'version, commit and Node; with --json for programs')
    .commandsGroup(`${GROUPS.tools}:`)
    .helpCommand('help [command]', 'what a command does, with examples')
    .addHelpText('after', FIRST_STEPS)
    .enablePositionalOptions()
  for (const { name, summary, group } of entriesByGroup()) {
    const command = loaded.get(name) ?? new Command(name).description(summary).helpOption(false)
    // The list shows the summary; the command's own help its description.
    program.addCommand(command.summary(summary).helpGroup(`${GROUPS[group]}:`))
  }
  return exitOverrideAll(program)
}

/** The program with every command loaded: for docs, completion and checks. */
export async function wholeProgram(): Promise<Command> {
  const loaded = await Promise.all(COMMANDS.map(async (c) => [c.name, await c.load()] as const))
  return makeProgram(new Map(loaded))
}

/** Commands below `program` with the words that call them, parents before their children. */
export function commandPaths(program: Command, path: readonly string[] = []): { path: string[]; command: Command }[] {
  return program.commands.flatMap((command) => {
    const here = [...path, command.name()]
    return [{ path: here, command }, ...commandPaths(command, here)]
  })
}

/** What a command's help says after its flags: examples and explanations. */
export function afterHelp(command: Command): string {
  let text = ''
  const before = command.configureOutput()
  command.configureOutput({ ...before, writeOut: (part) => (text += part) })
  command.outputHelp()
  command.configureOutput(before)
  return text.slice(command.helpInformation().length).trim()
}

/** The examples in it: lines indented by two spaces, from the word `cointrader` on (crontab lines have a schedule before). */
export function examplesOf(command: Command): string[] {
  return afterHelp(command)
    .split('\n')
    .flatMap((line) => /^ {2}(?:[*/\d]+ [^a-z]*)?(cointrader .*)$/.exec(line)?.[1] ?? [])
}

function exitOverrideAll(command: Command): Command {
  // Errors are printed in one place (main.ts), in the form of the catalogue.
  command.exitOverride().configureOutput({ outputError: () => {} })
  for (const sub of command.commands) exitOverrideAll(sub)
  return command
}
