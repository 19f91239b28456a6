/** The reference trainings of LightGBM 4.7 in the shared data: `golden/research-lgbm`. */
import { readFileSync } from 'node:fs'
import { Dataset, type ParamInput, train } from '@cointrader/lightgbm-wasm'
import { expect, it } from 'vitest'
import { readParquet, shared } from '../shared.js'

interface Run {
  readonly params: ParamInput
  readonly num_boost_round: number
  readonly early_stopping_rounds: number | null
  readonly best_iteration: number
  readonly rmse_train: readonly number[]
  readonly rmse_valid: readonly number[]
  readonly rmse_valid_best: number
}

const table = shared('data/xy-2024-02/xy_synthetic.parquet')
const reference = shared('data/golden/research-lgbm/reference_training.json')
const modelFile = shared('data/golden/research-lgbm/exact_small_model.txt')
const rows = table === undefined ? undefined : await readParquet(table)
const ready = rows !== undefined && reference !== undefined && modelFile !== undefined

const names =
  rows === undefined
    ? []
    : Object.keys(rows[0])
        .filter((c) => c.startsWith('x_'))
        .sort()

function slice(from: number, to: number, base?: Dataset): Promise<Dataset> {
  const part = (rows ?? []).slice(from, to)
  return Dataset.from({
    columns: names.map((c) => Float64Array.from(part, (r) => Number(r[c]))),
    featureNames: names,
    label: part.map((r) => Number(r.y_60m)),
    ...(base === undefined ? {} : { reference: base }),
  })
}

async function run(name: string) {
  const ref = (JSON.parse(readFileSync(reference as string, 'utf8')) as { runs: Record<string, Run> }).runs[name]
  const data = await slice(0, 9000)
  const valid = await slice(9000, 12000, data)
  const early_stopping_round = ref.early_stopping_rounds ?? 0
  const result = await train(
    { ...ref.params, num_iterations: ref.num_boost_round, early_stopping_round, num_threads: 1 },
    data,
    {
      valid: [
        { name: 'train', data },
        { name: 'valid', data: valid },
      ],
    },
  )
  for (const [set, curve] of [
    ['train', ref.rmse_train],
    ['valid', ref.rmse_valid],
  ] as const)
    curve.forEach((x, i) => {
      expect(Math.abs(result.history[set].rmse[i] - x) / x).toBeLessThan(1e-9)
    })
  expect(result.bestIteration).toBe(ref.best_iteration)
  expect(Math.abs(Math.min(...result.history.valid.rmse) - ref.rmse_valid_best)).toBeLessThan(1e-9)
  return result
}

it.skipIf(!ready)('exact_small: all 30 trees of the stored model', async () => {
  const { model } = await run('exact_small')
  const text = readFileSync(modelFile as string, 'utf8')
  expect(model.featureInfos).toEqual(text.match(/feature_infos=(.*)/)?.[1].split(' '))
  const blocks = text.split(/\nTree=\d+\n/).slice(1)
  expect(model.trees.length).toBe(blocks.length)
  blocks.forEach((block, t) => {
    const tree = model.trees[t]
    const stored = (key: string): number[] =>
      (block.match(new RegExp(`(?:^|\\n)${key}=(.*)`))?.[1] ?? '').split(' ').map(Number)
    expect([...tree.splitFeature]).toEqual(stored('split_feature'))
    expect([...tree.leftChild]).toEqual(stored('left_child'))
    expect([...tree.rightChild]).toEqual(stored('right_child'))
    expect([...tree.decisionType]).toEqual(stored('decision_type'))
    expect([...tree.leafCount]).toEqual(stored('leaf_count'))
    stored('threshold').forEach((x, i) => {
      expect(Math.abs(tree.threshold[i] - x)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(x)))
    })
    stored('leaf_value').forEach((x, i) => {
      expect(Math.abs(tree.leafValue[i] - x)).toBeLessThanOrEqual(1e-9)
    })
  })
})

// The samplers repeat LightGBM's generators, so the sampled runs agree too, not only on average.
it.skipIf(!ready)(
  'default_train_config: 20 % of rows and columns a tree, early stopping at the same round',
  async () => {
    await run('default_train_config')
  },
)
