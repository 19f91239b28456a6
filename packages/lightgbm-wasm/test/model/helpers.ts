/** Fixtures, shared data, an optional Python, and random models. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Model, Tree } from '@cointrader/lightgbm-wasm/model/index'
import fc from 'fast-check'
import { afterAll } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../../../..')
export const fixtures = join(here, 'fixtures')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** A Python with the named modules, or undefined (and a printed line). */
export function python(...modules: string[]): string | undefined {
  const path = process.env.COINTRADER_PYTHON ?? '/tmp/venv/bin/python'
  try {
    execFileSync(path, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
    return path
  } catch {
    console.log(`skipped: no ${path} with ${modules.join(', ')} (set COINTRADER_PYTHON)`)
    return undefined
  }
}

const made: string[] = []
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lightgbm-wasm-'))
  made.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export interface Expected {
  readonly rows: number
  readonly features: number
  readonly outputs: number
  readonly x: Float64Array
  readonly raw: Float64Array
  readonly prediction: Float64Array
  readonly leaves: Float64Array
  readonly contributions: Float64Array
  readonly middle: Float64Array
  readonly splits: Float64Array
  readonly gains: Float64Array
}

export function readExpected(folder: string, name: string): Expected {
  const json = JSON.parse(readFileSync(join(folder, `${name}.expected`), 'utf8')) as Record<string, unknown>
  for (const [key, value] of Object.entries(json)) {
    if (typeof value === 'string') json[key] = new Float64Array(Uint8Array.from(Buffer.from(value, 'base64')).buffer)
  }
  return json as unknown as Expected
}

/** Names of the LightGBM (`.txt`) or XGBoost (`.xgboost`) fixtures. */
export function fixtureNames(kind: 'lightgbm' | 'xgboost'): string[] {
  const names = readdirSync(fixtures)
  return kind === 'lightgbm'
    ? names.filter((n) => n.endsWith('.txt')).map((n) => n.slice(0, -4))
    : names.filter((n) => n.endsWith('.xgboost')).map((n) => n.slice(0, -8))
}

export const fixtureText = (name: string): string => readFileSync(join(fixtures, `${name}.txt`), 'utf8')

/** Largest `|a - b| / max(1, |b|)`; Infinity when lengths or the places of NaN and Infinity differ. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue
    const d = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!))
    most = Math.max(most, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d)
  }
  return most
}

const THRESHOLDS = [0, -0, 1, -1, 1e-35, -1e-35, Math.fround(1e-35), -Math.fround(1e-35), 0.1, 1e300, -1e300]
/** Values near every border a decision has. */
export const VALUES = [
  ...THRESHOLDS,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e-36,
  -1e-36,
  2e-35,
  -0.5,
  2.7,
  31,
  32,
  63,
  64,
  500,
  2147483647,
  2147483648,
  -1,
]

/** A random tree: leaves split at random, numerical nodes of every missing type, categorical nodes. */
export function randomTree(random: () => number, numFeatures: number, numLeaves: number, categories: boolean): Tree {
  const pick = (n: number) => Math.floor(random() * n)
  const nodes = numLeaves - 1
  const parent: { node: number; left: boolean }[] = [{ node: -1, left: false }]
  const left = new Int32Array(nodes)
  const right = new Int32Array(nodes)
  const type = new Uint8Array(nodes)
  const threshold = new Float64Array(nodes)
  const feature = new Int32Array(nodes)
  const boundaries = [0]
  const words: number[] = []
  for (let node = 0; node < nodes; node++) {
    // As LightGBM grows: leaf `at` becomes the left child, the new leaf the right one.
    const at = pick(parent.length)
    const up = parent[at]!
    if (up.node >= 0) (up.left ? left : right)[up.node] = node
    left[node] = ~at
    right[node] = ~(node + 1)
    parent[at] = { node, left: true }
    parent.push({ node, left: false })
    feature[node] = pick(numFeatures)
    if (categories && random() < 0.3) {
      type[node] = 1 | (random() < 0.5 ? 8 : 0)
      threshold[node] = boundaries.length - 1
      for (let w = pick(3) + 1; w > 0; w--) words.push(Math.floor(random() * 2 ** 32))
      boundaries.push(words.length)
    } else {
      type[node] = (pick(3) << 2) | (random() < 0.5 ? 2 : 0)
      threshold[node] = random() < 0.5 ? THRESHOLDS[pick(THRESHOLDS.length)]! : random() * 4 - 2
    }
  }
  const counts = (n: number) => Float64Array.from({ length: n }, () => 1 + pick(100))
  const numCat = boundaries.length - 1
  return {
    numLeaves,
    numCat,
    splitFeature: feature,
    splitGain: Float64Array.from({ length: nodes }, () => random() * 10 - 1),
    threshold,
    decisionType: type,
    leftChild: left,
    rightChild: right,
    leafValue: Float64Array.from({ length: numLeaves }, () => random() - 0.5),
    leafWeight: counts(numLeaves),
    leafCount: counts(numLeaves),
    internalValue: Float64Array.from({ length: nodes }, () => random()),
    internalWeight: counts(nodes),
    internalCount: counts(nodes),
    catBoundaries: Int32Array.from(numCat > 0 ? boundaries : []),
    catThreshold: Uint32Array.from(words),
    shrinkage: 0.1,
  }
}

/** Random numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface RandomCase {
  readonly model: Model
  readonly rows: Float64Array
  readonly numRows: number
}

/** A model and rows for it. */
export const randomCase: fc.Arbitrary<RandomCase> = fc
  .record({
    seed: fc.nat(),
    features: fc.integer({ min: 1, max: 5 }),
    perIteration: fc.integer({ min: 1, max: 3 }),
    rounds: fc.integer({ min: 0, max: 12 }),
    leaves: fc.integer({ min: 1, max: 40 }),
    numRows: fc.constantFrom(0, 1, 3, 95, 96, 130, 600),
    categories: fc.boolean(),
    averageOutput: fc.boolean(),
  })
  .map(({ seed, features, perIteration, rounds, leaves, numRows, categories, averageOutput }) => {
    const random = randomFrom(seed)
    const trees = Array.from({ length: perIteration * rounds }, () =>
      randomTree(random, features, 1 + Math.floor(random() * leaves), categories && random() < 0.5),
    )
    const rows = Float64Array.from({ length: numRows * features }, () =>
      random() < 0.6 ? VALUES[Math.floor(random() * VALUES.length)]! : random() * 4 - 2,
    )
    const model: Model = {
      trees,
      treesPerIteration: perIteration,
      numClass: perIteration,
      objective: 'regression',
      featureNames: Array.from({ length: features }, (_, i) => `f${i}`),
      featureInfos: new Array<string>(features).fill('[-2:2]'),
      averageOutput,
      labelIndex: 0,
      parameters: '',
    }
    return { model, rows, numRows }
  })

/** The leaf of a row, by recursion, as LightGBM's documentation of its missing types has it. */
export function naiveLeaf(tree: Tree, row: ArrayLike<number>, node = tree.numLeaves === 1 ? -1 : 0): number {
  if (node < 0) return ~node
  const value = row[tree.splitFeature[node]!]!
  const type = tree.decisionType[node]!
  const threshold = tree.threshold[node]!
  let goLeft: boolean
  if (type % 2 === 1) {
    const category = Math.trunc(value)
    const words = [...tree.catThreshold.slice(tree.catBoundaries[threshold]!, tree.catBoundaries[threshold + 1]!)]
    const set = words.flatMap((word, w) =>
      Array.from({ length: 32 }, (_, bit) => w * 32 + bit).filter((c) => Math.floor(word / 2 ** (c % 32)) % 2 === 1),
    )
    goLeft = !Number.isNaN(value) && category >= 0 && set.includes(category === 0 ? 0 : category)
  } else {
    const defaultLeft = (type & 2) === 2
    const missingType = ['none', 'zero', 'nan'][type >> 2]!
    const isZero = Math.abs(value) <= 1.0000000180025095e-35
    if (missingType === 'nan' && Number.isNaN(value)) goLeft = defaultLeft
    else if (missingType === 'zero' && (isZero || Number.isNaN(value))) goLeft = defaultLeft
    else goLeft = (Number.isNaN(value) ? 0 : value) <= threshold
  }
  return naiveLeaf(tree, row, goLeft ? tree.leftChild[node]! : tree.rightChild[node]!)
}
