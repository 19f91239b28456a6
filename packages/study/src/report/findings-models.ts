/** Findings about the scores: what they show beside chance, baselines and the number of things tried. */
import { decimal, percent, signed } from '@cointrader/backtest/report/format'
import {
  aboveBaseline,
  atOnce,
  bestBaseline,
  detectable,
  type Evidence,
  evidenceOf,
  evidenceSize,
  fades,
  modelEntries,
  type Primary,
  primaryOf,
  soonest,
} from './derive.js'
import type { ModelFacts, StudyFacts } from './facts.js'
import { count, ic, range, some, withError } from './format.js'
import type { Rule, Said } from './rule.js'

/** A smallest visible score above this is called too coarse: rank ICs that are worth trading are often below it. */
const COARSE = 0.03
/** Judged days below which the range is called short whatever the error. */
const SHORT_DAYS = 60

function errors(facts: StudyFacts): number[] {
  return modelEntries(facts)
    .map((e) => primaryOf(facts, e).error)
    .filter((e): e is number => e !== null)
}

const SKILL: Readonly<Record<Evidence, (name: string, p: Primary, facts: StudyFacts) => Said>> = {
  none: (name, p) => {
    if (p.value === null)
      return { tone: 'warn', text: `${name}: no skill shown; it says the same of every row, so it has no score.` }
    const shown = `${name}: no skill shown. Its ${p.name} of ${withError(p.value, p.error)}`
    return p.band?.inside === true
      ? { tone: 'warn', text: `${shown} lies in the range of shuffled labels, ${range(p.band.low, p.band.high)}.` }
      : { tone: 'warn', text: `${shown} has an interval of ${range(p.low, p.high)}, which includes ${p.none}.` }
  },
  backwards: (name, p) => ({
    tone: 'warn',
    text:
      `${name} orders the wrong way round: ${p.name} ${withError(p.value, p.error)}. ` +
      'To turn it round after seeing this would be one more trial, to be judged on other days.',
  }),
  unknown: (name, p) => ({
    tone: 'warn',
    text: `${name}: ${p.name} ${ic(p.value)} without an interval: the range holds too few independent blocks to judge it.`,
  }),
  alone: (name, p) => ({
    tone: 'plain',
    text: `${name}: ${p.name} ${withError(p.value, p.error)}, interval ${range(p.low, p.high)}: above chance if nothing else had been tried.`,
  }),
  deflated: (name, p, facts) => {
    const { days } = evidenceSize(facts)
    return {
      tone: days < SHORT_DAYS ? 'plain' : 'good',
      text:
        `${name}: ${p.name} ${withError(p.value, p.error)}, interval ${range(p.low, p.high)}: above chance in these ` +
        `${count(days, 'day')}, also as the best of ${count(facts.judged.settings.trials, 'thing')} tried.`,
    }
  },
}

/** Mean test score of a model without its best fold, and that fold; null below two folds or unless it loses its sign so. */
export function hangsOnFold(
  model: ModelFacts,
): { readonly fold: number; readonly best: number; readonly rest: number } | null {
  const scores = model.folds.flatMap((f) => (f.test.rankIc === null ? [] : [{ fold: f.fold, value: f.test.rankIc }]))
  if (scores.length < 2) return null
  const sum = scores.reduce((a, s) => a + s.value, 0)
  const best = scores.reduce((a, s) => (s.value > a.value ? s : a))
  const rest = (sum - best.value) / (scores.length - 1)
  return sum > 0 && rest <= 0 ? { fold: best.fold, best: best.value, rest } : null
}

export const MODEL_RULES: readonly Rule[] = [
  {
    id: 'too-short',
    section: 'models',
    weight: 95,
    judge: (facts) => {
      const all = errors(facts)
      const { days, symbols, blocks } = evidenceSize(facts)
      const size = `${count(days, 'test day')} of ${count(symbols, 'symbol')}, about ${count(blocks, 'independent block')}`
      if (modelEntries(facts).length === 0) return []
      if (all.length === 0) {
        return [
          { tone: 'warn', text: `${size}: too few to give any score an error; nothing can be told from chance here.` },
        ]
      }
      const least = detectable(Math.min(...all))
      const name = primaryOf(facts, modelEntries(facts)[0]).name
      const what =
        facts.judged.task === 'binary'
          ? `an ${name} further than ${decimal(least, 3)} from 0.5`
          : `a ${name} above ${decimal(least, 3)}`
      const see = `only ${what} could have been told from ${facts.judged.task === 'binary' ? 'chance' : 'zero'} at all`
      if (days < SHORT_DAYS) {
        return [
          {
            tone: 'warn',
            text: `${size} cannot show skill that lasts: what holds in these weeks need not hold in others, and ${see}.`,
          },
        ]
      }
      if (least > COARSE) {
        return [
          {
            tone: 'warn',
            text: `With ${size}, ${see}: signals worth having are often smaller, so the range is too short to show skill.`,
          },
        ]
      }
      return [{ tone: 'plain', text: `With ${size}, ${see}.` }]
    },
  },
  {
    id: 'skill',
    section: 'models',
    weight: 90,
    judge: (facts) => {
      const all = modelEntries(facts).map((entry) => ({ entry, p: primaryOf(facts, entry) }))
      const inside = all.filter(({ p }) => p.value !== null && p.band?.inside === true)
      const single = all.filter((one) => inside.length < 2 || !inside.includes(one))
      const out = single.map(({ entry, p }) => SKILL[evidenceOf(facts, entry)](entry.name, p, facts))
      if (inside.length < 2) return out
      const names = inside.map(({ entry, p }) => `${entry.name} (${withError(p.value, p.error)})`)
      const text = `No skill shown: the ${inside[0].p.name} of ${some(names)} lies in the range of shuffled labels.`
      return [...out, { tone: 'warn', text }]
    },
  },
  {
    id: 'fades',
    section: 'models',
    weight: 92,
    judge: (facts) =>
      modelEntries(facts).flatMap((entry): Said[] => {
        if (!['alone', 'deflated'].includes(evidenceOf(facts, entry)) || !fades(facts, entry)) return []
        const { value, name } = atOnce(facts, entry)
        const later = soonest(facts, entry)!
        return [
          {
            tone: 'bad',
            text:
              `${entry.name}: used ${count(later.minutes, 'minute')} after it is known, its ${name} falls from ${ic(value)} to ` +
              `${withError(later.value, later.error)}. What it predicts is over before an order is filled; the usual reason is ` +
              'the bounce between bid and ask of the last trade price, with which the label begins.',
          },
        ]
      }),
  },
  {
    id: 'baseline',
    section: 'models',
    weight: 85,
    judge: (facts) => {
      const best = bestBaseline(facts)
      if (best === null) return []
      const name = `${best.entry.name} (${ic(best.primary.value)})`
      const not: string[] = []
      const out: Said[] = []
      for (const entry of modelEntries(facts)) {
        const above = aboveBaseline(facts, entry)
        const { value, error } = primaryOf(facts, entry)
        if (above === null || value === null) continue
        const shows = ['alone', 'deflated'].includes(evidenceOf(facts, entry))
        if (above <= 0) not.push(`${entry.name} (${ic(value)})`)
        else if (shows && error !== null && above < detectable(error)) {
          out.push({
            tone: 'plain',
            text:
              `${entry.name} is ${decimal(above, 3)} above the best baseline, ${name}: less than two of its errors ` +
              `(${decimal(error, 3)}), so the model may add nothing to it.`,
          })
        } else if (shows && error !== null) {
          out.push({
            tone: 'plain',
            text: `${entry.name} is ${decimal(above, 3)} above the best baseline, ${name}: more than two of its errors (${decimal(error, 3)}).`,
          })
        }
      }
      if (not.length > 0)
        out.unshift({ tone: 'warn', text: `Not better than the best baseline, ${name}: ${some(not)}.` })
      return out
    },
  },
  {
    id: 'deflation',
    section: 'trials',
    weight: 84,
    judge: (facts) =>
      modelEntries(facts)
        .filter((e) => evidenceOf(facts, e) === 'alone' && e.deflated !== null && e.deflated.t !== null)
        .map((e) => {
          const d = e.deflated!
          return {
            tone: 'warn',
            text:
              `${e.name} does not survive the count of trials: t ${signed(d.t, 1)}, where the best of ${d.trials} without skill ` +
              `reaches ${decimal(d.hurdle, 1)} on average; chance of such a best: ${percent(d.pAdjusted, 0)}.`,
          }
        }),
  },
  {
    id: 'sections-refused',
    section: 'models',
    weight: 60,
    judge: ({ judged }) =>
      judged.crossSections.refusal === null
        ? []
        : [
            {
              tone: 'warn',
              text: `No cross-sectional figures: ${judged.crossSections.refusal}. Scores are pooled over symbols and time instead.`,
            },
          ],
  },
  {
    id: 'one-fold',
    section: 'models',
    weight: 52,
    judge: (facts) =>
      facts.folds.length === 1
        ? [{ tone: 'plain', text: 'There is one fold: whether a result holds over time cannot be seen.' }]
        : [],
  },
  {
    id: 'model-hangs-on-fold',
    section: 'models',
    weight: 58,
    judge: (facts) =>
      facts.models.flatMap((m): Said[] => {
        const h = hangsOnFold(m)
        const entry = modelEntries(facts).find((e) => e.name === m.name)
        // A score that shows nothing need not be taken apart.
        if (h === null || (entry !== undefined && evidenceOf(facts, entry) === 'none')) return []
        return [
          {
            tone: 'warn',
            text: `The score of ${m.name} hangs on fold ${h.fold} (${ic(h.best)}); the mean of the others is ${ic(h.rest)}.`,
          },
        ]
      }),
  },
  {
    id: 'stopped-at-once',
    section: 'models',
    weight: 46,
    judge: (facts) =>
      facts.models.flatMap((m): Said[] => {
        const few = m.folds.filter((f) => f.trees !== null && f.trees <= 5)
        if (few.length === 0) return []
        const list = few.map((f) => `${f.fold} (${count(f.trees ?? 0, 'tree')})`)
        return [
          {
            tone: 'plain',
            text: `${m.name} stopped almost at once in fold ${some(list)}: more trees did not help on the validation range.`,
          },
        ]
      }),
  },
  {
    id: 'trials',
    section: 'trials',
    weight: 42,
    judge: ({ trials }) => {
      const all = trials.here + trials.before
      const before =
        trials.before === 0 ? ' None is admitted from before; if there were any, the count is too low.' : ''
      return [
        {
          tone: 'plain',
          text: `${count(all, 'thing')} tried on these test ranges: ${trials.here} here, ${trials.before} before.${before}`,
        },
      ]
    },
  },
]
