/** What the models' scores are worth when they are used some minutes later. */
import { signed } from '@cointrader/backtest/report/format'
import { type Cell, htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import { atOnce, inSections, modelEntries } from '../derive.js'
import type { StudyFacts } from '../facts.js'
import { ic, withError } from '../format.js'
import { words } from '../frame.js'

export function delayTable(facts: StudyFacts): string {
  const entries = modelEntries(facts).filter((e) => (e.delays ?? []).length > 0)
  if (entries.length === 0) return ''
  const full = inSections(facts)
  const delays = entries[0]!.delays!.map((d) => d.minutes)
  const { name } = atOnce(facts, entries[0]!)
  return (
    htmlTable({
      caption: `Used later: ${name}`,
      columns: [
        { title: 'model', kind: 't' },
        { title: 'at once', kind: 'n' },
        ...delays.flatMap((m) => [
          { title: `${m} min later`, kind: 'n' as const },
          { title: 't', kind: 'n' as const },
        ]),
      ],
      rows: entries.map((e): Cell[] => [
        text(e.name),
        number(atOnce(facts, e).value, ic(atOnce(facts, e).value)),
        ...e.delays!.flatMap((d): Cell[] => {
          const value = full ? d.sectionRank : d.rank
          return [
            number(value, withError(value, full ? d.sectionRankError : null)),
            number(full ? d.sectionRankT : null, full ? signed(d.sectionRankT, 1) : 'n/a'),
          ]
        }),
      ]),
    }) +
    words(
      'A score that is worth something at once and nothing a minute later has found the bounce of the last trade price between bid and ask: the label begins with that price, no order gets it.',
      'small muted',
    )
  )
}
