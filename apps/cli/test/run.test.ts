/** `cointrader run` and `reproduce`, end to end: made, kept, changed, killed, derived again. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@cointrader/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'
import { archiveFolder, artefactsOf, faulty, SMALL, studyFile } from './study.js'

let archive: string
let calm: string
/** What an undisturbed run made, and in how many writes. */
let expected: Record<string, string>
let writes: number

const file = () => studyFile(SMALL)
const args = (study: string, out: string, ...more: string[]) => [
  ...['run', study, '--archive', archive, '--out', out, '--workers', '1', ...more],
]

beforeAll(async () => {
  archive = await archiveFolder('study', 6, 4)
  calm = join(tempFolder(), 'calm')
  // With two workers where all later runs have one: their number must not show in any byte.
  const made = await faulty(args(file(), calm, '--workers', '2', '--json'), {})
  expect(made.code, made.stderr).toBe(0)
  writes = made.writes
  expected = artefactsOf(calm)
  const result = JSON.parse(made.stdout)
  expect(result.kept).toEqual([])
  expect(result.missing).toEqual([])
  expect(result.ran).toHaveLength(10)
}, 240_000)

describe('run', () => {
  it('makes the report and every artefact it names', () => {
    const names = Object.keys(expected)
    for (const name of ['report.html', 'study.json', 'study.yaml', 'findings.json', 'judged.json'])
      expect(names).toContain(name)
    const study = JSON.parse(readFileSync(join(calm, 'study.json'), 'utf8'))
    expect(study.report).toBe(expected['report.html'])
    const outputs = study.stages.flatMap(
      (s: { outputs: { root: string; path: string; sha256: string }[] }) => s.outputs,
    )
    for (const { root, path, sha256 } of outputs)
      expect(expected[root === 'raw' ? `data/${path}` : path], path).toBe(sha256)
    const page = readFileSync(join(calm, 'report.html'), 'utf8')
    // Nothing of this machine, and nothing that takes time.
    expect(page).not.toContain(calm)
    expect(page).not.toContain(archive)
  })

  it('a second run keeps everything; with other settings only what depends on them is made', {
    timeout: 240_000,
  }, async () => {
    const out = join(tempFolder(), 'again')
    cpSync(calm, out, { recursive: true })
    const kept = await cointrader(args(file(), out, '--json'))
    expect(kept.code, kept.stderr).toBe(0)
    expect(JSON.parse(kept.stdout).ran).toEqual([])
    expect(artefactsOf(out)).toEqual(expected)
    const changed = await cointrader(args(file(), out, '--set', 'models.0.rounds=15', '--json'))
    expect(JSON.parse(changed.stdout).ran.sort()).toEqual([
      'backtest/trees',
      'judge',
      'predict/trees/1',
      'train/trees/1',
    ])
    const traded = await cointrader(
      args(file(), out, '--set', 'models.0.rounds=15', '--set', 'backtest.fee_pct=0.1', '--json'),
    )
    expect(JSON.parse(traded.stdout).ran.sort()).toEqual(['backtest/baseline-momentum', 'backtest/trees'])
    // And back: the first models are still there, so what comes out is what came out first.
    const back = await cointrader(args(file(), out, '--json'))
    expect(back.code, back.stderr).toBe(0)
    const now = artefactsOf(out)
    for (const name of Object.keys(expected).filter((n) => !/^models\/[^/]+\/latest\.json$/.test(n)))
      expect(now[name], name).toBe(expected[name])
    rmSync(join(out, 'judged.json'))
    const mended = await cointrader(args(file(), out, '--json'))
    expect(JSON.parse(mended.stdout).ran).toEqual(['judge'])
    expect(artefactsOf(out)['report.html']).toBe(expected['report.html'])
  })

  it('killed at 10 seeded writes and run again: the same bytes, the report included', {
    timeout: 400_000,
  }, async () => {
    const random = seededRandom('ten writes')
    for (let i = 0; i < 10; i++) {
      // One in each tenth, so that every part of the chain is struck.
      const killAt = 1 + Math.floor(((i + random.next()) * (writes - 1)) / 10)
      const out = join(tempFolder(), 'cut')
      const cut = await faulty(args(file(), out), { killAt })
      expect(cut.signal, `write ${killAt} of ${writes}: ${cut.stderr}`).toBe('SIGKILL')
      const again = await cointrader(args(file(), out))
      expect(again.code, `write ${killAt}: ${again.stderr}`).toBe(0)
      expect(artefactsOf(out), `killed at write ${killAt} of ${writes}`).toEqual(expected)
    }
  })

  it('Ctrl-C ends it with a word, and the same command goes on', { timeout: 120_000 }, async () => {
    const out = join(tempFolder(), 'stopped')
    const study = file()
    let stop: NodeJS.Timeout | undefined
    const cut = await cointrader(args(study, out), (kill) => {
      stop = setInterval(() => {
        try {
          readFileSync(join(out, 'stages/universe.json'))
        } catch {
          return
        }
        clearInterval(stop)
        kill('SIGINT')
      }, 5)
    })
    clearInterval(stop)
    expect(cut.code).toBe(1)
    expect(cut.stderr).toMatch(/E_INTERRUPTED/)
    const again = await cointrader(args(study, out))
    expect(again.code, again.stderr).toBe(0)
    expect(again.stderr).toContain('universe: kept')
    expect(artefactsOf(out)).toEqual(expected)
  })

  it('reproduces from the folder alone, and names the first stage that differs', { timeout: 240_000 }, async () => {
    const elsewhere = join(tempFolder(), 'moved')
    cpSync(calm, elsewhere, { recursive: true })
    const same = await cointrader(['reproduce', elsewhere, '--archive', archive, '--json'])
    expect(same.code, same.stderr).toBe(0)
    const result = JSON.parse(same.stdout)
    expect(result).toMatchObject({ same: true, differences: [], report: true })
    expect(result.artefacts).toBeGreaterThan(50)
    // Another archive: the first table that differs is one of fetch.
    const other = await cointrader(['reproduce', elsewhere, '--archive', await archiveFolder('other', 6, 4), '--json'])
    expect(other.code).toBe(1)
    expect(JSON.parse(other.stdout)).toMatchObject({ same: false, firstStage: 'fetch' })
    writeFileSync(join(elsewhere, 'judged.json'), '{}')
    const damaged = await cointrader(['reproduce', elsewhere, '--archive', archive])
    expect(damaged.code).toBe(1)
    expect(damaged.stderr).toMatch(/E_FILE_CORRUPT.*judged\.json/)
  })

  it('--dry-run writes nothing and prints every stage', async () => {
    const out = join(tempFolder(), 'dry')
    const dry = await cointrader(args(file(), out, '--dry-run', '--json'))
    expect(dry.code, dry.stderr).toBe(0)
    const plan = JSON.parse(dry.stdout)
    expect(plan.stages.map((s: { id: string }) => s.id)).toEqual([
      ...['fetch', 'preprocess', 'universe', 'build-xy', 'health', 'train/trees/1', 'predict/trees/1', 'judge'],
      ...['backtest/trees', 'backtest/baseline-momentum'],
    ])
    expect(plan.seconds).toBeGreaterThan(1)
    expect(artefactsOf(tempFolder())).toEqual({})
    expect(() => readFileSync(join(out, 'study.yaml'))).toThrow()
  })

  it('what a stage cannot do ends the run with its own error, the stage named', async () => {
    const out = join(tempFolder(), 'none')
    const none = await cointrader(
      args(file(), out, '--set', 'range.end=2026-02-09', '--set', 'folds.0.test.end=2026-02-09'),
    )
    // Days the archive does not have are named, and the run goes on to what there is.
    expect(none.code).toBe(3)
    expect(none.stderr).toMatch(/missing: .*2026-02-05/)
    const bad = await cointrader(['run', studyFile(SMALL.replace('size: 5', 'sise: 5'))])
    expect(bad.code).toBe(2)
    expect(bad.stderr).toMatch(/line 6: universe\.sise: not a known entry \(did you mean "size"\?\)/)
    const gone = await cointrader(args(file(), join(tempFolder(), 'x'), '--archive', '/nowhere'))
    expect(gone.code).not.toBe(0)
    expect(gone.stderr).toMatch(/stage fetch/)
  })
})
