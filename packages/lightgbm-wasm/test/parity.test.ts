/** Trees of Python LightGBM 4.7 (fixtures/parity.json, made by fixtures/make.py) against ours. */
import { readFileSync } from 'node:fs'
import { Dataset, type ParamInput, type Tree, train } from '@cointrader/lightgbm-wasm'
import { describe, expect, it } from 'vitest'
import { dataset, type Spec } from './parity-data.js'
import { readParquet, shared } from './shared.js'

interface StoredTree {
  readonly leafValue: readonly number[]
  readonly splitFeature?: readonly number[]
  readonly threshold?: readonly number[]
  readonly decisionType?: readonly number[]
  readonly leftChild?: readonly number[]
  readonly rightChild?: readonly number[]
  readonly splitGain?: readonly number[]
  readonly leafCount?: readonly number[]
  readonly internalCount?: readonly number[]
  readonly catBoundaries?: readonly number[]
  readonly catThreshold?: readonly number[]
}
interface Case {
  readonly seed: number
  readonly spec: Spec
  readonly objective: string
  readonly featureInfos: readonly string[]
  readonly trees: readonly StoredTree[]
  readonly metric: string
  readonly loss: number
  readonly losses: readonly number[]
  /** Every metric after 10 rounds. */
  readonly metrics: Readonly<Record<string, number>>
  readonly rounds: number
}

const file = JSON.parse(readFileSync(new URL('./fixtures/parity.json', import.meta.url), 'utf8')) as {
  readonly cases: Record<string, Case>
}

function close(ours: ArrayLike<number>, theirs: readonly number[] | undefined, tolerance: number, what: string): void {
  if (theirs === undefined) return
  expect(ours.length, what).toBe(theirs.length)
  theirs.forEach((x, i) => {
    if (!(Math.abs(ours[i] - x) <= tolerance * Math.max(1, Math.abs(x))))
      expect.fail(`${what}[${i}]: ${ours[i]} is not ${x}`)
  })
}

function compare(tree: Tree, stored: StoredTree, at: string): void {
  close(tree.splitFeature, stored.splitFeature, 0, `${at} feature (gains ${tree.splitGain} and ${stored.splitGain})`)
  close(tree.threshold, stored.threshold, 1e-12, `${at} threshold`)
  close(tree.decisionType, stored.decisionType, 0, `${at} decision type`)
  close(tree.leftChild, stored.leftChild, 0, `${at} left child`)
  close(tree.rightChild, stored.rightChild, 0, `${at} right child`)
  close(tree.leafValue, stored.leafValue, 1e-9, `${at} leaf value`)
  close(tree.splitGain, stored.splitGain, 1e-4, `${at} gain`)
  close(tree.leafCount, stored.leafCount, 0, `${at} leaf count`)
  close(tree.internalCount, stored.internalCount, 0, `${at} internal count`)
  close(tree.catBoundaries, stored.catBoundaries, 0, `${at} categories`)
  close(tree.catThreshold, stored.catThreshold, 0, `${at} categories`)
}

describe('trees equal those of Python LightGBM', () => {
  for (const [name, c] of Object.entries(file.cases)) {
    it(name, async () => {
      const data = await dataset(c.spec, c.seed)
      const test = await dataset(c.spec, c.seed + 500, data)
      const params = { ...c.spec.params, num_iterations: 300 }
      const { model, history, stopped } = await train(params, data, { valid: [{ name: 'test', data: test }] })
      expect(model.featureInfos).toEqual(c.featureInfos)
      c.trees.forEach((stored, i) => {
        compare(model.trees[i], stored, `tree ${i}`)
      })
      expect(model.objective).toBe(c.objective)
      const losses = history.test[c.metric]
      close(losses.slice(0, 5), c.losses, 1e-9, 'loss')
      for (const [metric, x] of Object.entries(c.metrics)) close([history.test[metric][9]], [x], 1e-9, metric)
      // The objective's own loss on other rows after all rounds: within 0.5 %, or better.
      // Python's loop goes on without effect when nothing can be split any more; ours ends.
      if (stopped !== 'no-split') expect(losses.length).toBe(c.rounds)
      const ours = losses[losses.length - 1]
      const worse = c.metric.startsWith('ndcg') ? c.loss - ours : ours - c.loss
      expect(worse).toBeLessThanOrEqual(0.005 * Math.abs(c.loss))
    })
  }
})

const realFile = shared('data/xy-2026-02-real/xy.parquet')
const real = realFile === undefined ? undefined : await readParquet(realFile)

it.skipIf(real === undefined)('xy-2026-02-real: the first 10 trees, and the loss after 300 rounds', async () => {
  const stored = JSON.parse(readFileSync(new URL('./fixtures/real.json', import.meta.url), 'utf8')) as {
    readonly params: ParamInput
    readonly trees: readonly StoredTree[]
    readonly losses: readonly number[]
    readonly loss: number
    readonly rounds: number
  }
  const rows = real ?? []
  const names = Object.keys(rows[0])
    .filter((c) => c.startsWith('x_'))
    .sort()
  const half = Math.floor(rows.length / 2)
  const part = (from: number, to: number, reference?: Dataset): Promise<Dataset> =>
    Dataset.from({
      columns: names.map((c) => Float64Array.from(rows.slice(from, to), (r) => Number(r[c]))),
      featureNames: names,
      label: rows.slice(from, to).map((r) => Number(r.y_60m)),
      ...(reference === undefined ? {} : { reference }),
    })
  const data = await part(0, half)
  const test = await part(half, rows.length, data)
  const params = { ...stored.params, num_iterations: stored.rounds }
  const { model, history } = await train(params, data, { valid: [{ name: 'test', data: test }] })
  stored.trees.forEach((tree, i) => {
    compare(model.trees[i], tree, `tree ${i}`)
  })
  close(history.test.l2.slice(0, 5), stored.losses, 1e-9, 'loss')
  const last = history.test.l2[stored.rounds - 1]
  expect(last).toBeLessThanOrEqual(1.005 * stored.loss)
})
