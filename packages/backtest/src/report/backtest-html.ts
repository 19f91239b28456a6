/** The backtest report: one self-contained HTML file that works offline, without JavaScript, on a phone and on paper. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { REASONS } from '@cointrader/trading'
import type { FoldStatistics } from '../statistics/folds.js'
import { type BacktestResult, EXIT_REASONS } from '../statistics/source.js'
import type { BacktestStatistics } from '../statistics/statistics.js'
import { tradeBps } from '../statistics/trades.js'
import type { Validation } from '../statistics/validate.js'
import { type Bar, barChart, figure, legend, scatterChart } from './chart.js'
import { day, decimal, duration, intervalText, percent } from './format.js'
import { htmlTable, number, text } from './html-table.js'
import { facts, list, page } from './page.js'
import { benchmarkSection, foldTable, groupTable, tradeTable } from './section-tables.js'
import {
  allMeasures,
  costSection,
  drawdownTable,
  equitySection,
  exposureSection,
  monthHeat,
  rollingSection,
  tiles,
  validationBox,
} from './sections.js'
import { plainWords } from './words.js'

/** A comparison to print: ML on and off, symbols side by side, kill switch on and off. Cells are text. */
export interface ComparisonTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What the reader should make of it. */
  readonly verdict?: string
}

export interface ReportExtras {
  readonly validation: Validation
  /** Default: strategy and symbols. */
  readonly title?: string
  /** Command line that made it. */
  readonly command?: string
  /** Inputs and artefacts by id: data, model, scores, code. */
  readonly lineage?: readonly { readonly name: string; readonly id: string }[]
  readonly folds?: readonly FoldStatistics[]
  readonly comparisons?: readonly ComparisonTable[]
  /** Trades listed; beyond it those with the largest results. Default 2000. */
  readonly maxTrades?: number
}

/** The page. `statistics` and the validation must be of this `result`. Pure: same input, same bytes. */
export function backtestHtml(result: BacktestResult, statistics: BacktestStatistics, extras: ReportExtras): string {
  const { validation, folds = [], comparisons = [], maxTrades = 2000 } = extras
  const title = extras.title ?? `${result.strategy.name}: ${symbolsText(result.symbols)}`
  const { groups } = statistics
  const head =
    period(result) +
    tiles(statistics) +
    `<div class="box"><h3>What this says</h3>${list(plainWords(statistics, validation))}</div>` +
    validationBox(validation) +
    notes(result, statistics) +
    `<div class="box"><h3>Assumptions and lineage</h3>${assumptions(result, extras)}</div>`
  return page(title, head, [
    { id: 'equity', title: 'Equity and drawdown', html: equitySection(result, statistics) + drawdownTable(statistics) },
    { id: 'months', title: 'Months', html: monthHeat(statistics) },
    { id: 'folds', title: 'Walk-forward', html: folds.length === 0 ? '' : foldTable(folds) },
    { id: 'compare', title: 'Comparisons', html: comparisons.map(comparisonHtml).join('') },
    { id: 'chance', title: 'Skill or chance', html: benchmarkSection(statistics) },
    {
      id: 'risk',
      title: 'Risk over time',
      html: `<div class="grid">${rollingSection(statistics)}${exposureSection(result)}</div>`,
    },
    { id: 'costs', title: 'Costs', html: costSection(result, statistics) },
    {
      id: 'distribution',
      title: 'Distributions',
      html: `<div class="grid">${distributions(result, statistics)}${excursions(result)}</div>`,
    },
    {
      id: 'groups',
      title: 'By side, reason and symbol',
      html:
        groupTable('By side', groups.bySide, false) +
        groupTable('By reason of the exit', groups.byReason, true) +
        groupTable('By symbol', groups.bySymbol, true),
    },
    { id: 'decisions', title: 'Decisions and coverage', html: decisions(result) },
    { id: 'trades', title: 'Trades', html: tradeTable(result, EXIT_REASONS, maxTrades) },
    { id: 'numbers', title: 'All numbers', html: allMeasures(statistics) },
    { id: 'settings', title: 'Settings', html: settings(result, statistics) },
  ])
}

function symbolsText(symbols: readonly string[]): string {
  return symbols.length <= 6 ? symbols.join(', ') : `${symbols.slice(0, 4).join(', ')} and ${symbols.length - 4} more`
}

function period(result: BacktestResult): string {
  const words = `${day(result.startMs)} to ${day(result.endMs)} (UTC, end excluded), bars of ${intervalText(result.intervalMs)}, ${result.symbols.length} ${result.symbols.length === 1 ? 'symbol' : 'symbols'}, ${decimal(result.initialBalance)} at the start`
  return `<p class="muted">${escapeHtml(words)}</p>`
}

function assumptions(result: BacktestResult, extras: ReportExtras): string {
  const a = result.assumptions
  const lineage = (extras.lineage ?? []).map((l): [string, string] => [l.name, l.id])
  const command: [string, string][] = extras.command === undefined ? [] : [['Command', extras.command]]
  return facts([
    ['Strategy', result.strategy.name],
    ['Account', `leverage ${result.config.leverage}, ${result.config.marginMode} margin`],
    ['Fees', a.fees],
    ['Slippage', a.slippage],
    ['Funding', a.funding],
    ['Fills', a.fills],
    ['Margin', a.margin],
    ...command,
    ...lineage,
  ])
}

/** What a reader must know: notes of the engine, and where statistics could not be made. */
function notes(result: BacktestResult, statistics: BacktestStatistics): string {
  const all = [...result.notes.map((n) => n.text), ...statistics.remarks]
  if (result.stopped !== null)
    all.unshift(`trading stopped for good on ${day(result.stopped.time)}: ${result.stopped.reason}`)
  return all.length === 0 ? '' : `<div class="box warn"><h3>Notes</h3>${list(all)}</div>`
}

/** A comparison as a table with its verdict. */
export function comparisonHtml(c: ComparisonTable): string {
  const table = htmlTable({
    caption: c.title,
    sortable: c.rows.length > 2,
    columns: c.columns.map((title, k) => ({ title, kind: k === 0 ? 't' : 'n' })),
    rows: c.rows.map((row) =>
      c.columns.map((_, k) => {
        const shown = row[k] ?? ''
        const value = Number.parseFloat(shown.replaceAll(',', ''))
        return k > 0 && Number.isFinite(value) ? { text: shown, sort: value } : text(shown)
      }),
    ),
  })
  return table + (c.verdict === undefined ? '' : `<p>${escapeHtml(c.verdict)}</p>`)
}

/** About √n bars (10 to 40) between the smallest and largest value, borders on round numbers around 0. */
export function histogram(values: ArrayLike<number>): Bar[] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let n = 0
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    low = Math.min(low, values[i])
    high = Math.max(high, values[i])
    n++
  }
  if (n === 0) return []
  if (low === high)
    return [{ from: low - 0.5 * (Math.abs(low) || 1), to: high + 0.5 * (Math.abs(high) || 1), value: n }]
  const raw = (high - low) / Math.min(40, Math.max(10, Math.ceil(Math.sqrt(n))))
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) ?? raw
  const first = Math.floor(low / step)
  const counts = new Array<number>(Math.floor(high / step) - first + 1).fill(0)
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(counts.length - 1, Math.floor(values[i] / step) - first)]++
  }
  return counts.map((value, k) => ({ from: (first + k) * step, to: (first + k + 1) * step, value }))
}

function distributions(result: BacktestResult, statistics: BacktestStatistics): string {
  const { returns, broke } = statistics.daily
  const m = statistics.measures
  const out: string[] = []
  if (!broke && returns.length > 1) {
    out.push(
      figure(
        'Daily returns',
        barChart({
          label: 'Histogram of daily returns',
          height: 200,
          bars: histogram(returns),
          split: 0,
          xText: (x) => percent(x, 1),
          unit: 'days',
        }),
        `Best ${percent(m.bestDay.value)}, worst ${percent(m.worstDay.value)}, skewness ${decimal(m.skewness.value)}, kurtosis ${decimal(m.kurtosis.value)} (a normal has 3).`,
      ),
    )
  }
  const n = result.trades.count
  if (n > 1) {
    out.push(
      figure(
        'Trades',
        barChart({
          label: 'Histogram of net results per trade in basis points of notional',
          height: 200,
          bars: histogram(Float64Array.from({ length: n }, (_, i) => tradeBps(result.trades, i))),
          split: 0,
          xText: (x) => `${decimal(x, 0)} bps`,
          unit: 'trades, by net result per notional',
        }),
      ),
    )
  }
  const { random } = statistics
  if (random !== null) {
    out.push(
      figure(
        'Random entries',
        barChart({
          label: 'Histogram of results with random entries, the strategy marked',
          height: 200,
          bars: histogram(random.draws),
          xText: (x) => percent(x, 0),
          unit: 'draws, by sum of net result / equity',
          mark: random.observed,
        }) + legend([{ tone: 'b', name: 'this strategy' }]),
        `As good or better: ${percent(random.pValue, 1)} of the draws.`,
      ),
    )
  }
  return out.join('')
}

/** Worst and best price of each trade against its result. */
function excursions(result: BacktestResult): string {
  const t = result.trades
  if (t.count === 0) return ''
  const chart = (title: string, column: Float64Array, label: string, caption: string): string => {
    const pick = (won: boolean) => {
      const rows = Array.from({ length: t.count }, (_, i) => i).filter((i) => t.netPnl[i] > 0 === won)
      return { x: rows.map((i) => column[i]), y: rows.map((i) => tradeBps(t, i)) }
    }
    return figure(
      title,
      scatterChart({
        label,
        height: 220,
        clouds: [
          { tone: 'down', name: 'lost', ...pick(false) },
          { tone: 'up', name: 'won', ...pick(true) },
        ],
        xText: (x) => percent(x, 1),
        yText: (y) => decimal(y, 0),
        unit: 'net result, bps of notional',
      }) +
        legend([
          { tone: 'up', name: 'won' },
          { tone: 'down', name: 'lost' },
        ]),
      caption,
    )
  }
  return (
    chart(
      'Worst price of a trade (MAE)',
      t.mae,
      'Worst excursion against net result',
      'How far trades went against the entry before they ended.',
    ) +
    chart(
      'Best price of a trade (MFE)',
      t.mfe,
      'Best excursion against net result',
      'How much of the best price was kept.',
    )
  )
}

function decisions(result: BacktestResult): string {
  const refusals = Object.entries(result.refusals).sort((a, b) => b[1] - a[1])
  const known: Readonly<Record<string, string>> = REASONS
  const first = htmlTable({
    caption: 'Refused intents by reason',
    columns: [
      { title: 'reason', kind: 't' },
      { title: 'count', kind: 'n' },
      { title: 'meaning', kind: 't' },
    ],
    rows: refusals.map(([reason, count]) => [
      text(reason),
      number(count, decimal(count, 0)),
      { text: known[reason] ?? '', long: true },
    ]),
  })
  const share = (part: number, whole: number) =>
    number(whole > 0 ? part / whole : null, percent(whole > 0 ? part / whole : null, 1))
  const second = htmlTable({
    caption: 'How much of the range could be traded',
    sortable: true,
    tall: result.coverage.length > 15,
    columns: [
      { title: 'symbol', kind: 't' },
      { title: 'bars', kind: 'n' },
      { title: 'missing', kind: 'n' },
      { title: 'decidable', kind: 'n' },
      { title: 'killed', kind: 'n' },
      { title: 'daily limit', kind: 'n' },
      { title: 'stopped', kind: 'n' },
      { title: 'in position', kind: 'n' },
      { title: 'first kill', kind: 't' },
    ],
    rows: result.coverage.map((c) => [
      text(c.symbol),
      number(c.bars, decimal(c.bars, 0)),
      number(c.missing, decimal(c.missing, 0)),
      share(c.decidable, c.bars),
      share(c.blockedByKill, c.decidable),
      share(c.blockedByDailyLoss, c.decidable),
      share(c.blockedByStop, c.decidable),
      share(c.inPosition, c.bars),
      text(Number.isFinite(c.firstKill) ? day(c.firstKill) : ''),
    ]),
  })
  return first + second
}

function settings(result: BacktestResult, statistics: BacktestStatistics): string {
  const s = statistics.settings
  const { rules: _, symbols: __, ...core } = result.config
  const json = (value: unknown): string => JSON.stringify(value, null, 1)
  const left = statistics.range.leftOutHours
  return (
    list([
      `Returns: ${statistics.range.returns} whole UTC days of marked-to-market equity${left > 0 ? `, ${decimal(left, 1)} hours at the ends left out` : ''}; ${s.daysPerYear} days a year; risk-free rate 0.`,
      `Intervals: ${percent(s.level, 0)}, ${s.resamples} stationary block resamples of mean ${s.block} days; seed ${s.seed}; trials stated: ${s.trials}.`,
      `Engine: ${result.path} path; holding time of trades ${duration((statistics.measures.averageDuration.value ?? 0) * 3_600_000)} in the mean.`,
    ]) +
    `<details><summary>Strategy parameters</summary><pre><code>${escapeHtml(json(result.strategy.params))}</code></pre></details>` +
    `<details><summary>Trading configuration</summary><pre><code>${escapeHtml(json(core))}</code></pre></details>` +
    `<details><summary>${result.symbols.length} symbols</summary><p>${escapeHtml(result.symbols.join(', '))}</p></details>`
  )
}
