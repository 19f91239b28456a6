/**
 * What the facts support, in plain words, with their doubt. Rules are data (`findings-*.ts`), each with a test; no sentence is
 * stronger than its number, and none recommends to trade.
 */
import { signedPercent } from '@cointrader/backtest/report/format'
import type { ReportEntry } from '@cointrader/models'
import {
  aboveBaseline,
  bestBaseline,
  evidenceOf,
  evidenceSize,
  fades,
  modelBacktests,
  modelEntries,
  netOf,
  soonest,
  totalReturn,
} from './derive.js'
import type { BacktestFacts, Finding, StudyFacts } from './facts.js'
import { DATA_RULES } from './findings-data.js'
import { MODEL_RULES } from './findings-models.js'
import { TRADING_RULES } from './findings-trading.js'
import { count } from './format.js'
import type { Rule, Said } from './rule.js'

/** Every rule but the headline. */
export const RULES: readonly Rule[] = [...DATA_RULES, ...MODEL_RULES, ...TRADING_RULES]

/** Test days from which a window is no longer called too short to rely on: one year. */
const RELIABLE_DAYS = 365

/** The headline first, then all findings, the weightiest first. Pure: same facts, same findings. */
export function findings(facts: StudyFacts): Finding[] {
  const rest = RULES.flatMap((rule, order) =>
    rule.judge(facts).map((said, k) => ({ rule, order, k, finding: { ...said, section: rule.section } })),
  )
  rest.sort((a, b) => b.rule.weight - a.rule.weight || a.order - b.order || a.k - b.k)
  return [{ ...headline(facts), section: 'findings' }, ...rest.map((r) => r.finding)]
}

function best(backtests: readonly BacktestFacts[]): BacktestFacts | null {
  return backtests.reduce<BacktestFacts | null>((a, b) => (a === null || netOf(b) > netOf(a) ? b : a), null)
}

/** The strongest conclusion that the facts support. */
export function headline(facts: StudyFacts): Said {
  const models = modelEntries(facts)
  if (models.length === 0) return { tone: 'plain', text: 'No model was judged: there is nothing to conclude.' }
  const of = (evidence: string): ReportEntry[] => models.filter((e) => evidenceOf(facts, e) === evidence)
  const deflated = of('deflated')
  const backtests = modelBacktests(facts)
  if (deflated.length === 0) return withoutSignal(facts, of('alone'), of('unknown'), backtests)
  const better = deflated.filter((e) => (aboveBaseline(facts, e) ?? Number.POSITIVE_INFINITY) > 0)
  if (better.length === 0) {
    const base = bestBaseline(facts)
    return {
      tone: 'warn',
      text: `There is a signal, but no model beats the plain baseline ${base?.entry.name ?? ''}: the models add nothing to it.`,
    }
  }
  const lasting = better.filter((e) => !fades(facts, e))
  if (lasting.length === 0) {
    const { minutes } = soonest(facts, better[0]!)!
    return {
      tone: 'bad',
      text: `A signal that is gone ${count(minutes, 'minute')} after it is known: nothing here that an order could earn.`,
    }
  }
  const names = new Set(lasting.map((e) => e.name))
  const own = backtests.filter((b) => b.model !== null && names.has(b.model))
  const top = best(own)
  if (top === null) return { tone: 'plain', text: 'A signal in the scores; what it earns after costs was not tried.' }
  return traded(facts, top)
}

function withoutSignal(
  facts: StudyFacts,
  alone: readonly ReportEntry[],
  unknown: readonly ReportEntry[],
  backtests: readonly BacktestFacts[],
): Said {
  const top = best(backtests)
  const gain =
    top !== null && netOf(top) > 0
      ? ` The gain of ${top.title} (${signedPercent(totalReturn(top), 1)}) is not told from luck.`
      : ''
  if (alone.length > 0) {
    return {
      tone: 'warn',
      text:
        `Nothing here beats chance once everything that was tried is counted (${count(facts.judged.settings.trials, 'thing')}).` +
        gain,
    }
  }
  if (unknown.length > 0) {
    return {
      tone: 'warn',
      text: `The range is too short to judge any model: nothing here can be told from chance.${gain}`,
    }
  }
  return { tone: 'warn', text: `Nothing here beats chance.${gain}` }
}

function traded(facts: StudyFacts, b: BacktestFacts): Said {
  if (b.document.validation.overall === 'FAIL') {
    return {
      tone: 'bad',
      text: `A signal in the scores, but its backtest failed its checks: what it earns is not known.`,
    }
  }
  if (b.costs.gross <= 0)
    return { tone: 'warn', text: 'A signal in the scores that trading did not turn into a gain, even before costs.' }
  const { days } = evidenceSize(facts)
  if (netOf(b) <= 0) {
    return { tone: 'bad', text: `A weak signal that costs more than it earns, in a window of ${count(days, 'day')}.` }
  }
  const low = b.document.statistics.sharpe.low
  const luck = low === null || low <= 0
  if (days < RELIABLE_DAYS || luck) {
    const why =
      luck && days >= RELIABLE_DAYS
        ? 'the interval of its Sharpe ratio includes 0'
        : `${count(days, 'day')} are too few to rely on it`
    return { tone: 'plain', text: `A signal that survives its costs in this window; ${why}.` }
  }
  return {
    tone: 'good',
    text: `A signal that survives its costs and the count of trials in this window of ${count(days, 'day')}; other times may differ.`,
  }
}
