/** Rules between entries: each broken once, with the entry it names and the reason; several at once. */
import { flagOverride } from '@cointrader/study/config/index'
import { planBacktests } from '@cointrader/study/plan/backtests'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { problemsOf, read } from './studies.js'

const STUDY = `study: rules
source: { symbols: [AUSDT, BUSDT] }
range: { start: 2026-02-01, end: 2026-02-08 }
labels: { horizons: [5, 60], target: y_60m }
folds:
  - train: { start: 2026-02-02, end: 2026-02-03 }
    valid: { start: 2026-02-04, end: 2026-02-04 }
    test: { start: 2026-02-05, end: 2026-02-05 }
  - train: { start: 2026-02-02, end: 2026-02-04 }
    valid: { start: 2026-02-05, end: 2026-02-05 }
    test: { start: 2026-02-06, end: 2026-02-08 }
models:
  - { name: trees, family: lgbm }
  - { name: line, family: linear }
`

/** Problems after some entries are changed; the place before each is left out. */
const broken = (...set: string[]): string[] =>
  problemsOf(STUDY, set.map(flagOverride)).map((p) => p.replace(/^(?:--set .*?|line \d+): (?=[a-z_0-9.]+: )/, ''))

describe('a study', () => {
  it('keeps all rules', () => {
    expect(broken()).toEqual([])
  })

  const FIRST = '(the first day of the range has no universe: no day is before it)'
  it.each<[string, string[], string[]]>([
    [
      'a range that ends before it starts',
      ['range={start: 2026-02-20, end: 2026-02-08}'],
      ['range.end: 2026-02-08 is before 2026-02-20'],
    ],
    [
      'a part of a fold that ends before it starts',
      ['folds.0.train={start: 2026-02-03, end: 2026-02-02}'],
      ['folds.0.train.end: 2026-02-02 is before 2026-02-03'],
    ],
    [
      'training on the first day, which has no universe',
      ['folds.0.train.start=2026-02-01'],
      [`folds.0.train.start: 2026-02-01 is not between 2026-02-02 and 2026-02-08 ${FIRST}`],
    ],
    [
      'a test after the range',
      ['folds.1.test.end=2026-02-09'],
      [`folds.1.test.end: 2026-02-09 is not between 2026-02-02 and 2026-02-08 ${FIRST}`],
    ],
    [
      'validation that begins in training',
      ['folds.0.train.end=2026-02-04'],
      ['folds.0.valid.start: training ends on 2026-02-04'],
    ],
    [
      'a test that begins in validation',
      ['folds.0.valid.end=2026-02-05'],
      ['folds.0.test.start: validation ends on 2026-02-05'],
    ],
    [
      'a day that is tested twice',
      ['folds.0.test.end=2026-02-06'],
      ['folds.1.test.start: the test of the fold before ends on 2026-02-06: every day is tested once'],
    ],
    [
      'a proof outside the range',
      ['proof.causality=[2026-02-03, 2026-02-01, 2026-03-01]'],
      [
        `proof.causality.1: 2026-02-01 is not between 2026-02-02 and 2026-02-08 ${FIRST}`,
        `proof.causality.2: 2026-03-01 is not between 2026-02-02 and 2026-02-08 ${FIRST}`,
      ],
    ],
    ['two models of one name', ['models.1.name=trees'], ['models.1.name: "trees" is there twice']],
    [
      'a backtest of an unknown model',
      ['backtest.models=[trees, lines]'],
      ['backtest.models.1: no model has the name "lines" (did you mean "line"?)'],
    ],
    [
      'variants of an unknown model',
      ['sensitivity.of=tree'],
      ['sensitivity.of: no model has the name "tree" (did you mean "trees"?)'],
    ],
    [
      'variants of a model that is not traded',
      ['sensitivity.of=line', 'backtest.models=[trees]'],
      ['sensitivity.of: "line" is not traded (backtest.models)'],
    ],
    [
      'retraining of an unknown model',
      ['retrain.model=treees'],
      ['retrain.model: no model has the name "treees" (did you mean "trees"?)'],
    ],
    [
      'a target whose horizon is not made',
      ['labels.target=y_15m_neut'],
      ['labels.target: y_15m_neut needs the horizon 15; horizons are 5, 60'],
    ],
    ['a backtest of no model', ['backtest.models=[]'], ['backtest.models: name a model, or leave the entry out']],
    [
      'variants without a backtest',
      ['backtest=null', 'sensitivity={fee_pct: [0], gross: [2], slippage_pct: [0], holding_bars: [3]}'],
      ['fee_pct', 'slippage_pct', 'holding_bars', 'gross'].map(
        (key) => `sensitivity.${key}: there is no backtest to vary (backtest: null)`,
      ),
    ],
    ['a symbol twice', ['source.symbols=[AUSDT, BUSDT, AUSDT]'], ['source.symbols: AUSDT is there twice']],
    ['a kind twice', ['source.kinds=[klines, klines]'], ['source.kinds: klines is there twice']],
    ['a window twice', ['features.windows=[5, 1, 5]'], ['features.windows: 5 is there twice']],
    ['a plug-in twice', ['features.plugins=[a.ts, a.ts]'], ['features.plugins: a.ts is there twice']],
    ['a horizon twice', ['labels.horizons=[60, 5, 60]'], ['labels.horizons: 60 is there twice']],
    ['a proof twice', ['proof.causality=[2026-02-03, 2026-02-03]'], ['proof.causality: 2026-02-03 is there twice']],
    ['a traded model twice', ['backtest.models=[line, line]'], ['backtest.models: line is there twice']],
    ['a baseline twice', ['backtest.baselines=[random, random]'], ['backtest.baselines: random is there twice']],
    ['a fee twice', ['sensitivity.fee_pct=[0, 0]'], ['sensitivity.fee_pct: 0 is there twice']],
    ['a gross twice', ['sensitivity.gross=[2, 3, 2.0]'], ['sensitivity.gross: 2 is there twice']],
    [
      "a model of a baseline's name",
      ['models.1.name=baseline-momentum'],
      ['models.1.name: "baseline-momentum" is also the name of the backtest "baseline: momentum"'],
    ],
    [
      "a model of the name of another one's variant",
      ['models.1.name=trees-fee-0', 'sensitivity.fee_pct=[0]'],
      ['models.1.name: "trees-fee-0" is also the name of the backtest "trees, fee_pct 0.05 → 0"'],
    ],
  ])('refuses %s', (_, set, expected) => {
    expect(broken(...set)).toEqual(expected)
  })

  it('says the line of the entry, or the flag, that broke the rule', () => {
    const text = STUDY.replace(
      'start: 2026-02-05, end: 2026-02-05 }\n  - train',
      'start: 2026-02-04, end: 2026-02-05 }\n  - train',
    )
    expect(problemsOf(text)).toEqual(['line 8: folds.0.test.start: validation ends on 2026-02-04'])
    expect(problemsOf(STUDY, [flagOverride('models.1.name=trees')])).toEqual([
      '--set models.1.name=trees: models.1.name: "trees" is there twice',
    ])
  })

  it('names all broken rules at once', () => {
    expect(
      broken(
        'folds.0.valid.end=2026-02-05',
        'labels.target=y_7m',
        'models.1.name=trees',
        'retrain.model=x',
        'sensitivity.fee_pct=[1, 1]',
      ),
    ).toHaveLength(5)
  })

  it('may use a name of a baseline where nothing else has it', () => {
    expect(broken('models.1.name=baseline-momentum', 'backtest.baselines=[random]')).toEqual([])
    expect(broken('models.1.name=baseline-momentum', 'backtest.models=[trees]')).toEqual([])
    expect(broken('models.1.name=trees-fee-0')).toEqual([])
    expect(broken('backtest=null', 'models.1.name=baseline-momentum')).toEqual([])
  })

  it('gives every backtest a name of its own', () => {
    const stated = parse(STUDY) as Record<string, unknown>
    const { study } = read({ ...stated, sensitivity: { fee_pct: [0, 0.05], gross: [1, 2], holding_bars: [12, 24] } })
    const ids = planBacktests(study).map((b) => b.id)
    // What equals the setting itself is no variant.
    expect(ids).toEqual([
      ...['trees', 'line', 'baseline-momentum', 'baseline-reversal', 'baseline-random'],
      ...['trees-fee-0', 'trees-holding-24', 'trees-gross-2'],
    ])
  })
})
