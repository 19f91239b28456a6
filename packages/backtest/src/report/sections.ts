/** Sections of the backtest report that rest on its statistics: head, tiles, curves, months, groups, costs. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { DEFINITIONS, MEASURE_KEYS, type MeasureKey } from '../statistics/definitions.js'
import type { BacktestResult } from '../statistics/source.js'
import type { BacktestStatistics } from '../statistics/statistics.js'
import type { Validation } from '../statistics/validate.js'
import { figure, legend, lineChart, type Series } from './chart.js'
import { minMaxPerColumn } from './downsample.js'
import { day, decimal, duration, instant, inUnit, percent, signed, signedPercent, uncertainty } from './format.js'
import { caption, heatCell, htmlTable, number, text } from './html-table.js'

/** Tiles at the head, in this order. */
export const HEADLINE: readonly MeasureKey[] = [
  'totalReturn',
  'annualReturn',
  'sharpe',
  'maxDrawdown',
  'profitFactor',
  'winRate',
  'trades',
  'averageTradeBps',
  'volatility',
  'sortino',
  'calmar',
  'deflatedSharpe',
]
const TONED: ReadonlySet<MeasureKey> = new Set([
  'totalReturn',
  'annualReturn',
  'netProfit',
  'sharpe',
  'averageTradeBps',
])

/** Headline numbers with their interval or the reason why there is none. */
export function tiles(statistics: BacktestStatistics): string {
  return `<div class="tiles">${HEADLINE.map((key) => tile(statistics, key)).join('')}</div>`
}

function tile(statistics: BacktestStatistics, key: MeasureKey): string {
  const m = statistics.measures[key]
  const { title, unit, of, text: definition } = DEFINITIONS[key]
  const name = `<div class="name">${escapeHtml(title)}</div>`
  if (m.value === null) {
    return `<div class="tile" title="${escapeHtml(definition)}">${name}<div class="na">n/a</div><div class="range">${escapeHtml(m.reason ?? '')}</div></div>`
  }
  const tone = TONED.has(key) ? (m.value > 0 ? ' pos' : m.value < 0 ? ' neg' : '') : ''
  const doubt = uncertainty(unit, m)
  return (
    `<div class="tile" title="${escapeHtml(definition)}">${name}<div class="value${tone}">${escapeHtml(inUnit(unit, m.value))}</div>` +
    `<div class="range">${escapeHtml(doubt === '' && unit !== 'count' ? `${decimal(m.n, 0)} ${of}` : doubt)}</div></div>`
  )
}

/** Every number in one table, with its sample, doubt and definition. */
export function allMeasures(statistics: BacktestStatistics): string {
  return htmlTable({
    caption: `All numbers; intervals ${percent(statistics.settings.level, 0)}`,
    columns: [
      { title: 'number', kind: 't' },
      { title: 'value', kind: 'n' },
      { title: 'interval or error', kind: 'n' },
      { title: 'sample', kind: 'n' },
      { title: 'definition', kind: 't' },
    ],
    rows: MEASURE_KEYS.map((key) => {
      const m = statistics.measures[key]
      const { title, unit, of, text: definition } = DEFINITIONS[key]
      return [
        text(title),
        m.value === null ? { text: `n/a: ${m.reason}`, tone: 'muted' } : text(inUnit(unit, m.value)),
        text(uncertainty(unit, m)),
        text(`${decimal(m.n, 0)} ${of}`),
        { text: definition, long: true },
      ]
    }),
  })
}

/** Equity (linear and logarithmic) over drawdown, beside the benchmark. */
export function equitySection(result: BacktestResult, statistics: BacktestStatistics): string {
  const { time, equity, count } = result.equity
  if (count === 0) return '<p class="muted">no bars</p>'
  const range: [number, number] = [result.startMs, result.endMs]
  const series: Series[] = [{ name: 'strategy', tone: 'a', x: time, y: equity, count }]
  const { benchmark } = statistics
  if (benchmark !== null && benchmark.daily.time.length > 0) {
    const { daily } = benchmark
    series.push({
      name: benchmark.name,
      tone: 'soft',
      x: daily.time,
      y: daily.equity,
      count: daily.time.length,
      dashed: true,
    })
  }
  const drawdown = new Float64Array(count)
  let peak = result.initialBalance
  for (let i = 0; i < count; i++) {
    peak = Math.max(peak, equity[i])
    drawdown[i] = equity[i] / peak - 1
  }
  const chart = (logarithmic: boolean): string =>
    lineChart({
      label: `Equity over time, ${logarithmic ? 'logarithmic' : 'linear'}: from ${decimal(result.initialBalance)} to ${decimal(result.finalEquity)}`,
      height: 280,
      series,
      yText: (y) => decimal(y, Math.abs(y) < 10 ? 2 : 0),
      x: 'times',
      range,
      logarithmic,
      include: [result.initialBalance],
      unit: 'equity, quote currency',
      follow: true,
    })
  const under = lineChart({
    label: `Drawdown over time, largest ${percent(statistics.measures.maxDrawdown.value)}`,
    height: 110,
    series: [{ name: 'drawdown', tone: 'down', x: time, y: drawdown, count, filled: true }],
    yText: (y) => percent(y, 0),
    x: 'times',
    range,
    include: [0],
    unit: 'drawdown',
    follow: true,
  })
  const rows = minMaxPerColumn(time, equity, count, 400)
  const points = [...rows].map((i) => [time[i], instant(time[i]), decimal(equity[i]), percent(drawdown[i])])
  const data = JSON.stringify({ from: range[0], to: range[1], rows: points }).replaceAll('<', '\\u003c')
  return (
    '<figure><input class="switch" type="radio" name="scale" id="scale-lin" checked><input class="switch" type="radio" name="scale" id="scale-log">' +
    '<div class="tabs"><label for="scale-lin">linear</label><label for="scale-log">logarithmic</label></div>' +
    `<p class="readout muted" id="readout" aria-hidden="true">&nbsp;</p><div class="lin">${chart(false)}</div><div class="log">${chart(true)}</div>${under}` +
    `${legend(series)}<figcaption>Marked to market at the end of every bar; the initial balance is the first peak.</figcaption></figure>` +
    `<script type="application/json" id="points">${data}</script>`
  )
}

export function drawdownTable(statistics: BacktestStatistics): string {
  return htmlTable({
    caption: 'Largest drawdowns',
    columns: [
      { title: 'depth', kind: 'n' },
      { title: 'peak', kind: 't' },
      { title: 'trough', kind: 't' },
      { title: 'recovered', kind: 't' },
      { title: 'length', kind: 'n' },
    ],
    rows: statistics.drawdowns.map((d) => [
      number(-d.depth, percent(-d.depth), true),
      text(day(d.startMs)),
      text(day(d.troughMs)),
      d.recoveryMs === null ? { text: 'not yet', tone: 'muted' } : text(day(d.recoveryMs)),
      number(d.durationMs, duration(d.durationMs)),
    ]),
  })
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Years down, months across; part months carry a star. */
export function monthHeat(statistics: BacktestStatistics): string {
  const { months, years } = statistics.monthly
  const scale = Math.max(0.02, ...months.map((m) => Math.abs(m.return ?? 0)))
  const head = ['year', ...MONTHS, 'year'].map((m) => `<th scope="col">${m}</th>`).join('')
  const rows = years.map((y) => {
    const cells = MONTHS.map((name, k) => {
      const m = months.find((one) => one.year === y.year && one.month === k + 1)
      if (m === undefined) return '<td class="heat none"></td>'
      if (m.return === null) return heatCell('n/a', null)
      const part = m.whole ? '' : '*'
      return heatCell(
        `${signed(m.return * 100, 1)}${part}`,
        m.return / scale,
        '',
        `${name} ${y.year}${m.whole ? '' : ', part of the month'}: ${signedPercent(m.return)}`,
      )
    })
    const total =
      y.return === null ? heatCell('n/a', null) : heatCell(signed(y.return * 100, 1), y.return / (3 * scale))
    return `<tr><th scope="row">${y.year}</th>${cells.join('')}${total}</tr>`
  })
  return (
    '<div class="wrap" role="region" aria-label="Monthly returns" tabindex="0"><table class="map">' +
    `${caption('Return by month, percent (* part of a month)')}<thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  )
}

export function rollingSection(statistics: BacktestStatistics): string {
  const { rolling, settings } = statistics
  if (rolling.length === 0) return ''
  const chart = lineChart({
    label: `Sharpe ratio of the last ${settings.rollingDays} days over time`,
    height: 180,
    series: [
      {
        name: 'rolling',
        tone: 'd',
        x: rolling.map((p) => p.time),
        y: rolling.map((p) => p.value),
        count: rolling.length,
      },
    ],
    yText: (y) => decimal(y, 1),
    x: 'times',
    range: [statistics.range.startMs, statistics.range.endMs],
    include: [0],
  })
  const error = Math.sqrt(365 / settings.rollingDays)
  return figure(
    `Rolling Sharpe ratio, ${settings.rollingDays} days`,
    chart,
    `A window of ${settings.rollingDays} days has a standard error of about ${decimal(error, 1)}: most of the swing is noise.`,
  )
}

/** Exposure over time; long series as means of equal parts, because single bars would be a block of ink. */
export function exposureSection(result: BacktestResult): string {
  const { time, equity, grossExposure, netExposure, count } = result.equity
  if (count === 0) return ''
  const parts = Math.min(count, 240)
  const at = new Float64Array(parts)
  const gross = new Float64Array(parts)
  const net = new Float64Array(parts)
  for (let p = 0; p < parts; p++) {
    const from = Math.floor((p * count) / parts)
    const to = Math.floor(((p + 1) * count) / parts)
    let solvent = 0
    for (let i = from; i < to; i++) {
      if (!(equity[i] > 0)) continue
      solvent++
      gross[p] += grossExposure[i] / equity[i]
      net[p] += netExposure[i] / equity[i]
    }
    at[p] = time[to - 1]
    gross[p] /= solvent
    net[p] /= solvent
  }
  const series: Series[] = [
    { name: 'gross', tone: 'soft', x: at, y: gross, count: parts, filled: true },
    { name: 'net', tone: 'a', x: at, y: net, count: parts },
  ]
  const chart = lineChart({
    label: 'Gross and net exposure as multiples of equity over time',
    height: 180,
    series,
    yText: (y) => `${decimal(y, 1)} x`,
    x: 'times',
    range: [result.startMs, result.endMs],
    include: [0],
  })
  const mean = parts === count ? '' : `, mean of ${duration((result.endMs - result.startMs) / parts)} each`
  return figure('Exposure', chart + legend(series), `Notional of open positions as a multiple of equity${mean}.`)
}

/** Where the gross result went. */
export function costSection(result: BacktestResult, statistics: BacktestStatistics): string {
  const c = statistics.costs
  let before = 0
  for (let i = 0; i < result.trades.count; i++) before += result.trades.grossPnl[i] + result.trades.slippageCost[i]
  const net = result.trades.netPnl.subarray(0, result.trades.count).reduce((a, b) => a + b, 0)
  const rows: [string, number][] = [
    ['Result of the trades before costs', before],
    ['Slippage and price rounding', -c.slippage],
    ['Fees', -c.fees],
    ...(statistics.measures.funding.value === null
      ? []
      : ([
          ['Funding paid', -c.fundingPaid],
          ['Funding received', c.fundingReceived],
        ] as [string, number][])),
    ['Net result of the closed trades', net],
  ]
  const scale = Math.max(1e-12, ...rows.map(([, v]) => Math.abs(v)))
  const table = htmlTable({
    caption: 'From gross to net',
    columns: [
      { title: 'part', kind: 't' },
      { title: 'quote currency', kind: 'n' },
    ],
    rows: rows.map(([name, v]) => [text(name), { ...number(v, signed(v), true), bar: v / scale }]),
  })
  const notes = [
    `Turnover ${decimal(c.turnover, 0)}; all costs ${c.bpsOfTurnover === null ? 'n/a' : `${decimal(c.bpsOfTurnover, 1)} bps`} of it.`,
  ]
  for (const note of result.notes) if (note.code.startsWith('funding-')) notes.push(note.text)
  if (c.liquidations > 0)
    notes.push(`${c.liquidations} liquidations took ${decimal(c.liquidationLoss)} (inside the result before costs).`)
  return `${table}${notes.map((n) => `<p class="muted small">${escapeHtml(n)}</p>`).join('')}`
}

export function validationBox(validation: Validation): string {
  const word = { pass: 'PASS', warn: 'PASS WITH WARNINGS', fail: 'FAIL' }[validation.overall]
  const order = [...validation.checks].sort((a, b) => Number(a.passed) - Number(b.passed))
  const items = order.map((c) => {
    const kind = c.passed ? 'pass' : c.level === 'fail' ? 'fail' : 'warn'
    return `<li><span class="mark ${kind}">${{ pass: 'ok', warn: 'warn', fail: 'FAIL' }[kind]}</span> <code>${escapeHtml(c.name)}</code> ${escapeHtml(c.message)}</li>`
  })
  const bad = order.filter((c) => !c.passed).length
  return (
    `<div class="box ${validation.overall}"><h3>Validation: ${word}</h3><ul>${items.slice(0, bad).join('')}</ul>` +
    `<details${bad === 0 ? ' open' : ''}><summary>${items.length - bad} checks passed</summary><ul>${items.slice(bad).join('')}</ul></details></div>`
  )
}
