import { fail, seededRandom } from '@cointrader/core'
import {
  boundsOf,
  type Drawn,
  drawUniform,
  inSpace,
  memoryResults,
  type SearchRequest,
  type Space,
  shouldPrune,
  tpeSearch,
} from '@cointrader/models/tune/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const space: Space = [
  { name: 'rate', kind: 'log', bounds: [1e-4, 1] },
  { name: 'depth', kind: 'int', bounds: [2, 7] },
  { name: 'leaves', kind: 'int', bounds: (p) => [2, 2 ** p.depth - 1] },
  { name: 'share', kind: 'float', bounds: [0.5, 1] },
]
/** Best 0 at rate 0.01, depth 5, leaves 20, share 0.8. */
const worth = (p: Drawn): number =>
  -((Math.log10(p.rate) + 2) ** 2) - (p.depth - 5) ** 2 / 4 - ((p.leaves - 20) / 20) ** 2 - 4 * (p.share - 0.8) ** 2

const base: Omit<SearchRequest, 'store'> = {
  space,
  trials: 30,
  seed: 7,
  workers: 1,
  settings: 'test',
  evaluate: async (p, trial) => {
    for (let step = 0; step < 5; step++) if (trial.report(step, worth(p) - (4 - step))) return 'pruned'
    return { score: worth(p), detail: { seen: worth(p) } }
  },
}

describe('tpeSearch', () => {
  it('is the same for a seed whatever the workers, and stays in the space', async () => {
    const one = await tpeSearch({ ...base, batch: 4, store: memoryResults() })
    for (const workers of [2, 8]) {
      const order = seededRandom(workers)
      const many = await tpeSearch({
        ...base,
        batch: 4,
        workers,
        store: memoryResults(),
        evaluate: async (p, trial) => {
          // Trials end in another order than they began.
          for (let wait = order.int(5); wait > 0; wait--) await Promise.resolve()
          return base.evaluate(p, trial)
        },
      })
      expect(many).toEqual(one)
    }
    for (const t of one.trials) expect(inSpace(space, t.params)).toBe(true)
    const other = await tpeSearch({ ...base, batch: 4, seed: 8, store: memoryResults() })
    expect(other.trials[0].params).not.toEqual(one.trials[0].params)
  })

  it('a killed and resumed search equals an undisturbed one, wherever it is killed', async () => {
    const whole = await tpeSearch({ ...base, store: memoryResults() })
    for (const after of [0, 1, 11, 12, 29]) {
      const store = memoryResults()
      let left = after
      const killed = tpeSearch({
        ...base,
        workers: 2,
        store,
        evaluate: async (p, trial) => {
          if (left-- === 0) throw new Error('killed')
          return base.evaluate(p, trial)
        },
      })
      await expect(killed).rejects.toThrow('killed')
      expect(await tpeSearch({ ...base, workers: 2, store })).toEqual(whole)
    }
  })

  it('finds better points than as many random draws (mean of 10 seeds), maximising and minimising', async () => {
    let searched = 0
    let minimised = 0
    let drawn = 0
    for (let seed = 0; seed < 10; seed++) {
      const common = { ...base, trials: 60, seed, pruning: null }
      searched += (await tpeSearch({ ...common, store: memoryResults() })).best.score as number
      const least = await tpeSearch({
        ...common,
        direction: 'minimise',
        store: memoryResults(),
        evaluate: async (p) => ({ score: -worth(p) }),
      })
      minimised -= least.best.score as number
      const random = seededRandom(`random ${seed}`)
      let best = Number.NEGATIVE_INFINITY
      for (let i = 0; i < 60; i++) {
        const p: Record<string, number> = {}
        for (const d of space) p[d.name] = drawUniform(d, p, random)
        best = Math.max(best, worth(p))
      }
      drawn += best
    }
    expect(searched).toBeGreaterThan(drawn / 2)
    expect(minimised).toBe(searched)
  })

  it('prunes, and chooses among complete trials only', async () => {
    const { trials, best } = await tpeSearch({ ...base, trials: 40, store: memoryResults() })
    const pruned = trials.filter((t) => t.state === 'pruned')
    expect(pruned.length).toBeGreaterThan(0)
    for (const t of pruned) expect(t.reports.length).toBe(4)
    const scores = trials.flatMap((t) => (t.state === 'complete' ? [t.score as number] : []))
    expect(best.score).toBe(Math.max(...scores))
    const none = await tpeSearch({ ...base, trials: 40, pruning: null, store: memoryResults() })
    expect(none.trials.every((t) => t.state === 'complete')).toBe(true)
  })

  it('keeps trials that cannot be trained, and refuses by name', async () => {
    const some = await tpeSearch({
      ...base,
      store: memoryResults(),
      evaluate: async (p) => {
        if (p.depth < 4) fail('E_TRAINING', { subject: 'trial', detail: 'one class' })
        return { score: p.depth > 6 ? Number.NaN : worth(p) }
      },
    })
    expect(new Set(some.trials.map((t) => t.state))).toEqual(new Set(['complete', 'failed']))
    const failing = tpeSearch({
      ...base,
      store: memoryResults(),
      evaluate: async () => fail('E_TRAINING', { subject: 'trial', detail: 'one class' }),
    })
    await expect(failing).rejects.toThrow('none of 30 trials')
    await expect(tpeSearch({ ...base, trials: 0, store: memoryResults() })).rejects.toThrow('E_USAGE')
    await expect(
      tpeSearch({ ...base, space: [{ name: 'x', kind: 'log', bounds: [0, 1] }], store: memoryResults() }),
    ).rejects.toThrow('bounds of x')
    const store = memoryResults()
    const stop = new AbortController()
    const stopped = tpeSearch({ ...base, store, signal: stop.signal, onTrial: () => stop.abort() })
    await expect(stopped).rejects.toThrow('E_INTERRUPTED')
  })
})

it('median rule equals its definition', () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(values, fc.array(values, { maxLength: 9 }), fc.integer({ min: 0, max: 4 }), (mine, others, step) => {
      const pairs = (x: number[]) => x.map((v, s) => [s, v] as const)
      const pruned = shouldPrune(
        pairs(mine).slice(0, step + 1),
        step,
        others.map((o) => ({ reports: pairs(o) })),
        { startupTrials: 5, warmupSteps: 3 },
      )
      const at = others.map((o) => o[step]).sort((a, b) => a - b)
      const k = at.length
      const median = k % 2 === 1 ? at[(k - 1) / 2] : (at[k / 2 - 1] + at[k / 2]) / 2
      const best = mine.slice(0, step + 1).reduce((a, b) => Math.max(a, b))
      expect(pruned).toBe(k >= 5 && step >= 3 && best < median)
    }),
  )
})

it('bounds that hang on earlier values are checked', () => {
  expect(boundsOf(space[2], { depth: 3 })).toEqual([2, 7])
  expect(inSpace(space, { rate: 0.1, depth: 2, leaves: 7, share: 0.6 })).toBe(false)
  expect(inSpace(space, { rate: 0.1, depth: 3, leaves: 7, share: 0.6 })).toBe(true)
  expect(inSpace(space, { rate: 0.1, depth: 3, leaves: 6.5, share: 0.6 })).toBe(false)
})
