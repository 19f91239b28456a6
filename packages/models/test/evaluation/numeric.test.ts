import { readFileSync } from 'node:fs'
import {
  auc,
  averagePrecision,
  brier,
  calibration,
  confusion,
  logLoss,
  meanRanks,
  multiclassReport,
  normalCdf,
  pearson,
  pooledIc,
  regressionErrors,
  spearman,
  twoSided,
} from '@cointrader/models/evaluation/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectClose, naivePearson, naiveRanks, naiveSpearman } from './support.js'

const f = (x: readonly number[]): Float64Array => Float64Array.from(x)
const fixture = JSON.parse(readFileSync(new URL('fixtures/scipy.json', import.meta.url), 'utf8'))

describe('scores against scipy and scikit-learn', () => {
  const p = f(fixture.p)
  const y = f(fixture.y)
  const r = f(fixture.r)
  const w = f(fixture.weight)
  it.each([
    ['pearson', () => pearson(p, r)],
    ['pearson_weighted', () => pooledIc(p, r, w).pearson],
    ['spearman', () => spearman(p, r)],
    ['auc', () => auc(p, y)],
    ['auc_weighted', () => auc(p, y, w)],
    ['ap', () => averagePrecision(p, y)],
    ['ap_weighted', () => averagePrecision(p, y, w)],
    ['log_loss', () => logLoss(p, y)],
    ['log_loss_weighted', () => logLoss(p, y, w)],
    ['brier', () => brier(p, y)],
    ['mse', () => regressionErrors(p, r).mse],
    ['mae', () => regressionErrors(p, r).mae],
  ] as const)('%s to 1e-12', (name, score) => {
    expect(Math.abs(score() / fixture[name] - 1)).toBeLessThan(1e-12)
  })

  it('ranks, thresholds, calibration table, normal distribution', () => {
    expect(Array.from(meanRanks(r))).toEqual(fixture.ranks)
    for (const [threshold, precision, recall, f1] of fixture.at) {
      const c = confusion(p, y, threshold)
      expect(c.precision).toBeCloseTo(precision, 13)
      expect(c.recall).toBeCloseTo(recall, 13)
      expect(c.f1).toBeCloseTo(f1, 13)
    }
    const { bins, ece } = calibration(p, y, 10)
    const [predicted, observed] = fixture.calibration
    expect(bins.map((b) => b.rows).reduce((a, b) => a + b, 0)).toBe(p.length)
    bins.forEach((b, i) => {
      expect(b.meanPrediction).toBeCloseTo(predicted[i], 12)
      expect(b.observed).toBeCloseTo(observed[i], 12)
    })
    const expected = bins.reduce((sum, b) => sum + (b.rows / p.length) * Math.abs(b.meanPrediction - b.observed), 0)
    expect(ece).toBeCloseTo(expected, 13)
    for (const [x, cdf, tails] of fixture.normal) {
      expect(Math.abs(normalCdf(x) / cdf - 1)).toBeLessThan(1e-11)
      expect(Math.abs(twoSided(x) / tails - 1)).toBeLessThan(1e-11)
    }
  })

  it('several classes', () => {
    const m = fixture.multiclass
    const report = multiclassReport(f(m.q), f(m.c), 3)
    expect(report.confusion).toEqual(m.confusion)
    expect([report.macro.precision, report.macro.recall, report.macro.f1].map((v) => v.toFixed(12))).toEqual(
      m.macro.map((v: number) => v.toFixed(12)),
    )
    expect(report.macro.auc).toBeCloseTo(m.auc_ovr, 12)
    expect(report.logLoss).toBeCloseTo(m.log_loss, 12)
    expect(report.balancedAccuracy).toBeCloseTo(m.balanced, 12)
  })
})

const ties = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), {
  minLength: 2,
  maxLength: 80,
})

describe('properties', () => {
  it('ranks and correlations equal their naive twins, also with ties and across both sorting paths', () => {
    fc.assert(
      fc.property(ties, (pairs) => {
        const x = pairs.map(([a]) => a)
        const y = pairs.map(([, b]) => b)
        expect(Array.from(meanRanks(f(x)))).toEqual(naiveRanks(x))
        const [r, s] = [naivePearson(x, y), naiveSpearman(x, y)]
        expectClose(pearson(f(x), f(y)), r, 12)
        expectClose(spearman(f(x), f(y)), s, 12)
        expectClose(pearson(f(y), f(x)), r, 12)
      }),
    )
  })

  it('rank IC and AUC do not change under rising transforms, and turn round under falling ones', () => {
    fc.assert(
      fc.property(ties, (pairs) => {
        const x = f(pairs.map(([a]) => a))
        const y = f(pairs.map(([, b]) => b))
        const up = x.map((v) => Math.exp(v) + v)
        const down = x.map((v) => -(v ** 3))
        expect(spearman(up, y)).toEqual(spearman(x, y))
        expectClose(spearman(down, y), -spearman(x, y), 12)
        const c = y.map((v) => (v > 0 ? 1 : 0))
        expect(auc(up, c)).toEqual(auc(x, c))
        expectClose(auc(down, c), 1 - auc(x, c), 12)
      }),
    )
  })

  it('AUC is the share of pairs won, with weights the weighted share', () => {
    fc.assert(
      fc.property(ties, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (pairs, weights) => {
        const p = pairs.map(([a]) => a)
        const y = pairs.map(([, b]) => (b > 0 ? 1 : 0))
        const w = pairs.map(() => weights.next().value as number)
        let won = 0
        let all = 0
        p.forEach((a, i) => {
          p.forEach((b, j) => {
            if (y[i] !== 1 || y[j] !== 0) return
            all += w[i]! * w[j]!
            won += w[i]! * w[j]! * (a > b ? 1 : a === b ? 0.5 : 0)
          })
        })
        expectClose(auc(f(p), f(y), f(w)), all === 0 ? Number.NaN : won / all, 12)
        // A weight of k is k copies.
        const copies = w.flatMap((k, i) => Array.from({ length: k }, () => i))
        const many = { p: f(copies.map((i) => p[i]!)), y: f(copies.map((i) => y[i]!)) }
        expectClose(auc(f(p), f(y), f(w)), auc(many.p, many.y), 12)
        expectClose(averagePrecision(f(p), f(y), f(w)), averagePrecision(many.p, many.y), 12)
      }),
    )
  })

  it('refuses labels outside a class, and probabilities that are none', () => {
    expect(() => multiclassReport(f([0.5, 0.5]), f([2]), 2)).toThrow(/E_USAGE.*row 0 has 2/)
    expect(() => logLoss(f([1.2]), f([1]))).toThrow(/E_USAGE.*1\.2/)
    expect(pearson(f([0.1, 0.1, 0.1]), f([1, 2, 3]))).toBeNaN()
    expect(pearson(f([]), f([]))).toBeNaN()
  })
})
