/**
 * The compiled kernels and their memory: one per thread, lent to one caller at a time. Whoever borrows it lays out in it
 * what it needs, from address 0 on, and leaves nothing behind, so that any number of evaluators cost one memory.
 */
import { WASM_BASE64 } from './bytes.js'

/** Where loops run; both give the same bits. */
export type KernelKind = 'wasm' | 'typescript'

type Elementwise = (out: number, x: number, y: number, rows: number) => void
/** `parameter`: the divisor of a deviation, the flatness of a score, nothing for the others. */
type Window = [apart: number, rows: number, w: number, phase: number, room: number, parameter: number]
type Rolling = (out: number, x: number, ...window: Window) => void
type Cross = (
  x: number,
  symbols: number,
  stride: number,
  rows: number,
  flatSquared: number,
  count: number,
  mean: number,
  sd: number,
) => void

type Gather = (x: number, index: number, cells: number, out: number) => number

/** Exports of assembly/kernels.as, which says what they do. Addresses are bytes. */
export interface WasmKernels {
  readonly add: Elementwise
  readonly sub: Elementwise
  readonly mul: Elementwise
  readonly div: Elementwise
  readonly absDifference: Elementwise
  readonly overOrOne: Elementwise
  readonly whereZero: Elementwise
  readonly efficiency: (out: number, x: number, y: number, path: number, rows: number) => void
  readonly change: (out: number, x: number, y: number, rows: number, scale: number) => void
  readonly scaled: (out: number, x: number, rows: number, factor: number) => void
  readonly shifted: (out: number, x: number, rows: number, lag: number) => void
  readonly rollingSum: Rolling
  readonly rollingMean: Rolling
  readonly rollingMin: Rolling
  readonly rollingMax: Rolling
  readonly rollingStd: Rolling
  readonly zscore: Rolling
  readonly rollingStdAndMean: (out: number, meanOut: number, x: number, ...window: Window) => void
  readonly rollingCorr: (out: number, x: number, y: number, ...window: Window) => void
  readonly measure: Cross
  readonly neutralise: Cross
  readonly gather32: Gather
  readonly gather64: Gather
}

/** Vectors (16 bytes) of room that a rolling kernel takes per row of its window, plus one row. */
export const ROOM_VECTORS = 5

/** The parts of the WebAssembly API used here: TypeScript declares it only with the browser's library. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
  Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number }
}

const PAGE = 65536

/** Kernels with their memory. */
export class Heap {
  private busy = false
  /** The whole memory; another array after it has grown. */
  f64: Float64Array<ArrayBuffer>

  private constructor(
    readonly kernels: WasmKernels,
    private readonly memory: InstanceType<WebAssemblyApi['Memory']>,
  ) {
    this.f64 = new Float64Array(memory.buffer)
  }

  /** Undefined where there is no WebAssembly (`node --jitless`) or none with SIMD. */
  static make(): Heap | undefined {
    const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly
    if (api === undefined) return undefined
    const bytes = Uint8Array.from(atob(WASM_BASE64), (c) => c.charCodeAt(0))
    if (!api.validate(bytes)) return undefined
    const memory = new api.Memory({ initial: 1 })
    const { exports } = new api.Instance(new api.Module(bytes), { env: { memory } })
    return new Heap(exports as WasmKernels, memory)
  }

  /**
   * Runs `use` with at least `bytes` of memory, whose contents are arbitrary. False, and nothing was run, when there is
   * not so much (4 GB at most), and while the memory is lent already: a hand-written kernel may evaluate features of its
   * own. The TypeScript kernels serve then.
   */
  lend(bytes: number, use: (heap: Heap) => void): boolean {
    if (this.busy) return false
    const missing = bytes - this.f64.byteLength
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE))
      } catch {
        return false
      }
      this.f64 = new Float64Array(this.memory.buffer)
    }
    this.busy = true
    try {
      use(this)
    } finally {
      this.busy = false
    }
    return true
  }
}

let mine: { readonly heap: Heap | undefined } | undefined

/** This thread's; compiled (8 KB) when first asked for. */
export function heapOfThread(): Heap | undefined {
  mine ??= { heap: Heap.make() }
  return mine.heap
}

/** Fewer rows than this are not worth the way into the memory and back. */
const LEAST_ROWS = 64

/** What to use for ranges of up to `rows` rows unless told otherwise. */
export const defaultKernels = (rows: number): KernelKind => (rows >= LEAST_ROWS ? 'wasm' : 'typescript')
