/** What the ordering earns: outcome by predicted group, turnover, break-even cost beside the cost assumed; importance. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, percent, signed } from '@cointrader/backtest/report/format'
import { type Cell, htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import type { ReportEntry } from '@cointrader/models'
import { type Column, columnPlot, columnRange } from '../charts/columns.js'
import { rowPlot } from '../charts/rows.js'
import { assumedCostBps, breakEvenBps, modelEntries } from '../derive.js'
import type { ModelFacts, StudyFacts } from '../facts.js'
import { count, withError } from '../format.js'
import { gridOf, type StudySection, words } from '../frame.js'
import { TITLES } from './head.js'
import { toneOf } from './tones.js'

type Buckets = ReportEntry['pooledQuantiles']['buckets']

const columnsOf = (buckets: Buckets): Column[] =>
  buckets.map((b) => ({
    value: b.mean,
    error: b.standardError === null ? null : 2 * b.standardError,
    title: `group ${b.quantile + 1}: ${withError(b.mean, b.standardError, 2)}`,
  }))

export function quantileSection(facts: StudyFacts): StudySection {
  const { judged } = facts
  const base = { id: 'quantiles', title: TITLES.quantiles }
  const models = modelEntries(facts)
  if (models.length === 0) return { ...base, html: words('Left out: no model was judged.') }
  const own = models.map((e) => ({ e, spread: e.spread, buckets: e.spread?.buckets ?? e.pooledQuantiles.buckets }))
  const shared = columnRange(own.flatMap((o) => columnsOf(o.buckets)))
  const unit = judged.unit === '' ? 'label' : judged.unit
  const plots = own.map(({ e, spread, buckets }) => {
    const caption =
      spread === null
        ? `Pooled over all rows; whiskers take rows as independent, so they are too short. Monotonicity ${signed(e.pooledQuantiles.monotonicity, 2)}.`
        : `Top less bottom ${signed(spread.value, 2)} ${unit}, t ${signed(spread.t, 1)}; monotonicity ${signed(spread.monotonicity, 2)}.`
    return figure(
      e.name,
      columnPlot({
        label: `Mean outcome by predicted group of ${e.name}, lowest first`,
        columns: columnsOf(buckets),
        names: buckets.map((b) => String(b.quantile + 1)),
        tone: toneOf(facts, e.name).tone,
        range: shared,
        yText: decimal,
        unit: `mean outcome, ${unit}, by predicted group`,
      }),
      caption,
    )
  })
  return {
    ...base,
    lead: 'Outcome of the symbols by the group the model put them in, 1 being the lowest score. With skill the columns rise from left to right; whiskers are two errors.',
    html: `${gridOf(plots)}${costPlot(facts)}${turnoverTable(facts)}`,
  }
}

/** Break-even cost of each entry beside the assumed one, and what that means in words. */
function costPlot(facts: StudyFacts): string {
  const assumed = assumedCostBps(facts)
  const rows = facts.judged.entries
    .map((e) => ({ e, at: breakEvenBps(facts, e) }))
    .filter((r): r is { e: ReportEntry; at: number } => r.at !== null)
  if (rows.length === 0)
    return words(
      'Break-even costs are left out: there is no cross-section to trade, or the label is no return in basis points.',
    )
  const plot = rowPlot({
    label: `Break-even cost of ${count(rows.length, 'entry', 'entries')}${assumed === null ? '' : `, assumed cost ${decimal(assumed.total, 1)} bps`}`,
    rows: rows.map(({ e, at }) => ({
      name: e.name,
      sub: e.role,
      value: `${decimal(at, 1)} bps`,
      valueTone: assumed !== null && at < assumed.total ? 'neg' : undefined,
      marks: [
        { kind: 'bar', from: 0, to: at, tone: toneOf(facts, e.name).tone, faint: true },
        { kind: 'dot', at, tone: toneOf(facts, e.name).tone, hollow: e.role === 'baseline' },
      ],
    })),
    include: [0],
    xText: (x) => decimal(x, 1),
    unit: 'basis points per unit traded',
    guides: assumed === null ? [] : [{ at: assumed.total, name: `assumed ${decimal(assumed.total, 1)}` }],
  })
  const said = verdict(
    facts,
    rows.filter((r) => r.e.role === 'model'),
  )
  return `${figure('Break-even cost beside the cost assumed', plot, 'What a unit traded may cost before the whole ordering, held for one horizon, earns nothing.')}${words(said)}`
}

function verdict(facts: StudyFacts, models: readonly { e: ReportEntry; at: number }[]): string {
  const assumed = assumedCostBps(facts)
  if (assumed === null) return 'No backtest states a cost, so nothing is compared with it.'
  const cost = `${decimal(assumed.total, 1)} bps (fee ${decimal(assumed.fee, 1)}, slippage ${decimal(assumed.slippage, 1)})`
  const below = models.filter((m) => m.at < assumed.total)
  if (below.length === 0) return `Every model breaks even above the ${cost} assumed for a fill.`
  const names = below.map((m) => `${m.e.name} (${decimal(m.at, 1)})`).join(', ')
  return `Below the ${cost} assumed for a fill: ${names}. Trading such an ordering costs more than it earns.`
}

function turnoverTable(facts: StudyFacts): string {
  const unit = facts.judged.unit === '' ? 'label' : facts.judged.unit
  const rows = facts.judged.entries.flatMap((e): Cell[][] => {
    if (e.portfolio === null) return []
    const p = e.portfolio.perHorizon
    const at = breakEvenBps(facts, e)
    return [
      [
        text(e.role === 'baseline' ? `${e.name} (baseline)` : e.name),
        number(p.rebalancings, decimal(p.rebalancings, 0)),
        number(p.turnover, decimal(p.turnover, 2)),
        number(p.rankAutocorrelation, signed(p.rankAutocorrelation, 2)),
        number(p.meanReturn, signed(p.meanReturn, 2)),
        number(at, at === null ? 'n/a' : decimal(at, 2)),
        number(e.spread?.value ?? null, signed(e.spread?.value, 2)),
        number(e.spread?.t ?? null, signed(e.spread?.t, 1)),
      ],
    ]
  })
  if (rows.length === 0) return ''
  return htmlTable({
    caption: 'Rank portfolio, rebalanced once per horizon, before costs',
    sortable: true,
    columns: [
      { title: 'entry', kind: 't' },
      { title: 'rebalancings', kind: 'n' },
      { title: 'turnover (0 to 2)', kind: 'n' },
      { title: 'order kept', kind: 'n' },
      { title: `return, ${unit}`, kind: 'n' },
      { title: 'break-even, bps', kind: 'n' },
      { title: `top less bottom, ${unit}`, kind: 'n' },
      { title: 'its t', kind: 'n' },
    ],
    rows,
  })
}

const TOP_FEATURES = 18

export function importanceSection(facts: StudyFacts): StudySection {
  const base = { id: 'importance', title: TITLES.importance }
  const shown = facts.models.filter((m) => m.importance.length > 0)
  if (shown.length === 0) return { ...base, html: words('Left out: no model tells what it looks at.') }
  return {
    ...base,
    lead: 'What the models look at. A bar is the mean over folds, dots are the single folds: dots far apart mean that the folds learned different things.',
    html: gridOf(shown.map((m) => importancePlot(facts, m))),
  }
}

function importancePlot(facts: StudyFacts, model: ModelFacts): string {
  const top = model.importance.slice(0, TOP_FEATURES)
  const { tone } = toneOf(facts, model.name)
  const rest = model.importance.slice(TOP_FEATURES).reduce((a, f) => a + f.share, 0)
  const what = model.family === 'lgbm' ? 'Share of all gain' : 'Share of absolute standardised coefficients'
  const more = model.importance.length - top.length
  return figure(
    model.name,
    rowPlot({
      label: `Importance of ${top.length} features of ${model.name}`,
      height: 22,
      tight: true,
      include: [0],
      rows: top.map((f) => ({
        name: f.feature,
        value: percent(f.share, 1),
        marks: [
          { kind: 'bar', from: 0, to: f.share, tone, faint: true },
          ...f.perFold.map((at) => ({ kind: 'dot', at, tone, small: true }) as const),
        ],
      })),
      xText: (x) => percent(x, x !== 0 && x < 0.02 ? 1 : 0),
    }),
    `${what}.${more > 0 ? ` ${count(more, 'more feature')} hold ${percent(rest, 0)}.` : ''}`,
  )
}
