/**
 * Minimises 1/2 c'Ac - b'c + sum_j (l1_j |c_j| + l2_j c_j^2 / 2) for a symmetric positive semi-definite A: the one problem
 * behind every model here. Without l1 by Cholesky, with l1 by coordinate descent and an exact last step.
 */

/** Columns whose part not explained by earlier ones is below this share of their variance count as dependent. */
export const DEPENDENT = 1e-10

export interface CholeskySolution {
  readonly c: Float64Array
  /** Columns left out (coefficient 0) because others explain them. */
  readonly dependent: readonly number[]
  /** Solves for another right-hand side with the same columns left out. */
  solve(b: Float64Array): Float64Array
}

/**
 * Cholesky with symmetric pivoting (Higham 2002, "Accuracy and stability of numerical algorithms", section 10.3): the largest
 * remaining diagonal comes next, the first of equals. When what remains of every column is below DEPENDENT of its own diagonal
 * the matrix has no more rank: those columns get coefficient 0, which is a least-squares solution of smallest support, not
 * smallest norm. `l2` is added to the diagonal.
 */
export function solveCholesky(a: Float64Array, b: Float64Array, l2: Float64Array): CholeskySolution {
  const n = b.length
  const original = Float64Array.from({ length: n }, (_, j) => a[j * n + j] + l2[j])
  const rest = Float64Array.from(original)
  const order: number[] = []
  const left = new Set(Array.from({ length: n }, (_, j) => j))
  // rows[k] is the k-th row of the factor's transpose: entries for all columns.
  const rows: Float64Array[] = []
  while (left.size > 0) {
    let pivot = -1
    for (const j of left) {
      if (!(rest[j] > DEPENDENT * original[j])) continue
      if (pivot < 0 || rest[j] > rest[pivot]) pivot = j
    }
    if (pivot < 0) break
    left.delete(pivot)
    const row = new Float64Array(n)
    const root = Math.sqrt(rest[pivot])
    row[pivot] = root
    for (const j of left) {
      let v = a[pivot * n + j]
      for (let k = 0; k < rows.length; k++) v -= rows[k][pivot] * rows[k][j]
      row[j] = v / root
      rest[j] -= row[j] * row[j]
    }
    rows.push(row)
    order.push(pivot)
  }
  const solve = (right: Float64Array): Float64Array => {
    const z = new Float64Array(order.length)
    for (let k = 0; k < order.length; k++) {
      let v = right[order[k]]
      for (let m = 0; m < k; m++) v -= rows[m][order[k]] * z[m]
      z[k] = v / rows[k][order[k]]
    }
    const c = new Float64Array(n)
    for (let k = order.length - 1; k >= 0; k--) {
      let v = z[k]
      for (let m = k + 1; m < order.length; m++) v -= rows[k][order[m]] * c[order[m]]
      c[order[k]] = v / rows[k][order[k]]
    }
    return c
  }
  return { c: solve(b), dependent: [...left], solve }
}

export interface DescentOptions {
  /** Duality gap at which it stops, as a share of yy. Default 1e-10. */
  readonly tolerance?: number
  /** Sweeps over all coefficients. Default 10,000. */
  readonly maxIterations?: number
}

export interface Descent {
  readonly c: Float64Array
  readonly iterations: number
  /** Duality gap, as a share of yy: the objective is at most this far from its minimum. */
  readonly gap: number
  readonly converged: boolean
}

/**
 * Coordinate descent on the Gram matrix (Friedman, Hastie and Tibshirani 2010, "Regularization paths for generalized linear
 * models via coordinate descent"), cyclic, hence deterministic, from `start`. Once the signs have settled the coefficients are
 * solved for exactly; that step is taken only if it keeps the signs and the optimality conditions. `yy` is the variance of the
 * label, of which the gap is a share.
 */
export function coordinateDescent(
  a: Float64Array,
  b: Float64Array,
  yy: number,
  l1: Float64Array,
  l2: Float64Array,
  start: Float64Array,
  options: DescentOptions = {},
): Descent {
  const { tolerance = 1e-10, maxIterations = 10_000 } = options
  const n = b.length
  let c: Float64Array = Float64Array.from(start)
  // q = A c, kept up to date.
  let q = multiply(a, c)
  let gap = Number.POSITIVE_INFINITY
  let iterations = 0
  while (iterations < maxIterations) {
    let largest = 0
    for (let sweep = 0; sweep < 10 && iterations < maxIterations; sweep++) {
      iterations++
      largest = 0
      for (let j = 0; j < n; j++) {
        const curvature = a[j * n + j] + l2[j]
        if (!(curvature > 0)) continue
        const pull = b[j] - q[j] + a[j * n + j] * c[j]
        const next = Math.abs(pull) <= l1[j] ? 0 : (pull - Math.sign(pull) * l1[j]) / curvature
        const step = next - c[j]
        if (step === 0) continue
        c[j] = next
        for (let k = 0, at = j * n; k < n; k++, at++) q[k] += step * a[at]
        largest = Math.max(largest, step * step * curvature)
      }
      if (largest <= 1e-2 * tolerance * yy) break
    }
    // Against drift of the running product.
    q = multiply(a, c)
    gap = dualityGap(c, q, b, yy, l1, l2) / yy
    if (gap <= 1e-4) {
      const exact = solveSupport(a, b, l1, l2, c)
      if (exact !== undefined) {
        c = exact
        q = multiply(a, c)
        gap = Math.max(0, dualityGap(c, q, b, yy, l1, l2) / yy)
        return { c, iterations, gap, converged: true }
      }
    }
    if (gap <= tolerance || largest === 0) break
  }
  return { c, iterations, gap: Math.max(0, gap), converged: gap <= tolerance }
}

/** A v for a symmetric A. */
export function multiply(a: Float64Array, v: Float64Array): Float64Array {
  const n = v.length
  const out = new Float64Array(n)
  for (let j = 0; j < n; j++) {
    if (v[j] === 0) continue
    for (let k = 0, at = j * n; k < n; k++, at++) out[k] += v[j] * a[at]
  }
  return out
}

/** Primal minus dual value at a dual feasible point scaled from the residual (Kim et al. 2007, section III). */
function dualityGap(
  c: Float64Array,
  q: Float64Array,
  b: Float64Array,
  yy: number,
  l1: Float64Array,
  l2: Float64Array,
): number {
  let cb = 0
  let cq = 0
  let worst = 0
  let absolute = 0
  let squares = 0
  for (let j = 0; j < c.length; j++) {
    cb += c[j] * b[j]
    cq += c[j] * q[j]
    absolute += l1[j] * Math.abs(c[j])
    squares += l2[j] * c[j] * c[j]
    const pull = Math.abs(b[j] - q[j] - l2[j] * c[j])
    if (l1[j] > 0) worst = Math.max(worst, pull / l1[j])
  }
  const residual = Math.max(0, yy - 2 * cb + cq)
  const scale = worst > 1 ? 1 / worst : 1
  return ((residual + squares) * (1 + scale * scale)) / 2 + absolute - scale * (yy - cb)
}

/** Solves for the non-zero coefficients with their signs held; undefined unless the result is optimal. */
function solveSupport(
  a: Float64Array,
  b: Float64Array,
  l1: Float64Array,
  l2: Float64Array,
  c: Float64Array,
): Float64Array | undefined {
  const n = c.length
  const support: number[] = []
  for (let j = 0; j < n; j++) if (c[j] !== 0) support.push(j)
  const m = support.length
  const out = new Float64Array(n)
  if (m > 0) {
    const part = new Float64Array(m * m)
    const right = new Float64Array(m)
    const ridge = new Float64Array(m)
    for (let u = 0; u < m; u++) {
      const j = support[u]
      for (let v = 0; v < m; v++) part[u * m + v] = a[j * n + support[v]]
      right[u] = b[j] - l1[j] * Math.sign(c[j])
      ridge[u] = l2[j]
    }
    const solved = solveCholesky(part, right, ridge)
    if (solved.dependent.length > 0) return undefined
    for (let u = 0; u < m; u++) {
      if (solved.c[u] * c[support[u]] <= 0) return undefined
      out[support[u]] = solved.c[u]
    }
  }
  const q = multiply(a, out)
  for (let j = 0; j < n; j++) {
    if (out[j] === 0 && a[j * n + j] > 0 && Math.abs(b[j] - q[j]) > l1[j] * (1 + 1e-9)) return undefined
  }
  return out
}
