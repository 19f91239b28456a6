/** Backtests: equity, figures, from gross to net, folds, checks; sensitivity of the result to its settings. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, percent, signed, signedPercent } from '@cointrader/backtest/report/format'
import { type Cell, htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import { list } from '@cointrader/backtest/report/page'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { linePlot } from '../charts/lines.js'
import { type PlotRow, rowPlot } from '../charts/rows.js'
import { costsOf, mainBacktests, netOf, totalReturn, variantsOf } from '../derive.js'
import type { BacktestFacts, StudyFacts } from '../facts.js'
import { flips } from '../findings-trading.js'
import { count } from '../format.js'
import { details, gridOf, type StudySection, words } from '../frame.js'
import { TITLES } from './head.js'
import { foldBands } from './models.js'
import { facts as pairs } from './pairs.js'
import { toneOf } from './tones.js'

const lookOf = (facts: StudyFacts, b: BacktestFacts) => toneOf(facts, b.role === 'baseline' ? null : (b.model ?? b.id))

export function backtestSection(facts: StudyFacts): StudySection {
  const base = { id: 'backtests', title: TITLES.backtests }
  const shown = mainBacktests(facts)
  if (shown.length === 0) return { ...base, html: words('Left out: this study traded nothing.') }
  return {
    ...base,
    lead: 'One account over the test ranges of all folds, traded with the scores of that fold only. All results are after fees and slippage, and funding where its rates are known.',
    html:
      equity(facts, shown) +
      figures(shown) +
      noSharpe(shown) +
      waterfalls(shown) +
      foldTable(shown) +
      checks(shown) +
      details(
        'Settings of the backtests',
        shown.map((b) => details(b.title, b.settings.length === 0 ? words('none stated') : pairs(b.settings))).join(''),
      ),
  }
}

function equity(facts: StudyFacts, shown: readonly BacktestFacts[]): string {
  const lines = shown
    .filter((b) => b.equity.length > 0 && b.initialBalance > 0)
    .map((b) => ({
      name: b.title,
      ...lookOf(facts, b),
      points: b.equity.map((p) => ({ ms: p.ms, y: (100 * p.equity) / b.initialBalance })),
    }))
  return figure(
    'Equity after costs',
    linePlot({
      label: `Equity after costs of ${count(lines.length, 'backtest')}: ${shown.map((b) => `${b.title} ${signedPercent(totalReturn(b), 1)}`).join(', ')}`,
      lines,
      base: 100,
      height: 300,
      yText: decimal,
      unit: 'start = 100',
      bands: foldBands(facts),
    }),
    'Marked to market. Grey, dashed: baselines.',
  )
}

function figures(shown: readonly BacktestFacts[]): string {
  return htmlTable({
    caption: 'Figures (turnover: notional of all fills, of the initial balance)',
    sortable: true,
    columns: [
      { title: 'backtest', kind: 't' },
      { title: 'return', kind: 'n' },
      { title: 'Sharpe ratio', kind: 'n' },
      { title: 'drawdown', kind: 'n' },
      { title: 'trades', kind: 'n' },
      { title: 'turnover', kind: 'n' },
      { title: 'gross', kind: 'n' },
      { title: 'costs', kind: 'n' },
      { title: 'of gross', kind: 'n' },
      { title: 'net', kind: 'n' },
      { title: 'checks', kind: 't' },
    ],
    rows: shown.map((b): Cell[] => {
      const m = b.document.statistics
      const { gross, turnover } = b.costs
      const part = gross > 0 ? costsOf(b) / gross : null
      const times = b.initialBalance > 0 ? turnover / b.initialBalance : null
      return [
        text(b.role === 'baseline' && !b.title.includes('baseline') ? `${b.title} (baseline)` : b.title),
        number(m.totalReturn.value, signedPercent(m.totalReturn.value, 2), true),
        sharpe(b),
        number(m.maxDrawdown.value, percent(m.maxDrawdown.value, 1)),
        number(m.trades.value, decimal(m.trades.value, 0)),
        number(times, times === null ? 'n/a' : `${decimal(times, 0)} x`),
        number(gross, signed(gross, 0), true),
        number(costsOf(b), decimal(costsOf(b), 0)),
        number(part, part === null ? 'no gain' : percent(part, 0)),
        number(netOf(b), signed(netOf(b), 0), true),
        text(b.document.validation.overall),
      ]
    }),
  })
}

/** Why there is no Sharpe ratio, once per reason. */
function noSharpe(shown: readonly BacktestFacts[]): string {
  const all = shown.map((b) => b.document.statistics.sharpe)
  const reasons = [...new Set(all.filter((m) => m.value === null).map((m) => m.reason ?? 'not available'))]
  return reasons.length === 0 ? '' : words(`No Sharpe ratio (n/a): ${reasons.join('; ')}.`, 'small muted')
}

function sharpe(b: BacktestFacts): Cell {
  const m = b.document.statistics.sharpe
  if (m.value === null) return { text: 'n/a', sort: null, tone: 'muted' }
  const doubt = m.low === null || m.high === null ? '' : ` [${decimal(m.low)}, ${decimal(m.high)}]`
  return number(m.value, `${decimal(m.value)}${doubt}`)
}

/** From the gross result to the net one, step by step. All share one scale, in percent of the initial balance. */
function waterfalls(shown: readonly BacktestFacts[]): string {
  const own = shown.filter((b) => b.initialBalance > 0)
  if (own.length === 0) return ''
  const steps = (b: BacktestFacts) => {
    const k = 1 / b.initialBalance
    const { gross, fees, slippage, funding } = b.costs
    const afterFees = (gross - fees) * k
    const afterSlippage = (gross - fees - slippage) * k
    const net = (gross - fees - slippage - funding) * k
    return [
      { name: 'gross', from: 0, to: gross * k, sum: true },
      { name: 'fees', from: gross * k, to: afterFees, sum: false },
      { name: 'slippage', from: afterFees, to: afterSlippage, sum: false },
      { name: 'funding', from: afterSlippage, to: net, sum: false },
      { name: 'net', from: 0, to: net, sum: true },
    ]
  }
  const ends = own.flatMap((b) => steps(b).flatMap((s) => [s.from, s.to]))
  const range: [number, number] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const plots = own.map((b) =>
    figure(
      b.title,
      rowPlot({
        label: `${b.title}: gross ${signed(b.costs.gross, 0)}, costs ${decimal(costsOf(b), 0)}, net ${signed(netOf(b), 0)}`,
        range: range[0] === range[1] ? [-1, 1] : range,
        height: 24,
        tight: true,
        rows: steps(b).map(
          (s): PlotRow => ({
            name: s.name,
            value: signedPercent(s.to - s.from, 1),
            valueTone: s.sum ? (s.to > 0 ? 'pos' : s.to < 0 ? 'neg' : undefined) : undefined,
            marks: [
              {
                kind: 'bar',
                from: s.from,
                to: s.to,
                tone: s.sum ? (s.to >= 0 ? 'good' : 'bad') : s.to > s.from ? 'good' : 'b',
                faint: !s.sum && s.to === s.from,
              },
            ],
          }),
        ),
        xText: (x) => signedPercent(x, Math.abs(range[1] - range[0]) < 0.05 ? 1 : 0),
      }),
    ),
  )
  return `<h3>From gross to net <em>percent of the initial balance, one scale</em></h3>${gridOf(plots)}`
}

function foldTable(shown: readonly BacktestFacts[]): string {
  const folds = [...new Set(shown.flatMap((b) => b.folds.map((f) => f.fold)))].sort((a, b) => a - b)
  if (folds.length === 0) return words('Returns by fold are left out: there are none.')
  return htmlTable({
    caption: 'Return by test fold (trades)',
    columns: [{ title: 'backtest', kind: 't' }, ...folds.map((f) => ({ title: `fold ${f}`, kind: 'n' as const }))],
    rows: shown.map((b) => [
      text(b.title),
      ...folds.map((fold): Cell => {
        const f = b.folds.find((one) => one.fold === fold)
        if (f === undefined) return { text: '', sort: null }
        return number(f.totalReturn, `${signedPercent(f.totalReturn, 1)} (${decimal(f.trades, 0)})`, true)
      }),
    ]),
  })
}

/** Verdicts of the checks; backtests that are told the same stand together. */
function checks(shown: readonly BacktestFacts[]): string {
  const groups = new Map<string, { titles: string[]; overall: string; items: string[] }>()
  for (const b of shown) {
    const { overall, checks: all } = b.document.validation
    const items = [
      ...all.filter((c) => !c.passed).map((c) => `${c.level}: ${c.message}`),
      ...b.document.notes.map((n) => n.text),
    ]
    const key = JSON.stringify([overall, items])
    const own = groups.get(key) ?? { titles: [], overall, items }
    own.titles.push(b.title)
    groups.set(key, own)
  }
  return [...groups.values()]
    .map(({ titles, overall, items }) => {
      const kind = overall === 'PASS' ? 'pass' : overall === 'WARN' ? 'warn' : 'fail'
      const verdict = overall === 'PASS' ? 'passed' : overall === 'WARN' ? 'passed with warnings' : 'failed'
      return `<div class="box ${kind}"><b>Checks ${verdict}:</b> ${escapeHtml(titles.join(', '))}${items.length === 0 ? '' : list(items)}</div>`
    })
    .join('')
}

export function sensitivitySection(facts: StudyFacts): StudySection {
  const base = { id: 'sensitivity', title: TITLES.sensitivity }
  const groups = mainBacktests(facts)
    .map((b) => ({ b, variants: variantsOf(facts, b) }))
    .filter((g) => g.variants.length > 0)
  if (groups.length === 0) return { ...base, html: words('Left out: no setting was varied.') }
  return {
    ...base,
    lead: 'One setting changed at a time. A result worth keeping changes little; one that changes its sign hangs on a choice.',
    html: `<div class="stack">${groups.map(({ b, variants }) => tornado(facts, b, variants)).join('')}</div>`,
  }
}

function tornado(facts: StudyFacts, b: BacktestFacts, variants: readonly BacktestFacts[]): string {
  const own = totalReturn(b)
  const rows = [...variants].sort((x, y) => (totalReturn(y) ?? -9) - (totalReturn(x) ?? -9))
  const other = new Set(flips(facts, b).map((v) => v.id))
  const base = own ?? 0
  const plot = rowPlot({
    label: `Return of ${count(variants.length, 'variant')} of ${b.title}, base ${signedPercent(own, 1)}`,
    include: [0],
    height: 26,
    guides: own === null ? [] : [{ at: own, name: `base ${signedPercent(own, 1)}` }],
    rows: rows.map((v): PlotRow => {
      const r = totalReturn(v)
      const trades = v.document.statistics.trades.value
      return {
        name: v.changed ?? v.title,
        sub: trades === null ? '' : count(trades, 'trade'),
        value: signedPercent(r, 1),
        valueTone: r === null ? 'muted' : r > 0 ? 'pos' : r < 0 ? 'neg' : undefined,
        marks:
          r === null
            ? []
            : [
                { kind: 'bar', from: base, to: r, tone: r >= 0 ? 'good' : 'bad', faint: true },
                { kind: 'dot', at: r, tone: r >= 0 ? 'good' : 'bad', hollow: other.has(v.id) },
              ],
      }
    }),
    xText: (x) => signedPercent(x, 1),
    unit: 'return after costs',
  })
  const words_ =
    other.size === 0
      ? 'No variant changes the sign of the result.'
      : `${other.size} of ${count(variants.length, 'variant')} ${other.size === 1 ? 'changes' : 'change'} the sign of the result (hollow dots).`
  return figure(b.title, plot, words_)
}
