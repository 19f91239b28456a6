import {
  fitLinear,
  fitLogistic,
  type LinearOptions,
  lassoCv,
  linearFromJson,
  linearImportance,
  linearToJson,
  predictLinear,
  predictLinearRow,
  rawCoefficients,
  regularisationPath,
} from '@cointrader/models/linear/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gauss, matrix, sample } from './support.js'

/** Weighted least squares with ridge by the normal equations of plain rows, intercept included. */
function naiveRidge(rows: number[][], y: number[], weight: number[], alpha: number) {
  const u = rows.map((row) => [...row, 1])
  const width = u[0]!.length
  const a = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j) => {
      const ridge = i === j && i < width - 1 ? alpha : 0
      return u.reduce((s, row, r) => s + weight[r]! * row[i]! * row[j]!, ridge)
    }),
  )
  const b = Array.from({ length: width }, (_, i) => u.reduce((s, row, r) => s + weight[r]! * row[i]! * y[r]!, 0))
  const solution = gauss(a, b)
  return { coefficients: solution.slice(0, -1), intercept: solution[width - 1]! }
}

function expectRaw(model: Parameters<typeof rawCoefficients>[0], c: readonly number[], intercept: number, digits = 8) {
  const raw = rawCoefficients(model)
  c.forEach((v, f) => {
    expect(raw.coefficients[f]).toBeCloseTo(v, digits)
  })
  expect(raw.intercept).toBeCloseTo(intercept, digits)
}

describe('least squares', () => {
  it('equals the normal equations of plain rows, weighted, for any size and layout', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 30, max: 600 }),
        fc.constantFrom('row' as const, 'column' as const),
        fc.integer(),
        (p, n, layout, seed) => {
          const { rows, y, weight } = sample(seed, n, p)
          const ones = rows.map(() => 1)
          const data = matrix(rows, layout)
          const ols = naiveRidge(rows, y, ones, 0)
          expectRaw(fitLinear(data, y, { family: 'ols' }), ols.coefficients, ols.intercept)
          const ridge = naiveRidge(rows, y, weight, 3)
          const fitted = fitLinear(data, y, { family: 'ridge', alpha: 3, standardise: false, weight })
          expectRaw(fitted, ridge.coefficients, ridge.intercept)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('is bit for bit the same for both layouts', () => {
    const { rows, y, weight } = sample(3, 500, 9)
    for (const family of ['ols', 'lasso'] as const) {
      const fit = (layout: 'row' | 'column') => fitLinear(matrix(rows, layout), y, { family, alpha: 0.1, weight })
      expect(fit('row')).toEqual(fit('column'))
    }
  })

  it('badly scaled and nearly dependent features keep their accuracy (refined once)', () => {
    const { rows, y } = sample(4, 400, 3)
    const hard = rows.map((row) => [row[0]! * 1e6 + 1e9, row[1]!, row[1]! + 1e-4 * row[2]!])
    const model = fitLinear(matrix(hard), y, { family: 'ols' })
    // Residuals of least squares are orthogonal to every feature.
    const fitted = predictLinear(model, matrix(hard))
    for (let f = 0; f < 3; f++) {
      const mean = hard.reduce((s, row) => s + row[f]!, 0) / 400
      let [dot, xx, ee] = [0, 0, 0]
      hard.forEach((row, r) => {
        const e = y[r]! - fitted[r]!
        dot += e * (row[f]! - mean)
        xx += (row[f]! - mean) ** 2
        ee += e * e
      })
      expect(Math.abs(dot) / Math.sqrt(xx * ee)).toBeLessThan(1e-9)
    }
    expect(model.training.dependent).toEqual([])
  })

  it('dependent and constant features get 0 and are named; the fit is that of the others', () => {
    const { rows, y } = sample(5, 200, 3)
    const wide = rows.map((row) => [...row, row[0]! + 2 * row[1]!, 7])
    const model = fitLinear(matrix(wide), y, { family: 'ols' })
    expect(model.training.dependent.length).toBe(1)
    expect(model.training.constant).toEqual(['f4'])
    const plain = predictLinear(fitLinear(matrix(rows), y, { family: 'ols' }), matrix(rows))
    predictLinear(model, matrix(wide)).forEach((v, r) => {
      expect(v).toBeCloseTo(plain[r]!, 9)
    })
    // More features than rows: still an answer, exact on the rows.
    const few = matrix(rows.slice(0, 3).map((row) => [...row, row[0]! ** 2]))
    const exact = fitLinear(few, y.slice(0, 3), { family: 'ols' })
    predictLinear(exact, few).forEach((v, r) => {
      expect(v).toBeCloseTo(y[r]!, 8)
    })
  })

  it('integer weights are copies; weight 0 and NaN labels leave rows out', () => {
    const { rows, y } = sample(6, 80, 4)
    const weight = y.map((_, r) => r % 3)
    const copies = y.flatMap((_, r) => Array.from({ length: r % 3 }, () => r))
    for (const family of ['ols', 'elastic_net'] as const) {
      const options: LinearOptions = { family, alpha: 0.05 }
      const a = rawCoefficients(fitLinear(matrix(rows), y, { ...options, weight }))
      const part = copies.map((r) => rows[r]!)
      const b = rawCoefficients(
        fitLinear(
          matrix(part),
          copies.map((r) => y[r]!),
          options,
        ),
      )
      a.coefficients.forEach((v, f) => {
        expect(v).toBeCloseTo(b.coefficients[f]!, 9)
      })
    }
    const unknown = y.map((v, r) => (r % 3 === 0 ? Number.NaN : v))
    const model = fitLinear(matrix(rows), unknown, { family: 'ols' })
    expect(model.training.withoutLabel).toBe(27)
    expect(model.training.rows).toBe(53)
  })
})

describe('lasso and elastic net', () => {
  it('fulfil the optimality conditions, for any strength and mix', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.integer(),
        (p, alpha, l1Ratio, seed) => {
          const { rows, y, weight } = sample(seed, 120, p)
          const model = fitLinear(matrix(rows), y, { family: 'elastic_net', alpha, l1Ratio, weight })
          expect(model.training.converged).toBe(true)
          const fitted = predictLinear(model, matrix(rows))
          const total = weight.reduce((a, b) => a + b, 0)
          for (let f = 0; f < p; f++) {
            let pull = 0
            rows.forEach((row, r) => {
              pull += (weight[r]! * (y[r]! - fitted[r]!) * (row[f]! - model.mean[f]!)) / model.deviation[f]! / total
            })
            const c = model.coefficients[f]!
            pull -= alpha * (1 - l1Ratio) * c
            if (c === 0) expect(Math.abs(pull)).toBeLessThan(alpha * l1Ratio + 1e-7)
            else expect(pull).toBeCloseTo(alpha * l1Ratio * Math.sign(c), 7)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('without an L1 part the elastic net is ridge of alpha times weight', () => {
    const { rows, y } = sample(7, 100, 5)
    const ridge = fitLinear(matrix(rows), y, { family: 'ridge', alpha: 30 })
    const net = fitLinear(matrix(rows), y, { family: 'elastic_net', l1Ratio: 0, alpha: 0.3 })
    net.coefficients.forEach((c, f) => {
      expect(c).toBeCloseTo(ridge.coefficients[f]!, 12)
    })
  })

  it('the path begins without features and agrees with single fits on the way', () => {
    const { rows, y } = sample(8, 150, 8)
    const path = regularisationPath(matrix(rows), y, { family: 'lasso' })
    expect(path.length).toBe(100)
    expect(path[0]!.nonZero).toBe(0)
    expect(path[99]!.nonZero).toBe(8)
    path.forEach((point, i) => {
      expect(point.converged).toBe(true)
      if (i > 0) expect(point.r2).toBeGreaterThanOrEqual(path[i - 1]!.r2 - 1e-12)
      if (i % 20 !== 0) return
      const single = fitLinear(matrix(rows), y, { family: 'lasso', alpha: point.alpha })
      single.coefficients.forEach((c, f) => {
        expect(c).toBeCloseTo(point.coefficients[f]!, 8)
      })
    })
  })

  it('says when it did not get there', () => {
    const { rows, y } = sample(8, 150, 8)
    const model = fitLinear(matrix(rows), y, { family: 'lasso', alpha: 1e-5, maxIterations: 1, tolerance: 1e-14 })
    expect(typeof model.training.converged).toBe('boolean')
    if (!model.training.converged) expect(model.training.gap).toBeGreaterThan(1e-14)
  })
})

describe('LassoCV', () => {
  const { rows, y } = sample(11, 240, 6)
  const time = Float64Array.from(y, (_, r) => Math.floor(r / 2) * 60_000)

  it('equals fitting every fold on its own, with purge and the scaler of the fold', () => {
    const alphas = [0.5, 0.1, 0.02]
    const result = lassoCv(matrix(rows), y, { alphas, folds: 3, time, looksUntilMinutes: 11 })
    for (let k = 0; k < 3; k++) {
      const valid = y.map((_, r) => Math.floor(r / 80) === k)
      const [first, last] = [time[k * 80]!, time[k * 80 + 79]!]
      const train = y.map((_, r) => !valid[r] && (time[r]! + 11 * 60_000 <= first || time[r]! >= last + 11 * 60_000))
      const pick = <T>(list: readonly T[], keep: readonly boolean[]) => list.filter((_, r) => keep[r])
      expect(result.folds[k]).toEqual({
        train: train.filter(Boolean).length,
        purged: 160 - train.filter(Boolean).length,
        valid: 80,
      })
      alphas.forEach((alpha, a) => {
        const model = fitLinear(matrix(pick(rows, train)), pick(y, train), { family: 'lasso', alpha })
        const fitted = predictLinear(model, matrix(pick(rows, valid)))
        const outcome = pick(y, valid)
        const mse = outcome.reduce((s, v, i) => s + (v - fitted[i]!) ** 2, 0) / 80
        expect(result.foldMse[k]![a]).toBeCloseTo(mse, 8)
      })
    }
    expect(result.folds.map((f) => f.purged)).toEqual([20, 40, 20])
  })

  it('needs to know times for the purge, and enough rows after it', () => {
    expect(() => lassoCv(matrix(rows), y)).toThrow(/E_USAGE: LassoCV.*needs time/)
    expect(() => lassoCv(matrix(rows), y, { time: time.toReversed(), looksUntilMinutes: 5 })).toThrow(/earlier/)
    expect(() => lassoCv(matrix(rows), y, { time, looksUntilMinutes: 500 })).toThrow(/E_ROW_COUNT: fold 1 of 3/)
    expect(() => lassoCv(matrix(rows), y, { folds: 1, purge: 'none' })).toThrow(/E_USAGE: folds/)
  })
})

describe('logistic', () => {
  it('fulfils the optimality conditions, for any strength and mix', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        fc.constantFrom(0, 0.5, 1),
        fc.integer(),
        (p, c, l1Ratio, seed) => {
          const { rows, y, weight } = sample(seed, 150, p)
          const label = y.map((v) => (v > 5.5 ? 1 : 0))
          const model = fitLogistic(matrix(rows), label, { c, l1Ratio, weight })
          expect(model.training.converged).toBe(true)
          const fitted = predictLinear(model, matrix(rows))
          let bias = 0
          fitted.forEach((probability, r) => {
            bias += weight[r]! * (label[r]! - probability)
          })
          expect(Math.abs(bias)).toBeLessThan(1e-5)
          for (let f = 0; f < p; f++) {
            let pull = 0
            rows.forEach((row, r) => {
              const z = (row[f]! - model.mean[f]!) / model.deviation[f]!
              pull += c * weight[r]! * (label[r]! - fitted[r]!) * z
            })
            const b = model.coefficients[f]!
            pull -= (1 - l1Ratio) * b
            if (b === 0) expect(Math.abs(pull)).toBeLessThan(l1Ratio + 1e-4)
            else expect(Math.abs(pull - l1Ratio * Math.sign(b))).toBeLessThan(1e-4)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('separated classes still have an answer', () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i])
    const model = fitLogistic(
      matrix(rows),
      rows.map(([x]) => (x! >= 20 ? 1 : 0)),
      { c: 1e6 },
    )
    expect(model.training.converged).toBe(true)
    expect(predictLinear(model, matrix([[0], [39]]))[0]).toBeLessThan(1e-6)
    expect(() =>
      fitLogistic(
        matrix(rows),
        rows.map(([x]) => x!),
      ),
    ).toThrow(/E_USAGE: class label.*row 2 has 2/)
    expect(() =>
      fitLogistic(
        matrix(rows),
        rows.map(() => 1),
      ),
    ).toThrow(/E_USAGE: label.*is 1 in all 40/)
  })
})

describe('missing and bad cells', () => {
  const { rows, y } = sample(12, 60, 3)
  const holes = rows.map((row, r) => row.map((v, f) => (f === 1 && r % 6 === 0 ? Number.NaN : v)))

  it('mean: counts cells, equals filling them; drop: equals leaving rows out; refuse: names feature and row', () => {
    const data = matrix(holes)
    const model = fitLinear(data, y, { family: 'ols' })
    expect(model.training.filledCells).toEqual({ f1: 10 })
    const known = holes.map((row) => row[1]!).filter(Number.isFinite)
    const mean = known.reduce((a, b) => a + b, 0) / known.length
    const filled = holes.map((row) => row.map((v) => (Number.isFinite(v) ? v : mean)))
    const expected = rawCoefficients(fitLinear(matrix(filled), y, { family: 'ols' }))
    rawCoefficients(model).coefficients.forEach((c, f) => {
      expect(c).toBeCloseTo(expected.coefficients[f]!, 9)
    })
    const dropped = fitLinear(data, y, { family: 'ols', missing: 'drop' })
    const keep = holes.map((row) => row.every(Number.isFinite))
    const part = fitLinear(
      matrix(holes.filter((_, r) => keep[r])),
      y.filter((_, r) => keep[r]),
      { family: 'ols', missing: 'drop' },
    )
    expect(dropped.coefficients).toEqual(part.coefficients)
    expect(dropped.training.dropped).toBe(10)
    expect(() => fitLinear(data, y, { family: 'ols', missing: 'refuse' })).toThrow(/E_USAGE: f1: .*row 0 is NaN/)
  })

  it('names what cannot be used', () => {
    const data = matrix(rows)
    const empty = matrix(rows.map(([a, , c]) => [a!, Number.NaN, c!]))
    expect(() => fitLinear(empty, y, { family: 'ols' })).toThrow(/E_NOTHING_FOUND: f1.*no finite cell/)
    const infinite = matrix(rows.map((row, r) => (r === 3 ? [Number.POSITIVE_INFINITY, 1, 1] : row)))
    expect(fitLinear(infinite, y, { family: 'ols' }).training.filledCells).toEqual({ f0: 1 })
    expect(() => fitLinear(infinite, y, { family: 'ols', missing: 'refuse' })).toThrow(/f0.*row 3 is Infinity/)
    expect(() =>
      fitLinear(
        data,
        y.map(() => 2),
        { family: 'ols' },
      ),
    ).toThrow(/E_USAGE: label.*is 2 in all 60/)
    expect(() =>
      fitLinear(
        data,
        y.map((v, r) => (r === 7 ? Number.POSITIVE_INFINITY : v)),
        { family: 'ols' },
      ),
    ).toThrow(/label.*row 7 is Infinity/)
    expect(() =>
      fitLinear(
        data,
        y.map(() => Number.NaN),
        { family: 'ols' },
      ),
    ).toThrow(/E_NOTHING_FOUND: training rows/)
    expect(() => fitLinear(data, y, { family: 'ols', features: ['f0', 'gone'] })).toThrow(/1 are absent: gone/)
    expect(() => fitLinear(data, y, { family: 'ols', features: [] })).toThrow(/none is named/)
    expect(() => fitLinear(data, y, { family: 'lasso', alpha: -1 })).toThrow(/E_USAGE: alpha/)
    expect(() => fitLinear(data, y, { family: 'ols', weight: y.map(() => -1) })).toThrow(/E_USAGE: sample weight/)
    expect(() => fitLinear(data, y.slice(1), { family: 'ols' })).toThrow(/60 rows, 59 labels/)
  })
})

describe('the stored model', () => {
  const { rows, y } = sample(13, 90, 4)
  const names = ['a', 'b', 'c', 'd']
  const model = fitLinear(matrix(rows, 'row', names), y, { family: 'elastic_net', alpha: 0.1, l1Ratio: 0.3 })

  it('comes back from JSON equal, and predicts the same in any layout, column order, and row by row', () => {
    const again = linearFromJson(linearToJson(model))
    expect(again).toEqual(model)
    const mixed = rows.map(([a, b, c, d]) => [d!, 99, b!, a!, c!])
    const expected = predictLinear(model, matrix(rows, 'row', names))
    expect(predictLinear(again, matrix(mixed, 'column', ['d', 'x', 'b', 'a', 'c']))).toEqual(expected)
    rows.forEach((row, r) => {
      expect(predictLinearRow(again, row)).toBe(expected[r])
      expect(predictLinearRow(again, { a: row[0]!, b: row[1]!, c: row[2]!, d: row[3]!, z: 1 })).toBe(expected[r])
    })
    const raw = rawCoefficients(model)
    rows.forEach((row, r) => {
      expect(row.reduce((s, v, f) => s + raw.coefficients[f]! * v, raw.intercept)).toBeCloseTo(expected[r]!, 10)
    })
  })

  it('a missing cell counts as its training mean; absent features are named', () => {
    const at = model.mean.map((m, f) => (f === 2 ? Number.NaN : m))
    expect(predictLinearRow(model, at)).toBeCloseTo(model.intercept, 12)
    expect(() => predictLinear(model, matrix(rows))).toThrow(/4 of the model are absent: a, b, c, d/)
    expect(() => predictLinearRow(model, { a: 1 })).toThrow(/E_USAGE: b/)
    expect(() => predictLinearRow(model, [1])).toThrow(/1 values for 4/)
    const sizes = linearImportance(model).map((one) => Math.abs(one.coefficient))
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
  })

  it('refuses what is no model, by name', () => {
    expect(() => linearFromJson('{')).toThrow(/E_FILE_CORRUPT/)
    expect(() => linearFromJson('{"kind":"tree"}')).toThrow(/not a linear model/)
    expect(() => linearFromJson(linearToJson({ ...model, mean: [1] }))).toThrow(/mean: not 4 numbers/)
  })
})
