/** Checkpoints, continued training, early stopping, callbacks, custom objectives, constraints; and refusals. */
import {
  type Checkpoint,
  compile,
  Dataset,
  LightGbmError,
  type Model,
  readText,
  train,
  writeText,
} from '@cointrader/lightgbm-wasm'
import { treeOutput } from '@cointrader/lightgbm-wasm/train/score'
import { describe, expect, it } from 'vitest'
import { dataset, make, type Spec } from '../parity-data.js'

const spec: Spec = {
  rows: 1500,
  kinds: ['normal', 'normal', 'ties', 'cat12', 'normal'],
  categorical: [3],
  missing: 0.05,
  target: 'value',
  params: {},
}
const text = (m: Model): string => writeText({ ...m, parameters: '' })

async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof LightGbmError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'not refused'
}

describe('checkpoints', () => {
  const variants = {
    bagging: { bagging_fraction: 0.6, bagging_freq: 3, feature_fraction: 0.6, feature_fraction_bynode: 0.8, seed: 4 },
    goss: { data_sample_strategy: 'goss', learning_rate: 0.5 },
    extra: { extra_trees: true },
    l1: { objective: 'l1' },
    multiclass: { objective: 'multiclass', num_class: 3 },
  }
  for (const [name, extra] of Object.entries(variants)) {
    it(`a training resumed after 7 of 15 rounds equals an undisturbed one: ${name}`, async () => {
      const s: Spec = name === 'multiclass' ? { ...spec, target: 'class3' } : spec
      const data = await dataset(s, 1)
      const valid = await dataset(s, 2, data)
      const params = { num_leaves: 12, early_stopping_round: 50, num_iterations: 15, ...extra }
      const sets = { valid: [{ name: 'valid', data: valid }] }
      const whole = await train(params, data, sets)
      let kept: { model: string; state: string } | undefined
      await train(params, data, {
        ...sets,
        callbacks: [
          (info) => {
            if (info.iteration !== 6) return
            const c = info.checkpoint()
            // Through files: text and JSON.
            kept = { model: writeText(c.model), state: JSON.stringify(c.state) }
            return 'stop'
          },
        ],
      })
      const resume: Checkpoint = { model: readText(kept?.model ?? ''), state: JSON.parse(kept?.state ?? '') }
      const rest = await train(params, data, { ...sets, resume })
      expect(text(rest.model)).toBe(text(whole.model))
      expect(rest.history).toEqual(whole.history)
      expect(rest.bestIteration).toBe(whole.bestIteration)
    })
  }

  it('a checkpoint of other data is refused', async () => {
    const data = await dataset(spec, 1)
    let kept: Checkpoint | undefined
    await train({ num_iterations: 2 }, data, {
      callbacks: [
        (i) => {
          kept = i.checkpoint()
        },
      ],
    })
    const other = Dataset.attach((await dataset(spec, 3)).share())
    expect(await refused(train({ num_iterations: 3 }, other, kept === undefined ? {} : { resume: kept }))).toMatch(
      /BadModel/,
    )
  })
})

describe('continued training', () => {
  it('adds trees to a model, whose predictions are the starting scores', async () => {
    const data = await dataset(spec, 1)
    const first = await train({ num_iterations: 5 }, data)
    const more = await train({ num_iterations: 5 }, data, { initModel: first.model })
    expect(more.model.trees.length).toBe(10)
    expect(more.bestIteration).toBe(10)
    // Without sampling that is the same as ten rounds at once.
    const ten = await train({ num_iterations: 10 }, data)
    expect(text(more.model)).toBe(text(ten.model))
  })

  it('works with a model of other bins, by raw values', async () => {
    const first = await train({ num_iterations: 5 }, await dataset({ ...spec, rows: 700 }, 9))
    const data = await dataset(spec, 1)
    const more = await train({ num_iterations: 1 }, data, { initModel: first.model, valid: [{ name: 'own', data }] })
    const { columns, label } = make(spec, 1)
    let loss = 0
    for (let r = 0; r < spec.rows; r++) {
      let score = 0
      for (const tree of more.model.trees) score += treeOutput(tree, (f) => columns[f][r])
      loss += (score - Math.fround(label[r])) ** 2
    }
    expect(more.history.own.l2[0]).toBeCloseTo(loss / spec.rows, 10)
  })
})

describe('scores', () => {
  it('training and validation scores are the predictions of the model', async () => {
    for (const params of [{}, { bagging_fraction: 0.3, bagging_freq: 1, feature_fraction: 0.4 }, { objective: 'l1' }]) {
      const data = await dataset(spec, 1)
      const valid = await dataset(spec, 2, data)
      const p = { num_iterations: 8, metric: 'l2', ...params }
      const { model, history } = await train(p, data, {
        valid: [
          { name: 'own', data },
          { name: 'valid', data: valid },
        ],
      })
      for (const [name, seed] of [
        ['own', 1],
        ['valid', 2],
      ] as const) {
        const { columns, label } = make(spec, seed)
        const scores = compile(model).predict({ columns })
        let loss = 0
        label.forEach((y, r) => {
          loss += (scores[r] - Math.fround(y)) ** 2
        })
        expect(history[name].l2[7]).toBeCloseTo(loss / spec.rows, 9)
      }
    }
  })
})

describe('early stopping and callbacks', () => {
  it('stops after the given rounds without improvement and names the best', async () => {
    const data = await dataset(spec, 1)
    const valid = await dataset(spec, 2, data)
    const r = await train({ num_iterations: 500, learning_rate: 0.3, early_stopping_round: 10 }, data, {
      valid: [
        { name: 'own', data },
        { name: 'valid', data: valid },
      ],
    })
    expect(r.stopped).toBe('early-stopping')
    const curve = r.history.valid.l2
    expect(curve.length).toBe(r.bestIteration + 10)
    expect(curve[r.bestIteration - 1]).toBe(Math.min(...curve))
  })

  it('uses own metrics, higher is better', async () => {
    const data = await dataset(spec, 1)
    const valid = await dataset(spec, 2, data)
    let calls = 0
    const metric = { name: 'mine', higherIsBetter: true, evaluate: () => (++calls < 5 ? calls : 0) }
    const r = await train({ num_iterations: 100, metric: 'none', early_stopping_round: 3 }, data, {
      valid: [{ name: 'valid', data: valid }],
      metrics: [metric],
    })
    expect(r.bestIteration).toBe(4)
    expect(r.history.valid.mine.length).toBe(7)
  })

  it('a callback can stop, a signal aborts', async () => {
    const data = await dataset(spec, 1)
    const r = await train({ num_iterations: 50 }, data, {
      callbacks: [(i) => (i.iteration === 2 ? 'stop' : undefined)],
    })
    expect([r.stopped, r.model.trees.length]).toEqual(['callback', 3])
    const control = new AbortController()
    const aborted = train({ num_iterations: 50 }, data, { signal: control.signal, callbacks: [() => control.abort()] })
    expect(await refused(aborted)).toMatch(/Aborted: training was stopped after 1 iterations/)
  })

  it('a custom objective equal to l2 gives the trees of l2', async () => {
    const data = await dataset(spec, 1)
    const own = await train({ objective: 'custom', num_iterations: 5 }, data, {
      objective: (scores, d, pairs) => {
        for (let r = 0; r < d.numRows; r++) {
          pairs[2 * r] = scores[r] - (d.label?.[r] ?? 0)
          pairs[2 * r + 1] = 1
        }
      },
    })
    const l2 = await train({ num_iterations: 5, boost_from_average: false }, data)
    expect(text({ ...own.model, objective: 'regression' })).toBe(text(l2.model))
  })
})

describe('constraints', () => {
  it('monotone features never make the prediction fall', async () => {
    const s: Spec = { ...spec, kinds: ['normal', 'normal', 'normal'], categorical: [] }
    const data = await dataset(s, 1)
    const { model } = await train({ num_iterations: 30, monotone_constraints: [1, -1, 0] }, data)
    for (const [f, sign] of [
      [0, 1],
      [1, -1],
    ] as const)
      for (let other = -2; other <= 2; other++) {
        let before = Number.NEGATIVE_INFINITY
        for (let x = -3; x <= 3; x += 0.05) {
          const row = [other, other, other]
          row[f] = x
          let score = 0
          for (const tree of model.trees) score += treeOutput(tree, (k) => row[k])
          expect(sign * score).toBeGreaterThanOrEqual(before - 1e-12)
          before = sign * score
        }
      }
  })

  it('max_depth bounds the depth', async () => {
    const { model } = await train({ num_iterations: 3, max_depth: 3, num_leaves: 100 }, await dataset(spec, 1))
    expect(Math.max(...model.trees.map((t) => t.numLeaves))).toBeLessThanOrEqual(8)
  })
})

describe('bad input', () => {
  const columns = [Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]
  const label = [1, 2, 3]
  it('named errors', async () => {
    const from = (input: Parameters<typeof Dataset.from>[0]): Promise<string> => refused(Dataset.from(input))
    expect(await from({ columns: [], label })).toMatch(/BadData: the data has no features/)
    expect(await from({ columns: [new Float64Array(0)], label: [] })).toMatch(/BadData: the data has no rows/)
    expect(await from({ columns: [columns[0], Float64Array.of(1)], label })).toMatch(/column 1 has 1 rows/)
    expect(
      await from({ columns: [Float64Array.of(1, Number.POSITIVE_INFINITY, 2)], featureNames: ['a'], label }),
    ).toMatch(/feature a is infinite in row 1/)
    expect(await from({ columns, label: [1, Number.NaN, 2] })).toMatch(/label of row 1 is NaN/)
    expect(await from({ columns, label: [1, 2] })).toMatch(/2 values of label for 3 rows/)
    expect(await from({ columns, label, weight: [1, -1, 1] })).toMatch(/weight of row 1 is negative/)
    expect(await from({ columns, label, group: [2, 2] })).toMatch(/groups add up to 4 of 3 rows/)
    expect(await from({ columns, featureNames: ['a', 'a'], label })).toMatch(/name a occurs twice/)
    expect(await from({ columns, label, categorical: ['b'] })).toMatch(/categorical feature b is not in the data/)
    expect(await from({ rowMajor: new Float64Array(5), numFeatures: 2, label })).toMatch(/5 values are not rows of 2/)
    const data = await Dataset.from({ columns, label })
    expect(await refused(train({}, await Dataset.from({ columns })))).toMatch(/BadData: training data needs a label/)
    expect(await refused(train({ objective: 'binary' }, data))).toMatch(/BadData: binary labels are 0 or 1/)
    expect(await refused(train({ objective: 'multiclass', num_class: 2 }, data))).toMatch(/class labels are 0..1/)
    expect(await refused(train({ objective: 'lambdarank' }, data))).toMatch(/needs group/)
    expect(await refused(train({ learning_rat: 0.1 }, data))).toMatch(
      /UnknownParameter: unknown parameter learning_rat; did you mean learning_rate/,
    )
    const params = { min_data_in_bin: 1 }
    const fine = await Dataset.from({ columns, label, params })
    const valid = await Dataset.from({ columns: [Float64Array.of(1, 9, 3), columns[1]], label, params })
    expect(await refused(train({}, fine, { valid: [{ name: 'v', data: valid }] }))).toMatch(/v is binned differently/)
  })

  it('a constant label, too few rows and an all-missing feature give a constant tree or are never split on', async () => {
    const constant = await train({ num_iterations: 10 }, await Dataset.from({ columns, label: [5, 5, 5] }))
    expect([constant.stopped, constant.model.trees.length, constant.model.trees[0].leafValue[0]]).toEqual([
      'no-split',
      1,
      5,
    ])
    const few = await train({ num_iterations: 10 }, await Dataset.from({ columns, label }))
    expect(few.model.trees.map((t) => t.leafValue[0])).toEqual([2])
    const { columns: made, label: y } = make(spec, 1)
    const data = await Dataset.from({
      columns: [new Float64Array(spec.rows).fill(Number.NaN), made[0], new Float64Array(spec.rows).fill(3)],
      label: y,
    })
    const { model } = await train({ num_iterations: 5 }, data)
    expect(new Set(model.trees.flatMap((t) => [...t.splitFeature]))).toEqual(new Set([1]))
    expect([model.featureInfos[0], model.featureInfos[2]]).toEqual(['none', 'none'])
    const one = await train(
      { objective: 'binary', num_iterations: 5 },
      await Dataset.from({ columns, label: [1, 1, 1] }),
    )
    expect(one.stopped).toBe('no-split')
  })
})
