/** What is kept and what is made again: exactly what depends on a change. */
import { isError } from '@cointrader/core'
import { describe, expect, it } from 'vitest'
import {
  clean,
  done,
  execute,
  type Machine,
  machine,
  memoryDisk,
  plugin,
  ROOTS,
  ranOf,
  recordOf,
  runner,
  snapshot,
  stage,
  study,
} from './machine.js'

const ALL = study().map((s) => s.id)

async function finished(): Promise<Machine> {
  const on = machine(new Map([plugin('one')]))
  expect(await ranOf(study(), on)).toEqual(ALL)
  return on
}

describe('a finished study', () => {
  it('is kept when nothing changed, and not a byte is written', async () => {
    const on = await finished()
    const before = snapshot(on)
    const again = await execute(study(), on, { dieAt: 1 })
    expect(again.kept).toEqual(ALL)
    expect(again.ran).toEqual([])
    expect(snapshot(on)).toEqual(before)
    expect([...again.records.keys()]).toEqual(ALL)
  })

  it('runs again from a setting of one model on: that model, its scores, what uses them', async () => {
    const on = await finished()
    const other = study({ 'train/a': { argv: ['train', '--rounds', '20'] } })
    expect(await ranOf(other, on)).toEqual(['train/a', 'predict/a', 'backtest/a', 'judge'])
    expect(snapshot(on)).toEqual(await clean(other, [plugin('one')]))
  })

  it('runs again what reads a plug-in whose bytes changed; where the file lies does not count', async () => {
    const on = await finished()
    on.files.set(...plugin('two'))
    expect(await ranOf(study(), on)).toEqual(ALL.filter((id) => id !== 'fetch'))
    on.files.set('/elsewhere.ts', on.files.get('/plug.ts')!)
    const moved = study({ xy: { argv: ['xy', '--plugin', '/elsewhere.ts'], files: ['/elsewhere.ts'] } })
    expect(await ranOf(moved, on)).toEqual([])
    expect(recordOf(on, 'xy').argv).toEqual(['xy', '--plugin', '{file:0}'])
    on.files.delete('/elsewhere.ts')
    await expect(execute(moved, on)).rejects.toThrow(/E_FILE_MISSING.*elsewhere/)
  })

  it('runs all again by another code version', async () => {
    const on = await finished()
    expect(await ranOf(study(), on, { codeVersion: 'code/2' })).toEqual(ALL)
    expect(await ranOf(study(), on, { codeVersion: 'code/2' })).toEqual([])
  })

  it('does not care for arguments that change no byte', async () => {
    const on = await finished()
    expect(await ranOf(study({ fetch: { argv: ['fetch', 'coarse=2'], extra: ['--workers', '9'] } }), on)).toEqual([])
  })

  it('leaves what comes after alone when a stage came out with the same bytes', async () => {
    const on = await finished()
    // Its command is another one, its output is not.
    expect(await ranOf(study({ fetch: { argv: ['fetch', 'coarse=3'] } }), on)).toEqual(['fetch'])
    expect(await ranOf(study({ fetch: { argv: ['fetch', 'coarse=4'] } }), on)).toEqual(ALL)
  })

  it('makes again what was deleted or has another size, and nothing else while that is the same', async () => {
    const on = await finished()
    const before = snapshot(on)
    for (const change of [
      () => on.files.delete('/study/out/xy.log'),
      () => on.files.set('/study/out/xy.txt', new Uint8Array(63)),
      () => on.files.delete('/study/stages/xy.json'),
      () => on.files.set('/study/stages/xy.json', new TextEncoder().encode('{"id": "xy", "outp')),
      () => on.files.set('/study/stages/xy.json', on.files.get('/study/stages/fetch.json')!),
      () => on.files.set('/study/stages/xy.json', new TextEncoder().encode('null')),
    ]) {
      change()
      expect(await ranOf(study(), on)).toEqual(['xy'])
      expect(snapshot(on)).toEqual(before)
    }
  })

  it('runs a stage again when told so, by its name or by the first part of it', async () => {
    const on = await finished()
    expect(await ranOf(study(), on, { again: ['train'] })).toEqual(['train/a', 'train/b'])
    expect(await ranOf(study(), on, { again: ['train/b'] })).toEqual(['train/b'])
    expect(await ranOf(study(), on, { again: ['tra', 'xyz'] })).toEqual([])
  })

  it('does not take the files of a cut run for those of the run before', async () => {
    // Another setting is begun and killed when its outputs are written, of the same size as before; then the first comes
    // back. Scores are replaced; the ledger adds to what it finds.
    const ledger = (argv: string[]) => ({
      argv,
      fresh: [{ root: 'study' as const, folder: 'out', names: 'train\\.b\\..+' }],
    })
    const stages = study({ 'train/b': ledger(['check', '1']) })
    const other = study({ 'train/a': { argv: ['train', '--rounds', '20'] }, 'train/b': ledger(['check', '2']) })
    const whole = await clean(stages, [plugin('one')])
    let cut = 0
    for (let dieAt = 1; ; dieAt++) {
      const on = machine(new Map([plugin('one')]))
      await execute(stages, on)
      const died = await execute(other, on, { dieAt }).then(
        () => false,
        () => true,
      )
      if (!died) break
      cut++
      await execute(stages, on)
      expect(snapshot(on), `killed at write ${dieAt}`).toEqual(whole)
    }
    // Each of the six stages removes its record, writes two files, and writes its record; the ledger removes its two files.
    expect(cut).toBe(26)
  })
})

describe('a stage that was only partly done', () => {
  const two = [stage('fetch', []), stage('xy', ['fetch'])]
  const partly = (on: Machine, missing: readonly string[], stages = two) => {
    const disk = memoryDisk(on.files)
    const real = runner(stages, on, disk)
    return execute(stages, on, {
      run: async (s, argv, signal) => {
        const ended = await real(s, argv, signal)
        return s.id === 'fetch' ? { ...ended, exit: 3, missing } : ended
      },
    })
  }

  it('is not kept, what it lacks is said, and what follows runs on what there is', async () => {
    const on = machine()
    const first = await partly(on, ['fetch: 2026-02-03 is not published'])
    expect(first.ran).toEqual(['fetch', 'xy'])
    expect(first.missing).toEqual(['fetch: 2026-02-03 is not published'])
    const second = await partly(on, [])
    expect([second.ran, second.kept]).toEqual([['fetch'], ['xy']])
    expect(second.missing).toEqual(['fetch: partly done'])
    const third = await execute(two, on)
    expect([third.ran, third.kept, third.missing]).toEqual([['fetch'], ['xy'], []])
    expect((await execute(two, on)).kept).toEqual(['fetch', 'xy'])
  })

  it('goes on from what it has; with another setting it begins anew', async () => {
    const merging = (setting: string) => [
      stage('fetch', [], { argv: ['fetch', setting], fresh: [{ root: 'study', folder: 'out', names: 'fetch\\..+' }] }),
      stage('xy', ['fetch']),
    ]
    const on = machine()
    const there: boolean[] = []
    const run = async (setting: string, exit: 0 | 3) => {
      const stages = merging(setting)
      const disk = memoryDisk(on.files)
      const real = runner(stages, on, disk)
      await execute(stages, on, {
        run: async (s, argv, signal) => {
          if (s.id === 'fetch') there.push(on.files.has('/study/out/fetch.txt'))
          return { ...(await real(s, argv, signal)), exit: s.id === 'fetch' ? exit : 0 }
        },
      })
    }
    await run('a', 3)
    await run('a', 3)
    await run('a', 0)
    await run('b', 0)
    expect(there).toEqual([false, true, true, false])
  })
})

describe('a record', () => {
  it('holds the command with what its placeholders stood for, and no place of this machine', async () => {
    const stages = [
      stage('train', [], { argv: ['train', '--data', '{raw}'] }),
      stage('predict', ['train'], {
        argv: ['predict', 'models/{version:train}', '--symbols', '{members}'],
        extra: ['--cache', '{raw}/cache'],
        stdout: 'out/predict.json',
        outputs: [{ root: 'study', folder: 'out', names: 'predict\\..+' }],
      }),
    ]
    const on = machine()
    const disk = memoryDisk(on.files)
    const real = runner(stages, on, disk)
    await execute(stages, on, {
      run: async (s, argv, signal) => {
        await real(s, argv, signal)
        return done({ result: { model: { version: `v-${s.id}` } }, stdout: `{"made":"${s.id}"}\n` })
      },
    })
    expect(on.lines.get('train')).toEqual(['train', '--data', '/raw'])
    expect(on.lines.get('predict')).toEqual([
      ...['predict', 'models/v-train', '--symbols', 'AUSDT,BUSDT'],
      ...['--cache', '/raw/cache'],
    ])
    expect(recordOf(on, 'train')).toMatchObject({ argv: ['train', '--data', '{raw}'], version: 'v-train' })
    const record = recordOf(on, 'predict')
    expect(record.argv).toEqual(['predict', 'models/v-train', '--symbols', 'AUSDT,BUSDT'])
    expect(record.outputs.map((o) => o.path)).toEqual(['out/predict.json', 'out/predict.log', 'out/predict.txt'])
    expect(snapshot(on)['/study/out/predict.json']).toBe('{"made":"predict"}\n')
    expect(
      JSON.stringify([...on.files.keys()].map((k) => [k, snapshot(on)[k]]).filter(([k]) => k!.includes('/stages/'))),
    ).not.toMatch(/\/raw|"ms"|Rss/)
    expect(ROOTS.raw).toBe('/raw')
  })

  it('is refused where a stage wrote nothing', async () => {
    const on = machine()
    await expect(execute([stage('empty', [])], on, { run: async () => done() })).rejects.toThrow(
      /E_NOTHING_FOUND.*stage empty/,
    )
    expect(snapshot(on)).toEqual({})
  })

  it('needs a plan that has an end', async () => {
    const error = await execute([stage('a', ['b']), stage('b', ['a']), stage('c', [])], machine()).catch((e) => e)
    expect(isError(error, 'E_INTERNAL')).toBe(true)
    expect(error.message).toMatch(/a, b/)
  })
})
