/**
 * The kernels of `rolling.ts` for a stream: one row of many series (symbols) at a time. Series lie side by side, the
 * value of series s in row t at `data[off + t · n + s]`, so that a row is one piece of memory and one call serves all.
 *
 * They do the same additions in the same order as their twins, hence give the same bits; only that the suffixes of the
 * block before and the prefix of the present block are kept between rows instead of accumulated anew. Cost per row and
 * series is constant, but for the row that begins a block, where the w suffixes are accumulated.
 */
import { corrOf, degreesOf, deviationOf, meanOf, type View } from './rolling.js'

/** Computes row `row` of `out` from the arguments, whose rows `row − reach … row` are there; rows come one by one. */
export interface RowKernel {
  push(args: readonly View[], out: View, row: number, extra: View | undefined): void
  /** The next row may be any. */
  reset(): void
  /** Bytes held; constant. */
  readonly bytes: number
}

abstract class Rolling implements RowKernel {
  /** Sum j of series s over the rows from i to the end of the block before: `suffix[((w − start + i) · sums + j) · n + s]`. */
  protected readonly suffix: Float64Array
  /** Sum j of series s since the start of the block: `prefix[j · n + s]`. */
  protected readonly prefix: Float64Array
  private next = Number.NaN

  constructor(
    protected readonly w: number,
    protected readonly n: number,
    private readonly sums: number,
    private readonly zero = 0,
  ) {
    this.suffix = new Float64Array((w + 1) * sums * n).fill(zero)
    this.prefix = new Float64Array(sums * n)
  }

  get bytes(): number {
    return this.suffix.byteLength + this.prefix.byteLength
  }

  reset(): void {
    this.next = Number.NaN
  }

  push(args: readonly View[], out: View, row: number, extra: View | undefined): void {
    const { w, n, sums, suffix, prefix } = this
    const start = Math.floor(row / w) * w
    if (row !== this.next || row === start) {
      prefix.fill(this.zero)
      for (let i = start - 1; i > row - w; i--) {
        this.add(args, start, i)
        suffix.set(prefix, (w - start + i) * sums * n)
      }
      prefix.fill(this.zero)
      for (let i = start; i < row; i++) this.add(args, start, i)
    }
    this.next = row + 1
    this.add(args, start, row)
    this.emit(args, out, start, row, (row + 1 - start) * sums * n, extra)
  }

  /** Adds row `row` to the prefix; `start` is the row of the pivot. */
  protected abstract add(args: readonly View[], start: number, row: number): void
  /** Writes row `row`; the suffix that completes the window begins at `k`. */
  protected abstract emit(
    args: readonly View[],
    out: View,
    start: number,
    row: number,
    k: number,
    extra: View | undefined,
  ): void
}

export class RowSum extends Rolling {
  constructor(w: number, n: number) {
    super(w, n, 1)
  }
  protected add([x]: readonly View[], _: number, row: number): void {
    const { n, prefix } = this
    const { data, off } = x!
    for (let s = 0, i = off + row * n; s < n; s++, i++) prefix[s] = prefix[s]! + data[i]!
  }
  protected emit(_: readonly View[], { data, off }: View, __: number, row: number, k: number): void {
    const { n, prefix, suffix } = this
    for (let s = 0, i = off + row * n; s < n; s++, i++) {
      const all = suffix[k + s]! + prefix[s]!
      data[i] = all - all === 0 ? all : Number.NaN
    }
  }
}

export class RowMax extends Rolling {
  constructor(w: number, n: number) {
    super(w, n, 1, Number.NEGATIVE_INFINITY)
  }
  protected add([x]: readonly View[], _: number, row: number): void {
    const { n, prefix } = this
    const { data, off } = x!
    for (let s = 0, i = off + row * n; s < n; s++, i++) {
      const v = data[i]!
      prefix[s] = Math.max(prefix[s]!, v - v === 0 ? v : Number.NaN)
    }
  }
  protected emit(_: readonly View[], { data, off }: View, __: number, row: number, k: number): void {
    const { n, prefix, suffix } = this
    for (let s = 0, i = off + row * n; s < n; s++, i++) data[i] = Math.max(suffix[k + s]!, prefix[s]!)
  }
}

export class RowMin extends Rolling {
  constructor(w: number, n: number) {
    super(w, n, 1, Number.POSITIVE_INFINITY)
  }
  protected add([x]: readonly View[], _: number, row: number): void {
    const { n, prefix } = this
    const { data, off } = x!
    for (let s = 0, i = off + row * n; s < n; s++, i++) {
      const v = data[i]!
      prefix[s] = Math.min(prefix[s]!, v - v === 0 ? v : Number.NaN)
    }
  }
  protected emit(_: readonly View[], { data, off }: View, __: number, row: number, k: number): void {
    const { n, prefix, suffix } = this
    for (let s = 0, i = off + row * n; s < n; s++, i++) data[i] = Math.min(suffix[k + s]!, prefix[s]!)
  }
}

export class RowMean extends Rolling {
  constructor(w: number, n: number) {
    super(w, n, 2)
  }
  protected add([x]: readonly View[], start: number, row: number): void {
    const { n, prefix } = this
    const { data, off } = x!
    for (let s = 0, i = off + row * n, p = off + start * n; s < n; s++, i++, p++) {
      const v = data[i]!
      prefix[s] = prefix[s]! + (v - data[p]!)
      prefix[n + s] = prefix[n + s]! + v
    }
  }
  protected emit([x]: readonly View[], { data, off }: View, start: number, row: number, k: number): void {
    const { n, w, prefix, suffix } = this
    for (let s = 0, i = off + row * n, p = x!.off + start * n; s < n; s++, i++, p++)
      data[i] = meanOf(x!.data[p]!, suffix[k + s]! + prefix[s]!, suffix[k + n + s]! + prefix[n + s]!, w)
  }
}

export class RowStd extends Rolling {
  private readonly degrees: number
  constructor(w: number, n: number, ddof: 0 | 1) {
    super(w, n, 3)
    this.degrees = degreesOf(w, ddof)
  }
  protected add([x]: readonly View[], start: number, row: number): void {
    const { n, prefix } = this
    const { data, off } = x!
    for (let s = 0, i = off + row * n, p = off + start * n; s < n; s++, i++, p++) {
      const u = data[i]!
      const v = u - data[p]!
      prefix[s] = prefix[s]! + v
      prefix[n + s] = prefix[n + s]! + u
      prefix[2 * n + s] = prefix[2 * n + s]! + v * v
    }
  }
  protected emit([x]: readonly View[], out: View, start: number, row: number, k: number, mean: View | undefined): void {
    const { n, w, prefix, suffix, degrees } = this
    const pivots = x!.off + start * n
    for (let s = 0; s < n; s++) {
      const u = suffix[k + s]! + prefix[s]!
      out.data[out.off + row * n + s] = deviationOf(u, suffix[k + 2 * n + s]! + prefix[2 * n + s]!, w, degrees)
      if (mean !== undefined) {
        const plain = suffix[k + n + s]! + prefix[n + s]!
        mean.data[mean.off + row * n + s] = meanOf(x!.data[pivots + s]!, u, plain, w)
      }
    }
  }
}

export class RowZscore extends RowStd {
  private readonly means: View
  constructor(
    w: number,
    n: number,
    private readonly flat: number,
  ) {
    super(w, n, 0)
    this.means = { data: new Float64Array(n), off: 0 }
  }
  protected override emit(args: readonly View[], out: View, start: number, row: number, k: number): void {
    const { n, flat, means } = this
    means.off = -row * n
    super.emit(args, out, start, row, k, means)
    const x = args[0]!
    for (let s = 0; s < n; s++) {
      const at = out.off + row * n + s
      out.data[at] = scoreOf(x.data[x.off + row * n + s]!, means.data[s]!, out.data[at]!, flat)
    }
  }
}

/** (value − mean) / (deviation + 1e-9); 0 where the deviation is at most `flat` of the mean's size. */
export function scoreOf(value: number, mean: number, deviation: number, flat: number): number {
  return deviation <= flat * Math.abs(mean) ? 0 : (value - mean) / (deviation + 1e-9)
}

export class RowCorr extends Rolling {
  constructor(w: number, n: number) {
    super(w, n, 5)
  }
  protected add([x, y]: readonly View[], start: number, row: number): void {
    const { n, prefix } = this
    const { data: xs, off: ox } = x!
    const { data: ys, off: oy } = y!
    for (let s = 0; s < n; s++) {
      const u = xs[ox + row * n + s]! - xs[ox + start * n + s]!
      const v = ys[oy + row * n + s]! - ys[oy + start * n + s]!
      prefix[s] = prefix[s]! + u
      prefix[n + s] = prefix[n + s]! + v
      prefix[2 * n + s] = prefix[2 * n + s]! + u * u
      prefix[3 * n + s] = prefix[3 * n + s]! + v * v
      prefix[4 * n + s] = prefix[4 * n + s]! + u * v
    }
  }
  protected emit([x, y]: readonly View[], out: View, start: number, row: number, k: number): void {
    const { n, w, prefix, suffix } = this
    const sum = (j: number, s: number) => suffix[k + j * n + s]! + prefix[j * n + s]!
    for (let s = 0; s < n; s++) {
      const px = x!.data[x!.off + start * n + s]!
      const py = y!.data[y!.off + start * n + s]!
      out.data[out.off + row * n + s] = corrOf(px, py, sum(0, s), sum(1, s), sum(2, s), sum(3, s), sum(4, s), w)
    }
  }
}

/** The row `lag` rows ago. */
export class RowShift implements RowKernel {
  readonly bytes = 0
  constructor(
    private readonly lag: number,
    private readonly n: number,
  ) {}
  push([x]: readonly View[], out: View, row: number): void {
    const at = x!.off + (row - this.lag) * this.n
    for (let s = 0, o = out.off + row * this.n; s < this.n; s++) out.data[o + s] = x!.data[at + s]!
  }
  reset(): void {}
}

/** A kernel over ranges of one series, one series after the other, over copies of the windows: nothing else in reach. */
export class RowGather implements RowKernel {
  private readonly views: readonly View[]
  private readonly out: View = { data: new Float64Array(1), off: 0 }

  constructor(
    private readonly run: (args: readonly View[], out: View, from: number, to: number) => void,
    private readonly w: number,
    private readonly n: number,
    arity: number,
  ) {
    this.views = Array.from({ length: arity }, () => ({ data: new Float64Array(w), off: 0 }))
  }

  get bytes(): number {
    return 8 + this.views.length * this.w * 8
  }

  push(args: readonly View[], { data, off }: View, row: number): void {
    const { views, out, w, n } = this
    const first = row - w + 1
    out.off = -row
    for (let s = 0; s < n; s++) {
      for (let k = 0; k < views.length; k++) {
        const view = views[k]!
        const { data: source, off: at } = args[k]!
        view.off = -first
        for (let i = 0; i < w; i++) view.data[i] = source[at + (first + i) * n + s]!
      }
      out.data[0] = Number.NaN
      this.run(views, out, row, row + 1)
      data[off + row * n + s] = out.data[0]!
    }
  }

  reset(): void {}
}
