/** Which stages run at once, and what happens when one fails or the run is stopped. */
import { CointraderError, isError, seededRandom } from '@cointrader/core'
import type { Stage } from '@cointrader/study/plan/stage'
import { type ExecuteRequest, interrupted } from '@cointrader/study/run/execute'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { execute, machine, memoryDisk, runner, stage } from './machine.js'

/** Lets everything that is ready go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

/** A runner whose stages end when they are told to. */
function byHand(stages: readonly Stage[]) {
  const on = machine()
  const disk = memoryDisk(on.files)
  const real = runner(stages, on, disk)
  const running = new Map<string, { end(): void; fail(error: Error): void; signal: AbortSignal }>()
  const run: ExecuteRequest['run'] = (s, argv, signal) =>
    new Promise((resolve, reject) => {
      running.set(s.id, {
        signal,
        end: () => {
          running.delete(s.id)
          real(s, argv, signal).then(resolve, reject)
        },
        fail: (error) => {
          running.delete(s.id)
          reject(error)
        },
      })
    })
  return { on, run, running, now: () => [...running.keys()].sort() }
}

const LIGHT = { light: true }

describe('stages at once', () => {
  it('light ones up to the number of jobs, a heavy one alone, each after those it needs', async () => {
    const stages = [
      stage('a', [], LIGHT),
      stage('b', [], LIGHT),
      stage('c', [], LIGHT),
      stage('heavy', []),
      stage('d', ['a'], LIGHT),
      stage('e', ['heavy'], LIGHT),
    ]
    const { on, run, running, now } = byHand(stages)
    const whole = execute(stages, on, { run, jobs: 2 })
    await settled()
    expect(now()).toEqual(['a', 'b'])
    running.get('b')!.end()
    await settled()
    expect(now()).toEqual(['a', 'c'])
    running.get('a')!.end()
    await settled()
    // The heavy one is next in the plan, but not beside another.
    expect(now()).toEqual(['c', 'd'])
    running.get('c')!.end()
    running.get('d')!.end()
    await settled()
    expect(now()).toEqual(['heavy'])
    running.get('heavy')!.end()
    await settled()
    expect(now()).toEqual(['e'])
    running.get('e')!.end()
    expect([...(await whole).ran].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'heavy'])
  })

  it('never break these rules, whatever the plan and the order in which they end', async () => {
    let most = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ needs: fc.nat(255), light: fc.boolean() }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.string(),
        async (nodes, jobs, seed) => {
          const stages = nodes.map(({ needs, light }, i) =>
            stage(
              `s${i}`,
              nodes.flatMap((_, k) => (k < i && (needs >> k) % 2 === 1 ? [`s${k}`] : [])),
              { light },
            ),
          )
          const on = machine()
          const real = runner(stages, on, memoryDisk(on.files))
          const random = seededRandom(seed)
          const running = new Set<Stage>()
          const done = new Set<string>()
          const told: string[] = []
          await execute(stages, on, {
            jobs,
            run: async (s, argv, signal) => {
              expect(s.needs.every((id) => done.has(id))).toBe(true)
              running.add(s)
              most = Math.max(most, running.size)
              if ([...running].some((r) => !r.light)) expect(running.size).toBe(1)
              expect(running.size).toBeLessThanOrEqual(jobs)
              for (let n = random.int(5); n > 0; n--) await turn()
              const ended = await real(s, argv, signal)
              running.delete(s)
              return ended
            },
            started: (s) => told.push(`+${s.id}`),
            ended: (s, record, usage) => {
              expect(record.id).toBe(s.id)
              expect(usage).toBeDefined()
              done.add(s.id)
              told.push(`-${s.id}`)
            },
          })
          expect(on.calls.sort()).toEqual(stages.map((s) => s.id).sort())
          for (const s of stages) expect(told.indexOf(`+${s.id}`)).toBeLessThan(told.indexOf(`-${s.id}`))
        },
      ),
      { numRuns: 60 },
    )
    expect(most).toBe(4)
  })
})

describe('a failure', () => {
  const stages = [stage('a', [], LIGHT), stage('b', [], LIGHT), stage('c', ['a'], LIGHT), stage('d', ['b'])]

  it('stops the run, but waits for what is running, and keeps what that finished', async () => {
    const { on, run, running, now } = byHand(stages)
    let over = false
    const whole = execute(stages, on, { run }).finally(() => {
      over = true
    })
    whole.catch(() => {})
    await settled()
    expect(now()).toEqual(['a', 'b'])
    const { signal } = running.get('b')!
    running.get('a')!.fail(new CointraderError('E_TRAINING', { subject: 'stage a', detail: 'constant label' }))
    await settled()
    expect(signal.aborted).toBe(true)
    expect(over).toBe(false)
    expect(now()).toEqual(['b'])
    running.get('b')!.end()
    await expect(whole).rejects.toThrow(/E_TRAINING: stage a/)
    expect(now()).toEqual([])
    const again = await execute(stages, on)
    expect(again.kept).toEqual(['b'])
    expect([...again.ran].sort()).toEqual(['a', 'c', 'd'])
  })

  it('is the first one, not what the others say when they are stopped', async () => {
    const { on, run, running } = byHand(stages)
    const whole = execute(stages, on, { run })
    whole.catch(() => {})
    await settled()
    running.get('a')!.fail(new Error('the reason'))
    await settled()
    running.get('b')!.fail(new CointraderError('E_INTERRUPTED', { subject: 'b' }))
    await expect(whole).rejects.toThrow('the reason')
  })
})

describe('a run that is told to stop', () => {
  const stages = [stage('a', [], LIGHT), stage('b', [], LIGHT), stage('c', ['a', 'b'])]

  it('tells its stages, waits for them, starts nothing more, and says that it was interrupted', async () => {
    const { on, run, running, now } = byHand(stages)
    const stop = new AbortController()
    const whole = execute(stages, on, { run, signal: stop.signal })
    whole.catch(() => {})
    await settled()
    const signals = [...running.values()].map((r) => r.signal)
    const reason = new CointraderError('E_INTERRUPTED', { subject: 'run' })
    stop.abort(reason)
    expect(signals.map((s) => s.aborted)).toEqual([true, true])
    running.get('a')!.fail(reason)
    running.get('b')!.end()
    const error = await whole.catch((e: unknown) => e)
    expect(interrupted(error)).toBe(true)
    expect(interrupted(new Error('other'))).toBe(false)
    expect(now()).toEqual([])
    expect(on.calls).toEqual(['b'])
    expect((await execute(stages, on)).kept).toEqual(['b'])
  })

  it('does nothing at all when it was stopped before', async () => {
    const on = machine()
    const stop = AbortSignal.abort(new CointraderError('E_INTERRUPTED', { subject: 'run' }))
    const error = await execute(stages, on, { signal: stop }).catch((e: unknown) => e)
    expect(isError(error, 'E_INTERRUPTED')).toBe(true)
    expect(on.files.size).toBe(0)
  })
})
