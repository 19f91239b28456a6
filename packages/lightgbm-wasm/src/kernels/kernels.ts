/** The hot loops behind one interface: WebAssembly (`wasm.ts`) or plain TypeScript (`typescript.ts`), equal bits. */

/** Rows per feature in a block's histogram entry: 8 features x 256 bins x two float64. */
export const BLOCK_FEATURES = 8
/** Bytes of one block's histogram. */
export const BLOCK_HIST_BYTES = 8 * 256 * 16
/** Bytes of one feature's histogram. */
export const FEATURE_HIST_BYTES = 256 * 16

/** LightGBM's `kEpsilon`, a float constant. */
export const EPSILON = Math.fround(1e-15)

/**
 * Functions over one memory; every address is in bytes. What each does is told in `assembly/kernels.as`.
 * `boolean`-like results are 0 or 1.
 */
export interface Kernels {
  histogram(bins: number, stride: number, idx: number, n: number, pairs: number, hist: number): void
  histogramAll(bins: number, stride: number, n: number, pairs: number, hist: number): void
  touch(bins: number, stride: number, idx: number, n: number): number
  clear(at: number, bytes: number): void
  copy(from: number, to: number, n: number): void
  subtract(parent: number, child: number): void
  fixBins(hist: number, meta: number, active: number, sumG: number, sumH: number): void
  gather(pairs: number, idx: number, n: number, out: number): void
  partition(bins: number, stride: number, idx: number, n: number, table: number, left: number, right: number): number
  spread(from: number, rows: number, n: number, to: number, stride: number): void
  addToRows(scores: number, idx: number, n: number, value: number): void
  gradientsL2(scores: number, labels: number, from: number, to: number, pairs: number): void
  mapBins(values: number, n: number, bounds: number, nanBin: number, out: number): void
  findSplit(
    hist: number,
    numBin: number,
    missing: number,
    defaultBin: number,
    offset: number,
    sumG: number,
    sumH: number,
    numData: number,
    l1: number,
    l2: number,
    minGain: number,
    minData: number,
    minHess: number,
    hint: number,
    out: number,
  ): number
}

/** A memory that threads share. Either a WebAssembly memory or, where there is no WebAssembly, a plain shared buffer. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer
  grow(pages: number): number
}

/** Typed views over all of a memory; made anew after it grew. */
export interface Views {
  readonly buffer: SharedArrayBuffer
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
}

export function viewsOf(buffer: SharedArrayBuffer): Views {
  return {
    buffer,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  }
}
