/** The program around the commands: bare call, help, misspellings, version. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { sourceCommit, versionFacts, versionText } from '@cointrader/cli/lib/version'
import { COMMANDS, GROUPS } from '@cointrader/cli/registry'
import { describe, expect, it } from 'vitest'
import { cointrader, MAIN } from './helpers.js'

describe('a bare call', () => {
  it('says what it is, lists every command in the order of the river, and names first steps', async () => {
    const { code, stdout, stderr } = await cointrader([])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Crypto market data all the way to trading')
    const places = Object.values(GROUPS)
      .filter((title) => COMMANDS.some((c) => GROUPS[c.group] === title))
      .map((title) => stdout.indexOf(`\n${title}:\n`))
    expect(places.every((p) => p > 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    for (const { name } of COMMANDS) expect(stdout, name).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'))
    expect(stdout).toContain('First steps:')
    expect((await cointrader(['--help'])).stdout).toBe(stdout)
  })

  it('help COMMAND is COMMAND --help', async () => {
    const [a, b] = await Promise.all([cointrader(['help', 'fetch']), cointrader(['fetch', '--help'])])
    expect(a.stdout).toBe(b.stdout)
    expect(a.stdout).toContain('--start-date')
    expect([a.code, b.code]).toEqual([0, 0])
  })
})

it("a folder that cannot be made is the disk's refusal, no defect", async () => {
  const day = ['--start-date', '2026-02-01', '--end-date', '2026-02-01']
  for (const command of ['preprocess', 'fetch']) {
    const { code, stderr } = await cointrader([command, ...day, '--data-dir', `${MAIN}/below/a/file`])
    expect([code, stderr], command).toEqual([1, expect.stringMatching(/^E_DISK: .*main\.js.*Next: check free space/s)])
  }
})

describe('what is not understood', () => {
  const cases: [string, string[], RegExp][] = [
    ['a command', ['ftech'], /^E_USAGE: cointrader: .*unknown command 'ftech'.*did you mean fetch\?/],
    ['a topic of help', ['help', 'ftech'], /^E_USAGE: help: .*did you mean fetch\?/],
    ['a subcommand of a group', ['train', 'lgmb'], /unknown command 'lgmb'.*did you mean lgbm\?/],
    ['a subcommand of a command', ['data', 'exprt'], /did you mean export\?.*cointrader data --help/],
    ['a flag', ['fetch', '--strat-date', '2026-02-01'], /unknown option '--strat-date'.*did you mean --start-date\?/],
    ['a value', ['fetch', '--route', 'weekly'], /Allowed choices are auto, monthly, daily/],
    ['a number', ['universe', '--top', 'many'], /'many' is invalid.*whole number/],
    ['a missing flag', ['universe'], /required option '--start-date <date>' not specified/],
    ['a missing value', ['fetch', '--symbols'], /argument missing/],
  ]
  for (const [what, args, said] of cases)
    it(`${what}: one line with the nearest spelling, exit 2`, async () => {
      const { code, stdout, stderr } = await cointrader(args)
      expect(code).toBe(2)
      expect(stderr).toMatch(said)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stdout).toBe('')
    })

  it('with --json the error is one, too', async () => {
    const { code, stdout } = await cointrader(['fetch', '--json', '--kind', 'klines'])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_USAGE', subject: 'fetch' } })
  })

  it('a group without its subcommand shows its help, exit 2', async () => {
    const { code, stderr } = await cointrader(['features'])
    expect(code).toBe(2)
    expect(stderr).toContain('audit')
  })
})

describe('version', () => {
  it('names the commit that git names', async () => {
    const root = join(import.meta.dirname, '../../..')
    const git = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' })
    const { code, stdout } = await cointrader(['--version', '--json'])
    expect(code).toBe(0)
    const facts = JSON.parse(stdout)
    expect(facts).toEqual(await versionFacts())
    if (git.status === 0) expect(facts.commit).toBe(git.stdout.trim())
    else console.log('skipped: no git here to compare with')
    expect((await cointrader(['-V'])).stdout.trim()).toBe(versionText(facts))
  })

  const A = 'a'.repeat(40)
  const B = '0123456789abcdef'.repeat(4)
  const cases: [string, Record<string, string>, string | undefined][] = [
    ['a branch', { '/r/.git/HEAD': 'ref: refs/heads/main\n', '/r/.git/refs/heads/main': `${A}\n` }, A],
    ['SHA-256', { '/r/.git/HEAD': 'ref: refs/heads/x\n', '/r/.git/refs/heads/x': `${B}\n` }, B],
    ['a detached head', { '/r/.git/HEAD': `${A}\n` }, A],
    [
      'a packed branch',
      {
        '/r/.git/HEAD': 'ref: refs/heads/a/b\n',
        '/r/.git/packed-refs': `# pack-refs with: peeled\n${'b'.repeat(40)} refs/heads/x/refs/heads/a/b2\n${A} refs/heads/a/b\n^${'c'.repeat(40)}\n`,
      },
      A,
    ],
    [
      'a loose branch before the packed one',
      {
        '/r/.git/HEAD': 'ref: refs/heads/m\n',
        '/r/.git/refs/heads/m': A,
        '/r/.git/packed-refs': `${'b'.repeat(40)} refs/heads/m\n`,
      },
      A,
    ],
    [
      'a worktree',
      {
        '/r/.git': 'gitdir: /main/.git/worktrees/r\n',
        '/main/.git/worktrees/r/HEAD': 'ref: refs/heads/w\n',
        '/main/.git/worktrees/r/commondir': '../..\n',
        '/main/.git/refs/heads/w': `${A}\n`,
      },
      A,
    ],
    ['a submodule', { '/r/.git': 'gitdir: ../.git/modules/r\n', '/.git/modules/r/HEAD': `${A}\n` }, A],
    [
      'a branch that points to a branch',
      { '/r/.git/HEAD': 'ref: refs/heads/p', '/r/.git/refs/heads/p': 'ref: refs/heads/q', '/r/.git/refs/heads/q': A },
      A,
    ],
    ['a circle', { '/r/.git/HEAD': 'ref: refs/heads/p', '/r/.git/refs/heads/p': 'ref: refs/heads/p' }, undefined],
    ['a branch without a commit', { '/r/.git/HEAD': 'ref: refs/heads/main\n' }, undefined],
    ['a name that climbs out', { '/r/.git/HEAD': 'ref: refs/../../x\n', '/r/x': A }, undefined],
    ['a reftable store', { '/r/.git/HEAD': 'ref: refs/heads/.invalid\n' }, undefined],
    ['something else', { '/r/.git/HEAD': 'not a commit' }, undefined],
    ['no checkout', {}, undefined],
  ]
  for (const [what, files, commit] of cases)
    it(`reads ${what}`, async () => {
      expect(await sourceCommit(async (path) => files[path], '/r')).toBe(commit)
    })

  it('says unknown where there is none', () => {
    expect(versionText({ version: '1.2.3', commit: null, node: 'v20.19.0' })).toBe(
      'cointrader 1.2.3 (commit unknown, node v20.19.0)',
    )
    expect(versionText({ version: '1.2.3', commit: A, node: 'v20.19.0' })).toContain('(commit aaaaaaa,')
  })
})
