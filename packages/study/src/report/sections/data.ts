/** Data coverage and defects; the universe over time. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, percent } from '@cointrader/backtest/report/format'
import { htmlTable, number, type Cell as TableCell, text } from '@cointrader/backtest/report/html-table'
import { type Cell, type HeatRow, heatMap, level } from '../charts/heat.js'
import { addUp, bannedDays, byCount, datesOf, reasonKind } from '../derive.js'
import type { CoverageDay, StudyFacts } from '../facts.js'
import { count, some } from '../format.js'
import { details, type StudySection, swatches, words } from '../frame.js'
import { TITLES } from './head.js'

/** Dates at which the test range of a fold begins. */
export const foldStarts = (facts: StudyFacts): string[] => facts.folds.map((f) => f.test.start)

const sum = (record: Readonly<Record<string, number>>): number => Object.values(record).reduce((a, b) => a + b, 0)

export function dataSection(facts: StudyFacts): StudySection {
  const { days } = facts.data
  const dates = datesOf(facts)
  const by = new Map(days.map((d) => [d.date, d]))
  const shades = (of: (d: CoverageDay) => number, most: (d: CoverageDay) => number): Cell[] =>
    dates.map((date) => {
      const d = by.get(date)
      return d === undefined ? 'none' : level(most(d) > 0 ? of(d) / most(d) : 0)
    })
  const rows: HeatRow[] = [
    {
      name: 'bars there',
      cells: shades(
        (d) => d.rows,
        (d) => d.complete,
      ),
      value: percent(share(days), 1),
      title: 'share of the bars that a complete day has',
    },
  ]
  for (const [kind] of addUp(days.map((d) => d.absent))) {
    const n = days.filter((d) => (d.absent[kind] ?? 0) > 0).length
    rows.push({
      name: `${kind} absent`,
      tone: 'b',
      cells: shades(
        (d) => d.absent[kind] ?? 0,
        (d) => d.symbols,
      ),
      value: count(n, 'day'),
      title: `share of symbols without ${kind} at the source`,
    })
  }
  for (const [kind, n] of addUp(days.map((d) => d.refused))) {
    rows.push({
      name: `${kind} refused`,
      tone: 'bad',
      cells: shades(
        (d) => d.refused[kind] ?? 0,
        (d) => d.symbols,
      ),
      value: count(n, 'file'),
      title: `share of symbols whose ${kind} file was not accepted`,
    })
  }
  const defects = addUp(days.map((d) => d.defects))
  const most = Math.max(1, ...days.map((d) => sum(d.defects)))
  if (defects.length > 0) {
    rows.push({
      name: 'defects',
      tone: 'bad',
      cells: shades(
        (d) => sum(d.defects),
        () => most,
      ),
      value: decimal(
        defects.reduce((a, [, n]) => a + n, 0),
        0,
      ),
      title: 'entries of the defect ledger, of the most on a day',
    })
  }
  const bans = days.reduce((a, d) => a + d.banned.length, 0)
  if (bans > 0) {
    rows.push({
      name: 'bans',
      tone: 'bad',
      cells: shades(
        (d) => d.banned.length,
        (d) => d.symbols,
      ),
      value: decimal(bans, 0),
      title: 'symbols banned for bad data; the figure is symbol-days',
    })
  }
  const map = figure(
    'What was there, day by day',
    heatMap({
      label: `Coverage by day: ${percent(share(days), 1)} of the bars`,
      dates,
      rows,
      lines: foldStarts(facts),
    }),
    'Darker is more: of the bars of a complete day, of the symbols, or of the worst day. Dashed lines: test ranges begin. Absent: the source has none. Refused: it was there and was not accepted.',
  )
  const kinds = defects.map(([kind, n]) => [
    text(kind),
    number(n, decimal(n, 0)),
    ofDays(days.filter((d) => (d.defects[kind] ?? 0) > 0).length),
  ])
  const defectTable =
    defects.length === 0
      ? words('The checks found no defect.')
      : htmlTable({
          caption: 'Defects by kind (runs of bad rows or cells)',
          columns: [
            { title: 'kind', kind: 't' },
            { title: 'entries', kind: 'n' },
            { title: 'days', kind: 'n' },
          ],
          rows: kinds,
          sortable: true,
        })
  return {
    id: 'data',
    title: TITLES.data,
    lead: `${count(facts.data.symbols.length, 'symbol')} (${some(facts.data.symbols, 8)}); kinds asked for: ${some(facts.data.kinds, 8)}.`,
    html: `${map}<div class="grid">${defectTable}${banTable(facts)}</div>${details('Figures of every day', dayTable(days))}`,
  }
}

function share(days: readonly CoverageDay[]): number | null {
  const complete = days.reduce((a, d) => a + d.complete, 0)
  return complete === 0 ? null : days.reduce((a, d) => a + d.rows, 0) / complete
}

const ofDays = (n: number): TableCell => number(n, decimal(n, 0))

function banTable(facts: StudyFacts): string {
  const banned = bannedDays(facts)
  if (banned.length === 0) return words('No symbol was banned.')
  const reasons = new Map<string, Map<string, number>>()
  for (const d of facts.data.days) {
    for (const { symbol, reason } of d.banned) {
      const own = reasons.get(symbol) ?? new Map<string, number>()
      for (const one of reason.split('; ')) own.set(reasonKind(one), (own.get(reasonKind(one)) ?? 0) + 1)
      reasons.set(symbol, own)
    }
  }
  return htmlTable({
    caption: 'Symbols banned for a day',
    columns: [
      { title: 'symbol', kind: 't' },
      { title: 'days', kind: 'n' },
      { title: 'reasons', kind: 't' },
    ],
    rows: banned.map(([symbol, n]) => [
      text(symbol),
      ofDays(n),
      {
        text: byCount(reasons.get(symbol) ?? new Map())
          .map(([reason]) => reason)
          .join('; '),
        long: true,
      },
    ]),
    sortable: true,
    tall: banned.length > 12,
  })
}

function dayTable(days: readonly CoverageDay[]): string {
  const listed = (record: Readonly<Record<string, number>>): string =>
    addUp([record])
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')
  return htmlTable({
    caption: 'Coverage by day',
    tall: days.length > 15,
    columns: [
      { title: 'day', kind: 't' },
      { title: 'symbols', kind: 'n' },
      { title: 'rows', kind: 'n' },
      { title: 'of complete', kind: 'n' },
      { title: 'absent (symbols)', kind: 't' },
      { title: 'refused (files)', kind: 't' },
      { title: 'defects', kind: 't' },
      { title: 'banned', kind: 't' },
    ],
    rows: days.map((d) => [
      text(d.date),
      number(d.symbols, decimal(d.symbols, 0)),
      number(d.rows, decimal(d.rows, 0)),
      number(d.complete === 0 ? null : d.rows / d.complete, percent(d.complete === 0 ? null : d.rows / d.complete, 1)),
      text(listed(d.absent)),
      text(listed(d.refused)),
      text(listed(d.defects)),
      text(
        some(
          d.banned.map((b) => b.symbol),
          4,
        ).replace(/^none$/, ''),
      ),
    ]),
  })
}

/** Rows of the map of members; the rest is counted. */
const MOST_ROWS = 60

export function universeSection(facts: StudyFacts): StudySection {
  const { universe, historyDays } = facts.data
  const base = { id: 'universe', title: TITLES.universe }
  if (universe.length === 0) return { ...base, html: words('Left out: no universe was selected.') }
  const dates = universe.map((u) => u.date)
  const member = new Map<string, number>()
  const seen = new Map<string, number>()
  for (const u of universe) {
    for (const s of u.symbols) {
      member.set(s, (member.get(s) ?? 0) + 1)
      seen.set(s, seen.get(s) ?? 0)
    }
    for (const s of Object.keys(u.excluded)) seen.set(s, (seen.get(s) ?? 0) + 1)
  }
  // By mean rank, a day without membership counting as the last: the largest on top.
  const place = new Map<string, number>()
  for (const u of universe) {
    for (const [i, s] of u.symbols.entries()) place.set(s, (place.get(s) ?? 0) + i - u.symbols.length)
  }
  const all = [...seen.keys()].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0) || (a < b ? -1 : a > b ? 1 : 0))
  const sets = universe.map((u) => new Map(u.symbols.map((s, i) => [s, i])))
  const rows = all.slice(0, MOST_ROWS).map(
    (symbol): HeatRow => ({
      name: symbol,
      value: `${member.get(symbol) ?? 0} d`,
      cells: universe.map((u, i) => {
        const rank = sets[i].get(symbol)
        if (rank !== undefined) return rank < u.symbols.length / 3 ? '5' : rank < (2 * u.symbols.length) / 3 ? '3' : '1'
        const why = u.excluded[symbol]
        if (why === undefined) return 'none'
        return why.startsWith('banned') ? 'banned' : 'out'
      }),
    }),
  )
  const hidden = all.length - rows.length
  const sizes = universe.map((u) => u.symbols.length)
  const reasons = new Map<string, { days: number; symbols: Set<string> }>()
  for (const u of universe) {
    for (const [symbol, reason] of Object.entries(u.excluded)) {
      const kind = reasonKind(reason)
      const own = reasons.get(kind) ?? { days: 0, symbols: new Set<string>() }
      own.days++
      own.symbols.add(symbol)
      reasons.set(kind, own)
    }
  }
  const notes = new Map<string, number>()
  for (const u of universe) if (u.note !== null) notes.set(reasonKind(u.note), (notes.get(reasonKind(u.note)) ?? 0) + 1)
  const brief = universe.filter((u) => u.symbols.length > 0 && u.daysUsed < historyDays).length
  const figureHtml = figure(
    'Members day by day',
    heatMap({
      label: `Universe over ${universe.length} days: ${Math.min(...sizes)} to ${Math.max(...sizes)} members`,
      dates,
      rows,
      height: rows.length > 30 ? 10 : 16,
      lines: foldStarts(facts),
    }) +
      swatches([
        { colour: 'var(--a)', name: 'member, upper third by volume' },
        { colour: 'color-mix(in srgb,var(--a) 56%,var(--line))', name: 'middle third' },
        { colour: 'color-mix(in srgb,var(--a) 24%,var(--line))', name: 'lower third' },
        { colour: 'var(--bad)', name: 'banned the day before' },
        { colour: 'color-mix(in srgb,var(--soft) 35%,var(--line))', name: 'left out for another reason' },
        { colour: 'var(--line)', name: 'not seen' },
      ]),
    `Volume is that of up to ${count(historyDays, 'day')} before each date.${hidden > 0 ? ` ${count(hidden, 'more symbol')} not drawn: least often members.` : ''}`,
  )
  const table =
    reasons.size === 0
      ? words('No symbol was left out on any day.')
      : htmlTable({
          caption: 'Why symbols were left out',
          columns: [
            { title: 'reason', kind: 't' },
            { title: 'symbol-days', kind: 'n' },
            { title: 'symbols', kind: 't' },
          ],
          rows: [...reasons]
            .sort((a, b) => b[1].days - a[1].days || (a[0] < b[0] ? -1 : 1))
            .map(([reason, own]) => [
              { text: reason, long: true },
              number(own.days, decimal(own.days, 0)),
              { text: some([...own.symbols].sort(), 4), long: true },
            ]),
        })
  const more = [
    ...(brief > 0
      ? [`On ${count(brief, 'day')} there was less history than the ${count(historyDays, 'day')} asked for.`]
      : []),
    ...byCount(notes).map(([note, n]) => `${count(n, 'day')}: ${note}.`),
  ]
  return {
    ...base,
    lead: `Chosen each day from what was known the day before; ${Math.min(...sizes) === Math.max(...sizes) ? '' : `${Math.min(...sizes)} to `}${count(Math.max(...sizes), 'member')}.`,
    html: figureHtml + more.map((m) => words(m)).join('') + table,
  }
}
