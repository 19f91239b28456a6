/** Findings about the ground the study stands on: data, universe, features, stages. */
import { decimal, percent, signed } from '@cointrader/backtest/report/format'
import { absentKinds, addUp, bannedDays, datesOf, daysWithoutRows } from './derive.js'
import type { StudyFacts } from './facts.js'
import { count, some } from './format.js'
import type { Rule } from './rule.js'

/** A shift of the mean between training and test beyond which a column is named, in training deviations. */
export const LARGE_SHIFT = 1
/** Share of rows below which a day counts as incomplete. */
export const COMPLETE = 0.99

/** Columns without a value, counted by their reason. */
export function emptyByReason(facts: StudyFacts): [string, number][] {
  return addUp(Object.values(facts.data.xy.empty).map((reason) => ({ [reason]: 1 })))
}

export function shifted(facts: StudyFacts): readonly { readonly name: string; readonly shift: number }[] {
  return facts.data.features
    .flatMap(({ name, shift }) => (shift !== null && Math.abs(shift) > LARGE_SHIFT ? [{ name, shift }] : []))
    .sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift) || (a.name < b.name ? -1 : 1))
}

export const DATA_RULES: readonly Rule[] = [
  {
    id: 'stages-incomplete',
    section: 'lineage',
    weight: 92,
    judge: (facts) =>
      facts.stages
        .filter((s) => s.missing.length > 0)
        .map((s) => ({ tone: 'bad', text: `Stage ${s.id} is not complete: ${some(s.missing, 3)}.` })),
  },
  {
    id: 'days-missing',
    section: 'data',
    weight: 80,
    judge: (facts) => {
      const missing = daysWithoutRows(facts)
      const all = datesOf(facts).length
      if (missing.length === 0 || all === 0) return []
      return [
        { tone: 'warn', text: `${count(missing.length, 'day')} of ${all} without a single bar: ${some(missing)}.` },
      ]
    },
  },
  {
    id: 'days-thin',
    section: 'data',
    weight: 50,
    judge: (facts) => {
      const thin = facts.data.days.filter((d) => d.rows > 0 && d.complete > 0 && d.rows / d.complete < COMPLETE)
      if (thin.length === 0) return []
      const worst = thin.reduce((a, b) => (b.rows / b.complete < a.rows / a.complete ? b : a))
      return [
        {
          tone: 'warn',
          text:
            `${count(thin.length, 'day')} with less than ${percent(COMPLETE, 0)} of their bars; ` +
            `the worst is ${worst.date} with ${percent(worst.rows / worst.complete, 1)}.`,
        },
      ]
    },
  },
  {
    id: 'refused',
    section: 'data',
    weight: 72,
    judge: (facts) => {
      const refused = addUp(facts.data.days.map((d) => d.refused))
      if (refused.length === 0) return []
      const files = refused.reduce((sum, [, n]) => sum + n, 0)
      return [
        {
          tone: 'warn',
          text:
            `${count(files, 'file')} ${files === 1 ? 'was' : 'were'} there and not accepted (${refused.map(([k, n]) => `${k} ${n}`).join(', ')}): ` +
            'nothing of them is in the data.',
        },
      ]
    },
  },
  {
    id: 'kinds-absent',
    section: 'data',
    weight: 66,
    judge: (facts) => {
      const all = absentKinds(facts)
      const whole = all.filter((k) => k.all).map((k) => k.kind)
      const part = all.filter((k) => !k.all)
      const out: { tone: 'warn' | 'plain'; text: string }[] = []
      if (whole.length > 0) {
        const empty = Object.keys(facts.data.xy.empty).length
        const left =
          empty === 0
            ? ''
            : ` ${count(empty, 'feature column')} of ${facts.data.xy.features} had no value and left the list.`
        out.push({ tone: 'warn', text: `The source has no ${some(whole)} for the whole range.${left}` })
      }
      if (part.length > 0) {
        out.push({
          tone: 'plain',
          text: `Absent at the source for some symbols: ${part.map((k) => `${k.kind} on ${count(k.days, 'day')}`).join(', ')}.`,
        })
      }
      return out
    },
  },
  {
    id: 'columns-empty',
    section: 'health',
    weight: 40,
    judge: (facts) => {
      const empty = Object.keys(facts.data.xy.empty)
      if (empty.length === 0 || absentKinds(facts).some((k) => k.all)) return []
      const reasons = emptyByReason(facts).map(([reason, n]) => `${reason} (${n})`)
      return [
        {
          tone: 'warn',
          text: `${count(empty.length, 'feature column')} of ${facts.data.xy.features} had no value: ${some(reasons, 3)}.`,
        },
      ]
    },
  },
  {
    id: 'banned',
    section: 'data',
    weight: 45,
    judge: (facts) => {
      const banned = bannedDays(facts)
      if (banned.length === 0) return []
      const names = banned.map(([symbol, n]) => `${symbol} (${count(n, 'day')})`)
      return [
        { tone: 'plain', text: `${count(banned.length, 'symbol')} banned for bad data at times: ${some(names)}.` },
      ]
    },
  },
  {
    id: 'universe-empty',
    section: 'universe',
    weight: 70,
    judge: (facts) => {
      const empty = facts.data.universe.filter((u) => u.symbols.length === 0)
      if (empty.length === 0) return []
      return [
        {
          tone: 'warn',
          text: `The universe is empty on ${count(empty.length, 'day')}: ${some(empty.map((u) => u.date))}.`,
        },
      ]
    },
  },
  {
    id: 'universe-short-history',
    section: 'universe',
    weight: 55,
    judge: (facts) => {
      const { historyDays, universe } = facts.data
      const brief = universe.filter((u) => u.symbols.length > 0 && u.daysUsed < historyDays)
      if (brief.length === 0) return []
      const least = Math.min(...brief.map((u) => u.daysUsed))
      return [
        {
          tone: 'plain',
          text:
            `On ${count(brief.length, 'day')} of ${universe.length} the universe was ranked by a shorter history than asked: ` +
            `${count(least, 'day')} at the least instead of ${historyDays}.`,
        },
      ]
    },
  },
  {
    id: 'label-shift',
    section: 'health',
    weight: 44,
    judge: (facts) =>
      facts.data.labels
        .filter((l) => l.shift !== null && Math.abs(l.shift) > 0.1)
        .map((l) => ({
          tone: 'plain',
          text: `The label ${l.name} itself moved: its mean in the test ranges is ${signed(l.shift, 2)} training deviations away.`,
        })),
  },
  {
    id: 'feature-shift',
    section: 'health',
    weight: 48,
    judge: (facts) => {
      const moved = shifted(facts)
      if (moved.length === 0) return []
      const names = moved.slice(0, 3).map((m) => `${m.name} ${signed(m.shift, 1)}`)
      return [
        {
          tone: moved.length >= 0.05 * facts.data.features.length ? 'warn' : 'plain',
          text:
            `${count(moved.length, 'feature')} of ${facts.data.features.length} moved by more than ${LARGE_SHIFT} training ` +
            `deviation between training and test (${names.join(', ')}): what was learned on them is asked for elsewhere.`,
        },
      ]
    },
  },
  {
    id: 'causality',
    section: 'health',
    weight: 30,
    judge: (facts) => {
      const c = facts.data.causality
      if (c === null) {
        return [
          {
            tone: 'plain',
            text: 'No proof of causality was asked for: that no feature looks ahead is not shown here.',
          },
        ]
      }
      return [
        {
          tone: 'good',
          text:
            `No look-ahead in the features: ${decimal(c.cells, 0)} values of ${count(c.columns, 'column')} on ${some(c.dates, 3)} ` +
            'were computed again from what was known at their time, and are equal.',
        },
      ]
    },
  },
]
