/** The kernels behind the vocabulary of the graph. Loops are written out: a shared one would call a function per value. */
import {
  rollingCorr,
  rollingMax,
  rollingMean,
  rollingMin,
  rollingStd,
  rollingSum,
  type View,
} from '../kernels/rolling.js'
import { scoreOf } from '../kernels/rows.js'
import type { Run } from './graph.js'

export function mapped(f: (a: number, b: number, c: number) => number, arity: number): Run {
  return (args, { data, off }, from, to) => {
    const x = args[0]!
    const y = args[Math.min(1, arity - 1)]!
    const z = args[Math.min(2, arity - 1)]!
    for (let t = from; t < to; t++) data[off + t] = f(x.data[x.off + t]!, y.data[y.off + t]!, z.data[z.off + t]!)
  }
}

export const add: Run = ([x, y], { data, off }, from, to) => {
  const { data: a, off: i } = x!
  const { data: b, off: j } = y!
  for (let t = from; t < to; t++) data[off + t] = a[i + t]! + b[j + t]!
}

export const sub: Run = ([x, y], { data, off }, from, to) => {
  const { data: a, off: i } = x!
  const { data: b, off: j } = y!
  for (let t = from; t < to; t++) data[off + t] = a[i + t]! - b[j + t]!
}

export const mul: Run = ([x, y], { data, off }, from, to) => {
  const { data: a, off: i } = x!
  const { data: b, off: j } = y!
  for (let t = from; t < to; t++) data[off + t] = a[i + t]! * b[j + t]!
}

export const div: Run = ([x, y], { data, off }, from, to) => {
  const { data: a, off: i } = x!
  const { data: b, off: j } = y!
  for (let t = from; t < to; t++) {
    const v = a[i + t]! / b[j + t]!
    data[off + t] = v - v === 0 ? v : Number.NaN
  }
}

/** |x − y|. */
export const absDifference: Run = (args, { data, off }, from, to) => {
  const { data: a, off: i } = args[0]!
  const { data: b, off: j } = args[1]!
  for (let t = from; t < to; t++) data[off + t] = Math.abs(a[i + t]! - b[j + t]!)
}

/** |x − y| / path, a path of 0 counting as 1. */
export const efficiency: Run = (args, { data, off }, from, to) => {
  const { data: a, off: i } = args[0]!
  const { data: b, off: j } = args[1]!
  const { data: c, off: k } = args[2]!
  for (let t = from; t < to; t++) {
    const path = c[k + t]!
    data[off + t] = Math.abs(a[i + t]! - b[j + t]!) / (path === 0 ? 1 : path)
  }
}

/** x / y, a y of 0 counting as 1. */
export const overOrOne: Run = (args, { data, off }, from, to) => {
  const { data: a, off: i } = args[0]!
  const { data: b, off: j } = args[1]!
  for (let t = from; t < to; t++) {
    const y = b[j + t]!
    data[off + t] = a[i + t]! / (y === 0 ? 1 : y)
  }
}

/** x where the second series is 0 and x is finite, else NaN. */
export const whereZero: Run = (args, { data, off }, from, to) => {
  const { data: a, off: i } = args[0]!
  const { data: b, off: j } = args[1]!
  for (let t = from; t < to; t++) {
    const v = a[i + t]!
    data[off + t] = b[j + t]! === 0 && v - v === 0 ? v : Number.NaN
  }
}

export function change(scale: number): Run {
  return ([x, y], { data, off }, from, to) => {
    const { data: a, off: i } = x!
    const { data: b, off: j } = y!
    for (let t = from; t < to; t++) {
      const v = (a[i + t]! / b[j + t]! - 1) * scale
      data[off + t] = v - v === 0 ? v : Number.NaN
    }
  }
}

export function scaled(factor: number): Run {
  return ([x], { data, off }, from, to) => {
    const { data: a, off: i } = x!
    for (let t = from; t < to; t++) data[off + t] = a[i + t]! * factor
  }
}

export function shifted(rows: number): Run {
  return ([x], { data, off }, from, to) => {
    const { data: a, off: i } = x!
    for (let t = from; t < to; t++) data[off + t] = a[i + t - rows]!
  }
}

export const sum =
  (w: number): Run =>
  ([x], out, from, to) =>
    rollingSum(x!, out, from, to, w)
export const mean =
  (w: number): Run =>
  ([x], out, from, to) =>
    rollingMean(x!, out, from, to, w)
export const min =
  (w: number): Run =>
  ([x], out, from, to) =>
    rollingMin(x!, out, from, to, w)
export const max =
  (w: number): Run =>
  ([x], out, from, to) =>
    rollingMax(x!, out, from, to, w)
export const std =
  (w: number, ddof: 0 | 1): Run =>
  ([x], out, from, to, meanOut) =>
    rollingStd(x!, out, meanOut, from, to, w, ddof)
export const corr =
  (w: number): Run =>
  ([x, y], out, from, to) =>
    rollingCorr(x!, y!, out, from, to, w)

const means: View = { data: new Float64Array(2048), off: 0 }

/** Deviation into `out`, mean into scratch, then the score in place. */
export function zscore(w: number, flat: number): Run {
  return ([x], out, from, to) => {
    if (means.data.length < to - from) means.data = new Float64Array(2 ** Math.ceil(Math.log2(to - from)))
    means.off = -from
    rollingStd(x!, out, means, from, to, w, 0)
    const { data: a, off: i } = x!
    const { data, off } = out
    for (let t = from; t < to; t++) {
      const m = means.data[t - from]!
      const s = data[off + t]!
      data[off + t] = scoreOf(a[i + t]!, m, s, flat)
    }
  }
}

/** A function of copied windows: slow, and unable to see anything else. */
export function windowed(at: (windows: readonly Float64Array[]) => number, arity: number, w: number): Run {
  const windows = Array.from({ length: arity }, () => new Float64Array(w))
  return (args, { data, off }, from, to) => {
    for (let t = from; t < to; t++) {
      for (let k = 0; k < arity; k++) {
        const { data: a, off: i } = args[k]!
        windows[k]!.set(a.subarray(i + t - w + 1, i + t + 1))
      }
      data[off + t] = at(windows)
    }
  }
}
