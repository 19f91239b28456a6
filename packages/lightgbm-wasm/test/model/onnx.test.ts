import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  compile,
  floorFloat32,
  type Model,
  readText,
  readXgboost,
  writeOnnx,
} from '@cointrader/lightgbm-wasm/model/index'
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
  tempFolder,
} from './helpers.js'

/** Fields of a protobuf message: number → varints or byte strings, in order. */
function decode(bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> {
  const fields = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
  }
  const take = (n: number) => {
    at += n
    return bytes.slice(at - n, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const value = key % 8 === 0 ? varint() : take(key % 8 === 2 ? Number(varint()) : 4)
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value])
  }
  return fields
}
const message = (fields: Map<number, (bigint | Uint8Array)[]>, field: number, index = 0) =>
  decode(fields.get(field)![index] as Uint8Array)
const word = (value: bigint | Uint8Array | undefined) => new TextDecoder().decode(value as Uint8Array)

/** The attributes of the first operator. */
function attributes(bytes: Uint8Array) {
  const node = message(message(decode(bytes), 7), 1)
  const result: Record<string, number[] | string[] | string> = {}
  for (const a of node.get(5)!) {
    const fields = decode(a as Uint8Array)
    const name = word(fields.get(1)![0])
    if (fields.has(9)) result[name] = fields.get(9)!.map(word)
    else if (fields.has(7)) result[name] = [...new Float32Array((fields.get(7)![0] as Uint8Array).slice().buffer)]
    else if (fields.has(8)) {
      // Packed varints, read as one repeated field.
      const list: number[] = []
      let value = 0n
      let shift = 0n
      for (const byte of fields.get(8)![0] as Uint8Array) {
        value |= BigInt(byte & 127) << shift
        shift += 7n
        if (byte < 128) {
          list.push(Number(BigInt.asIntN(64, value)))
          value = 0n
          shift = 0n
        }
      }
      result[name] = list
    } else if (fields.has(4)) result[name] = word(fields.get(4)![0])
  }
  return { operator: word(node.get(4)![0]), result }
}

/** Leaf weights per tree for a row, by the definition of the operator. */
function walk(bytes: Uint8Array, row: ArrayLike<number>): Map<number, number> {
  const { result } = attributes(bytes)
  const get = (name: string) => (result[name] ?? []) as number[]
  const kind = 'class_ids' in result ? 'class' : 'target'
  const at = new Map(get('nodes_treeids').map((t, i) => [`${t} ${get('nodes_nodeids')[i]}`, i]))
  const weights = new Map(
    get(`${kind}_treeids`).map((t, i) => [`${t} ${get(`${kind}_nodeids`)[i]}`, get(`${kind}_weights`)[i]!]),
  )
  const trees = new Map<number, number>()
  for (const t of new Set(get('nodes_treeids'))) {
    let id = 0
    for (;;) {
      const i = at.get(`${t} ${id}`)!
      if ((result.nodes_modes as string[])[i] === 'LEAF') break
      const x = row[get('nodes_featureids')[i]!]!
      const yes = Number.isNaN(x) ? get('nodes_missing_value_tracks_true')[i] === 1 : x <= get('nodes_values')[i]!
      id = get(yes ? 'nodes_truenodeids' : 'nodes_falsenodeids')[i]!
    }
    trees.set(t, weights.get(`${t} ${id}`)!)
  }
  return trees
}

describe('ONNX', () => {
  it('every float32 row reaches the leaf it reaches in the model', () => {
    fc.assert(
      fc.property(randomCase, ({ model, rows, numRows }) => {
        const bytes = writeOnnx({ ...model, averageOutput: false })
        const features = model.featureNames.length
        for (let r = 0; r < Math.min(numRows, 6); r++) {
          const row = rows.slice(r * features, (r + 1) * features).map(Math.fround)
          const got = walk(bytes, row)
          expect([...got.values()]).toEqual(
            model.trees.map((tree) => Math.fround(tree.leafValue[naiveLeaf(tree, row)]!)),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  it('thresholds are rounded down to float32', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.float({ noNaN: true }), (threshold, x) => {
        expect(x <= floorFloat32(threshold)).toBe(x <= threshold)
      }),
    )
  })

  it('chooses the operator by the objective', () => {
    const of = (name: string) => attributes(writeOnnx(readText(fixtureText(name))))
    expect(of('nan').operator).toBe('TreeEnsembleRegressor')
    expect(of('binary').operator).toBe('TreeEnsembleClassifier')
    expect(of('binary').result.post_transform).toBe('LOGISTIC')
    expect(of('multiclass').result.post_transform).toBe('SOFTMAX')
  })

  const interpreter = python('onnxruntime', 'onnx', 'numpy')
  it.skipIf(interpreter === undefined)('onnxruntime predicts the same to 1e-5', () => {
    const folder = tempFolder()
    const models: [string, Model][] = fixtureNames('lightgbm').map((name) => [name, readText(fixtureText(name))])
    for (const name of ['xgb_regression', 'xgb_binary', 'xgb_softprob', 'xgb_categorical', 'xgb_poisson'])
      models.push([name, readXgboost(readFileSync(join(fixtures, `${name}.xgboost`), 'utf8'))])
    const wanted = new Map<string, { values: Float64Array; k: number }>()
    for (const [name, model] of models) {
      writeFileSync(join(folder, `${name}.onnx`), writeOnnx(model))
      const e = readExpected(fixtures, name)
      const p = compile(model)
      wanted.set(name, { values: p.predict({ data: e.x.map(Math.fround), numRows: e.rows }), k: p.numOutputs })
    }
    const script = `
import sys, json, base64, numpy as np, onnx, onnxruntime as ort
out = {}
for name in sys.argv[3:]:
    e = json.load(open(f'{sys.argv[2]}/{name}.expected'))
    x = np.frombuffer(base64.b64decode(e['x'])).reshape(e['rows'], e['features'])
    with np.errstate(all='ignore'):
        x = x.astype(np.float32)
    onnx.checker.check_model(onnx.load(f'{sys.argv[1]}/{name}.onnx'))
    s = ort.InferenceSession(f'{sys.argv[1]}/{name}.onnx')
    r = s.run(None, {'X': x})
    label = r[0].tolist() if len(r) > 1 else None
    out[name] = dict(p=r[-1].astype(float).tolist(), label=label)
print('RESULT' + json.dumps(out))`
    const names = models.map(([name]) => name)
    const answer = execFileSync(interpreter!, ['-c', script, folder, fixtures, ...names], {
      maxBuffer: 1 << 26,
    }).toString()
    const results = JSON.parse(answer.slice(answer.indexOf('RESULT') + 6)) as Record<
      string,
      { p: number[][]; label: number[] | null }
    >
    for (const name of names) {
      const { values, k } = wanted.get(name)!
      const { p, label } = results[name]!
      const twoColumns = k === 1 && p[0]!.length === 2
      const got = p.flatMap((row) => (twoColumns ? [row[1]!] : row))
      expect([name, distance(got, values) < 1e-5]).toEqual([name, true])
      if (label !== null) {
        const best = p.map((row) => row.indexOf(Math.max(...row)))
        expect([name, label]).toEqual([name, best])
      }
    }
  })
})
