/** Rules that hold for the definitions of all commands: wording, defaults, examples, spellings, what help loads. */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SWEEP_METRICS, SWEEP_STRATEGIES } from '@cointrader/backtest/sweep/index'
import * as choices from '@cointrader/cli/lib/choices'
import { afterHelp, commandPaths, examplesOf, makeProgram, wholeProgram } from '@cointrader/cli/lib/program'
import { COMMANDS } from '@cointrader/cli/registry'
import { mapLimited } from '@cointrader/core'
import { ALL_WINDOWS, DEFAULT_HORIZONS, DEFAULT_WINDOWS, GLOBAL_BAN_DATES } from '@cointrader/features'
import { BOT_TABLE_DEFAULTS } from '@cointrader/features/bot/index'
import type { Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { MAIN, tempFolder } from './helpers.js'

const program = await wholeProgram()
const all = commandPaths(program).map(({ path, command }) => ({ name: path.join(' '), command }))
const leaves = all.filter(({ command }) => command.commands.length === 0)
const options = all.flatMap(({ name, command }) => command.options.map((option) => ({ name, option })))

/** Commands whose result is text by nature, or that print JSON anyway. */
const WITHOUT_JSON = new Set(['completion', 'config schema'])

/**
 * Flags that mean another thing in the named commands: `<n>` windows are a number and not a list, `sim` makes as many symbols
 * as it is told, training and scoring read XY tables, judging reads bars. Everywhere else a flag has one wording, up to the first
 * semicolon or colon.
 */
const OTHER_MEANINGS: Readonly<Record<string, readonly string[]>> = {
  '--all': ['models prune'],
  '--allow-schema-change': ['retrain'],
  '--data-dir': [
    ...['features audit', 'features select', 'features health', 'train lgbm', 'train linear', 'tune lgbm', 'judge'],
    ...['train bot', 'tune bot', 'backtest', 'sweep', 'compare-symbols', 'position-size', 'predict'],
  ],
  '--dry-run': ['run', 'models prune'],
  '--keep': ['features select', 'models prune', 'reproduce'],
  '--now': ['sim'],
  '--symbols': ['data', 'sim'],
  '--trials': ['judge'],
  '--windows': ['features select'],
}

/** Two spellings of one thing: whoever takes one takes the other, unless the second is another flag of the same command. */
const SPELLINGS = [
  ['--top', '--topn'],
  ['--workers', '--threads'],
  ['--data', '--data-dir'],
] as const

const firstClause = (text: string): string => text.split(/[;:]/)[0]!.trim()
const spellings = (o: Option): string[] => [o.short, o.long].filter((n): n is string => n?.startsWith('--') === true)
const takesValue = (o: Option): boolean => o.required || o.optional

describe('every command', () => {
  it('has a description that ends like a sentence, a summary in the list, and an example', () => {
    for (const { name, command } of all) {
      expect(command.description(), name).toMatch(/^[A-Z].*\.$/s)
      expect(examplesOf(command).length, `${name} has no example`).toBeGreaterThan(0)
    }
    for (const { name, summary } of COMMANDS) expect(summary, name).toMatch(/^[a-z].*[^.]$/)
  })

  it('takes --json where it has a result', () => {
    for (const { name, command } of leaves)
      if (!WITHOUT_JSON.has(name))
        expect(
          command.options.some((o) => o.long === '--json'),
          name,
        ).toBe(true)
  })

  it('names each flag once', () => {
    for (const { name, command } of all) {
      const names = command.options.flatMap(spellings)
      expect(new Set(names).size, `${name}: ${names}`).toBe(names.length)
    }
  })
})

describe('a flag', () => {
  it('has one wording over all commands', () => {
    const wordings = new Map<string, Map<string, string[]>>()
    for (const { name, option } of options) {
      for (const flag of spellings(option)) {
        if (OTHER_MEANINGS[flag]?.includes(name)) continue
        const of = wordings.get(flag) ?? new Map<string, string[]>()
        // `--out` is a file here and a folder there: the word in brackets is part of its name.
        const key =
          flag === '--out'
            ? `${/<.*>/.exec(option.flags)} ${firstClause(option.description)}`
            : firstClause(option.description)
        const kind = flag === '--out' ? `${flag} ${/<.*>/.exec(option.flags)}` : flag
        wordings.set(kind, of.set(key, [...(of.get(key) ?? []), name]))
      }
    }
    const many = [...wordings].filter(([, of]) => of.size > 1).map(([flag, of]) => [flag, Object.fromEntries(of)])
    expect(many).toEqual([])
  })

  it('is known by both spellings where there are two', () => {
    for (const { name, command } of leaves) {
      const names = new Set(command.options.flatMap(spellings))
      for (const [a, b] of SPELLINGS) {
        // `--data-dir` alone is a data folder; bars are `--data` and then also `--data-dir`.
        if (names.has(a) || (names.has(b) && b !== '--data-dir'))
          expect([names.has(a), names.has(b)], `${name}: ${a} and ${b}`).toEqual([true, true])
      }
      const out = command.options.find((o) => spellings(o).includes('--out'))
      if (out !== undefined)
        expect(spellings(out), name).toContain(out.flags.includes('<folder>') ? '--out-dir' : '--output')
    }
  })

  it('states its default, in words where it depends on the machine', () => {
    const silent: string[] = []
    for (const { name, option } of options) {
      if (!takesValue(option) || option.mandatory) continue
      const where = `${name} ${option.flags}: ${option.description}`
      const { defaultValue, defaultValueDescription = String(defaultValue) } = option
      if (defaultValue === undefined && !/default: |required for /.test(where)) silent.push(where)
      const threads = spellings(option).some((flag) => flag === '--workers' || flag === '--threads')
      if (threads && defaultValue !== undefined && !/^one per core|^1$/.test(defaultValueDescription))
        silent.push(where)
    }
    expect(silent).toEqual([])
  })
})

describe('examples', () => {
  /** Words as a shell makes them; `&` and comments at the end are the shell's. */
  const words = (line: string): string[] =>
    [...line.replace(/ [&>|].*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]!)

  /** The program with actions that only report that they were reached. */
  async function parse(args: readonly string[]): Promise<string> {
    const entry = COMMANDS.find((c) => c.name === args[0])
    const fresh = makeProgram(entry === undefined ? new Map() : new Map([[entry.name, await entry.load()]]))
    let reached = ''
    const disarm = (command: Command, path: string): void => {
      if ((command as unknown as { _actionHandler: unknown })._actionHandler !== null)
        command.action(() => {
          reached = path
        })
      for (const sub of command.commands) disarm(sub, `${path} ${sub.name()}`)
    }
    for (const command of fresh.commands) disarm(command, command.name())
    await fresh.parseAsync([...args], { from: 'user' })
    return reached
  }

  const examples = [{ name: '', command: program }, ...all].flatMap(({ name, command }) =>
    examplesOf(command).map((line) => ({ name, line })),
  )

  it('parse against the definitions', async () => {
    expect(examples.length).toBeGreaterThan(40)
    for (const { name, line } of examples) {
      const args = words(line).slice(1)
      if (args.at(-1) === '--help') args.pop()
      if (name === '') {
        expect(all.map((c) => c.name)).toContain(args[0])
        continue
      }
      // An example of a command calls it, or one below it, or shows what goes with it.
      await expect(parse(args), `${name}: ${line}`).resolves.not.toBe('')
      expect(
        examplesOf(all.find((c) => c.name === name)!.command).some((l) => l.startsWith(`cointrader ${name}`)),
        `${name} shows no call of itself`,
      ).toBe(true)
    }
  })

  it('can fail: a wrong example is refused', async () => {
    await expect(parse(['fetch', '--strat-date', '2026-02-01'])).rejects.toThrow(/unknown option/)
    await expect(parse(['universe', '--top', '3'])).rejects.toThrow(/required option/)
    await expect(parse(['fetch', '--route', 'weekly'])).rejects.toThrow(/Allowed choices/)
    await expect(parse(['nothing'])).rejects.toThrow(/unknown command/)
  })

  it('show more than the flags', () => {
    expect(afterHelp(program)).toContain('First steps')
  })
})

describe('help', () => {
  /** Leaves that hold text of help and import nothing but core. */
  const LEAVES = [
    'packages/preprocessor/dist/policies.js',
    'packages/simulator/dist/faults.js',
    'packages/simulator/dist/defects.js',
  ]

  async function loadedBy(
    args: readonly string[],
    folder: string,
    k: number,
  ): Promise<{ urls: string[]; out: string }> {
    const file = join(folder, `${k}.txt`)
    const hook = new URL('./fixtures/record-loads.mjs', import.meta.url).href
    const out = await new Promise<string>((resolve, reject) =>
      execFile(
        process.execPath,
        ['--import', hook, MAIN, ...args],
        { env: { ...process.env, LOADED: file } },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      ),
    )
    const urls = readFileSync(file, 'utf8').trim().split('\n')
    rmSync(file)
    return { urls, out }
  }

  it('of any command loads no package but commander and core', async () => {
    const folder = tempFolder()
    const calls = [[], ['--help'], ['--version'], ...all.map(({ name }) => [...name.split(' '), '--help'])]
    await mapLimited([...calls.entries()], 2, async ([k, args]) => {
      const { urls, out } = await loadedBy(args, folder, k)
      const strangers = urls.filter(
        (u) =>
          !u.startsWith('node:') &&
          !u.includes('/apps/cli/dist/') &&
          !u.includes('/commander/') &&
          !u.includes('/packages/core/dist/') &&
          !LEAVES.some((leaf) => u.endsWith(leaf)),
      )
      expect(strangers, `cointrader ${args.join(' ')}`).toEqual([])
      expect(
        urls.some((u) => u.includes('/commander/')),
        'the recorder works',
      ).toBe(true)
      expect(out.length).toBeGreaterThan(20)
    })
  })
})

describe('lists that help restates', () => {
  it('are those of the packages', () => {
    expect(choices.ALL_WINDOWS).toEqual([...ALL_WINDOWS])
    expect(choices.DEFAULT_WINDOWS).toEqual(DEFAULT_WINDOWS)
    expect(choices.DEFAULT_HORIZONS).toEqual(DEFAULT_HORIZONS)
    expect(choices.GLOBAL_BAN_DATES).toBe(GLOBAL_BAN_DATES)
    expect(choices.SWEEP_METRICS).toEqual(SWEEP_METRICS)
    expect(choices.SWEEP_STRATEGIES).toEqual(SWEEP_STRATEGIES)
    // Said in words by build-xy --kind bot.
    expect([BOT_TABLE_DEFAULTS.decay, BOT_TABLE_DEFAULTS.negativeRatio]).toEqual([2, 3])
  })
})
