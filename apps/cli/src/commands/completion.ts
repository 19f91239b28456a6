/** `cointrader completion`: what a shell needs to complete commands and flags with the Tab key. */
import { Argument, Command } from 'commander'
import { runCommand } from '../context.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const HELP = `
Examples:
  eval "$(cointrader completion bash)"
  cointrader completion zsh > ~/.zfunc/_cointrader
  cointrader completion fish > ~/.config/fish/completions/cointrader.fish

Put the first line into ~/.bashrc. For zsh the folder must be in fpath before compinit. Make the script again after an
update: it is written from the commands and flags of this version, and starts nothing when you press Tab.`

export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script that completes commands, flags and their values in bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'the shell').choices([...SHELLS]))
    .addHelpText('after', HELP)
    .action((shell: Shell) =>
      runCommand({ command: 'completion', lock: false, dataDir: '.' }, async (ctx) => {
        const { completionScript } = await import('../lib/completion-script.js')
        const { wholeProgram } = await import('../lib/program.js')
        ctx.print(completionScript(await wholeProgram(), shell).trimEnd())
        return 0
      }),
    )
}
