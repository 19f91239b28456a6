// Data of bench/gbdt: float32 columns with a nonlinear target and noise, from a fixed generator, one file a column set.
// One feature in ten has ties (rounded to 0.1), one in ten has 5 % NaN. The last TEST_ROWS rows are for testing.
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export const TEST_ROWS = 20_000

/** Uniform in [0, 1), 32 bits (mulberry32). */
function uniform(seed) {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function normals(n, random) {
  const out = new Float32Array(n + (n & 1))
  for (let i = 0; i < n; i += 2) {
    const r = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    out[i] = r * Math.cos(angle)
    out[i + 1] = r * Math.sin(angle)
  }
  return out.subarray(0, n)
}

/**
 * Writes to `folder`: x.f32, column after column of `rows` values, y.f32, the target, and the same of TEST_ROWS other
 * rows as x-test.f32 and y-test.f32.
 */
export function writeData(folder, rows, features) {
  const n = rows + TEST_ROWS
  const random = uniform(20_240_501)
  const first = []
  const files = Object.fromEntries(
    ['x', 'x-test', 'y', 'y-test'].map((name) => [name, openSync(join(folder, `${name}.f32`), 'w')]),
  )
  const write = (name, values) => {
    writeSync(files[name], new Uint8Array(values.buffer, values.byteOffset, 4 * rows))
    writeSync(files[`${name}-test`], new Uint8Array(values.buffer, values.byteOffset + 4 * rows, 4 * TEST_ROWS))
  }
  for (let f = 0; f < features; f++) {
    const x = normals(n, random)
    if (f % 10 === 8) for (let i = 0; i < n; i++) x[i] = Math.round(x[i] * 10) / 10
    if (f < 5) first.push(x.slice())
    if (f % 10 === 9) for (let i = 0; i < n; i++) if (random() < 0.05) x[i] = Number.NaN
    write('x', x)
  }
  const [a, b, c, d, e] = first
  const y = normals(n, random)
  for (let i = 0; i < n; i++) y[i] += a[i] + b[i] * c[i] + Math.sin(3 * d[i]) + 0.5 * e[i] * e[i]
  write('y', y)
  for (const file of Object.values(files)) closeSync(file)
}

const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)

/** The columns and target of the training rows (`test` false) or of the test rows. */
export function readData(folder, features, test) {
  const y = floats(new Uint8Array(readFileSync(join(folder, test ? 'y-test.f32' : 'y.f32'))))
  const file = openSync(join(folder, test ? 'x-test.f32' : 'x.f32'), 'r')
  const columns = Array.from({ length: features }, (_, f) => {
    const x = new Float32Array(y.length)
    readSync(file, x, 0, 4 * y.length, f * 4 * y.length)
    return x
  })
  closeSync(file)
  return { columns, y }
}
