/** The completion scripts, run by the shells they are for. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completionScript } from '@cointrader/cli/lib/completion-script'
import { commandPaths, wholeProgram } from '@cointrader/cli/lib/program'
import { COMMANDS } from '@cointrader/cli/registry'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0
const folder = tempFolder()
const script = (shell: string): string => join(folder, `cointrader.${shell}`)

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await cointrader(['completion', shell])
    expect([code, stderr]).toEqual([0, ''])
    writeFileSync(script(shell), stdout)
  }
  mkdirSync(join(folder, 'bars'))
  writeFileSync(join(folder, 'bar code.json'), '')
})

it('another shell is refused with the choices', async () => {
  const { code, stderr } = await cointrader(['completion', 'tcsh'])
  expect(code).toBe(2)
  expect(stderr).toContain('bash, zsh, fish')
})

it('the scripts name every command and flag', async () => {
  const program = await wholeProgram()
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const text = completionScript(program, shell)
    for (const { path, command } of commandPaths(program)) {
      expect(text).toContain(path.join(' '))
      for (const o of command.options)
        expect(text, `${shell}: ${o.long}`).toContain(shell === 'fish' ? `-l ${o.long!.slice(2)}` : o.long!)
    }
  }
})

if (!has('bash')) console.log('skipped: bash is not installed here')
describe.skipIf(!has('bash'))('bash', () => {
  /** What bash offers for the last word. */
  function offers(...words: string[]): string[] {
    const list = words.map((w) => `'${w.replaceAll("'", String.raw`'\''`)}'`).join(' ')
    const done = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `source '${script('bash')}'; COMP_WORDS=(${list}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cointrader; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { cwd: folder, encoding: 'utf8' },
    )
    expect(done.stderr).toBe('')
    return done.stdout.split('\n').filter((w) => w !== '')
  }

  it('registers itself', () => {
    const done = spawnSync('bash', ['--norc', '-c', `source '${script('bash')}'; complete -p cointrader`], {
      encoding: 'utf8',
    })
    expect(done.stdout).toContain('-F _cointrader cointrader')
  })

  it('completes commands', () => {
    expect(offers('cointrader', 'fet')).toEqual(['fetch'])
    expect(offers('cointrader', '')).toEqual(expect.arrayContaining(COMMANDS.map((c) => c.name)))
    expect(offers('./cointrader', 'help', 'univ')).toEqual(['universe'])
    expect(offers('cointrader', 'train', '')).toEqual(expect.arrayContaining(['lgbm', 'linear', 'bot']))
  })

  it('completes subcommands and flags of the place', () => {
    expect(offers('cointrader', 'data', 'exp')).toEqual(['export'])
    expect(offers('cointrader', 'data', 'export', '--allow')).toEqual(['--allow-partial'])
    expect(offers('cointrader', 'data', '--allow')).toEqual([])
    expect(offers('cointrader', 'verify', 'causality', '--date', '2026-02-04', '--plug')).toEqual(['--plugin'])
    expect(offers('cointrader', 'train', 'lgbm', '--top')).toEqual(['--top', '--topn'])
  })

  it('completes values: choices, folders, files, nothing for what cannot be known', () => {
    expect(offers('cointrader', 'fetch', '--route', '')).toEqual(['auto', 'monthly', 'daily'])
    expect(offers('cointrader', 'fetch', '--route', '=', 'mon')).toEqual(['monthly'])
    expect(offers('cointrader', 'fetch', '--route', '=')).toEqual(['auto', 'monthly', 'daily'])
    expect(offers('cointrader', 'completion', 'z')).toEqual(['zsh'])
    expect(offers('cointrader', 'fetch', '--data-dir', 'ba')).toEqual(['bars'])
    expect(offers('cointrader', 'train', 'lgbm', '--params', 'ba')).toEqual(['bar code.json', 'bars'])
    expect(offers('cointrader', 'fetch', '--start-date', '')).toEqual([])
    expect(offers('cointrader', 'fetch', '--all', '--dry')).toEqual(['--dry-run'])
  })

  it('a value is not taken for a command', () => {
    expect(offers('cointrader', 'fetch', '--data-dir', 'data', '--dry')).toEqual(['--dry-run'])
  })
})

describe('other shells', () => {
  for (const shell of ['zsh', 'fish'])
    it(`${shell} accepts its script`, () => {
      if (!has(shell)) {
        console.log(`skipped: ${shell} is not installed here`)
        return
      }
      const done = spawnSync(shell, ['-n', script(shell)], { encoding: 'utf8' })
      expect([done.status, done.stderr]).toEqual([0, ''])
    })

  it('fish completes', () => {
    if (!has('fish')) {
      console.log('skipped: fish is not installed here')
      return
    }
    const done = spawnSync(
      'fish',
      ['--no-config', '-c', `source ${script('fish')}; complete -C 'cointrader fetch --route '`],
      {
        encoding: 'utf8',
      },
    )
    expect(done.stdout.split('\n').map((l) => l.split('\t')[0])).toEqual(
      expect.arrayContaining(['auto', 'daily', 'monthly']),
    )
  })
})
