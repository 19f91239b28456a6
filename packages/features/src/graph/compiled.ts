/** The calls of the compiled kernels behind the vocabulary of the graph: twins of ops.ts. */
import { degreesOf } from '../kernels/rolling.js'
import type { WasmKernels } from '../kernels/wasm/module.js'

/** One call: byte addresses of the first row to compute, in the first of two symbols. */
export interface Site {
  out: number
  /** Second output; 0: none. */
  extra: number
  x: number
  y: number
  z: number
  rows: number
  /** Row number of the first row to compute. */
  from: number
  /** Bytes from the first symbol's series to the second one's; 0: there is one symbol. */
  apart: number
  /** Room for running sums. */
  room: number
}

export interface Compiled {
  /** Both symbols in one call; else one call for each. */
  readonly both: boolean
  readonly call: (kernels: WasmKernels, site: Site) => void
}

const each = (call: Compiled['call']): Compiled => ({ both: false, call })
const both = (call: Compiled['call']): Compiled => ({ both: true, call })

/** Place of a row in its block of `w` rows. */
const phase = (row: number, w: number): number => row - Math.floor(row / w) * w

export const add = each((k, s) => k.add(s.out, s.x, s.y, s.rows))
export const sub = each((k, s) => k.sub(s.out, s.x, s.y, s.rows))
export const mul = each((k, s) => k.mul(s.out, s.x, s.y, s.rows))
export const div = each((k, s) => k.div(s.out, s.x, s.y, s.rows))
export const absDifference = each((k, s) => k.absDifference(s.out, s.x, s.y, s.rows))
export const overOrOne = each((k, s) => k.overOrOne(s.out, s.x, s.y, s.rows))
export const whereZero = each((k, s) => k.whereZero(s.out, s.x, s.y, s.rows))
export const efficiency = each((k, s) => k.efficiency(s.out, s.x, s.y, s.z, s.rows))
export const change = (scale: number) => each((k, s) => k.change(s.out, s.x, s.y, s.rows, scale))
export const scaled = (factor: number) => each((k, s) => k.scaled(s.out, s.x, s.rows, factor))
export const shifted = (lag: number) => each((k, s) => k.shifted(s.out, s.x, s.rows, lag))

const rolling = (
  name: 'rollingSum' | 'rollingMean' | 'rollingMin' | 'rollingMax' | 'zscore',
  w: number,
  parameter = 0,
) => both((k, s) => k[name](s.out, s.x, s.apart, s.rows, w, phase(s.from, w), s.room, parameter))

export const sum = (w: number) => rolling('rollingSum', w)
export const mean = (w: number) => rolling('rollingMean', w)
export const min = (w: number) => rolling('rollingMin', w)
export const max = (w: number) => rolling('rollingMax', w)
export const zscore = (w: number, flat: number) => rolling('zscore', w, flat)

export const std = (w: number, ddof: 0 | 1) => {
  const degrees = degreesOf(w, ddof)
  return both((k, s) => {
    if (s.extra === 0) k.rollingStd(s.out, s.x, s.apart, s.rows, w, phase(s.from, w), s.room, degrees)
    else k.rollingStdAndMean(s.out, s.extra, s.x, s.apart, s.rows, w, phase(s.from, w), s.room, degrees)
  })
}

export const corr = (w: number) =>
  both((k, s) => k.rollingCorr(s.out, s.x, s.y, s.apart, s.rows, w, phase(s.from, w), s.room, 0))
