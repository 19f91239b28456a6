/** Reports of the smaller studies: position sizing, and a comparison of runs (symbols, ML on and off). */
import type { PositionSize, RiskOutcome } from '../statistics/position-size.js'
import { type ComparisonTable, comparisonHtml, histogram } from './backtest-html.js'
import { barChart, figure, legend, lineChart, type Series } from './chart.js'
import { decimal, percent, signed, signedPercent } from './format.js'
import { htmlTable, number, text } from './html-table.js'
import { facts, list, page } from './page.js'

/** Name and value pairs shown at the head: period, symbols, costs, lineage. */
export type PageFacts = readonly (readonly [string, string])[]

/** The page of a comparison. */
export function comparisonPage(
  title: string,
  about: PageFacts,
  tables: readonly ComparisonTable[],
  notes: readonly string[] = [],
): string {
  const head = facts(about) + (notes.length === 0 ? '' : `<div class="box warn"><h3>Notes</h3>${list(notes)}</div>`)
  return page(
    title,
    head,
    tables.map((t, k) => ({ id: `table${k + 1}`, title: t.title, html: comparisonHtml(t) })),
  )
}

/** The page of the position sizing study. */
export function positionSizeHtml(size: PositionSize, title: string, about: PageFacts): string {
  const r = size.recommended
  const words = [
    r.value === null
      ? `No risk per trade is recommended: ${r.reason}.`
      : `Risk at most ${percent(r.value)} of equity per trade.`,
    `The trades gain ${signed(size.expectancy.value, 3)} R on average (error ${decimal(size.expectancy.standardError, 3)}); the pessimistic end is ${signed(size.pessimisticExpectancy, 3)} R.`,
    `Kelly's share for these trades is ${percent(size.growthOptimal.value)} (two-outcome formula ${percent(size.kelly.value)}); at the pessimistic end ${percent(size.pessimisticKelly)}. Full Kelly is too much for an edge that is only estimated.`,
    ...size.warnings,
  ]
  const head = `${facts([
    ...about,
    ['Symbols', size.symbols.join(', ')],
    ['Trades with a stop', `${size.trades}`],
    ['Leverage', `${size.leverage}`],
  ])}<div class="box ${r.value === null ? 'warn' : 'pass'}"><h3>What this says</h3>${list(words)}</div>`
  return page(title, head, [
    {
      id: 'risk',
      title: 'Return and drawdown by risk',
      html:
        curves(size) +
        outcomes('As the trades were, sampling error included', size.outcomes) +
        outcomes('Pessimistic: the edge at its lower 5 %', size.pessimistic),
    },
    { id: 'trades', title: 'R-multiples', html: multiples(size) },
    { id: 'survival', title: 'Losses in a row', html: survival(size) },
    { id: 'margin', title: 'Margin', html: margins(size) },
  ])
}

function outcomes(caption: string, rows: readonly RiskOutcome[]): string {
  return htmlTable({
    caption,
    columns: ['risk', 'ruin', '5 %', '25 %', 'median', '75 %', '95 %', 'median drawdown', '95 % drawdown'].map(
      (title) => ({
        title,
        kind: 'n' as const,
      }),
    ),
    rows: rows.map((o) => [
      number(o.risk, percent(o.risk, 1)),
      number(o.ruin, percent(o.ruin)),
      ...o.returns.map((v) => number(v, signedPercent(v, 1), true)),
      number(o.medianDrawdown, percent(o.medianDrawdown, 1)),
      number(o.p95Drawdown, percent(o.p95Drawdown, 1)),
    ]),
  })
}

function curves(size: PositionSize): string {
  const risks = size.outcomes.map((o) => o.risk)
  const line = (
    name: string,
    tone: Series['tone'],
    rows: readonly RiskOutcome[],
    of: (o: RiskOutcome) => number,
  ): Series => ({
    name,
    tone,
    x: risks,
    y: rows.map(of),
    count: risks.length,
  })
  const draw = (title: string, series: Series[]): string =>
    figure(
      title,
      lineChart({
        label: title,
        height: 200,
        series,
        yText: (y) => percent(y, 0),
        x: (x) => percent(x, 1),
        include: [0],
      }) + legend(series),
    )
  return `<div class="grid">${draw('Median return by risk per trade', [
    line('as observed', 'a', size.outcomes, (o) => o.returns[2]),
    line('pessimistic', 'b', size.pessimistic, (o) => o.returns[2]),
  ])}${draw('95th percentile of the drawdown by risk per trade', [
    line('as observed', 'a', size.outcomes, (o) => o.p95Drawdown),
    line('pessimistic', 'b', size.pessimistic, (o) => o.p95Drawdown),
  ])}</div>`
}

function multiples(size: PositionSize): string {
  return figure(
    'Net result / loss at the stop',
    barChart({
      label: 'Histogram of R-multiples',
      height: 200,
      bars: histogram(size.multiples),
      split: 0,
      xText: (x) => `${decimal(x, 1)} R`,
      unit: 'trades',
    }),
    `Won ${percent(size.winRate, 1)}; average win ${signed(size.averageWin)} R, average loss ${signed(size.averageLoss)} R.`,
  )
}

function survival(size: PositionSize): string {
  const losses = [...new Set(size.survival.map((s) => s.losses))]
  const risks = [...new Set(size.survival.map((s) => s.risk))]
  return htmlTable({
    caption: 'Share of equity left after losing the full risk so many times in a row',
    columns: [{ title: 'risk', kind: 'n' }, ...losses.map((n) => ({ title: `${n}`, kind: 'n' as const }))],
    rows: risks.map((risk) => [
      number(risk, percent(risk, 1)),
      ...losses.map((n) => {
        const left = size.survival.find((s) => s.risk === risk && s.losses === n)?.left ?? null
        return number(left, percent(left, 1))
      }),
    ]),
  })
}

function margins(size: PositionSize): string {
  if (size.margins.length === 0) return '<p class="muted">no risk is recommended, so no margin follows</p>'
  return htmlTable({
    caption: `Margin as a share of equity at which a stop hit loses the recommended risk, at leverage ${size.leverage}`,
    columns: [
      { title: 'stop distance (quartiles)', kind: 'n' },
      { title: 'margin', kind: 'n' },
      { title: 'for', kind: 't' },
    ],
    rows: size.margins.map((m) => [
      number(m.stopDistance, percent(m.stopDistance)),
      number(m.margin, percent(m.margin, 1)),
      text(size.symbols.join(', ')),
    ]),
  })
}
