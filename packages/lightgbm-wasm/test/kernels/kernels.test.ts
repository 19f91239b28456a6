/** The compiled kernels against the TypeScript ones: equal bits on random memory. */
import { type Kernels, type SharedMemory, viewsOf } from '@cointrader/lightgbm-wasm/kernels/kernels'
import { typescriptKernels } from '@cointrader/lightgbm-wasm/kernels/typescript'
import { wasmKernels } from '@cointrader/lightgbm-wasm/kernels/wasm'
import { newMemory } from '@cointrader/lightgbm-wasm/memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lcg } from '../parity-data.js'

const BYTES = 8 * 65536
/** Two memories of the same content, one for each kind. */
function twins(seed: number, fill: (memory: SharedMemory, random: () => number) => void): [SharedMemory, SharedMemory] {
  const pair: [SharedMemory, SharedMemory] = [newMemory(), newMemory()]
  for (const memory of pair) {
    memory.grow(BYTES / 65536)
    fill(memory, lcg(seed))
  }
  return pair
}

function agree(
  seed: number,
  fill: (m: SharedMemory, random: () => number) => void,
  run: (k: Kernels) => unknown,
): void {
  const [a, b] = twins(seed, fill)
  expect(run(wasmKernels(a))).toEqual(run(typescriptKernels(b)))
  expect(Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer))).toBe(0)
}

const N = 700
const bins = 65536
const idx = 2 * 65536
const pairs = 3 * 65536
const hist = 4 * 65536
const other = 5 * 65536
const out = 6 * 65536

function fillRows(m: SharedMemory, random: () => number): void {
  const v = viewsOf(m.buffer)
  for (let i = 0; i < N * 8; i++) v.u8[bins + i] = Math.floor(random() * 256)
  for (let i = 0; i < N; i++) v.i32[idx / 4 + i] = Math.floor(random() * N)
  for (let i = 0; i < 2 * N; i++) v.f32[pairs / 4 + i] = random() - 0.3
  for (let i = 0; i < 256; i++) v.u8[out + i] = random() < 0.5 ? 1 : 0
  // A table of 8 features with their most frequent bins, for fixBins.
  for (let k = 0; k < 8; k++) v.i32[(bins + 6400) / 4 + 8 * k + 3] = k === 2 ? 0 : Math.floor(random() * 256)
}

describe('wasm and TypeScript kernels give the same bits', () => {
  const seeds = fc.integer({ min: 1, max: 2 ** 30 })
  const check = (fill: Parameters<typeof agree>[1], run: (k: Kernels) => unknown): void =>
    fc.assert(
      fc.property(seeds, (seed) => {
        agree(seed, fill, run)
      }),
      { numRuns: 8 },
    )

  it('histogram, of even and odd numbers of rows', () =>
    check(fillRows, (k) => {
      for (const n of [N, 13, 1, 0]) k.histogram(bins, 8, idx, n, pairs, hist)
    }))
  it('histogramAll, of even and odd numbers of rows', () =>
    check(fillRows, (k) => {
      for (const n of [N, 13, 1, 0]) k.histogramAll(bins, 8, n, pairs, hist)
    }))
  it('subtract and fixBins', () =>
    check(fillRows, (k) => {
      k.histogramAll(bins, 8, N, pairs, hist)
      k.histogram(bins, 8, idx, N, pairs, other)
      k.subtract(hist, other)
      k.fixBins(hist, bins + 6400, out, 3.25, 9.5)
    }))
  it('clear, copy and touch', () =>
    check(fillRows, (k) => {
      k.copy(idx, hist, 7)
      k.copy(idx + 4, hist + 64, 400)
      k.copy(idx, other, 0)
      k.clear(pairs + 64, 640)
      return k.touch(bins, 8, idx, N)
    }))
  it('gather', () => check(fillRows, (k) => k.gather(pairs, idx, N, other)))
  it('partition', () =>
    check(fillRows, (k) => {
      const left = k.partition(bins + 3, 8, idx, N, out, hist, other)
      return left
    }))
  it('partition in place is stable', () => {
    const [a] = twins(5, fillRows)
    const v = viewsOf(a.buffer)
    const rows = [...v.i32.slice(idx / 4, idx / 4 + N)]
    const goes = (r: number): boolean => v.u8[out + v.u8[bins + 2 + 8 * r]] === 1
    const left = wasmKernels(a).partition(bins + 2, 8, idx, N, out, idx, other)
    expect([...v.i32.slice(idx / 4, idx / 4 + left)]).toEqual(rows.filter(goes))
    expect([...v.i32.slice(other / 4, other / 4 + N - left)]).toEqual(rows.filter((r) => !goes(r)))
  })
  it('spread', () =>
    check(fillRows, (k) => {
      k.spread(bins + 5, idx, N, hist + 2, 16)
      k.spread(bins + 1, 0, N, other + 7, 24)
    }))
  it('addToRows and gradientsL2', () =>
    check(
      (m, random) => {
        fillRows(m, random)
        const v = viewsOf(m.buffer)
        for (let i = 0; i < N; i++) v.f64[hist / 8 + i] = random() * 3 - 1
        for (let i = 0; i < N; i++) v.f32[other / 4 + i] = random() * 3 - 1
      },
      (k) => {
        k.addToRows(hist, idx, 300, 0.1)
        k.gradientsL2(hist, other, 10, N - 5, pairs)
      },
    ))
  it('mapBins', () =>
    check(
      (m, random) => {
        const v = viewsOf(m.buffer)
        let x = -2
        for (let i = 0; i < 256; i++) {
          x += random() * 0.05
          v.f64[other / 8 + i] = i < 199 ? x : Number.POSITIVE_INFINITY
        }
        for (let i = 0; i < N; i++) v.f64[pairs / 8 + i] = random() < 0.1 ? Number.NaN : random() * 8 - 3
        for (let i = 0; i < 50; i++) v.f64[pairs / 8 + i] = v.f64[other / 8 + i]
      },
      (k) => k.mapBins(pairs, N, other, 199, bins),
    ))

  it('findSplit, for every missing type, regularisation and limit', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 2, max: 255 }),
        fc.constantFrom(0, 1, 2),
        fc.constantFrom(0, 0.7),
        fc.constantFrom(0, 2),
        fc.integer({ min: 0, max: 40 }),
        fc.boolean(),
        (seed, numBin, missing, l1, l2, minData, constantHessian) => {
          const random = lcg(seed)
          const defaultBin = Math.floor(random() * numBin)
          const offset = random() < 0.5 ? 1 : 0
          let sumG = 0
          let sumH = 0
          const entries: number[] = []
          for (let b = 0; b < 256; b++) {
            const count = b >= numBin || random() < 0.2 ? 0 : Math.floor(random() * 20)
            const h = constantHessian ? count : count * (0.2 + random())
            const g = count === 0 ? 0 : (random() - 0.5) * count
            entries.push(g, h)
            sumG += g
            sumH += h
          }
          const fill = (m: SharedMemory): void => viewsOf(m.buffer).f64.set(entries, hist / 8)
          const n = Math.max(1, Math.round(sumH))
          agree(seed, fill, (k) =>
            k.findSplit(
              hist,
              numBin,
              missing,
              defaultBin,
              offset,
              sumG,
              sumH + 2e-15,
              n,
              l1,
              l2,
              0.01,
              minData,
              1e-3,
              Number.NEGATIVE_INFINITY,
              out,
            ),
          )
          // A hint changes nothing for a feature that reaches it, and nothing but the record for one that does not.
          const memory = newMemory()
          memory.grow(BYTES / 65536)
          fill(memory)
          const kernels = wasmKernels(memory)
          const { f64 } = viewsOf(memory.buffer)
          const found = (hint: number): { any: number; record: number[] } => {
            f64.fill(0, out / 8, out / 8 + 6)
            const any = kernels.findSplit(
              ...([
                hist,
                numBin,
                missing,
                defaultBin,
                offset,
                sumG,
                sumH + 2e-15,
                n,
                l1,
                l2,
                0.01,
                minData,
                1e-3,
              ] as const),
              hint,
              out,
            )
            return { any, record: [...f64.slice(out / 8, out / 8 + 6)] }
          }
          const plain = found(Number.NEGATIVE_INFINITY)
          const gain = plain.record[0]
          for (const hint of [gain, gain * 0.5, gain * (1 - 1e-15)]) expect(found(hint)).toEqual(plain)
          for (const hint of [gain * 1.5 + 1, gain * (1 + 1e-12), Number.POSITIVE_INFINITY]) {
            const { any, record } = found(hint)
            expect(any).toBe(plain.any)
            expect(record[0]).toBeLessThanOrEqual(gain)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
