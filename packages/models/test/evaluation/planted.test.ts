/** The judge on real-shaped data: the planted signal of xy-2024-02, and real features of 2026-02. */
import { readFileSync } from 'node:fs'
import { seededRandom } from '@cointrader/core'
import { momentumBaseline } from '@cointrader/models/baselines/index'
import { evaluate, evaluationTable } from '@cointrader/models/evaluation/index'
import { type Design, fitLinear, lassoCv, predictLinear } from '@cointrader/models/linear/index'
import { decodeParquet, numbers, strings } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { shared } from './support.js'

async function load(path: string) {
  const { table } = await decodeParquet(new Uint8Array(readFileSync(path)), path)
  const features = [...table.columns.keys()].filter((name) => name.startsWith('x_'))
  const names = strings(table, 'symbol')
  const symbols = [...new Set(names)].sort()
  const part = (from: number, to: number) => {
    const rows = to - from
    const x = new Float32Array(rows * features.length)
    features.forEach((name, f) => {
      x.set(numbers(table, name).subarray(from, to) as Float32Array, f * rows)
    })
    return {
      rows,
      features,
      x,
      layout: 'column' as const,
      y: Float64Array.from(numbers(table, 'y_60m').subarray(from, to)),
      time: Float64Array.from(numbers(table, 'start_time_ms').subarray(from, to)),
      symbol: Int32Array.from(names.slice(from, to), (name) => symbols.indexOf(name)),
    }
  }
  return { table, part }
}

const judged = { labelName: 'y_60m', unit: 'bp', horizonMinutes: 60, resamples: 500, permutations: 200 } as const

describe('xy-2024-02', () => {
  const path = shared('data/xy-2024-02/xy_synthetic.parquet')
  it.skipIf(path === undefined)(
    'sees the planted signal, and nothing in shuffled labels; refuses cross-sections by name',
    async () => {
      const { table, part } = await load(path!)
      const valid = part(9000, 12000)
      const planted = Float64Array.from(numbers(table, 'planted').subarray(9000, 12000))
      const contenders = [{ name: 'planted', role: 'model', prediction: planted } as const]
      const report = evaluate({ ...judged, ...valid, label: valid.y, contenders })
      const entry = report.entries[0]!
      console.log(evaluationTable(report).join('\n'))
      expect(entry.pooled.pearson.value).toBeGreaterThan(0.09)
      expect(entry.pooled.pearson.interval!.low).toBeGreaterThan(0)
      expect(entry.pooled.pearson.band!.inside).toBe(false)
      expect(report.crossSections.refusal).toMatch(
        /32 of 1600 cross-sections hold at least 5 symbols .* less than half/,
      )
      const random = seededRandom(1)
      let inside = 0
      for (let k = 0; k < 10; k++) {
        const label = Float64Array.from(valid.y)
        for (let i = label.length - 1; i > 0; i--) {
          const j = random.int(i + 1)
          ;[label[i], label[j]] = [label[j]!, label[i]!]
        }
        const noise = evaluate({ ...judged, ...valid, label, contenders, resamples: 0 }).entries[0]!
        if (noise.pooled.pearson.band!.inside) inside++
      }
      expect(inside).toBeGreaterThanOrEqual(8)
    },
  )

  it.skipIf(path === undefined)('linear models stand beside their baselines', async () => {
    const { part } = await load(path!)
    const train = part(0, 9000)
    const valid = part(9000, 12000)
    const trainMean = train.y.reduce((a, b) => a + b, 0) / train.rows
    const lasso = lassoCv(train as Design, train.y, {
      time: train.time,
      looksUntilMinutes: 61,
      alphas: [8, 4, 2, 1, 0.5, 0.25],
    })
    expect(lasso.model.training.converged).toBe(true)
    const ridge = fitLinear(train, train.y, { family: 'ridge', alpha: 3000 })
    const column = train.features.find((name) => /_Close_Diff_Rate$|Ret/.test(name)) ?? train.features[0]!
    const report = evaluate({
      ...judged,
      ...valid,
      label: valid.y,
      trainMean,
      contenders: [
        { name: 'ridge', role: 'model', prediction: predictLinear(ridge, valid) },
        { name: 'lasso', role: 'model', prediction: predictLinear(lasso.model, valid) },
        {
          name: 'momentum',
          role: 'baseline',
          prediction: momentumBaseline({ column, direction: 'momentum' }).predict(valid),
        },
      ],
    })
    console.log(`momentum by ${column}; alpha ${lasso.alpha}; folds ${JSON.stringify(lasso.folds)}`)
    console.log(evaluationTable(report).join('\n'))
    expect(report.entries.map((e) => e.name)).toEqual(['ridge', 'lasso', 'momentum', 'zero', 'constant', 'random'])
    expect(report.settings.trials).toBe(2)
  })
})

describe('xy-2026-02-real', () => {
  const path = shared('data/xy-2026-02-real/xy.parquet')
  it.skipIf(path === undefined)('ridge on real features: judged without a crash, cross-sections refused', async () => {
    const { part } = await load(path!)
    const train = part(0, 10_000)
    const valid = part(10_400, 14_400)
    const model = fitLinear(train, train.y, { family: 'ridge', alpha: 3000 })
    const report = evaluate({
      ...judged,
      ...valid,
      label: valid.y,
      contenders: [{ name: 'ridge', role: 'model', prediction: predictLinear(model, valid) }],
    })
    console.log(evaluationTable(report).join('\n'))
    expect(report.crossSections.refusal).toMatch(/median/)
    expect(report.entries[0]!.pooled.pearson.interval).not.toBeNull()
  })
})
