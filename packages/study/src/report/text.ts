/** The study in about 25 lines of a terminal. */
import { decimal, percent, signed, signedPercent } from '@cointrader/backtest/report/format'
import {
  absentKinds,
  assumedCostBps,
  bannedDays,
  bestBaseline,
  breakEvenBps,
  costsOf,
  daysWithoutRows,
  evidenceOf,
  evidenceSize,
  mainBacktests,
  modelEntries,
  primaryName,
  primaryOf,
  totalReturn,
} from './derive.js'
import type { StudyFacts } from './facts.js'
import { findings } from './findings.js'
import { count, ic, minutes, some, withError } from './format.js'

const WIDTH = 100
/** Findings printed below the headline. */
const MOST_FINDINGS = 4

/** Breaks at blanks; a longer word is cut hard, so that no line is wider. */
function wrap(text: string, first: string, indent: string): string[] {
  const out: string[] = []
  let line = first
  let empty = true
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    let left = word
    if (!empty && line.length + 1 + left.length > WIDTH) {
      out.push(line)
      line = indent
      empty = true
    }
    while (line.length + (empty ? 0 : 1) + left.length > WIDTH) {
      const room = WIDTH - line.length
      out.push(line + left.slice(0, room))
      left = left.slice(room)
      line = indent
    }
    line += (empty ? '' : ' ') + left
    empty = false
  }
  out.push(line)
  return out.map((l) => l.trimEnd())
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 3)}...`)

/** Rows as columns: the first to the left, the others to the right; the first is cut when the line would be too wide. */
function table(rows: readonly (readonly string[])[], indent = '  '): string[] {
  if (rows.length === 0) return []
  const widths = rows[0].map((_, c) => Math.max(...rows.map((r) => r[c].length)))
  const others = widths.slice(1).reduce((a, w) => a + w + 2, 0)
  widths[0] = Math.min(widths[0], Math.max(8, WIDTH - indent.length - others))
  return rows.map((r) =>
    cut(
      indent +
        r.map((cell, c) => (c === 0 ? cut(cell, widths[0]).padEnd(widths[0]) : cell.padStart(widths[c]))).join('  '),
      WIDTH,
    ).trimEnd(),
  )
}

/** Lines of at most 100 columns. */
export function studyText(facts: StudyFacts): string[] {
  const { data } = facts
  const out: string[] = []
  const section = (name: string, text: string): void => {
    out.push(...wrap(text, name.padEnd(11), ' '.repeat(11)))
  }
  out.push(...wrap(`${facts.study}: ${facts.title}`, '', '  '))
  section(
    'Range',
    `${facts.range.start} to ${facts.range.end}, ${count(data.symbols.length, 'symbol')}, label ${facts.label.name}, ` +
      `${minutes(facts.label.horizonMinutes)} ahead, ${count(facts.folds.length, 'fold')}`,
  )
  const rows = data.days.reduce((a, d) => a + d.rows, 0)
  const complete = data.days.reduce((a, d) => a + d.complete, 0)
  const absent = absentKinds(facts)
  const gone = daysWithoutRows(facts).length
  section(
    'Data',
    [
      `${decimal(rows, 0)} bars${complete > 0 ? `, ${percent(rows / complete, 1)} of complete` : ''}`,
      ...(gone > 0 ? [`${count(gone, 'day')} without any`] : []),
      ...(absent.length > 0
        ? [`absent: ${absent.map((k) => (k.all ? k.kind : `${k.kind} (in part)`)).join(', ')}`]
        : []),
      `banned: ${some(
        bannedDays(facts).map(([s, n]) => `${s} ${n} d`),
        4,
      )}`,
    ].join('; '),
  )
  const sizes = data.universe.map((u) => u.symbols.length)
  const brief = data.universe.filter((u) => u.symbols.length > 0 && u.daysUsed < data.historyDays).length
  section(
    'Universe',
    sizes.length === 0
      ? 'none selected'
      : `${Math.min(...sizes) === Math.max(...sizes) ? '' : `${Math.min(...sizes)} to `}${count(Math.max(...sizes), 'member')}${brief > 0 ? `; ${count(brief, 'day')} with less history than ${count(data.historyDays, 'day')}` : ''}`,
  )
  const empty = Object.keys(data.xy.empty).length
  section(
    'Features',
    `${data.xy.features - empty} of ${data.xy.features} columns with values, ${percent(data.xy.missing, 1)} of cells missing; causality ` +
      `${data.causality === null ? 'not asked for' : `proven on ${count(data.causality.dates.length, 'day')}`}`,
  )
  const size = evidenceSize(facts)
  section(
    'Judged on',
    `${count(size.days, 'test day')} of ${count(size.symbols, 'symbol')}, about ${count(size.blocks, 'independent block')}`,
  )
  const models = modelEntries(facts)
  if (models.length > 0) {
    const best = bestBaseline(facts)
    out.push('', `Models     ${primaryName(facts)} +- error`)
    out.push(
      ...table([
        ['model', 'score', 'shuffled labels', 'best baseline', 'evidence', 'break-even'],
        ...models.map((e) => {
          const p = primaryOf(facts, e)
          const at = breakEvenBps(facts, e)
          return [
            e.name,
            withError(p.value, p.error).replace('±', '+-'),
            p.band === null ? 'n/a' : p.band.inside ? 'inside' : 'outside',
            best === null ? 'none' : `${cut(best.entry.name, 20)} ${ic(best.primary.value)}`,
            evidenceOf(facts, e),
            at === null ? 'n/a' : `${decimal(at, 1)} bps`,
          ]
        }),
      ]),
    )
  }
  const traded = mainBacktests(facts)
  if (traded.length > 0) {
    const cost = assumedCostBps(facts)
    out.push('', `Backtests  after costs${cost === null ? '' : `, ${decimal(cost.total, 1)} bps per fill`}`)
    out.push(
      ...table([
        ['backtest', 'return', 'Sharpe', 'drawdown', 'trades', 'gross', 'costs', 'checks'],
        ...traded.map((b) => {
          const m = b.document.statistics
          return [
            b.title,
            signedPercent(totalReturn(b), 1),
            decimal(m.sharpe.value),
            percent(m.maxDrawdown.value, 1),
            decimal(m.trades.value, 0),
            signed(b.costs.gross, 0),
            decimal(costsOf(b), 0),
            b.document.validation.overall,
          ]
        }),
      ]),
    )
  }
  const [top, ...rest] = findings(facts)
  out.push('', ...wrap(top.text, 'Findings   ', ' '.repeat(11)))
  for (const f of rest.slice(0, MOST_FINDINGS)) out.push(...wrap(f.text, '  - ', '    '))
  if (rest.length > MOST_FINDINGS) out.push(`  - and ${rest.length - MOST_FINDINGS} more in the report`)
  return out
}
