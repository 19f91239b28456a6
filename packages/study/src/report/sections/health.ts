/** Feature and label health: missing values, columns without any, distributions, shift, the causality certificate. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, percent, signed } from '@cointrader/backtest/report/format'
import { htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { rowPlot } from '../charts/rows.js'
import { byCount } from '../derive.js'
import type { ColumnHealth, ModelFacts, StudyFacts } from '../facts.js'
import { emptyByReason, LARGE_SHIFT } from '../findings-data.js'
import { compact, count, some } from '../format.js'
import { details, type StudySection, words } from '../frame.js'
import { TITLES } from './head.js'

const TOP = 15
/** Largest share of missing values that is not worth a picture. */
const NEGLIGIBLE = 0.001

export function healthSection(facts: StudyFacts): StudySection {
  const { xy, features, labels } = facts.data
  const empty = Object.keys(xy.empty).length
  const plots =
    missingPlot(
      features.filter((f) => xy.empty[f.name] === undefined),
      empty,
    ) + shiftPlot(features)
  return {
    id: 'health',
    title: TITLES.health,
    lead: `${decimal(xy.rows, 0)} rows of ${count(xy.days, 'day')}; ${xy.features} feature columns, ${empty} without a single value; ${percent(xy.missing, 2)} of the cells are missing.`,
    html:
      certificate(facts) +
      (features.length === 0 ? words('Left out: no feature was measured.') : `<div class="grid">${plots}</div>`) +
      labelTable(labels) +
      emptyTable(facts) +
      excludedLine(facts) +
      (features.length === 0
        ? ''
        : details(`All ${count(features.length, 'feature')}`, columnTable('Features', features, facts.models))),
  }
}

function certificate(facts: StudyFacts): string {
  const c = facts.data.causality
  if (c === null) {
    return '<p class="seal no"><b>Causality: not asked for.</b> Whether a feature looks ahead was not tested in this study.</p>'
  }
  const body = `${decimal(c.cells, 0)} values of ${count(c.columns, 'column')} on ${some(c.dates, 4)} were computed again from truncated and poisoned copies of the data, and are equal bit by bit.`
  return `<p class="seal"><b>Causality: proven on ${escapeHtml(count(c.dates.length, 'day'))}.</b> ${escapeHtml(body)}</p>`
}

/** Of the columns that have values at all; the others have a table of their own. */
function missingPlot(features: readonly ColumnHealth[], empty: number): string {
  const worst = features
    .filter((f) => f.missing > 0)
    .sort((a, b) => b.missing - a.missing || (a.name < b.name ? -1 : 1))
    .slice(0, TOP)
  const title = 'Missing values'
  const apart = empty === 0 ? '' : ` ${count(empty, 'column')} without any stand in a table below.`
  if (worst.length > 0 && worst[0].missing < NEGLIGIBLE) {
    const most = `No feature that has values misses more than ${percent(NEGLIGIBLE, 1)} of them (most: ${worst[0].name}, ${percent(worst[0].missing, 3)}).${apart}`
    return figure(title, words(most, 'muted'))
  }
  if (worst.length === 0) {
    return figure(title, words(`Every feature that has values has one in every row.${apart}`, 'muted'))
  }
  return figure(
    title,
    rowPlot({
      label: `Share of missing values of ${worst.length} features`,
      range: [0, Math.max(0.05, worst[0].missing)],
      height: 20,
      tight: true,
      rows: worst.map((f) => ({
        name: f.name,
        value: percent(f.missing, f.missing < 0.1 ? 1 : 0),
        marks: [{ kind: 'bar', from: 0, to: f.missing, tone: 'b' }],
      })),
      xText: (x) => percent(x, x !== 0 && x < 0.02 ? 1 : 0),
    }),
    `Share of rows without a value, the ${worst.length} largest of ${features.length}.${apart}`,
  )
}

function shiftPlot(features: readonly ColumnHealth[]): string {
  const moved = features
    .flatMap((f) => (f.shift === null ? [] : [{ name: f.name, shift: f.shift }]))
    .sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift) || (a.name < b.name ? -1 : 1))
    .slice(0, TOP)
  const title = 'Shift from training to test'
  if (moved.length === 0) return figure(title, words('Not measured: no column has both ranges.', 'muted'))
  const most = Math.max(LARGE_SHIFT * 1.1, ...moved.map((m) => Math.abs(m.shift)))
  return figure(
    title,
    rowPlot({
      label: `Shift of the mean of ${moved.length} features between training and test`,
      range: [-most, most],
      height: 20,
      tight: true,
      rows: moved.map((m) => ({
        name: m.name,
        value: signed(m.shift, 2),
        marks: [
          { kind: 'bar', from: 0, to: m.shift, tone: 'a', faint: true },
          { kind: 'dot', at: m.shift, tone: Math.abs(m.shift) > LARGE_SHIFT ? 'b' : 'a' },
        ],
      })),
      xText: (x) => signed(x, 1),
      unit: 'training deviations',
    }),
    `Mean of all test ranges less mean of the first training range; the ${moved.length} largest. Orange: beyond ${LARGE_SHIFT}.`,
  )
}

function labelTable(labels: readonly ColumnHealth[]): string {
  if (labels.length === 0) return words('Left out: no label was measured.')
  return columnTable('Labels', labels)
}

function columnTable(caption: string, columns: readonly ColumnHealth[], models: readonly ModelFacts[] = []): string {
  const shares = models.map((m) => new Map(m.importance.map((f) => [f.feature, f.share])))
  const value = (x: number | null) => number(x, compact(x))
  return htmlTable({
    caption,
    sortable: true,
    tall: columns.length > 15,
    columns: [
      { title: 'column', kind: 't' },
      { title: 'rows', kind: 'n' },
      { title: 'missing', kind: 'n' },
      { title: 'mean', kind: 'n' },
      { title: 'deviation', kind: 'n' },
      { title: '1 %', kind: 'n' },
      { title: 'median', kind: 'n' },
      { title: '99 %', kind: 'n' },
      { title: 'shift', kind: 'n' },
      ...models.map((m) => ({ title: `share in ${m.name}`, kind: 'n' as const })),
    ],
    rows: columns.map((c) => [
      text(c.name),
      number(c.rows, decimal(c.rows, 0)),
      number(c.missing, percent(c.missing, 2)),
      // A mean that is rounding only, as of a label whose cross-section is centred, is 0.
      value(c.mean !== null && c.deviation !== null && Math.abs(c.mean) < 1e-9 * c.deviation ? 0 : c.mean),
      value(c.deviation),
      value(c.p01),
      value(c.median),
      value(c.p99),
      number(c.shift, signed(c.shift, 2)),
      ...shares.map((share) => number(share.get(c.name) ?? 0, percent(share.get(c.name) ?? 0, 2))),
    ]),
  })
}

function emptyTable(facts: StudyFacts): string {
  const { empty } = facts.data.xy
  const names = Object.keys(empty).sort()
  if (names.length === 0) return ''
  const table = htmlTable({
    caption: 'Columns without a single value: they left the feature list',
    columns: [
      { title: 'reason', kind: 't' },
      { title: 'columns', kind: 'n' },
      { title: 'for example', kind: 't' },
    ],
    rows: emptyByReason(facts).map(([reason, n]) => [
      { text: reason, long: true },
      number(n, decimal(n, 0)),
      text(
        names
          .filter((name) => empty[name] === reason)
          .slice(0, 2)
          .join(', '),
      ),
    ]),
  })
  return (
    table + details(`Names of the ${count(names.length, 'column')} without a value`, words(names.join(', '), 'small'))
  )
}

function excludedLine(facts: StudyFacts): string {
  const out = byCount(new Map(Object.entries(facts.data.xy.excluded))).filter(([, n]) => n > 0)
  if (out.length === 0) return ''
  return words(
    `Members of the universe without bars on some days: ${some(
      out.map(([s, n]) => `${s} (${count(n, 'day')})`),
      8,
    )}.`,
  )
}
