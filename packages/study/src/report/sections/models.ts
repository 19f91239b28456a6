/** Models beside baselines and chance: scores with intervals, folds, scores over time. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, percent, pValue, signed } from '@cointrader/backtest/report/format'
import { type Cell, htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import { DAY_MS } from '@cointrader/core'
import type { ReportEntry, ReportScore } from '@cointrader/models'
import { type Column, columnPlot, columnRange } from '../charts/columns.js'
import { linePlot } from '../charts/lines.js'
import { type Mark, type PlotRow, rowPlot } from '../charts/rows.js'
import { modelEntries, primaryOf } from '../derive.js'
import type { DateSpan, StudyFacts } from '../facts.js'
import { count, ic, minutes, range, short, withError } from '../format.js'
import { details, gridOf, type StudySection, swatches, words } from '../frame.js'
import { delayTable } from './delays.js'
import { TITLES } from './head.js'
import { facts as pairs } from './pairs.js'
import { toneOf } from './tones.js'

/** Models first, then baselines by score. */
function ordered(facts: StudyFacts): ReportEntry[] {
  const value = (e: ReportEntry): number => primaryOf(facts, e).value ?? Number.NEGATIVE_INFINITY
  return [...facts.judged.entries].sort(
    (a, b) => Number(a.role === 'baseline') - Number(b.role === 'baseline') || value(b) - value(a),
  )
}

export function modelSection(facts: StudyFacts): StudySection {
  const { judged } = facts
  const base = { id: 'models', title: TITLES.models }
  if (judged.entries.length === 0) return { ...base, html: words('Left out: nothing was judged.') }
  const full = judged.crossSections.refusal === null
  const level = percent(judged.settings.level, 0)
  const plots: string[] = []
  if (judged.task === 'binary') {
    plots.push(scorePlot(facts, 'AUC', (e) => e.classifier?.auc ?? null, 0.5))
  } else {
    if (full) plots.push(scorePlot(facts, 'Cross-sectional rank IC', (e) => e.sections?.rank ?? null, 0))
    plots.push(scorePlot(facts, 'Pooled rank IC', (e) => e.pooled.rank, 0))
  }
  const refusal = full ? '' : words(`Cross-sectional figures are left out: ${judged.crossSections.refusal}.`)
  return {
    ...base,
    lead:
      `All on the same ${decimal(judged.rows.judged, 0)} rows of the joined test ranges: ${count(judged.time.days, 'day')}, ` +
      `${count(judged.symbols, 'symbol')}. Lines: ${level} block-bootstrap intervals. Grey bands: range of the same score with shuffled labels.`,
    html:
      refusal +
      `<div class="stack">${calendar(facts)}${gridOf(plots)}</div>` +
      scoreTable(facts) +
      delayTable(facts) +
      overTime(facts) +
      foldTables(facts) +
      settings(facts) +
      (judged.notes.length === 0 ? '' : judged.notes.map((n) => words(`Note: ${n}`, 'small muted')).join('')),
  }
}

/** Training, validation and test of each fold on one axis of time. */
export function calendar(facts: StudyFacts): string {
  if (facts.folds.length === 0) return ''
  const from = (s: DateSpan): number => Date.parse(`${s.start}T00:00:00Z`)
  const to = (s: DateSpan): number => Date.parse(`${s.end}T00:00:00Z`) + DAY_MS
  const rows = facts.folds.map(
    (f): PlotRow => ({
      name: `fold ${f.fold}`,
      value: `test ${short(f.test.start)} to ${short(f.test.end)}`,
      title: `fold ${f.fold}: training ${f.train.start} to ${f.train.end}, validation ${f.valid.start} to ${f.valid.end}, test ${f.test.start} to ${f.test.end}`,
      marks: [
        { kind: 'bar', from: from(f.train), to: to(f.train), tone: 'soft', faint: true },
        { kind: 'bar', from: from(f.valid), to: to(f.valid), tone: 'd' },
        { kind: 'bar', from: from(f.test), to: to(f.test), tone: 'a' },
      ],
    }),
  )
  const all = facts.folds.flatMap((f) => [
    from(f.train),
    from(f.valid),
    from(f.test),
    to(f.train),
    to(f.valid),
    to(f.test),
  ])
  const low = Math.min(...all)
  const high = Math.max(...all)
  const days = Math.round((high - low) / DAY_MS)
  const every = Math.max(1, Math.ceil(days / 5)) * DAY_MS
  const marksAt = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, k) => low + k * every).map((ms) => ({
    at: ms,
    text: new Date(ms).toISOString().slice(5, 10),
  }))
  return figure(
    'Walk-forward: what was learned when, and judged when',
    rowPlot({
      label: `Calendar of ${count(facts.folds.length, 'fold')}`,
      rows,
      range: [low, high],
      zero: null,
      marksAt,
      xText: String,
    }) +
      swatches([
        { colour: 'color-mix(in srgb,var(--soft) 32%,transparent)', name: 'training' },
        { colour: 'var(--d)', name: 'validation' },
        { colour: 'var(--a)', name: 'test' },
      ]),
    `Rows whose label reaches into the next range are purged; embargo ${minutes(facts.embargoMinutes)}.`,
  )
}

function scorePlot(facts: StudyFacts, title: string, of: (e: ReportEntry) => ReportScore | null, none: number): string {
  let before: string | null = null
  const rows = ordered(facts).map((e): PlotRow => {
    const score = of(e)
    const tone = toneOf(facts, e.name).tone
    const marks: Mark[] = []
    const rule: boolean = before !== null && before !== e.role
    before = e.role
    if (score?.band?.low !== null && score?.band?.low !== undefined && score.band.high !== null) {
      marks.push({ kind: 'band', from: score.band.low, to: score.band.high })
    }
    const { low, high } = score?.interval ?? { low: null, high: null }
    if (low !== null && high !== null) marks.push({ kind: 'range', from: low, to: high, tone })
    if (score !== null && score.value !== null) {
      marks.push({ kind: 'dot', at: score.value, tone, hollow: e.role === 'baseline' })
    }
    return {
      name: e.name,
      sub: e.role === 'baseline' ? 'baseline' : 'model',
      value:
        score === null || score.value === null ? 'no score' : none === 0 ? ic(score.value) : decimal(score.value, 3),
      valueTone: score === null || score.value === null ? 'muted' : undefined,
      marks,
      rule,
    }
  })
  return figure(
    title,
    rowPlot({
      label: `${title} of ${count(rows.length, 'entry', 'entries')} with intervals: ${rows.map((r) => `${r.name} ${r.value}`).join(', ')}`,
      rows,
      include: [none],
      zero: none,
      height: 34,
      xText: (x) => (none === 0 ? signed(x, 2) : decimal(x, 2)),
    }),
    title.startsWith('Cross')
      ? 'Mean over instants of the rank correlation over symbols: does it order the symbols right at each moment?'
      : title === 'AUC'
        ? 'Chance that a random row of class 1 is ranked above a random row of class 0; 0.5 is no skill.'
        : 'One rank correlation over all rows: symbols and times mixed.',
  )
}

function scoreTable(facts: StudyFacts): string {
  const { judged } = facts
  const full = judged.crossSections.refusal === null
  const binary = judged.task === 'binary'
  const name = judged.entries.length === 0 ? '' : primaryOf(facts, judged.entries[0]).name
  const rows = ordered(facts).map((e): Cell[] => {
    const p = primaryOf(facts, e)
    const t = full ? (e.sections?.rank.t ?? null) : e.daily.rankT
    const d = e.deflated
    return [
      text(e.role === 'baseline' ? `${e.name} (baseline)` : e.name),
      number(p.value, binary ? decimal(p.value, 3) : ic(p.value)),
      number(p.error, decimal(p.error, 3)),
      text(range(p.low, p.high)),
      number(
        p.band?.pValue ?? null,
        p.band === null ? 'n/a' : `${p.band.inside ? 'inside' : 'outside'}, p ${pValue(p.band.pValue)}`,
      ),
      number(t, signed(t, 1)),
      number(d?.hurdle ?? null, decimal(d?.hurdle, 1)),
      number(d?.pAdjusted ?? null, d === null ? 'n/a' : pValue(d.pAdjusted)),
      number(e.pooled.pearson.value, ic(e.pooled.pearson.value)),
      number(e.daily.sharePositive, percent(e.daily.sharePositive, 0)),
    ]
  })
  const trials = judged.settings.trials
  return (
    htmlTable({
      caption: `Scores: ${name}`,
      sortable: true,
      columns: [
        { title: 'entry', kind: 't' },
        { title: name, kind: 'n' },
        { title: 'error', kind: 'n' },
        { title: 'interval', kind: 'n' },
        { title: 'shuffled labels', kind: 'n' },
        { title: full ? 'Newey-West t' : 't of days', kind: 'n' },
        { title: 'hurdle', kind: 'n' },
        { title: 'p of the best', kind: 'n' },
        { title: 'pooled IC', kind: 'n' },
        { title: 'days above 0', kind: 'n' },
      ],
      rows,
    }) +
    words(
      `Hurdle: the t that the best of ${trials} tries without skill reaches on average. p of the best: chance that the best of ${trials} has such a t.`,
      'small muted',
    )
  )
}

function foldBands(facts: StudyFacts) {
  return facts.folds.map((f) => ({
    from: Date.parse(`${f.test.start}T00:00:00Z`),
    to: Date.parse(`${f.test.end}T00:00:00Z`) + DAY_MS,
    name: `test ${f.fold}`,
  }))
}

export { foldBands }

function overTime(facts: StudyFacts): string {
  const { judged } = facts
  const full = judged.crossSections.refusal === null
  const shown = ordered(facts).filter((e) => e.cumulative.some((c) => c.rank !== 0))
  const cumulative = figure(
    'Cumulative rank IC',
    linePlot({
      label: `Cumulative rank IC of ${count(shown.length, 'entry', 'entries')}`,
      lines: shown.map((e) => ({
        name: e.name,
        ...toneOf(facts, e.name),
        points: e.cumulative.map((c) => ({ ms: c.ms, y: c.rank })),
      })),
      base: 0,
      yText: decimal,
      unit: `sum over ${full ? 'instants' : 'days'}`,
      bands: foldBands(facts),
    }),
    'A straight rise is a steady score; a single step is one lucky day. Grey, dashed: baselines.',
  )
  const models = modelEntries(facts)
  const columnsOf = (e: ReportEntry): Column[] =>
    e.days.map((d) => {
      const value = full ? d.sectionRank : d.rank
      const error = full && d.sectionRankError !== null ? 2 * d.sectionRankError : null
      return { value, error, title: `${new Date(d.dayMs).toISOString().slice(0, 10)}: ${withError(value, error)}` }
    })
  const shared = columnRange(models.flatMap(columnsOf))
  const small = models.map((e) => {
    const columns = columnsOf(e)
    const every = Math.max(1, Math.ceil(columns.length / 6))
    return figure(
      `${e.name}: rank IC by day`,
      columnPlot({
        label: `Rank IC by day of ${e.name}: ${columns.filter((c) => (c.value ?? 0) > 0).length} of ${columns.length} days above 0`,
        columns,
        names: e.days.map((d, i) => (i % every === 0 ? new Date(d.dayMs).toISOString().slice(5, 10) : '')),
        tone: toneOf(facts, e.name).tone,
        range: shared,
        yText: signed,
        height: 130,
      }),
    )
  })
  const note = full
    ? words('Whiskers: twice the Newey-West error within the day. All plots have one scale.', 'small muted')
    : ''
  return `<div class="stack">${cumulative}${gridOf(small)}</div>${note}`
}

function foldTables(facts: StudyFacts): string {
  const rows = facts.models.flatMap((m) =>
    m.folds.map((f): Cell[] => [
      text(m.name),
      number(f.fold, String(f.fold)),
      number(f.rows.train, decimal(f.rows.train, 0)),
      number(f.rows.valid, decimal(f.rows.valid, 0)),
      number(f.rows.test, decimal(f.rows.test, 0)),
      number(
        f.purged.train + f.purged.valid + f.purged.test,
        `${decimal(f.purged.train, 0)} / ${decimal(f.purged.valid, 0)} / ${decimal(f.purged.test, 0)}`,
      ),
      number(f.trees, decimal(f.trees, 0)),
      number(f.valid.rankIc, withError(f.valid.rankIc, f.valid.error)),
      number(f.test.rankIc, withError(f.test.rankIc, f.test.error)),
      { text: f.version },
    ]),
  )
  if (rows.length === 0) return words('No model was trained.')
  return htmlTable({
    caption: 'Models by fold',
    sortable: true,
    tall: rows.length > 15,
    columns: [
      { title: 'model', kind: 't' },
      { title: 'fold', kind: 'n' },
      { title: 'training rows', kind: 'n' },
      { title: 'validation', kind: 'n' },
      { title: 'test', kind: 'n' },
      { title: 'purged of each', kind: 'n' },
      { title: 'trees kept', kind: 'n' },
      { title: 'rank IC, validation', kind: 'n' },
      { title: 'rank IC, test', kind: 'n' },
      { title: 'version', kind: 't' },
    ],
    rows,
  })
}

function settings(facts: StudyFacts): string {
  return facts.models
    .map((m) => {
      const left = m.leftOut.length === 0 ? [] : ([['features left out', m.leftOut.join(', ')]] as const)
      return details(`Settings of ${m.name} (${m.family})`, pairs([...m.settings, ...left]))
    })
    .join('')
}
