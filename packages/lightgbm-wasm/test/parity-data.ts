/** The data sets of `fixtures/make.py`, generated again bit for bit (only +, -, *, /, floor and comparisons). */
import { Dataset, type ParamInput } from '@cointrader/lightgbm-wasm'

export interface Spec {
  readonly rows: number
  readonly kinds: readonly string[]
  readonly target: string
  readonly params: ParamInput
  readonly missing?: number
  readonly missingSignal?: boolean
  readonly weights?: boolean
  readonly categorical?: readonly number[]
  readonly groupSize?: number
}

/** A linear congruential generator; values are multiples of 1/65536. */
export function lcg(seed: number): () => number {
  let x = seed
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return (x >>> 16) / 65536
  }
}

function column(u: () => number, kind: string, n: number): Float64Array {
  const out = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    if (kind === 'normal') out[i] = (u() + u() + u() - 1.5) * 2
    else if (kind === 'ties') out[i] = Math.floor(u() * 10) / 10 - 0.5
    else if (kind === 'sparse') {
      const v = u()
      const w = u()
      out[i] = v < 0.8 ? 0 : w
    } else if (kind === 'positive') out[i] = 1 + u() * 3
    else if (kind === 'constant') out[i] = 7
    else {
      const v = u()
      out[i] = Math.floor(v * v * Number(kind.slice(3)))
    }
  }
  return out
}

export interface Made {
  readonly columns: Float64Array[]
  readonly label: Float64Array
  readonly weight: Float64Array | undefined
  readonly group: number[] | undefined
}

export function make(spec: Spec, seed: number): Made {
  const u = lcg(seed)
  const n = spec.rows
  const missing = spec.missing ?? 0
  const columns = spec.kinds.map((kind) => {
    const c = column(u, kind, n)
    if (missing > 0) for (let i = 0; i < n; i++) if (u() < missing) c[i] = Number.NaN
    return c
  })
  const z = columns.map((c) => c.map((x) => (Number.isNaN(x) ? 0 : x)))
  const factor = [1, -0.5, 0.25, 0.75]
  const label = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let y = 0
    for (let f = 0; f < Math.min(4, z.length); f++)
      y = y + (spec.kinds[f].startsWith('cat') ? ((z[f][i] * 7) % 11) / 11 : z[f][i] * factor[f])
    if (z.length > 2) y = y + (z[1][i] > 0 ? z[2][i] * z[0][i] : 0)
    if (spec.missingSignal) y = y + (Number.isNaN(columns[0][i]) ? 1.5 : 0)
    label[i] = y
  }
  for (let i = 0; i < n; i++) label[i] = label[i] + (u() - 0.5)
  const weight = spec.weights ? Float64Array.from({ length: n }, () => u() * 2 + 0.1) : undefined
  if (spec.target === 'binary') for (let i = 0; i < n; i++) label[i] = label[i] > 0.4 ? 1 : 0
  if (spec.target.startsWith('class')) {
    const k = Number(spec.target.slice(5))
    for (let i = 0; i < n; i++) label[i] = Math.min(k - 1, Math.max(0, Math.floor(label[i] + k / 2)))
  }
  const size = spec.groupSize
  const group = size === undefined ? undefined : new Array<number>(Math.floor(n / size)).fill(size)
  return { columns, label, weight, group }
}

/** A data set of a spec, binned with its parameters. */
export function dataset(spec: Spec, seed: number, reference?: Dataset): Promise<Dataset> {
  const { weight, group, ...rest } = make(spec, seed)
  return Dataset.from({
    ...rest,
    ...(weight === undefined ? {} : { weight }),
    ...(group === undefined ? {} : { group }),
    categorical: spec.categorical ?? [],
    params: spec.params,
    ...(reference === undefined ? {} : { reference }),
  })
}
