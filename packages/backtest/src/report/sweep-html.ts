/** The report of a sweep: what was tried, what train chose and what that gave on test, and how much of it luck explains. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import type { SweepCell, SweepJudgement, SweepValue } from '../statistics/sweep.js'
import { histogram } from './backtest-html.js'
import { barChart, figure, scatterChart } from './chart.js'
import { decimal, percent, probability, pValue, signed } from './format.js'
import { caption, heatCell, htmlTable, number, text } from './html-table.js'
import { facts, list, page } from './page.js'

export interface SweepPage {
  readonly title: string
  /** Name of the score that ranks, for example `profit factor`. */
  readonly metric: string
  /** Score that is neither good nor bad: 1 for a profit factor, 0 for a Sharpe ratio. */
  readonly neutral: number
  readonly judgement: SweepJudgement
  /** Period, symbols, costs, lineage: name and value. */
  readonly facts: readonly (readonly [string, string])[]
  readonly notes?: readonly string[]
  /** Cells listed. Default 50. */
  readonly most?: number
}

/** The page of a sweep. Pure: same input, same bytes. */
export function sweepHtml(sweep: SweepPage): string {
  const { judgement: j } = sweep
  const names = Object.keys(j.cells[0]?.params ?? {})
  const head =
    facts([
      ...sweep.facts,
      ['Combinations', decimal(j.cells.length, 0)],
      ['Ranked', `${j.ranked.length} with at least ${j.minimumTrades} trades on train`],
    ]) +
    `<div class="box ${j.chosen === null || !j.nested ? 'warn' : ''}"><h3>What this says</h3>${list(words(sweep))}</div>`
  return page(sweep.title, head, [
    { id: 'maps', title: 'Parameter maps', html: heatMaps(sweep, names) },
    { id: 'ranking', title: 'Ranking', html: ranking(sweep, names) },
    { id: 'overfitting', title: 'Luck of the best', html: luck(sweep) },
  ])
}

function words(sweep: SweepPage): string[] {
  const { judgement: j, metric } = sweep
  const { nested } = j
  const out: string[] = []
  if (j.chosen !== null) {
    const c = j.cells[j.chosen]
    out.push(
      nested
        ? `Train chooses ${paramsText(c.params)}: ${metric} ${decimal(c.trainScore)} on train, ${decimal(c.testScore)} on test (${c.trades} trades, net ${signed(c.net)}).`
        : `Best by ${metric}: ${paramsText(c.params)}, ${decimal(c.trainScore)} with ${c.trades} trades. It was chosen on the very range it is quoted on: expect less.`,
    )
    if (nested && j.chosenTestRank !== null) {
      out.push(
        `On test it is number ${j.chosenTestRank} of ${j.ranked.length}; a choice by chance would be number ${Math.ceil(j.ranked.length / 2)} in the middle.`,
      )
    }
  }
  const { overfitting, deflated, superiority } = j
  if (overfitting !== null) {
    out.push(
      `Probability of overfitting ${percent(overfitting.probability, 1)}: in so many of ${decimal(overfitting.splits, 0)} splits of the days, the best on one half was in the lower half on the other.`,
    )
  }
  if (deflated !== null) {
    out.push(
      deflated.trials === 1
        ? `The chance that the chosen one's true Sharpe ratio on test is above 0 is ${probability(deflated.probability)}; test took no part in the choice.`
        : `After ${deflated.trials} trials the chance that its Sharpe ratio beats the luck of the best is ${probability(deflated.probability)}.`,
    )
  }
  if (superiority !== null) {
    out.push(
      `If none were better than the benchmark, a best like this one would come with p ${pValue(superiority.spa)} (Hansen), ${pValue(superiority.realityCheck)} (White).`,
    )
  }
  const few = j.cells.length - j.ranked.length
  if (few > 0) out.push(`${few} combinations have too few trades on train or no score: they are shown, never ranked.`)
  return [...out, ...j.remarks, ...(sweep.notes ?? [])]
}

function paramsText(params: SweepCell['params']): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

const MOST_MAPS = 6

/** For pairs of parameters: the median score over all others, and how many ranked cells it rests on. */
function heatMaps(sweep: SweepPage, names: readonly string[]): string {
  const { cells, ranked } = sweep.judgement
  const values = new Map(names.map((name) => [name, distinct(cells.map((c) => c.params[name]))]))
  const varied = names.filter((name) => values.get(name)!.length > 1)
  if (varied.length === 0) return '<p class="muted">one combination: no map</p>'
  const pairs: [string, string | null][] = []
  for (let a = 0; a < varied.length; a++) for (let b = a + 1; b < varied.length; b++) pairs.push([varied[a], varied[b]])
  if (pairs.length === 0) pairs.push([varied[0], null])
  const score = (c: SweepCell): number | null => (sweep.judgement.nested ? c.testScore : c.trainScore)
  const usable = [...ranked].map((i) => cells[i]).filter((c) => score(c) !== null)
  const reach = Math.max(1e-9, ...usable.map((c) => Math.abs(score(c)! - sweep.neutral)))
  const maps = pairs.slice(0, MOST_MAPS).map(([row, column]) => {
    const columns: readonly (SweepValue | null)[] = column === null ? [null] : values.get(column)!
    const title = column === null ? row : `${row} (down) and ${column} (across)`
    const lines = values.get(row)!.map((r) => {
      const line = columns.map((c) => {
        const here = usable.filter((cell) => cell.params[row] === r && (column === null || cell.params[column] === c))
        if (here.length === 0) return heatCell('n/a', null, 'no ranked cell')
        const sorted = here.map((cell) => score(cell)!).sort((a, b) => a - b)
        const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
        const trades = here.reduce((a, cell) => a + cell.trades, 0)
        return heatCell(
          decimal(middle),
          (middle - sweep.neutral) / reach,
          `${here.length} cells, ${decimal(trades / here.length, 0)} trades`,
        )
      })
      return `<tr><th scope="row">${escapeHtml(String(r))}</th>${line.join('')}</tr>`
    })
    const head = columns
      .map((c) => `<th scope="col">${escapeHtml(c === null ? sweep.metric : String(c))}</th>`)
      .join('')
    return (
      `<div class="wrap" role="region" aria-label="${escapeHtml(title)}" tabindex="0"><table class="map">${caption(title)}` +
      `<thead><tr><th></th>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
    )
  })
  const left = pairs.length - maps.length
  return (
    `<p class="muted small">Median ${escapeHtml(sweep.metric)} on ${sweep.judgement.nested ? 'test' : 'the whole range'} over all other parameters; ranked cells only. ` +
    `A plateau is worth more than a peak.${left > 0 ? ` ${left} more pairs are not drawn.` : ''}</p><div class="grid">${maps.join('')}</div>`
  )
}

function distinct(all: readonly SweepValue[]): SweepValue[] {
  return [...new Set(all)].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  )
}

function ranking(sweep: SweepPage, names: readonly string[]): string {
  const { judgement: j, most = 50, metric } = sweep
  const { nested } = j
  const place = new Map([...j.ranked].map((cell, k) => [cell, k + 1]))
  const order = [...j.ranked, ...j.cells.keys()].filter((cell, k, all) => all.indexOf(cell) === k).slice(0, most)
  const scoreCell = (v: number | null) => (v === null ? { text: 'n/a', sort: null } : number(v, decimal(v)))
  return htmlTable({
    caption: `The first ${order.length} of ${j.cells.length} combinations, by ${metric} on ${nested ? 'train' : 'the whole range'}`,
    sortable: true,
    tall: true,
    columns: [
      { title: 'place', kind: 'n' },
      ...names.map((title) => ({ title, kind: 'n' as const })),
      { title: nested ? 'train' : metric, kind: 'n' },
      { title: 'its trades', kind: 'n' },
      ...(nested ? [{ title: 'test', kind: 'n' as const }] : []),
      ...(nested ? [{ title: 'its trades', kind: 'n' as const }] : []),
      { title: 'net', kind: 'n' },
    ],
    rows: order.map((i) => {
      const c = j.cells[i]
      const at = place.get(i)
      return [
        at === undefined ? { text: 'not ranked', sort: null, tone: 'muted' as const } : number(at, String(at)),
        ...names.map((name) => {
          const v = c.params[name]
          return typeof v === 'number' ? number(v, String(v)) : text(String(v))
        }),
        scoreCell(c.trainScore),
        number(c.trainTrades, decimal(c.trainTrades, 0)),
        ...(nested ? [scoreCell(c.testScore), number(c.trades, decimal(c.trades, 0))] : []),
        number(c.net, signed(c.net), true),
      ]
    }),
  })
}

function luck(sweep: SweepPage): string {
  const { judgement: j, metric } = sweep
  const out: string[] = []
  if (j.overfitting !== null) {
    const o = j.overfitting
    out.push(
      figure(
        'Rank of the best, out of sample',
        barChart({
          label: 'Histogram of the logits of overfitting',
          height: 200,
          bars: histogram(o.logits),
          split: 0,
          xText: (x) => decimal(x, 1),
          unit: 'splits, by logit of the relative rank',
        }),
        `At or below 0 the best of one half is in the lower half of the other: ${percent(o.probability, 1)} of ${decimal(o.splits, 0)} splits over ${o.steps} days in ${o.blocks} blocks. Slope ${decimal(o.slope)}; loses in ${percent(o.lossProbability, 1)}.`,
      ),
      figure(
        'Best in one half, and what it gave in the other',
        scatterChart({
          label: 'Sharpe ratio per day, in sample against out of sample',
          height: 220,
          clouds: [{ tone: 'd', name: 'splits', x: o.inSample, y: o.outOfSample }],
          xText: (x) => decimal(x),
          yText: (y) => decimal(y),
          unit: 'Sharpe ratio per day out of sample (across: in sample)',
        }),
      ),
    )
  }
  const both = j.cells.filter((c, i) => c.trainScore !== null && c.testScore !== null && j.ranked.includes(i))
  if (j.nested && both.length > 2) {
    out.push(
      figure(
        'Train against test',
        scatterChart({
          label: `${metric} on train against test`,
          height: 220,
          clouds: [
            { tone: 'a', name: 'combinations', x: both.map((c) => c.trainScore!), y: both.map((c) => c.testScore!) },
          ],
          xText: (x) => decimal(x),
          yText: (y) => decimal(y),
          unit: `${metric} on test (across: on train)`,
        }),
        'Without a rising cloud, a good score on train says nothing about test.',
      ),
    )
  }
  return out.length === 0 ? '' : `<div class="grid">${out.join('')}</div>`
}
