import { describe, expect, it } from 'vitest'
import { planBacktests, planStudy, readStudy } from '../../dist/index.js'

const TEXT = `
study: prices
range: { start: 2026-02-01, end: 2026-02-05 }
labels: { horizons: [5], target: y_5m }
folds:
  - train: { start: 2026-02-02, end: 2026-02-02 }
    valid: { start: 2026-02-03, end: 2026-02-03 }
    test: { start: 2026-02-04, end: 2026-02-05 }
models:
  - { name: a, family: linear }
  - { name: b, family: linear }
`

describe('backtests of a study', () => {
  it('trade every model and baseline; variants change one setting of one', () => {
    const { study } = readStudy(`${TEXT}sensitivity: { of: b, fee_pct: [0, 0.05] }\n`, 'x')
    expect(planBacktests(study).map((b) => [b.id, b.role, b.model ?? b.baseline, b.changed])).toEqual([
      ['a', 'model', 'a', null],
      ['b', 'model', 'b', null],
      ['baseline-momentum', 'baseline', 'momentum', null],
      ['baseline-reversal', 'baseline', 'reversal', null],
      ['baseline-random', 'baseline', 'random', null],
      // 0.05 is what it has already.
      ['b-fee-0', 'variant', 'b', 'fee_pct 0.05 → 0'],
    ])
  })

  it('a strategy that reads no scores is traded once, under its own name, without them', () => {
    const { study } = readStudy(
      `${TEXT}backtest: { strategy: my/ma-cross.ts, scores: false }\nsensitivity: { fee_pct: [0] }\n`,
      'x',
    )
    const plans = planBacktests(study)
    expect(plans.map((b) => [b.id, b.title, b.role])).toEqual([
      ['strategy', 'ma-cross', 'model'],
      ['strategy-fee-0', 'strategy, fee_pct 0.05 → 0', 'variant'],
    ])
    const stages = planStudy(study, { workers: 1, wait: 0 }).filter((s) => s.id.startsWith('backtest/'))
    expect(stages).toHaveLength(2)
    for (const { argv, needs } of stages) {
      expect(argv).not.toContain('--scores')
      expect(argv).not.toContain('--baseline')
      expect(needs).toEqual(['fetch', 'universe'])
    }
  })
})
