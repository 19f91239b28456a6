import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, leafOf, ModelError, outputTransform, readText } from '@cointrader/lightgbm-wasm/model/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  distance,
  fixtureNames,
  fixtures,
  fixtureText,
  naiveLeaf,
  python,
  randomCase,
  readExpected,
  shared,
  tempFolder,
} from './helpers.js'

const columnsOf = (x: Float64Array, rows: number, features: number) =>
  Array.from({ length: features }, (_, f) => Float64Array.from({ length: rows }, (_, r) => x[r * features + f]!))

function checkFixture(folder: string, name: string) {
  const e = readExpected(folder, name)
  const model = readText(readFileSync(join(folder, `${name}.txt`), 'utf8'))
  const p = compile(model)
  expect([p.numFeatures, p.numOutputs]).toEqual([e.features, e.outputs])
  const rows = { data: e.x, numRows: e.rows }
  expect(p.raw(rows)).toEqual(e.raw)
  expect(distance(p.predict(rows), e.prediction)).toBeLessThan(1e-14)
  expect(Float64Array.from(p.leaves(rows))).toEqual(e.leaves)
  expect(distance(p.predict(rows, { startIteration: 1, numIteration: 2 }), e.middle)).toBeLessThan(1e-14)
  // The block path, by repeating the rows, and columns.
  const times = Math.ceil(700 / e.rows)
  const many = new Float64Array(times * e.x.length)
  for (let i = 0; i < times; i++) many.set(e.x, i * e.x.length)
  const manyRaw = p.raw({ data: many, numRows: times * e.rows })
  for (let i = 0; i < times; i++) expect(manyRaw.slice(i * e.raw.length, (i + 1) * e.raw.length)).toEqual(e.raw)
  expect(p.raw({ columns: columnsOf(many, times * e.rows, e.features) })).toEqual(manyRaw)
}

describe('predictions of models made by LightGBM', () => {
  it.each(fixtureNames('lightgbm'))('%s: raw scores and leaves bit for bit, outputs to 1e-14', (name) => {
    checkFixture(fixtures, name)
  })

  const interpreter = python('lightgbm', 'xgboost')
  it.skipIf(interpreter === undefined)('500 trees, NaN and categories, bit for bit', () => {
    const folder = tempFolder()
    execFileSync(interpreter!, [join(fixtures, 'make.py'), folder, 'big'])
    checkFixture(folder, 'big')
  })

  const golden = shared('data/golden/research-lgbm/published-model')
  const reader = golden === undefined ? undefined : python('pyarrow')
  it.skipIf(reader === undefined)('the published model gives its golden predictions bit for bit', () => {
    const out = join(tempFolder(), 'rows.json')
    const script = `
import sys, json, base64, numpy as np, pyarrow.parquet as pq
t = pq.read_table(sys.argv[1] + '/inputs_and_predictions.parquet').to_pandas()
names = open(sys.argv[1] + '/model.txt').read().split('feature_names=')[1].split('\\n')[0].split(' ')
pack = lambda a: base64.b64encode(np.ascontiguousarray(a, dtype='<f8').tobytes()).decode()
rest = [c for c in t.columns if c not in names]
json.dump(dict(names=rest, x=pack(t[names].to_numpy()), rest=[pack([[float(w) for w in str(v).split(',')] for v in t[c]]) for c in rest]), open(sys.argv[2], 'w'))`
    execFileSync(reader!, ['-c', script, golden!, out])
    const json = JSON.parse(readFileSync(out, 'utf8')) as { names: string[]; x: string; rest: string[] }
    const unpack = (text: string) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)
    const get = (name: string) => unpack(json.rest[json.names.indexOf(name)]!)
    const p = compile(readText(readFileSync(join(golden!, 'model.txt'), 'utf8')))
    const rows = { data: unpack(json.x), numRows: 400 }
    expect(p.predict(rows)).toEqual(get('prediction'))
    expect(p.predict(rows, { numIteration: 1 })).toEqual(get('prediction_first_tree'))
    expect(Float64Array.from(p.leaves(rows))).toEqual(get('leaf_index'))
  })
})

describe('against a naive recursive walk', () => {
  it('raw scores, leaves, single rows and ranges of iterations are the same', () => {
    fc.assert(
      fc.property(randomCase, fc.integer({ min: -1, max: 8 }), fc.integer({ min: -1, max: 8 }), (c, start, count) => {
        const { model, rows, numRows } = c
        const k = model.treesPerIteration
        const features = model.featureNames.length
        const total = model.trees.length / k
        const first = Math.min(Math.max(start, 0), total)
        const last = count > 0 ? Math.min(first + count, total) : total
        const p = compile(model)
        const range = { startIteration: start, numIteration: count }
        const raw = p.raw({ data: rows, numRows }, range)
        const leaves = p.leaves({ data: rows, numRows }, range)
        const predicted = p.predict({ data: rows, numRows }, range)
        for (let r = 0; r < numRows; r++) {
          const row = rows.subarray(r * features, (r + 1) * features)
          const sums = new Float64Array(k)
          for (let t = first * k; t < last * k; t++) {
            const leaf = naiveLeaf(model.trees[t]!, row)
            expect(leafOf(model.trees[t]!, rows, r * features)).toBe(leaf)
            expect(leaves[r * (last - first) * k + t - first * k]).toBe(leaf)
            sums[t % k] = sums[t % k]! + model.trees[t]!.leafValue[leaf]!
          }
          expect(raw.slice(r * k, (r + 1) * k)).toEqual(sums)
          const mean = sums.map((s) => (model.averageOutput && last > first ? s / (last - first) : s))
          expect(predicted.slice(r * k, (r + 1) * k)).toEqual(mean)
          if (r < 3) expect(p.row(row, range)).toEqual(mean)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('float32 columns count as the doubles they hold', () => {
    const { x, rows, features } = readExpected(fixtures, 'nan')
    const p = compile(readText(fixtureText('nan')))
    const rounded = x.map(Math.fround)
    const columns = columnsOf(rounded, rows, features).map((c) => Float32Array.from(c))
    expect(p.raw({ columns })).toEqual(p.raw({ data: rounded, numRows: rows }))
  })
})

describe('the predictor', () => {
  const p = compile(readText(fixtureText('nan')))

  it('refuses shapes that do not fit', () => {
    const bad = [
      () => p.row([1, 2]),
      () => p.row(new Array(6).fill(0), { out: new Float64Array(2) }),
      () => p.raw({ data: new Float64Array(7), numRows: 1 }),
      () => p.raw({ data: new Float64Array(6), numRows: 1.5 }),
      () => p.raw({ columns: [] }),
      () => p.raw({ columns: [2, 2, 2, 2, 2, 3].map((n) => new Float64Array(n)) }),
      () => p.raw({ data: new Float64Array(6), numRows: 1 }, { numIteration: 0.5 }),
    ]
    for (const f of bad) {
      expect(f).toThrow(ModelError)
      expect(f).toThrow('E_MODEL_INPUT')
    }
  })

  it('writes into the array given', () => {
    const out = new Float64Array(1)
    expect(p.row(new Array(6).fill(0.5), { out, raw: true })).toBe(out)
    expect(out[0]).toBe(p.raw({ data: new Array(6).fill(0.5), numRows: 1 })[0])
  })

  it('knows the objectives and refuses others', () => {
    expect(outputTransform('huber')).toBeUndefined()
    expect(() => outputTransform('nonsense')).toThrow('E_MODEL_UNSUPPORTED')
    expect(() => outputTransform('binary sigmoid:-1')).toThrow('E_MODEL_FORMAT')
    const values = Float64Array.of(1000, 999, -1000)
    outputTransform('multiclass num_class:3')!(values, 0, 3)
    expect(values[0]! + values[1]!).toBeCloseTo(1, 15)
  })
})
