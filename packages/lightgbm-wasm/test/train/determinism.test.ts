/** One seed, one model: whatever the kernel and the number of threads, in this thread or another. */
import { execFileSync } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { type Dataset, type ParamInput, train, writeText } from '@cointrader/lightgbm-wasm'
import { describe, expect, it } from 'vitest'
import { dataset, type Spec } from '../parity-data.js'

// More rows than a chunk of the parallel passes (16,384), and every kind of feature.
const spec: Spec = {
  rows: 40_000,
  kinds: ['normal', 'normal', 'cat30', 'ties', 'sparse', 'normal', 'positive', 'normal', 'cat3', 'normal', 'ties'],
  categorical: [2, 8],
  missing: 0.05,
  target: 'value',
  params: {},
}

const cases: Record<string, ParamInput> = {
  plain: { num_leaves: 40 },
  sampled: {
    num_leaves: 20,
    bagging_fraction: 0.7,
    bagging_freq: 1,
    feature_fraction: 0.8,
    feature_fraction_bynode: 0.6,
    seed: 3,
  },
  repacked: { num_leaves: 20, bagging_fraction: 0.4, bagging_freq: 2, feature_fraction: 0.4, seed: 9 },
  general: { num_leaves: 15, path_smooth: 2, extra_trees: true, lambda_l1: 0.1, objective: 'huber' },
  depthwise: { num_leaves: 24, grow_policy: 'depthwise' },
}

describe('the same model bytes', () => {
  for (const [name, params] of Object.entries(cases)) {
    it(name, async () => {
      const data = await dataset(spec, 77)
      const text = async (num_threads: number, kernel: 'wasm' | 'typescript'): Promise<string> => {
        const { model } = await train({ ...params, num_threads, num_iterations: 4 }, data, { kernel })
        return writeText({ ...model, parameters: '' })
      }
      const one = await text(1, 'wasm')
      expect(one.split('Tree=').length).toBeGreaterThan(4)
      expect(await text(2, 'wasm')).toBe(one)
      expect(await text(4, 'wasm')).toBe(one)
      expect(await text(1, 'typescript')).toBe(one)
      expect(await text(2, 'typescript')).toBe(one)
    })
  }
})

it('the same for more rows than fit the cache, which are stored row by row, and for copies of some columns', async () => {
  const data = await dataset({ ...spec, rows: 160_000 }, 78)
  for (const params of [{}, { feature_fraction: 0.4, seed: 2 }]) {
    const text = async (num_threads: number, kernel: 'wasm' | 'typescript'): Promise<string> => {
      const { model } = await train({ ...params, num_threads, num_leaves: 12, num_iterations: 2 }, data, { kernel })
      return writeText({ ...model, parameters: '' })
    }
    const one = await text(1, 'wasm')
    expect(await text(2, 'wasm')).toBe(one)
    expect(await text(1, 'typescript')).toBe(one)
  }
})

it('a data set posted to another thread trains there, at the same time, to the same model', async () => {
  const data = await dataset({ ...spec, rows: 3000 }, 5)
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module).then(async ({ Dataset, train, writeText }) => {
      const { model } = await train({ num_iterations: 5, num_threads: 2 }, Dataset.attach(workerData.shared))
      parentPort.postMessage(writeText({ ...model, parameters: '' }))
    })`
  const module = import.meta.resolve('@cointrader/lightgbm-wasm')
  const elsewhere = [1, 2].map(
    () =>
      new Promise<string>((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: { module, shared: data.share() } })
        worker.once('message', resolve)
        worker.once('error', reject)
      }),
  )
  const { model } = await train({ num_iterations: 5 }, data)
  const here = writeText({ ...model, parameters: '' })
  expect(await Promise.all(elsewhere)).toEqual([here, here])
})

it('one binned data set serves many trainings without growing', async () => {
  const data: Dataset = await dataset({ ...spec, rows: 2000 }, 5)
  await train({ num_iterations: 2, num_leaves: 31 }, data)
  const bytes = data.memory.buffer.byteLength
  for (const num_leaves of [31, 7, 15, 31, 20]) await train({ num_iterations: 2, num_leaves }, data)
  expect(data.memory.buffer.byteLength).toBe(bytes)
})

/** A small training in a process of its own; prints the model. It must end by itself, with its threads. */
function elsewhere(flags: readonly string[], threads: number): string {
  const code = `
    const { Dataset, train, writeText } = await import(${JSON.stringify(import.meta.resolve('@cointrader/lightgbm-wasm'))})
    const column = (k) => Float64Array.from({ length: 400 }, (_, i) => ((i * k) % 101) / 101)
    const data = await Dataset.from({ columns: [column(7), column(13), column(29)], label: column(7) })
    const { model } = await train({ num_iterations: 3, num_threads: ${threads}, num_leaves: 5 }, data)
    process.stdout.write(writeText({ ...model, parameters: '' }))`
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 60_000,
  })
}

it('the process ends when training has ended, threads and all; without WebAssembly the model is the same', () => {
  const one = elsewhere([], 1)
  expect(one).toContain('Tree=2')
  expect(elsewhere([], 3)).toBe(one)
  // --jitless has no WebAssembly: the plain TypeScript kernels over a growable buffer.
  expect(elsewhere(['--jitless'], 1)).toBe(one)
  expect(elsewhere(['--jitless'], 2)).toBe(one)
})

it('an aborted training ends its threads', async () => {
  const data = await dataset({ ...spec, rows: 2000 }, 5)
  const control = new AbortController()
  const run = train({ num_iterations: 50, num_threads: 3 }, data, {
    signal: control.signal,
    callbacks: [() => control.abort()],
  })
  await expect(run).rejects.toThrow(/stopped after 1 iterations/)
})
