/**
 * Completion scripts from the command definitions. They hold all names themselves and start no program, so Tab answers
 * at once. A script knows the place on the command line (`data export`) by the words before it, and by the flag just
 * before the cursor what kind of value comes next.
 */
import type { Command, Option } from 'commander'
import type { Shell } from '../commands/completion.js'
import { commandPaths } from './program.js'

/** What may stand after a flag. */
type Value =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'free' }

interface Flag {
  /** `--workers`, `--threads`; `-V`. */
  readonly names: readonly string[]
  readonly what: string
  /** Undefined for switches; also for flags that need no value, which the next word may be. */
  readonly value?: Value
}

interface Place {
  /** `data export`; empty for the program itself. */
  readonly at: string
  readonly commands: readonly { readonly name: string; readonly what: string }[]
  readonly choices: readonly string[]
  readonly flags: readonly Flag[]
}

/** The script that makes `shell` complete `program`. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program)
  if (shell === 'bash') return bash(places)
  return shell === 'zsh' ? zsh(places) : fish(places)
}

function placesOf(program: Command): Place[] {
  const paths = commandPaths(program)
  const help: Place = {
    at: 'help',
    commands: program.commands.map((c) => ({ name: c.name(), what: c.summary() })),
    choices: [],
    flags: [],
  }
  return [{ path: [], command: program }, ...paths]
    .map(({ path, command }): Place => {
      const commands = command.commands.map((c) => ({ name: c.name(), what: c.summary() || c.description() }))
      return {
        at: path.join(' '),
        commands: path.length === 0 ? [...commands, { name: 'help', what: 'what a command does' }] : commands,
        choices: command.registeredArguments.flatMap((a) => a.argChoices ?? []),
        flags: [
          ...command.options.filter((o) => !o.hidden).map(flagOf),
          { names: ['-h', '--help'], what: 'help with examples' },
        ],
      }
    })
    .concat(help)
}

function flagOf(option: Option): Flag {
  const names = [option.short, option.long].filter((n): n is string => n != null)
  const flag = { names, what: option.description.split(';')[0]! }
  return option.required ? { ...flag, value: valueKind(option) } : flag
}

/** By the choices, else by the name of the value: `<file>`, `<url-or-folder>`, `<name|file>`. */
function valueKind({ argChoices, flags }: Option): Value {
  if (argChoices !== undefined) return { kind: 'choices', choices: argChoices }
  const name = /<(.*)>/.exec(flags)?.[1] ?? ''
  if (/file|table/.test(name)) return { kind: 'file' }
  if (/folder/.test(name)) return { kind: 'folder' }
  return { kind: 'free' }
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
const HEAD = (shell: Shell): string => `# ${shell} completion for cointrader, made by: cointrader completion ${shell}`

/** `case` patterns that lead the words of the line to a place: `' data'`, `'data export'`. */
const steps = (places: readonly Place[]): string[] => places.filter((p) => p.at !== '').map((p) => p.at)

function bash(places: readonly Place[]): string {
  const walk = steps(places).map((at) => `      ${quoted(at.includes(' ') ? at : ` ${at}`)}) at=${quoted(at)} ;;`)
  const values = places.flatMap(({ at, flags }) =>
    flags.flatMap(({ names, value }) => {
      if (value === undefined) return []
      const pattern = names.map((n) => quoted(`${at}:${n}`)).join('|')
      return [`    ${pattern}) ${bashValue(value)} ;;`]
    }),
  )
  const words = places.map(({ at, commands, choices, flags }) => {
    const all = [...commands.map((c) => c.name), ...choices, ...flags.flatMap((f) => f.names)]
    return `    ${quoted(at)}) words=${quoted(all.join(' '))} ;;`
  })
  return `${HEAD('bash')}
_cointrader_paths() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$2"))
}
_cointrader() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
  COMPREPLY=()
  # bash splits --flag=value at the equals sign.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
${walk.join('\n')}
    esac
  done
  case "$at:$prev" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _cointrader cointrader ./cointrader
`
}

function bashValue(value: Value): string {
  if (value.kind === 'choices') return `COMPREPLY=($(compgen -W ${quoted(value.choices.join(' '))} -- "$cur")); return`
  if (value.kind === 'free') return 'return'
  return `_cointrader_paths ${value.kind === 'file' ? '-f' : '-d'} "$cur"; return`
}

function zsh(places: readonly Place[]): string {
  const walk = steps(places).map((at) => `      ${quoted(at.includes(' ') ? at : ` ${at}`)}) at=${quoted(at)} ;;`)
  const values = places.flatMap(({ at, flags }) =>
    flags.flatMap(({ names, value }) => {
      if (value === undefined) return []
      const pattern = names.map((n) => quoted(`${at}:${n}`)).join('|')
      return [`    ${pattern}) ${zshValue(value)} ;;`]
    }),
  )
  const described = (name: string, what: string): string => quoted(`${name}:${what}`)
  const words = places.map(({ at, commands, choices, flags }) => {
    const names = [...commands.map((c) => described(c.name, c.what)), ...choices.map((c) => quoted(c))]
    const shown = flags.flatMap((f) => f.names.map((n) => described(n, f.what)))
    return `    ${quoted(at)})\n      names=(${names.join(' ')})\n      flags=(${shown.join(' ')}) ;;`
  })
  return `#compdef cointrader
${HEAD('zsh')}
_cointrader() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT - 1]} at='' i
  local -a names flags
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
${walk.join('\n')}
    esac
  done
  case "$at:$prev" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  (( \${#names} )) && _describe -t commands 'command' names
  [[ $cur == -* || \${#names} -eq 0 ]] && _describe -o -t options 'flag' flags
}
if [[ $funcstack[1] == _cointrader ]]; then
  _cointrader "$@"
else
  compdef _cointrader cointrader
fi
`
}

function zshValue(value: Value): string {
  if (value.kind === 'choices') return `compadd -- ${value.choices.map(quoted).join(' ')}; return`
  if (value.kind === 'free') return 'return'
  return `_files${value.kind === 'folder' ? ' -/' : ''}; return`
}

function fish(places: readonly Place[]): string {
  const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const walk = steps(places).map(
    (at) =>
      `            case ${fishQuoted(at.includes(' ') ? at : ` ${at}`)}\n                set at ${fishQuoted(at)}`,
  )
  const lines = places.flatMap(({ at, commands, choices, flags }) => {
    const here = `complete -c cointrader -n ${fishQuoted(`__cointrader_at ${fishQuoted(at)}`)}`
    return [
      ...commands.map((c) => `${here} -a ${fishQuoted(c.name)} -d ${fishQuoted(c.what)}`),
      ...(choices.length > 0 ? [`${here} -a ${fishQuoted(choices.join(' '))}`] : []),
      ...flags.map(({ names, what, value }) => {
        const spelt = names.map((n) => (n.startsWith('--') ? `-l ${n.slice(2)}` : `-s ${n.slice(1)}`)).join(' ')
        return `${here} ${spelt}${fishValue(value, fishQuoted)} -d ${fishQuoted(what)}`
      }),
    ]
  })
  return `${HEAD('fish')}
function __cointrader_at
    set -l at ''
    set -l line (commandline -opc)
    for word in $line[2..-1]
        switch "$at $word"
${walk.join('\n')}
        end
    end
    test "$at" = "$argv[1]"
end
complete -c cointrader -f
${lines.join('\n')}
`
}

function fishValue(value: Value | undefined, quote: (text: string) => string): string {
  if (value === undefined) return ''
  if (value.kind === 'choices') return ` -x -a ${quote(value.choices.join(' '))}`
  if (value.kind === 'free') return ' -x'
  return value.kind === 'file' ? ' -r -F' : " -x -a '(__fish_complete_directories)'"
}
