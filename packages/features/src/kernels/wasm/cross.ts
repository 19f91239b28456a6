/** Cross-sections by the compiled kernels: `measureCross` and `neutralise` of ../cross.ts, with their bits. */
import { type CrossMoments, measureCross, neutralise } from '../cross.js'
import { heapOfThread, type WasmKernels } from './module.js'

/** Values in the memory at a time (1 MB): they stay in the second-level cache on their way in, through and out. */
const BLOCK_VALUES = 1 << 17

/** {@link measureCross}. */
export function measureCrossCompiled(
  values: Float64Array,
  symbols: number,
  rows: number,
  flat: number,
  moments: CrossMoments,
): void {
  if (!inBlocks('measure', values, undefined, symbols, rows, flat, moments))
    measureCross(values, symbols, rows, flat, moments)
}

/** {@link neutralise}. */
export function neutraliseCompiled(
  values: Float64Array,
  out: Float64Array,
  symbols: number,
  rows: number,
  flat: number,
  moments: CrossMoments,
): void {
  if (!inBlocks('neutralise', values, out, symbols, rows, flat, moments))
    neutralise(values, out, symbols, rows, flat, moments)
}

/** False where the compiled kernels are not to be had. */
function inBlocks(
  name: keyof WasmKernels & ('measure' | 'neutralise'),
  values: Float64Array,
  out: Float64Array | undefined,
  symbols: number,
  rows: number,
  flat: number,
  { count, mean, sd }: CrossMoments,
): boolean {
  const heap = heapOfThread()
  if (heap === undefined) return false
  // Kernels take two rows at a time: each symbol has room for an even number of them.
  const most = Math.min(rows + (rows & 1), Math.max(2, 2 * Math.floor(BLOCK_VALUES / 2 / Math.max(1, symbols))))
  return heap.lend(8 * most * (symbols + 3), ({ f64, kernels }) => {
    const [n, m, d] = [symbols * most, (symbols + 1) * most, (symbols + 2) * most]
    for (let from = 0; from < rows; from += most) {
      const to = Math.min(rows, from + most)
      for (let s = 0; s < symbols; s++) f64.set(values.subarray(s * rows + from, s * rows + to), s * most)
      const even = to - from + ((to - from) & 1)
      kernels[name](0, symbols, 8 * most, even, flat * flat, 8 * n, 8 * m, 8 * d)
      for (let s = 0; out !== undefined && s < symbols; s++)
        out.set(f64.subarray(s * most, s * most + to - from), s * rows + from)
      count.set(f64.subarray(n, n + to - from), from)
      mean.set(f64.subarray(m, m + to - from), from)
      sd.set(f64.subarray(d, d + to - from), from)
    }
  })
}
