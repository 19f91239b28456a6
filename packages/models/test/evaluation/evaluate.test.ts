import { MINUTE_MS } from '@cointrader/core'
import {
  type EvaluateRequest,
  type EvaluationReport,
  evaluate,
  evaluationHtml,
  evaluationTable,
  researchIc,
} from '@cointrader/models/evaluation/index'
import { describe, expect, it } from 'vitest'
import { bySection, naiveMean, naiveNeweyWest, naiveSpearman, type Panel, panel, shuffled } from './support.js'

function request(p: Panel, more: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return {
    time: p.time,
    symbol: p.symbol,
    label: p.label,
    labelName: 'y_5m',
    unit: 'bp',
    horizonMinutes: 5,
    contenders: [{ name: 'model', role: 'model', prediction: p.prediction }],
    trainMean: 0.01,
    resamples: 200,
    permutations: 50,
    quantiles: 4,
    ...more,
  }
}

const skilled = panel({ seed: 21, instants: 3000, symbols: 8, overlap: 5, skill: 0.15 })
let made: EvaluationReport | undefined
function report(): EvaluationReport {
  made ??= evaluate(request(skilled))
  return made
}
const entry = (r: EvaluationReport, name: string) => r.entries.find((e) => e.name === name)!

describe('evaluate', () => {
  it('shows the model beside zero, constant and random, on the same rows', () => {
    const r = report()
    expect(r.entries.map((e) => [e.name, e.role])).toEqual([
      ['model', 'model'],
      ['zero', 'baseline'],
      ['constant', 'baseline'],
      ['random', 'baseline'],
    ])
    expect(r.rows).toEqual({ given: 24000, withoutLabel: 0, withoutPrediction: {}, judged: 24000 })
    expect(r.crossSections).toEqual({ used: 3000, tooSmall: 0, minSymbols: 5, medianSize: 8, refusal: null })
    expect(r.time.stepMs).toBe(MINUTE_MS)
    expect(r.settings.block).toBeGreaterThanOrEqual(5)
  })

  it('figures equal their naive twins', () => {
    const model = entry(report(), 'model')
    const ic = bySection(skilled).map(({ rows }) =>
      naiveSpearman(
        rows.map((x) => x.p),
        rows.map((x) => x.y),
      ),
    )
    expect(model.sections!.rank.value).toBeCloseTo(naiveMean(ic), 12)
    expect(model.sections!.rank.t).toBeCloseTo(naiveNeweyWest(ic, model.sections!.rank.lag), 8)
    expect(model.sections!.rank.sharePositive).toBeCloseTo(ic.filter((v) => v > 0).length / ic.length, 12)
    const day = Array.from(skilled.time, (t) => Math.floor(t / 86_400_000))
    const rp38 = researchIc(skilled.prediction, skilled.label, day)
    expect(model.pooled.pearson.value).toBeCloseTo(rp38.ic_pearson, 12)
    expect(model.daily.pearsonMean).toBeCloseTo(rp38.daily_ic_pearson_mean, 12)
    expect(model.daily.rankStd).toBeCloseTo(rp38.daily_ic_spearman_std, 12)
    expect(model.daily.n).toBe(rp38.n_days)
    expect(model.days.map((d) => d.rows).reduce((a, b) => a + b, 0)).toBe(24000)
  })

  it('tells skill from luck', () => {
    const model = entry(report(), 'model')
    for (const score of [model.pooled.pearson, model.pooled.rank, model.sections!.pearson, model.sections!.rank]) {
      expect(score.interval!.low).toBeGreaterThan(0)
      expect(score.band!.inside).toBe(false)
      expect(score.band!.high).toBeLessThan(score.value!)
    }
    expect(model.spread!.t).toBeGreaterThan(3)
    expect(model.spread!.interval!.low).toBeGreaterThan(0)
    expect(model.errors.hitRate).toBeGreaterThan(0.5)
    const random = entry(report(), 'random')
    expect(Math.abs(random.sections!.rank.t!)).toBeLessThan(3)
    const { value, band } = random.pooled.pearson
    expect(Math.abs(value! - band!.mean!)).toBeLessThan(4 * band!.deviation!)
    const zero = entry(report(), 'zero')
    expect(zero.pooled.pearson.value).toBeNull()
    expect(zero.pooled.pearson.band).toBeNull()
    expect(zero.sections!.rank.undefined).toBe(3000)
    expect(zero.errors.r2Zero).toBe(0)
  })

  it('shuffled labels stay inside the band', () => {
    let inside = 0
    for (let seed = 0; seed < 12; seed++) {
      const noise = panel({ seed: 300 + seed, instants: 400, symbols: 8, overlap: 5 })
      const model = entry(evaluate(request(noise, { resamples: 0, seed })), 'model')
      if (model.pooled.pearson.band!.inside) inside++
    }
    expect(inside).toBeGreaterThanOrEqual(10)
  })

  it('is the same for any order of rows, and for the same seed; JSON survives', () => {
    const small = panel({ seed: 5, instants: 150, symbols: 7, overlap: 5, skill: 0.2, gaps: 0.1 })
    const a = evaluate(request(small, { contenders: [{ name: 'm', role: 'model', prediction: small.prediction }] }))
    const mixed = shuffled(small, 77)
    const b = evaluate(request(mixed, { contenders: [{ name: 'm', role: 'model', prediction: mixed.prediction }] }))
    expect(b).toEqual(a)
    expect(JSON.parse(JSON.stringify(a))).toEqual(a)
  })

  it('sparse rows: cross-sections are refused by name, pooled figures stay', () => {
    const sparse = panel({ seed: 6, instants: 2000, symbols: 30, gaps: 0.95, skill: 0.3 })
    const r = evaluate(request(sparse, { horizonMinutes: 1 }))
    expect(r.crossSections.refusal).toMatch(/less than half/)
    expect(r.notes.join()).toMatch(/Cross-sectional figures are refused/)
    const model = entry(r, 'model')
    expect([model.sections, model.spread, model.portfolio]).toEqual([null, null, null])
    expect(model.pooled.pearson.interval!.low).toBeGreaterThan(0)
    expect(evaluationTable(r).join('\n')).toMatch(/no cross-sectional figures/)
  })

  it('leaves rows out alike for all, and counts them', () => {
    const p = panel({ seed: 7, instants: 100, symbols: 6 })
    const label = Float64Array.from(p.label, (v, i) => (i % 10 === 0 ? Number.NaN : v))
    const holes = Float64Array.from(p.prediction, (v, i) => (i % 7 === 0 ? Number.NaN : v))
    const contenders = [
      { name: 'whole', role: 'model', prediction: p.prediction },
      { name: 'holes', role: 'model', prediction: holes },
    ] as const
    const r = evaluate(request(p, { label, contenders }))
    const expected = Array.from(label).filter((v, i) => !Number.isNaN(v) && i % 7 !== 0).length
    expect(r.rows.judged).toBe(expected)
    expect(r.rows.withoutLabel).toBe(60)
    expect(Object.keys(r.rows.withoutPrediction)).toEqual(['holes'])
    expect(r.settings.trials).toBe(2)
  })

  it('decay over horizons', () => {
    const p = panel({ seed: 8, instants: 400, symbols: 8, skill: 0.5 })
    const other = panel({ seed: 99, instants: 400, symbols: 8 }).label
    const later = Float64Array.from(other, (v, i) => (i > 3000 ? Number.NaN : v))
    const r = evaluate(request(p, { otherLabels: [{ name: 'y_30m', horizonMinutes: 30, label: later }] }))
    const decay = entry(r, 'model').decay
    expect(decay.map((d) => [d.label, d.rows])).toEqual([
      ['y_5m', 3200],
      ['y_30m', 3001],
    ])
    expect(decay[0]!.rank).toBeCloseTo(entry(r, 'model').pooled.rank.value!, 12)
    expect(decay[0]!.sectionRank).toBeCloseTo(entry(r, 'model').sections!.rank.value!, 12)
    expect(Math.abs(decay[1]!.rank!)).toBeLessThan(0.1)
  })

  it('names what is wrong with the input', () => {
    const p = panel({ seed: 7, instants: 30, symbols: 6 })
    expect(() => evaluate(request(p, { label: new Float64Array(180).fill(2) }))).toThrow(
      /E_USAGE: y_5m.*is 2 in all 180/,
    )
    expect(() => evaluate(request(p, { label: new Float64Array(180).fill(Number.NaN) }))).toThrow(/E_NOTHING_FOUND/)
    expect(() => evaluate(request(p, { label: new Float64Array(3) }))).toThrow(/E_USAGE: time/)
    const infinite = Float64Array.from(p.prediction)
    infinite[5] = Number.POSITIVE_INFINITY
    expect(() => evaluate(request(p, { contenders: [{ name: 'm', role: 'model', prediction: infinite }] }))).toThrow(
      /prediction of m.*row 5 is Infinity/,
    )
    const twice = [
      { name: 'm', role: 'model', prediction: p.prediction },
      { name: 'm', role: 'model', prediction: p.prediction },
    ] as const
    expect(() => evaluate(request(p, { contenders: twice }))).toThrow(/two contenders/)
    expect(() => evaluate(request(p, { task: 'binary' }))).toThrow(/E_USAGE: class label/)
  })

  it('tiny ranges still give a report, without intervals', () => {
    const p = panel({ seed: 7, instants: 12, symbols: 6 })
    const r = evaluate(request(p, { horizonMinutes: 60 }))
    expect(entry(r, 'model').pooled.pearson.interval).toBeNull()
    expect(r.notes.join()).toMatch(/No bootstrap intervals/)
    expect(evaluationHtml(r)).toContain('</html>')
  })
})

describe('classifier', () => {
  const p = panel({ seed: 31, instants: 1500, symbols: 2, overlap: 3, skill: 0.6 })
  const label = Float64Array.from(p.label, (v) => (v > 1 ? 1 : 0))
  const probability = Float64Array.from(p.prediction, (v) => 1 / (1 + Math.exp(-v)))
  const r = evaluate(
    request(p, {
      task: 'binary',
      label,
      contenders: [{ name: 'model', role: 'model', prediction: probability }],
      trainMean: 0.3,
      thresholds: [0.5, 0.7],
    }),
  )

  it('AUC with interval and band beside the base rate', () => {
    const model = entry(r, 'model').classifier!
    expect(model.auc.value).toBeGreaterThan(0.6)
    expect(model.auc.interval!.low).toBeGreaterThan(0.5)
    expect(model.auc.band!.inside).toBe(false)
    expect(model.auc.band!.low).toBeLessThan(0.5)
    expect(model.auc.band!.high).toBeGreaterThan(0.5)
    expect(model.thresholds.map((t) => t.threshold)).toEqual([0.5, 0.7])
    const constant = entry(r, 'constant').classifier!
    expect(constant.auc.value).toBe(0.5)
    expect(constant.auc.band).toBeNull()
    expect(r.entries.map((e) => e.name)).toEqual(['model', 'constant', 'random'])
    expect(Math.abs(entry(r, 'random').classifier!.auc.value! - 0.5)).toBeLessThan(0.05)
  })

  it('the page shows calibration', () => {
    expect(evaluationHtml(r)).toContain('Calibration')
    expect(evaluationTable(r).join('\n')).toMatch(/precision@0\.7/)
  })
})

describe('table and page', () => {
  it('a row for each entry, models first, in equal columns', () => {
    const lines = evaluationTable(report())
    const at = lines.findIndex((line) => line.startsWith('name'))
    expect(lines.slice(at + 2, at + 6).map((line) => line.split(/\s+/)[0])).toEqual([
      'model',
      'zero',
      'constant',
      'random',
    ])
    expect(lines.slice(at, at + 6).every((line) => line.length <= lines[at + 1]!.length)).toBe(true)
  })

  it('one page without anything from outside: no script, link, import or address', () => {
    const page = evaluationHtml({ ...report(), title: '<b>"x" & y</b>' })
    expect(page).not.toMatch(/<script|<link|@import|https?:|url\(|<img|<iframe/i)
    expect(page).toContain('&lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt;')
    expect(page).toContain('prefers-color-scheme:dark')
    expect(page).toContain('width=device-width')
    for (const title of [
      'Daily IC',
      'IC over time, cumulative',
      'Outcome by predicted group at each instant',
      'Outcome by predicted decile, pooled',
      'Residuals',
      'Residuals by prediction',
      'Monthly RMSE',
      'Cross-sectional rank IC',
    ]) {
      expect(page).toContain(`<h3>${title}</h3>`)
    }
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
    expect(page.match(/<svg/g)!.length).toBeGreaterThan(8)
    expect(page.match(/<svg/g)!.length).toBe(page.match(/<\/svg>/g)!.length)
  })
})
