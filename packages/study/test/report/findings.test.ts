/** Each rule of the findings: when it speaks, what it says, and when it is silent. One file: a last test asks that no rule is left out. */
import { readFileSync } from 'node:fs'
import type { BacktestFacts, Finding, StudyFacts } from '@cointrader/study'
import { findings, headline } from '@cointrader/study'
import { RULES } from '@cointrader/study/report/findings'
import { expect, test } from 'vitest'
import { emptySample, sample } from './sample.js'

type Entry = StudyFacts['judged']['entries'][number]

const base = sample({ backtests: true })
const skilled = sample({ skill: 0.12, symbols: 8, days: 20, models: ['trees'], variants: 2 })

/** What one rule says. */
function says(id: string, facts: StudyFacts): string[] {
  const rule = RULES.find((r) => r.id === id)
  if (rule === undefined) throw new Error(`no rule ${id}`)
  return rule.judge(facts).map((s) => `${s.tone}: ${s.text}`)
}

const data = (facts: StudyFacts, change: Partial<StudyFacts['data']>): StudyFacts => ({
  ...facts,
  data: { ...facts.data, ...change },
})

const entries = (facts: StudyFacts, change: (e: Entry) => Entry): StudyFacts => ({
  ...facts,
  judged: { ...facts.judged, entries: facts.judged.entries.map(change) },
})

/** The cross-sectional rank IC of an entry, replaced. */
const scored = (e: Entry, value: number, error: number, inside: boolean): Entry => ({
  ...e,
  sections:
    e.sections === null
      ? null
      : {
          ...e.sections,
          rank: {
            ...e.sections.rank,
            value,
            standardError: error,
            t: value / error,
            interval: { low: value - 2 * error, high: value + 2 * error, standardError: error, pValue: 0.5 },
            band: {
              scheme: 'within',
              low: -2 * error,
              high: 2 * error,
              mean: 0,
              deviation: error,
              pValue: 0.4,
              inside,
            },
          },
        },
})

const backtests = (facts: StudyFacts, change: (b: BacktestFacts) => BacktestFacts): StudyFacts => ({
  ...facts,
  backtests: facts.backtests.map(change),
})

type Statistics = BacktestFacts['document']['statistics']

const measured = (b: BacktestFacts, change: Partial<Statistics>): BacktestFacts => ({
  ...b,
  document: { ...b.document, statistics: { ...b.document.statistics, ...change } },
})

const measure = (value: number | null, low: number | null = null, high: number | null = null) => ({
  value,
  n: 400,
  reason: value === null ? '14 days, at least 30 are needed' : null,
  standardError: null,
  low,
  high,
})

/** Gross, costs and return that belong together. */
function traded(b: BacktestFacts, gross: number, costs: number): BacktestFacts {
  const net = gross - costs
  return {
    ...measured(b, { totalReturn: measure(net / b.initialBalance), sharpe: measure(null) }),
    costs: { ...b.costs, gross, fees: costs, slippage: 0, funding: 0 },
  }
}

const passed = (b: BacktestFacts): BacktestFacts => ({
  ...b,
  document: { ...b.document, validation: { overall: 'PASS', checks: [] }, notes: [] },
})

test('the headline comes first, then the weightiest; every finding names a section of the page', () => {
  const all = findings(base)
  expect(all[0]).toEqual({ ...headline(base), section: 'findings' })
  const weight = (f: Finding): number => RULES.find((r) => r.judge(base).some((s) => s.text === f.text))!.weight
  const weights = all.slice(1).map(weight)
  expect(weights).toEqual([...weights].sort((a, b) => b - a))
  const sections = 'data universe health models quantiles importance backtests sensitivity trials lineage'.split(' ')
  for (const f of all.slice(1)) expect(sections).toContain(f.section)
  expect(new Set(RULES.map((r) => r.id)).size).toBe(RULES.length)
  expect(findings(base)).toEqual(all)
})

test('no finding promises anything', () => {
  for (const facts of [base, skilled, emptySample()]) {
    for (const f of findings(facts)) {
      expect(f.text).not.toMatch(
        /profitab|guarante|will earn|should trade|recommend|strategy works|proven edge|NaN|undefined|null|Infinity/i,
      )
    }
  }
})

test('headline: nothing, counted away, too short, behind a baseline, untraded, eaten by costs, failed, surviving', () => {
  expect(headline(base).text).toMatch(/^Nothing here beats chance\./)
  expect(headline({ ...base, judged: { ...base.judged, entries: [] } }).text).toMatch(/^No model was judged/)
  const model = (facts: StudyFacts, change: (e: Entry) => Entry): StudyFacts =>
    entries(facts, (e) => (e.role === 'model' ? change(e) : e))
  const short = model(base, (e) => {
    const s = scored(e, 0.05, 0.01, false)
    return { ...s, sections: { ...s.sections!, rank: { ...s.sections!.rank, interval: null } } }
  })
  expect(headline(short).text).toMatch(/too short to judge any model/)
  const alone = model(base, (e) => ({
    ...scored(e, 0.05, 0.02, false),
    deflated: { of: 't', trials: 14, hurdle: 1.7, t: 2.5, excess: 0.8, pAdjusted: 0.16 },
  }))
  expect(headline(alone).text).toMatch(/once everything that was tried is counted \(14 things\)/)

  expect(headline({ ...skilled, backtests: [] }).text).toBe(
    'A signal in the scores; what it earns after costs was not tried.',
  )
  const behind = entries(skilled, (e) => (e.name === 'momentum' ? scored(e, 0.5, 0.01, false) : e))
  expect(headline(behind).text).toMatch(/no model beats the plain baseline momentum/)
  const own = (gross: number, costs: number): StudyFacts => backtests(skilled, (b) => passed(traded(b, gross, costs)))
  expect(headline(own(500, 800)).text).toBe('A weak signal that costs more than it earns, in a window of 10 days.')
  expect(headline(own(-5, 10)).text).toMatch(/did not turn into a gain, even before costs/)
  expect(headline(own(900, 100)).text).toBe(
    'A signal that survives its costs in this window; 10 days are too few to rely on it.',
  )
  const failed = backtests(own(900, 100), (b) => ({
    ...b,
    document: { ...b.document, validation: { overall: 'FAIL', checks: [] } },
  }))
  expect(headline(failed).text).toMatch(/backtest failed its checks/)
  const long = { ...own(900, 100), judged: { ...skilled.judged, time: { ...skilled.judged.time, days: 900 } } }
  expect(headline(long).text).toMatch(/the interval of its Sharpe ratio includes 0/)
  const sure = backtests(long, (b) => measured(b, { sharpe: measure(2, 1.1, 2.9) }))
  expect(headline(sure)).toEqual({
    tone: 'good',
    text: 'A signal that survives its costs and the count of trials in this window of 900 days; other times may differ.',
  })
})

test('a gain without skill is called what it is', () => {
  const lucky = backtests(base, (b) => passed(traded(b, 900, 100)))
  expect(headline(lucky).text).toMatch(
    /Nothing here beats chance\. The gain of .* \(\+8\.0 %\) is not told from luck\./,
  )
})

test('every rule is tested here', () => {
  const own = readFileSync(new URL(import.meta.url), 'utf8')
  for (const { id } of RULES) expect(own, id).toContain(`'${id}'`)
})

test('too-short names days, symbols, blocks and the smallest score that could be told', () => {
  const [text] = says(
    'too-short',
    entries(base, (e) => scored(e, 0, 0.02, true)),
  )
  expect(text).toMatch(
    /^warn: 14 test days of 7 symbols, about 112 independent blocks cannot show skill that lasts: .* only a cross-sectional rank IC above 0\.040 could have been told from zero at all\.$/,
  )
  const fine = { ...entries(base, (e) => scored(e, 0, 0.005, true)), judged: { ...base.judged } }
  const long = entries({ ...base, judged: { ...base.judged, time: { ...base.judged.time, days: 200 } } }, (e) =>
    scored(e, 0, 0.005, true),
  )
  expect(says('too-short', fine)[0]).toMatch(/^warn/)
  expect(says('too-short', long)[0]).toMatch(
    /^plain: With 200 test days .* above 0\.010 could have been told from zero at all\.$/,
  )
  const coarse = entries({ ...base, judged: { ...base.judged, time: { ...base.judged.time, days: 200 } } }, (e) =>
    scored(e, 0, 0.03, true),
  )
  expect(says('too-short', coarse)[0]).toMatch(/^warn: With 200 test days .* above 0\.060 .*too short to show skill\.$/)
  const none = entries(base, (e) => ({ ...e, sections: null, pooled: { pearson: NOTHING, rank: NOTHING } }))
  expect(says('too-short', none)[0]).toMatch(/too few to give any score an error/)
})

const NOTHING = { value: null, interval: null, band: null }

test('skill: inside the band, interval over zero, backwards, without interval, alone, deflated', () => {
  const one = (change: (e: Entry) => Entry): string[] =>
    says(
      'skill',
      entries(skilled, (e) => (e.role === 'model' ? change(e) : e)),
    )
  expect(one((e) => scored(e, 0.01, 0.02, true))[0]).toMatch(
    /^warn: trees: no skill shown\. .* lies in the range of shuffled labels/,
  )
  expect(one((e) => scored(e, 0.03, 0.02, false))[0]).toMatch(/interval of \[-0\.010, \+0\.070\], which includes 0/)
  expect(one((e) => scored(e, -0.09, 0.02, false))[0]).toMatch(/orders the wrong way round.*one more trial/)
  expect(one((e) => ({ ...scored(e, 0.09, 0.02, false), deflated: null }))[0]).toMatch(
    /^plain: .*above chance if nothing else had been tried/,
  )
  expect(one((e) => e)[0]).toMatch(/^plain: .*above chance in these 10 days, also as the best of 14 things tried/)
  expect(one((e) => ({ ...e, sections: { ...e.sections!, rank: { ...e.sections!.rank, ...NOTHING } } }))[0]).toMatch(
    /says the same of every row/,
  )
  const long = { ...skilled, judged: { ...skilled.judged, time: { ...skilled.judged.time, days: 90 } } }
  expect(says('skill', long)[0]).toMatch(/^good: .*above chance in these 90 days/)
  // Several without skill are told in one sentence.
  expect(
    says(
      'skill',
      entries(base, (e) => scored(e, 0.01, 0.02, true)),
    ),
  ).toHaveLength(1)
})

/** What a model's score is a minute later. */
const aMinuteLater = (e: Entry, value: number | null, error: number | null): Entry => ({
  ...e,
  delays: [{ minutes: 1, rows: 1000, rank: null, sectionRank: value, sectionRankError: error, sectionRankT: null }],
})

test('fades: only of a score that is told from chance, with both numbers and the reason', () => {
  const model = (change: (e: Entry) => Entry): StudyFacts =>
    entries(skilled, (e) => (e.role === 'model' ? change(e) : e))
  const strong = (e: Entry): Entry => scored(e, 0.12, 0.02, false)
  expect(
    says(
      'fades',
      model((e) => aMinuteLater(strong(e), 0.004, 0.02)),
    ),
  ).toEqual([
    'bad: trees: used 1 minute after it is known, its cross-sectional rank IC falls from +0.120 to +0.004 ± 0.020. ' +
      'What it predicts is over before an order is filled; the usual reason is the bounce between bid and ask of the last ' +
      'trade price, with which the label begins.',
  ])
  expect(
    says(
      'fades',
      model((e) => aMinuteLater(strong(e), 0.11, 0.02)),
    ),
  ).toEqual([])
  expect(
    says(
      'fades',
      model((e) => aMinuteLater(strong(e), null, null)),
    ),
  ).toEqual([])
  expect(says('fades', model(strong))).toEqual([])
  // No skill shown: there is nothing that could be gone.
  expect(
    says(
      'fades',
      model((e) => aMinuteLater(scored(e, 0.01, 0.02, true), -0.01, 0.02)),
    ),
  ).toEqual([])
})

test('headline: a signal that is gone a minute later is none, whatever was traded; one that lasts counts alone', () => {
  const two = sample({ skill: 0.14, symbols: 8, days: 20, models: ['trees', 'more'], variants: 0 })
  const [first, second] = two.judged.entries.filter((e) => e.role === 'model').map((e) => e.name)
  const faded = (...names: (string | undefined)[]): StudyFacts =>
    backtests(
      entries(two, (e) => (e.role !== 'model' ? e : aMinuteLater(e, names.includes(e.name) ? 0.001 : 0.08, 0.01))),
      (b) => passed(traded(b, b.model === first ? 900 : 500, b.model === first ? 100 : 800)),
    )
  expect(headline(faded(first, second))).toEqual({
    tone: 'bad',
    text: 'A signal that is gone 1 minute after it is known: nothing here that an order could earn.',
  })
  expect(headline(faded()).text).toMatch(/^A signal that survives its costs in this window/)
  // The gain of the model whose signal is gone is not counted.
  expect(headline(faded(first)).text).toBe('A weak signal that costs more than it earns, in a window of 10 days.')
})

test('baseline: not better, better by less than two errors, better', () => {
  const against = (own: number): string[] =>
    says(
      'baseline',
      entries(skilled, (e) =>
        e.role === 'model' ? scored(e, own, 0.01, false) : e.name === 'momentum' ? scored(e, 0.05, 0.01, false) : e,
      ),
    )
  expect(against(0.04)).toEqual(['warn: Not better than the best baseline, momentum (+0.050): trees (+0.040).'])
  expect(against(0.06)[0]).toMatch(/0\.010 above the best baseline.*may add nothing/)
  expect(against(0.2)).toEqual([
    'plain: trees is 0.150 above the best baseline, momentum (+0.050): more than two of its errors (0.010).',
  ])
})

test('deflation speaks only of what is significant alone', () => {
  const d = { of: 't', trials: 30, hurdle: 2, t: 2.3, excess: 0.3, pAdjusted: 0.47 }
  const facts = entries(skilled, (e) => (e.role === 'model' ? { ...e, deflated: d } : e))
  expect(says('deflation', facts)).toEqual([
    'warn: trees does not survive the count of trials: t +2.3, where the best of 30 without skill reaches 2.0 on average; chance of such a best: 47 %.',
  ])
  expect(says('deflation', skilled)).toEqual([])
  expect(says('deflation', base)).toEqual([])
})

test('cross-sections refused, one fold, a fold that carries all, trees that stop at once, trials', () => {
  const refused = sample({ symbols: 3, folds: 1, days: 8, backtests: false })
  expect(says('sections-refused', refused)[0]).toMatch(/No cross-sectional figures: .*pooled over symbols and time/)
  expect(says('sections-refused', base)).toEqual([])
  expect(says('one-fold', refused)).toHaveLength(1)
  expect(says('one-fold', base)).toEqual([])
  const folds = [0.2, -0.05, -0.04].map((rankIc, k) => ({
    ...skilled.models[0].folds[k],
    fold: k + 1,
    trees: k === 1 ? 2 : 90,
    test: { rankIc, error: 0.01 },
  }))
  const hangs = { ...skilled, models: [{ ...skilled.models[0], folds }] }
  expect(says('model-hangs-on-fold', hangs)).toEqual([
    'warn: The score of trees hangs on fold 1 (+0.200); the mean of the others is -0.045.',
  ])
  expect(
    says('model-hangs-on-fold', { ...hangs, models: [{ ...skilled.models[0], folds: folds.slice(0, 1) }] }),
  ).toEqual([])
  expect(says('stopped-at-once', hangs)[0]).toMatch(/in fold 2 \(2 trees\)/)
  expect(says('trials', { ...base, trials: { here: 4, before: 0, list: [] } })[0]).toMatch(
    /4 things tried .* None is admitted/,
  )
  expect(says('trials', base)[0]).toMatch(/14 things tried on these test ranges: 11 here, 3 before\.$/)
})

test('break-even: below the cost assumed, above it, nothing to begin with, no cost stated', () => {
  const even = (cost: number): StudyFacts =>
    entries(skilled, (e) => ({
      ...e,
      portfolio: { ...e.portfolio!, perHorizon: { ...e.portfolio!.perHorizon, breakEvenCost: cost } },
    }))
  expect(says('break-even', even(1.2))).toEqual([
    'bad: Trading the whole ordering breaks even at a cost below the 6.0 bps assumed for a fill (fee 5.0, slippage 1.0): trees 1.2 bps per unit traded.',
  ])
  expect(says('break-even', even(9))[0]).toMatch(/^plain: .*above.*as unsure as the score/)
  expect(says('break-even', even(-1))[0]).toMatch(/earned nothing even before costs: trees/)
  expect(says('break-even', { ...even(1), backtests: [] })).toEqual([])
  // A label that is no return in basis points cannot be compared.
  expect(says('break-even', { ...even(1), judged: { ...even(1).judged, unit: 'deviations' } })).toEqual([])
})

test('costs eat the gain, lost before costs, gains with their doubt', () => {
  const one = (id: string, gross: number, costs: number): string[] =>
    says(
      id,
      backtests(skilled, (b) => traded(b, gross, costs)),
    )
  expect(one('costs-eat-it', 500, 800)).toEqual([
    'bad: trees long/short: costs eat the gain. +500 before costs, 800 of costs (160 % of it), -300 after.',
  ])
  expect(one('costs-eat-it', -5, 10)).toEqual([])
  expect(one('outcome', -5, 10)[0]).toMatch(/^warn: trees long\/short lost before any cost/)
  expect(one('outcome', 900, 100)[0]).toMatch(
    /^plain: .*\+8\.0 % after costs; no Sharpe ratio .*too short to say how sure/,
  )
  const sure = backtests(skilled, (b) =>
    measured(traded(b, 900, 100), { sharpe: measure(3, 1, 5), deflatedSharpe: measure(0.99) }),
  )
  expect(says('outcome', sure)[0]).toMatch(/^good: .*lies above 0 also after the count of trials/)
  const luck = backtests(skilled, (b) => measured(traded(b, 900, 100), { sharpe: measure(1, -1, 3) }))
  expect(says('outcome', luck)[0]).toMatch(/Sharpe ratio 1\.00 \[-1\.00, 3\.00\]: this may be luck/)
})

test('backtests: baseline better, few trades, hangs on a fold or a symbol', () => {
  const behind = backtests(skilled, (b) => traded(b, b.role === 'baseline' ? 900 : 100, 10))
  expect(says('backtest-baseline', behind)[0]).toMatch(
    /Not better than .* \(\+8\.9 %\): trees long\/short \(\+0\.9 %\)/,
  )
  expect(
    says(
      'backtest-baseline',
      backtests(skilled, (b) => traded(b, b.role === 'model' ? 900 : 100, 10)),
    ),
  ).toEqual([])
  expect(
    says(
      'few-trades',
      backtests(skilled, (b) => measured(b, { trades: measure(7) })),
    )[0],
  ).toMatch(/trees long\/short 7\./)
  expect(
    says(
      'few-trades',
      backtests(skilled, (b) => measured(b, { trades: measure(70) })),
    ),
  ).toEqual([])
  expect(says('gross-baseline', behind)[0]).toMatch(
    /^warn: Even before costs no more than .* \(\+900\): trees long\/short \(\+100\)\.$/,
  )
  expect(
    says(
      'gross-baseline',
      backtests(skilled, (b) => traded(b, b.role === 'model' ? 900 : 100, 10)),
    ),
  ).toEqual([])
  const hangs = backtests(skilled, (b) => ({
    ...traded(b, 600, 100),
    folds: [
      { fold: 1, totalReturn: 0.08, trades: 9 },
      { fold: 2, totalReturn: -0.03, trades: 9 },
    ],
    symbols: [
      { symbol: 'BTCUSDT', net: 700, trades: 9 },
      { symbol: 'ETHUSDT', net: -200, trades: 9 },
    ],
  }))
  expect(says('hangs-on', hangs)).toEqual([
    'warn: The gain of trees long/short hangs on fold 1 (+8.0 %); without it -3.0 % is left.',
    'warn: The gain of trees long/short hangs on BTCUSDT (+700); without it -200 is left.',
  ])
  expect(
    says(
      'hangs-on',
      backtests(hangs, (b) => traded(b, -5, 1)),
    ),
  ).toEqual([])
})

test('sensitivity: sign kept, sign changed, nothing varied', () => {
  const of = (variant: number): StudyFacts =>
    backtests(skilled, (b) => traded(b, b.role === 'variant' ? variant : 500, 0))
  expect(says('sensitivity', of(300))).toEqual([
    'plain: trees long/short keeps its sign in all 2 variants: from +3.0 % to +3.0 %.',
  ])
  expect(says('sensitivity', of(-300))[0]).toMatch(/\(\+5\.0 %\) changes its sign in 2 of 2 variants: holding_bars/)
  const none = { ...skilled, backtests: skilled.backtests.filter((b) => b.role !== 'variant') }
  expect(says('sensitivity', none)).toEqual([])
  expect(says('no-sensitivity', none)).toHaveLength(1)
  expect(says('no-sensitivity', skilled)).toEqual([])
  expect(says('no-backtests', { ...skilled, backtests: [] })).toHaveLength(1)
})

test('failed checks and kills are told apart; absent funding is told once', () => {
  const checks = [
    {
      name: 'kill_untraded',
      level: 'FAIL' as const,
      passed: false,
      message: 'a kill left more than 10 % untraded: BTCUSDT 60 %',
    },
    { name: 'no_ruin', level: 'FAIL' as const, passed: false, message: 'ruined' },
    { name: 'win_rate_high', level: 'WARNING' as const, passed: false, message: 'win rate 90 %' },
  ]
  const bad = backtests(skilled, (b) => ({
    ...b,
    document: { ...b.document, validation: { overall: 'FAIL', checks } },
  }))
  expect(says('killed', bad)[0]).toMatch(/^bad: trees long\/short was cut off by its own protection \(a kill left/)
  expect(says('validation-failed', bad)[0]).toMatch(/^bad: trees long\/short failed its checks \(ruined\)/)
  expect(says('killed', skilled)).toEqual([])
  expect(says('validation-failed', backtests(skilled, passed))).toEqual([])
  expect(says('funding', skilled)).toHaveLength(1)
  expect(says('funding', backtests(skilled, passed))).toEqual([])
})

test('data: missing and thin days, refusals, absences, empty columns, bans', () => {
  const { days } = base.data
  expect(says('days-missing', base)).toEqual([])
  expect(says('days-missing', data(base, { days: days.slice(2) }))[0]).toMatch(
    /2 days of 28 without a single bar: 2026-02-01, 2026-02-02/,
  )
  const full = days.map((d) => ({ ...d, rows: d.complete, absent: {}, refused: {}, banned: [] }))
  expect(says('days-thin', data(base, { days: full }))).toEqual([])
  const thin = full.map((d, i) => (i === 3 ? { ...d, rows: d.complete / 2 } : d))
  expect(says('days-thin', data(base, { days: thin }))[0]).toMatch(
    /1 day with less than 99 % .* 2026-02-04 with 50\.0 %/,
  )
  expect(says('refused', data(base, { days: full }))).toEqual([])
  expect(
    says('refused', data(base, { days: full.map((d, i) => (i < 2 ? { ...d, refused: { metrics: 2 } } : d)) }))[0],
  ).toMatch(/4 files were there and not accepted \(metrics 4\)/)
  expect(says('kinds-absent', base)[0]).toMatch(
    /The source has no metrics, premium for the whole range\. 18 feature columns of 66 had no value/,
  )
  expect(says('kinds-absent', data(base, { days: full }))).toEqual([])
  const part = data(base, { days: full.map((d, i) => (i === 0 ? { ...d, absent: { premium: 1 } } : d)) })
  expect(says('kinds-absent', part)).toEqual(['plain: Absent at the source for some symbols: premium on 1 day.'])
  // Told with the absent kinds where there are any, by their own reasons where not.
  expect(says('columns-empty', base)).toEqual([])
  expect(says('columns-empty', part)[0]).toMatch(/18 feature columns of 66 had no value: kind metrics is absent \(10\)/)
  expect(says('banned', data(base, { days: full }))).toEqual([])
  const banned = full.map((d) => ({ ...d, banned: [{ symbol: 'ADAUSDT', reason: 'x' }] }))
  expect(says('banned', data(base, { days: banned }))[0]).toMatch(/1 symbol banned .* ADAUSDT \(28 days\)/)
})

test('universe: empty days, shorter history than asked', () => {
  const { universe } = base.data
  expect(says('universe-empty', base)).toEqual([])
  const empty = universe.map((u, i) => (i === 0 ? { ...u, symbols: [] } : u))
  expect(says('universe-empty', data(base, { universe: empty }))[0]).toMatch(/empty on 1 day: 2026-02-02/)
  expect(says('universe-short-history', base)[0]).toMatch(/On 13 days of 27 .* 1 day at the least instead of 14/)
  expect(says('universe-short-history', data(base, { historyDays: 1 }))).toEqual([])
})

test('features: shift of features and labels, causality asked or not; incomplete stages', () => {
  const still = base.data.features.map((f) => ({ ...f, shift: 0.2 }))
  expect(says('feature-shift', data(base, { features: still }))).toEqual([])
  const moved = still.map((f, i) => (i < 6 ? { ...f, shift: -1.5 - i } : f))
  expect(says('feature-shift', data(base, { features: moved }))[0]).toMatch(
    /^warn: 6 features of 48 moved by more than 1 .*-6\.5/,
  )
  expect(
    says('feature-shift', data(base, { features: moved.map((f, i) => (i > 0 ? { ...f, shift: null } : f)) }))[0],
  ).toMatch(/^plain/)
  expect(says('label-shift', base)).toEqual([])
  expect(says('label-shift', data(base, { labels: base.data.labels.map((l) => ({ ...l, shift: 0.4 })) }))).toHaveLength(
    2,
  )
  expect(says('causality', base)[0]).toMatch(/^good: No look-ahead in the features: 4,912,320 values/)
  expect(says('causality', data(base, { causality: null }))[0]).toMatch(/^plain: No proof of causality was asked for/)
  expect(says('stages-incomplete', base)).toEqual([])
  const part = { ...base, stages: base.stages.map((s, i) => (i === 0 ? { ...s, missing: ['2 files'] } : s)) }
  expect(says('stages-incomplete', part)).toEqual(['bad: Stage fetch is not complete: 2 files.'])
})
