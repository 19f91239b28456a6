/** Training as the research pipeline did it (RP-39), beside its reference runs and on labels that mean nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@cointrader/core'
import type { TrainingMatrix } from '@cointrader/features'
import { evaluate, judge, pearson, type Splits, trainLgbm } from '@cointrader/models'
import { decodeParquet, numbers, strings, type Table } from '@cointrader/store'
import { beforeAll, describe, expect, it } from 'vitest'
import { shared } from '../shared.js'

const data = shared('data/xy-2024-02/xy_synthetic.parquet')
const golden = shared('data/golden/research-lgbm')

interface Run {
  readonly params: Record<string, number | boolean | string>
  readonly num_boost_round: number
  readonly early_stopping_rounds: number | null
  readonly rmse_valid_best: number
  readonly valid: { readonly ic_pearson: number }
}

describe.skipIf(data === undefined || golden === undefined)('reference trainings', () => {
  let table: Table
  let runs: Record<string, Run>
  beforeAll(async () => {
    table = (await decodeParquet(readFileSync(data!), data!)).table
    runs = (JSON.parse(readFileSync(join(golden!, 'reference_training.json'), 'utf8')) as { runs: typeof runs }).runs
  })

  /** Rows [from, to) of the table, column-major, alphabetical features, never `planted`. */
  function matrix(from: number, to: number, label: Float64Array): TrainingMatrix {
    const features = [...table.columns.keys()].filter((n) => n.startsWith('x_')).sort()
    const rows = to - from
    const x = new Float32Array(rows * features.length)
    for (const [f, name] of features.entries())
      x.set((numbers(table, name) as Float32Array).subarray(from, to), f * rows)
    const names = strings(table, 'symbol').slice(from, to)
    const symbols = [...new Set(names)].sort()
    return {
      rows,
      features,
      layout: 'column',
      x,
      y: label.slice(from, to),
      time: (numbers(table, 'start_time_ms') as Float64Array).slice(from, to),
      symbol: Int32Array.from(names, (n) => symbols.indexOf(n)),
      symbols,
      counts: {} as TrainingMatrix['counts'],
      absentDates: [],
      skippedDates: [],
      datesOutsideUniverse: [],
      facts: new Map(),
    }
  }

  function splitsOf(label: Float64Array): Splits {
    const train = matrix(0, 9000, label)
    return {
      train,
      valid: matrix(9000, 12_000, label),
      test: undefined,
      ranges: {},
      features: train.features,
      emptyFeatures: [],
      label: { name: 'y_60m', unit: 'bp', looksUntilMinutes: 61 },
      facts: () => undefined,
    }
  }

  const labelOf = () => Float64Array.from(numbers(table, 'y_60m'))

  async function run(name: string, splits: Splits, seed: number) {
    const { params, num_boost_round, early_stopping_rounds } = runs[name]!
    const result = await trainLgbm(splits, {
      params: Object.fromEntries(
        Object.entries(params).filter(([k]) => !['seed', 'num_threads', 'deterministic', 'force_row_wise'].includes(k)),
      ),
      rounds: num_boost_round,
      earlyStopping: early_stopping_rounds ?? 0,
      seed,
      threads: 1,
    })
    const prediction = result.predict(splits.valid)
    const best = Math.min(...result.history.valid!.rmse!)
    return { result, prediction, best, ic: pearson(prediction, Float64Array.from(splits.valid.y)) }
  }

  it.each(['default_train_config', 'cli_defaults', 'published_choice'])(
    '%s reaches the reference as the mean of five seeds',
    async (name) => {
      const splits = splitsOf(labelOf())
      const seeds = [42, 1, 2, 3, 4]
      const done: Awaited<ReturnType<typeof run>>[] = []
      for (const seed of seeds) done.push(await run(name, splits, seed))
      const mean = (of: (d: (typeof done)[number]) => number) => done.reduce((n, d) => n + of(d), 0) / done.length
      const reference = runs[name]!
      const rmse = mean((d) => d.best)
      const ic = mean((d) => d.ic)
      console.log(
        `${name}: rmse ${rmse.toFixed(3)} (${reference.rmse_valid_best.toFixed(3)}), IC ${ic.toFixed(4)} (${reference.valid.ic_pearson.toFixed(4)})`,
      )
      expect(rmse).toBeLessThanOrEqual(reference.rmse_valid_best * 1.003)
      expect(ic).toBeGreaterThanOrEqual(reference.valid.ic_pearson - 0.03)
    },
  )

  it('finds the planted signal, and nothing in shuffled labels', async () => {
    const splits = splitsOf(labelOf())
    const { ic, result } = await run('default_train_config', splits, 42)
    expect(result.importance.every((i) => i.feature !== 'planted')).toBe(true)
    expect(ic).toBeGreaterThanOrEqual(0.09)
    const report = await judge(splits, 'valid', result.predict, { name: 'lgbm', seed: 1 })
    const model = report.entries.find((e) => e.name === 'lgbm')!
    expect(model.pooled.pearson.interval!.low!).toBeGreaterThan(0)
    // Cross-sections of this sample hold two symbols on average: refused by name, not averaged.
    expect(report.crossSections.refusal).toMatch(/cross-sections/)

    const random = seededRandom('shuffled labels')
    const shuffled = labelOf()
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = random.int(i + 1)
      const held = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = held
    }
    const noise = splitsOf(shuffled)
    const blind = await run('default_train_config', noise, 42)
    const judged = evaluate({
      time: noise.valid.time,
      symbol: noise.valid.symbol,
      label: noise.valid.y,
      labelName: 'shuffled',
      unit: 'bp',
      horizonMinutes: 60,
      contenders: [{ name: 'lgbm', role: 'model', prediction: blind.prediction }],
      seed: 1,
    })
    const blindEntry = judged.entries.find((e) => e.name === 'lgbm')!
    expect(blindEntry.pooled.pearson.band!.inside).toBe(true)
  })
})
