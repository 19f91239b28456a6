/** What a sweep says: the document, the table of its combinations, the text, the page. */
import { type SweepJudgement, sweepHtml } from '@cointrader/backtest'
import {
  METRIC_NEUTRAL,
  paramsText,
  type SweepGrid,
  type SweepOutcome,
  type SweepSetup,
} from '@cointrader/backtest/sweep/index'
import { dateOf } from '@cointrader/core'
import { type Column, makeTable, type Table } from '@cointrader/store'
import { textTable } from '../table.js'
import { instantText } from './backtest-bars.js'
import type { SweepStudy } from './sweep-study.js'

export const figure = (x: number | null | undefined, digits = 2): string =>
  x === null || x === undefined || !Number.isFinite(x) ? 'n/a' : x.toFixed(digits)
export const share = (x: number | null): string => (x === null ? 'n/a' : `${(x * 100).toFixed(1)} %`)

/** The range of the blocks, as dates. */
export function rangeText({ plan }: SweepStudy): string {
  return `${instantText(plan.blocks[0]!.startMs)} to ${instantText(plan.blocks.at(-1)!.endMs)} UTC`
}

/** The document: everything but single returns. Scores that are not defined are null. */
export function sweepDocument(
  study: SweepStudy,
  about: {
    readonly setup: SweepSetup
    readonly grid: SweepGrid
    readonly trainMonths: number
    readonly testMonths: number
  },
) {
  const { nested, judgement: j, plan, results, market } = study
  const { setup } = about
  const { rules: _, ...config } = setup.base.config
  const places = placesOf(j)
  const { overfitting, deflated, superiority } = j
  return {
    kind: 'sweep',
    strategy: setup.strategy,
    symbols: market.symbols,
    interval_ms: market.intervalMs,
    start: instantText(plan.blocks[0]!.startMs),
    end: instantText(plan.blocks.at(-1)!.endMs),
    config: { ...config, params: setup.strategy === 'indicator-score' ? setup.base.score : setup.base.pullback },
    assumptions: study.assumptions,
    grid: about.grid,
    train_months: about.trainMonths,
    test_months: about.testMonths,
    metric: nested.metric,
    minimum_trades: nested.minimumTrades,
    nested: {
      score: nested.score,
      ...outcomeDocument(nested.outcome),
      probability_sharpe_above_0: nested.probability,
      chance_net: nested.chanceNet,
      folds_in_better_half: nested.betterHalf,
      folds: nested.folds.map((f) => ({
        fold: f.fold,
        train_start_ms: f.trainStartMs,
        train_end_ms: f.trainEndMs,
        test_start_ms: f.testStartMs,
        test_end_ms: f.testEndMs,
        eligible: f.eligible,
        chosen: f.cell === null ? null : results.cells[f.cell]!,
        train_score: f.trainScore,
        train_trades: f.trainTrades,
        test_score: f.testScore,
        test_rank: f.testRank,
        chance_net: f.chanceNet,
        test: outcomeDocument(f.test),
      })),
      next:
        nested.next === null
          ? null
          : { params: results.cells[nested.next.cell]!, score: nested.next.score, trades: nested.next.trades },
    },
    judgement: {
      ranked: j.ranked.length,
      chosen: j.chosen === null ? null : j.cells[j.chosen]!.params,
      chosen_test_rank: j.chosenTestRank,
      overfitting:
        overfitting === null
          ? null
          : {
              probability: overfitting.probability,
              splits: overfitting.splits,
              slope: overfitting.slope,
              loss_probability: overfitting.lossProbability,
            },
      deflated_sharpe: deflated,
      superiority:
        superiority === null
          ? null
          : { reality_check: superiority.realityCheck, spa: superiority.spa, benchmark: 'cash' },
      remarks: j.remarks,
    },
    cells: j.cells.map((c, i) => ({
      params: c.params,
      place: places[i]! === 0 ? null : places[i]!,
      train_score: c.trainScore,
      train_trades: c.trainTrades,
      test_score: c.testScore,
      test_trades: c.trades,
      test_net: c.net,
      folds_chosen: nested.folds.filter((f) => f.cell === i).length,
    })),
    notes: study.notes,
  }
}

export function outcomeDocument(x: SweepOutcome) {
  return {
    trades: x.trades,
    win_rate: x.trades === 0 ? null : x.wins / x.trades,
    net: x.net,
    fees: x.fees,
    profit_factor: x.profitFactor,
    sharpe: x.sharpe,
    return: x.growth,
    max_drawdown: x.maxDrawdown,
    liquidations: x.liquidations,
    blocks_killed: x.killed,
    blocks_stopped: x.stopped,
    days: x.days,
  }
}

/** Place of each combination by training, from 1; 0 where it is not ranked. */
function placesOf(j: SweepJudgement): Int32Array {
  const out = new Int32Array(j.cells.length)
  for (const [k, cell] of j.ranked.entries()) out[cell] = k + 1
  return out
}

/** One row per combination, in grid order. */
export function cellsTable({ judgement: j, nested, results }: SweepStudy): Table {
  const places = placesOf(j)
  const float = (f: (i: number) => number | null): Column => ({
    type: 'float64',
    data: Float64Array.from(j.cells, (_, i) => f(i) ?? Number.NaN),
  })
  const whole = (f: (i: number) => number): Column => ({
    type: 'int32',
    data: Int32Array.from(j.cells, (_, i) => f(i)),
  })
  return makeTable([
    ['cell', whole((i) => i)],
    ...Object.keys(results.cells[0]!).map((name): [string, Column] => [name, float((i) => results.cells[i]![name]!)]),
    ['place', float((i) => (places[i]! === 0 ? null : places[i]!))],
    ['train_score', float((i) => j.cells[i]!.trainScore)],
    ['train_trades', whole((i) => j.cells[i]!.trainTrades)],
    ['test_score', float((i) => j.cells[i]!.testScore)],
    ['test_trades', whole((i) => j.cells[i]!.trades)],
    ['test_net', float((i) => j.cells[i]!.net)],
    ['folds_chosen', whole((i) => nested.folds.filter((f) => f.cell === i).length)],
  ])
}

/** The nested outcome in sentences, the number that counts first. */
export function nestedWords(study: SweepStudy): string[] {
  const { nested: n, results } = study
  const o = n.outcome
  const chosen = n.folds.filter((f) => f.cell !== null).length
  const out = [
    `Chosen on train, quoted on test, ${n.folds.length} folds joined (each block on a fresh account of ${study.initialBalance}): ${o.trades} trades, net ${figure(o.net)}, ${n.metric} ${figure(n.score)}, Sharpe ratio ${figure(o.sharpe)}, largest drawdown ${share(o.maxDrawdown)}.`,
    `A choice by chance among the same combinations: net ${figure(n.chanceNet)}. The chosen was in the better half on test in ${n.betterHalf} of ${chosen} folds.`,
  ]
  if (chosen < n.folds.length) {
    out.push(
      `${n.folds.length - chosen} folds have no combination with ${n.minimumTrades} trades and a score in training: the account stayed flat.`,
    )
  }
  if (n.probability !== null) out.push(`Probability that its true Sharpe ratio is above 0: ${share(n.probability)}.`)
  if (o.liquidations > 0) out.push(`${o.liquidations} positions were liquidated.`)
  if (o.killed > 0) out.push(`A kill switch stopped entries in ${o.killed} of the tested blocks.`)
  if (n.next !== null) {
    out.push(
      `Training on the last months chooses for what comes next: ${paramsText(results.cells[n.next.cell]!)} (${n.metric} ${figure(n.next.score)}, ${n.next.trades} trades in training; nothing is quoted for it).`,
    )
  }
  return out
}

/** Where the ranking of the table comes from. */
export function rankingWords({ plan, nested }: SweepStudy): string {
  const { trainFrom, trainTo } = plan.folds[0]!
  return `Ranking of combinations: train is ${dateOf(plan.blocks[trainFrom]!.startMs)} to ${dateOf(plan.blocks[trainTo - 1]!.endMs)}, test all that comes after it; below ${nested.minimumTrades} trades on train nothing is ranked.`
}

const period = (from: number, to: number): string => `${dateOf(from)} ~ ${dateOf(to)}`

/** The text for a terminal: nested outcome, folds, best combinations, luck, notes. */
export function sweepText(study: SweepStudy, best: number): string {
  const { nested, judgement: j, market, results } = study
  const names = Object.keys(results.cells[0]!)
  const folds = textTable(
    ['fold', 'test', 'eligible', 'chosen on train', 'train', 'trades', 'test', 'trades', 'net', 'place', 'chance'],
    nested.folds.map((f) => [
      `${f.fold}`,
      period(f.testStartMs, f.testEndMs),
      f.eligible,
      f.chosen ?? 'none: flat',
      figure(f.trainScore),
      f.trainTrades,
      figure(f.testScore),
      f.test.trades,
      figure(f.test.net),
      f.testRank === null ? 'n/a' : `${f.testRank} of ${f.eligible}`,
      figure(f.chanceNet),
    ]),
  )
  const rows = [...j.ranked].slice(0, best)
  const table = textTable(
    ['place', ...names, 'train', 'its trades', 'test', 'its trades', 'net'],
    rows.map((i, k) => {
      const c = j.cells[i]!
      return [
        `${k + 1}`,
        ...names.map((name) => `${c.params[name]}`),
        figure(c.trainScore),
        c.trainTrades,
        figure(c.testScore),
        c.trades,
        figure(c.net),
      ]
    }),
  )
  const luck = []
  if (j.overfitting !== null) luck.push(`probability of overfitting ${share(j.overfitting.probability)}`)
  if (j.superiority !== null) luck.push(`best against cash p ${figure(j.superiority.spa, 3)} (Hansen)`)
  return [
    `${market.symbols.join(', ')}, ${rangeText(study)}: ${results.cells.length} combinations`,
    '',
    ...nestedWords(study),
    '',
    folds,
    '',
    rankingWords(study),
    `${j.ranked.length} of ${j.cells.length} combinations are ranked.${rows.length < j.ranked.length ? ` The first ${rows.length}:` : ''}`,
    ...(rows.length === 0 ? [] : [table]),
    ...(luck.length === 0 ? [] : ['', `Luck: ${luck.join('; ')}`]),
    ...j.remarks.map((r) => `note: ${r}`),
    ...study.notes.map((n) => `note: ${n.text}`),
  ].join('\n')
}

/** The page. */
export function sweepPage(study: SweepStudy, id: string, code: string): string {
  const { nested, judgement, market, plan } = study
  return sweepHtml({
    title: `Sweep: ${market.symbols.join(', ')}`,
    metric: nested.metric.replace('-', ' '),
    neutral: METRIC_NEUTRAL[nested.metric],
    judgement,
    facts: [
      ['Period', rangeText(study)],
      ['Folds', `${nested.folds.length}; ${plan.trainBlocks} blocks of training before each test`],
      [
        'Nested outcome',
        `${nested.outcome.trades} trades, net ${figure(nested.outcome.net)}, ${nested.metric} ${figure(nested.score)}`,
      ],
      ...Object.entries(study.assumptions).map(([name, text]): [string, string] => [name, text]),
      ['Sweep', id],
      ['Code', code],
    ],
    notes: [
      ...nestedWords(study),
      rankingWords(study),
      ...nested.folds.map(
        (f) =>
          `Fold ${f.fold}, test ${period(f.testStartMs, f.testEndMs)}: ${f.chosen ?? 'nothing chosen'}; ${f.test.trades} trades, net ${figure(f.test.net)} (chance ${figure(f.chanceNet)}).`,
      ),
      ...study.notes.map((n) => n.text),
    ],
  })
}
