/** Shared data and small matrices for the tests of this folder. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@cointrader/core'
import type { Design } from '@cointrader/models/linear/index'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** Rows of numbers as a matrix. */
export function matrix(
  rows: readonly (readonly number[])[],
  layout: 'row' | 'column' = 'row',
  features?: string[],
): Design {
  const width = rows[0]!.length
  const x = new Float64Array(rows.length * width)
  rows.forEach((row, r) => {
    row.forEach((v, f) => {
      x[layout === 'row' ? r * width + f : f * rows.length + r] = v
    })
  })
  return { rows: rows.length, features: features ?? row0(width), x, layout }
}

function row0(width: number): string[] {
  return Array.from({ length: width }, (_, f) => `f${f}`)
}

/** Correlated features and a label with some signal. */
export function sample(seed: number, n: number, p: number): { rows: number[][]; y: number[]; weight: number[] } {
  const random = seededRandom(seed)
  const rows: number[][] = []
  const y: number[] = []
  const weight: number[] = []
  for (let r = 0; r < n; r++) {
    const row: number[] = []
    for (let f = 0; f < p; f++) row.push((f > 0 ? 0.5 * row[f - 1]! : 0) + random.normal() * (f + 1) + f)
    rows.push(row)
    y.push(5 + row[0]! - (p > 2 ? 0.3 * row[2]! : 0) + random.normal())
    weight.push(0.1 + random.next())
  }
  return { rows, y, weight }
}

/** Solves a dense system by Gaussian elimination with row pivoting: the naive reference. */
export function gauss(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length
  const m = a.map((row, i) => [...row, b[i]!])
  for (let k = 0; k < n; k++) {
    let best = k
    for (let i = k; i < n; i++) if (Math.abs(m[i]![k]!) > Math.abs(m[best]![k]!)) best = i
    ;[m[k], m[best]] = [m[best]!, m[k]!]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = m[i]![k]! / m[k]![k]!
      for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!
    }
  }
  return m.map((row, i) => row[n]! / row[i]!)
}
