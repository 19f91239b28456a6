import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Model, ModelError, readText, readXgboost, writeText } from '@cointrader/lightgbm-wasm/model/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  distance,
  fixtureNames,
  fixtures,
  fixtureText,
  python,
  randomCase,
  readExpected,
  shared,
  tempFolder,
} from './helpers.js'

function thrown(f: () => unknown): ModelError {
  try {
    f()
  } catch (error) {
    if (error instanceof ModelError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Mends `tree_sizes` after a change of a tree's text, so that the change itself is found. */
function resize(text: string): string {
  const trees = text.slice(text.indexOf('\nTree=0') + 1, text.indexOf('end of trees')).split(/(?=^Tree=)/m)
  return text.replace(/tree_sizes=.*/, `tree_sizes=${trees.map((t) => t.length).join(' ')}`)
}
const lineOf = (text: string, start: string) => text.split('\n').findIndex((l) => l.startsWith(start)) + 1

describe('reading and writing', () => {
  it.each(fixtureNames('lightgbm'))('%s comes back byte for byte', (name) => {
    expect(writeText(readText(fixtureText(name)))).toBe(fixtureText(name))
  })

  for (const path of ['exact_small_model.txt', 'published-model/model.txt']) {
    const file = shared(`data/golden/research-lgbm/${path}`)
    it.skipIf(file === undefined)(`${path} comes back byte for byte`, () => {
      const text = readFileSync(file!, 'utf8')
      expect(writeText(readText(text))).toBe(text)
    })
  }

  it('keeps every decision and value of any model', () => {
    fc.assert(
      fc.property(randomCase, ({ model }) => {
        const back = readText(writeText(model))
        expect(back.trees.length).toBe(model.trees.length)
        back.trees.forEach((tree, t) => {
          const was = model.trees[t]!
          for (const key of [
            'splitFeature',
            'threshold',
            'decisionType',
            'leftChild',
            'rightChild',
            'leafValue',
          ] as const)
            expect(tree[key]).toEqual(was[key])
          for (const key of ['leafWeight', 'leafCount', 'internalCount', 'catBoundaries', 'catThreshold'] as const)
            expect(tree[key]).toEqual(was[key])
          expect(tree.shrinkage).toBe(was.shrinkage)
        })
        expect(writeText(back)).toBe(writeText(model))
      }),
      { numRuns: 40 },
    )
  })

  it('reads v3, unknown header lines, CRLF, missing optional lists and no tree_sizes', () => {
    const text = fixtureText('nan')
    const model = readText(text)
    const v3 = text.replace('version=v4', 'version=v3')
    expect(readText(v3)).toEqual({ ...model, version: 'v3' })
    expect(writeText(readText(v3))).toBe(v3)
    const extra = readText(text.replace('feature_infos=', 'novelty=1 2=3\nlonely\nfeature_infos='))
    expect(extra.extraHeader).toEqual(['novelty=1 2=3', 'lonely'])
    expect(extra.trees).toEqual(model.trees)
    expect(readText(text.replaceAll('\n', '\r\n'))).toEqual(model)
    const old = resize(text.replaceAll(/^(internal_weight|leaf_weight|is_linear)=.*\n/gm, ''))
    expect(readText(old).trees.map((t) => t.leafValue)).toEqual(model.trees.map((t) => t.leafValue))
    expect(readText(text.replace(/tree_sizes=.*\n/, '')).trees).toEqual(model.trees)
  })

  it('writes gains as importance when asked', () => {
    expect(writeText(readText(fixtureText('nan')), { importanceType: 'gain' })).toMatch(
      /importances:\nColumn_0=\d{3,}\n/,
    )
  })
})

describe('damaged files', () => {
  const text = fixtureText('categorical')

  it('a truncated file is refused wherever it ends', () => {
    // Of the importances, which no prediction needs, any number of whole lines may be missing unnoticed.
    const end = text.indexOf('end of parameters')
    const from = text.indexOf('feature_importances:')
    const to = text.indexOf('parameters:', from)
    for (let cut = 0; cut < end; cut += 37) {
      if (cut > from && cut <= to + 11) continue
      const error = thrown(() => readText(text.slice(0, cut)))
      expect(['E_MODEL_TRUNCATED', 'E_MODEL_FORMAT', 'E_MODEL_COUNT', 'E_MODEL_UNSUPPORTED']).toContain(error.code)
      expect(error.line).toBeGreaterThan(0)
    }
    expect(thrown(() => readText(text.slice(0, text.indexOf('end of trees')))).code).toBe('E_MODEL_TRUNCATED')
    expect(thrown(() => readText(text.slice(0, end))).code).toBe('E_MODEL_TRUNCATED')
  })

  it('a digit lost or added within a tree is found by tree_sizes', () => {
    const error = thrown(() => readText(text.replace(/^leaf_value=(-?)(\d\.\d)/m, 'leaf_value=$1$25')))
    expect([error.code, error.subject, error.line]).toEqual(['E_MODEL_FORMAT', 'tree 0', lineOf(text, 'Tree=0')])
    expect(error.message).toContain('tree_sizes')
  })

  const cases: [string, RegExp, string, string, string][] = [
    ['a list too long', /^threshold=/m, 'threshold=1 ', 'E_MODEL_COUNT', 'threshold='],
    ['a word for a number', /^leaf_value=\S+/m, 'leaf_value=abc', 'E_MODEL_FORMAT', 'leaf_value='],
    ['a hexadecimal number', /^leaf_value=\S+/m, 'leaf_value=0x10', 'E_MODEL_FORMAT', 'leaf_value='],
    ['a leaf that is not a number', /^leaf_value=\S+/m, 'leaf_value=nan', 'E_MODEL_TREE', 'Tree=0'],
    ['a child twice', /^left_child=\S+/m, 'left_child=-1', 'E_MODEL_TREE', 'Tree=0'],
    ['a loop', /^left_child=\S+/m, 'left_child=0', 'E_MODEL_TREE', 'Tree=0'],
    ['a child beyond', /^left_child=\S+/m, 'left_child=77', 'E_MODEL_TREE', 'Tree=0'],
    ['a feature beyond', /^split_feature=\S+/m, 'split_feature=6', 'E_MODEL_TREE', 'Tree=0'],
    ['a fraction of a feature', /^split_feature=\S+/m, 'split_feature=1.5', 'E_MODEL_FORMAT', 'split_feature='],
    ['an unknown missing type', /^decision_type=\S+/m, 'decision_type=12', 'E_MODEL_TREE', 'Tree=0'],
    ['a decision type out of range', /^decision_type=\S+/m, 'decision_type=256', 'E_MODEL_FORMAT', 'decision_type='],
    [
      'a category set that is not there',
      /^cat_boundaries=.*/m,
      'cat_boundaries=0 1',
      'E_MODEL_COUNT',
      'cat_boundaries=',
    ],
    ['no num_leaves', /^num_leaves=.*\n/m, '', 'E_MODEL_FORMAT', 'Tree=0'],
    ['no leaf_value', /^leaf_value=.*\n/m, '', 'E_MODEL_FORMAT', 'Tree=0'],
    ['linear trees', /^is_linear=0/m, 'is_linear=1', 'E_MODEL_UNSUPPORTED', 'is_linear='],
    ['a key twice', /^num_cat=/m, 'num_leaves=8\nnum_cat=', 'E_MODEL_FORMAT', 'num_cat='],
    ['a tree out of order', /^Tree=1/m, 'Tree=2', 'E_MODEL_FORMAT', 'Tree=2'],
    ['another version', /^version=v4/m, 'version=v2', 'E_MODEL_UNSUPPORTED', 'version='],
    ['too few feature names', /^feature_names=\S+ /m, 'feature_names=', 'E_MODEL_COUNT', 'feature_names='],
    ['no label_index', /^label_index=.*\n/m, '', 'E_MODEL_FORMAT', 'tree'],
    [
      'trees that do not make iterations',
      /^num_tree_per_iteration=1/m,
      'num_tree_per_iteration=3',
      'E_MODEL_COUNT',
      'num_tree',
    ],
    ['another first line', /^tree$/m, 'trees', 'E_MODEL_FORMAT', 'trees'],
  ]
  it.each(cases)('%s', (_name, pattern, replacement, code, place) => {
    const damaged = resize(text.replace(pattern, replacement))
    expect(damaged).not.toBe(text)
    const error = thrown(() => readText(damaged))
    expect(error.code).toBe(code)
    expect(error.line).toBe(place === 'num_cat=' ? lineOf(damaged, 'num_leaves=') + 1 : lineOf(damaged, place))
    expect(error.message).toContain(`line ${error.line}: `)
  })

  it('a lost or an extra tree', () => {
    const second = text.slice(text.indexOf('Tree=3'), text.indexOf('end of trees'))
    expect(thrown(() => readText(text.replace(second, ''))).code).toBe('E_MODEL_COUNT')
    expect(thrown(() => readText(text.replace(/(tree_sizes=\d+) .*/, '$1'))).message).toContain('1 trees only')
  })

  it('a model that cannot be written is refused', () => {
    const model = readText(text)
    const names = ['a b', 'b', 'c', 'd', 'e', 'f']
    expect(thrown(() => writeText({ ...model, featureNames: names })).code).toBe('E_MODEL_INPUT')
    expect(thrown(() => writeText({ ...model, featureInfos: ['none'] })).code).toBe('E_MODEL_COUNT')
    expect(thrown(() => writeText({ ...model, treesPerIteration: 3 })).code).toBe('E_MODEL_COUNT')
  })
})

describe('Python LightGBM loads what is written', () => {
  const interpreter = python('lightgbm')
  it.skipIf(interpreter === undefined)('and predicts the same, and writes the same file', () => {
    const folder = tempFolder()
    const cases: string[] = []
    const add = (name: string, model: Model) => {
      writeFileSync(join(folder, `${name}.txt`), writeText(model))
      cases.push(name)
    }
    for (const name of fixtureNames('lightgbm'))
      add(name, { ...readText(fixtureText(name)), parameters: '', trailer: '' })
    for (const name of ['xgb_regression', 'xgb_softprob', 'xgb_categorical'])
      add(name, readXgboost(readFileSync(join(fixtures, `${name}.xgboost`), 'utf8')))
    const script = `
import sys, json, base64, numpy as np, lightgbm as lgb
out = {}
for name in sys.argv[3:]:
    e = json.load(open(f'{sys.argv[2]}/{name}.expected'))
    x = np.frombuffer(base64.b64decode(e['x'])).reshape(e['rows'], e['features'])
    b = lgb.Booster(model_file=f'{sys.argv[1]}/{name}.txt')
    out[name] = dict(p=b.predict(x).ravel().tolist(), text=b.model_to_string())
json.dump(out, sys.stdout)`
    const answer = execFileSync(interpreter!, ['-c', script, folder, fixtures, ...cases], {
      maxBuffer: 1 << 26,
    }).toString()
    const results = JSON.parse(answer.slice(answer.indexOf('{'))) as Record<string, { p: number[]; text: string }>
    for (const name of cases) {
      const { prediction } = readExpected(fixtures, name)
      expect([name, distance(results[name]!.p, prediction)]).toEqual([
        name,
        expect.closeTo(0, name.startsWith('xgb') ? 5 : 10),
      ])
      const written = readFileSync(join(folder, `${name}.txt`), 'utf8')
      // What LightGBM adds on its own: the parameters it assumes, and Python's categories.
      const body = results[name]!.text.slice(0, written.length)
      if (!name.startsWith('xgb')) expect(body).toBe(written)
    }
  })
})
