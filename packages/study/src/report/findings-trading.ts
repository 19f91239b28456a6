/** Findings about what the scores earn when traded: costs, folds, symbols, settings, checks. */
import { decimal, percent, signed, signedPercent } from '@cointrader/backtest/report/format'
import {
  assumedCostBps,
  breakEvenBps,
  costsOf,
  mainBacktests,
  modelBacktests,
  modelEntries,
  netOf,
  totalReturn,
  variantsOf,
} from './derive.js'
import type { BacktestFacts, StudyFacts } from './facts.js'
import { count, some } from './format.js'
import type { Rule, Said } from './rule.js'

/** Closed trades below which a result hangs on few. */
const FEW_TRADES = 30

/** `3.2 % after costs in 14 days; Sharpe 1.2 [-0.8, 3.1]`, the reason where there is no ratio. */
export function outcome(b: BacktestFacts): string {
  const { totalReturn: r, sharpe } = b.document.statistics
  const gain = r.value === null ? 'no return' : `${signedPercent(r.value, 1)} after costs`
  if (sharpe.value === null) return `${gain}; no Sharpe ratio (${sharpe.reason ?? 'not available'})`
  const doubt = sharpe.low === null || sharpe.high === null ? '' : ` [${decimal(sharpe.low)}, ${decimal(sharpe.high)}]`
  return `${gain}; Sharpe ratio ${decimal(sharpe.value)}${doubt}`
}

/** A backtest that gains only by its best fold, or by its best symbol. */
export function hangsOn(b: BacktestFacts): { readonly what: string; readonly without: string }[] {
  const out: { what: string; without: string }[] = []
  const r = totalReturn(b)
  if (r === null || r <= 0) return out
  const folds = b.folds.flatMap((f) => (f.totalReturn === null ? [] : [{ fold: f.fold, value: f.totalReturn }]))
  if (folds.length > 1) {
    const best = folds.reduce((a, f) => (f.value > a.value ? f : a))
    const rest = folds.filter((f) => f !== best).reduce((a, f) => a * (1 + f.value), 1) - 1
    if (rest <= 0)
      out.push({ what: `fold ${best.fold} (${signedPercent(best.value, 1)})`, without: signedPercent(rest, 1) })
  }
  if (b.symbols.length > 1) {
    const best = b.symbols.reduce((a, s) => (s.net > a.net ? s : a))
    const rest = b.symbols.reduce((a, s) => a + s.net, 0) - best.net
    if (rest <= 0) {
      out.push({ what: `${best.symbol} (${signed(best.net, 0)})`, without: signed(rest, 0) })
    }
  }
  return out
}

/** Variants of a backtest whose return has another sign than its own. */
export function flips(facts: StudyFacts, base: BacktestFacts): BacktestFacts[] {
  const own = totalReturn(base)
  if (own === null) return []
  return variantsOf(facts, base).filter((v) => {
    const r = totalReturn(v)
    return r !== null && r > 0 !== own > 0
  })
}

const failed = (b: BacktestFacts): BacktestFacts['document']['validation']['checks'] =>
  b.document.validation.checks.filter((c) => c.level === 'FAIL' && !c.passed)

const UNTRADED = new Set(['kill_untraded', 'stop_untraded'])

export const TRADING_RULES: readonly Rule[] = [
  {
    id: 'no-backtests',
    section: 'backtests',
    weight: 56,
    judge: (facts) =>
      facts.backtests.length === 0
        ? [{ tone: 'plain', text: 'Nothing was traded: what the scores would earn after costs is not known.' }]
        : [],
  },
  {
    id: 'killed',
    section: 'backtests',
    weight: 89,
    judge: (facts) =>
      mainBacktests(facts).flatMap((b) =>
        failed(b)
          .filter((c) => UNTRADED.has(c.name))
          .map((c) => ({
            tone: 'bad',
            text: `${b.title} was cut off by its own protection (${c.message}): its figures are of a part of the range.`,
          })),
      ),
  },
  {
    id: 'validation-failed',
    section: 'backtests',
    weight: 88,
    judge: (facts) =>
      mainBacktests(facts).flatMap((b): Said[] => {
        const other = failed(b).filter((c) => !UNTRADED.has(c.name))
        if (other.length === 0) return []
        return [
          {
            tone: 'bad',
            text: `${b.title} failed its checks (${some(
              other.map((c) => c.message),
              3,
            )}): rest nothing on its figures.`,
          },
        ]
      }),
  },
  {
    id: 'break-even',
    section: 'quantiles',
    weight: 82,
    judge: (facts) => {
      const assumed = assumedCostBps(facts)
      if (assumed === null) return []
      const cost = `${decimal(assumed.total, 1)} bps assumed for a fill (fee ${decimal(assumed.fee, 1)}, slippage ${decimal(assumed.slippage, 1)})`
      const all = modelEntries(facts).flatMap((entry) => {
        const at = breakEvenBps(facts, entry)
        return at === null ? [] : [{ name: entry.name, at }]
      })
      const shown = (part: typeof all): string => some(part.map((m) => `${m.name} ${decimal(m.at, 1)}`))
      const nothing = all.filter((m) => m.at <= 0)
      const below = all.filter((m) => m.at > 0 && m.at < assumed.total)
      const above = all.filter((m) => m.at >= assumed.total)
      const out: Said[] = []
      if (below.length > 0) {
        out.push({
          tone: 'bad',
          text: `Trading the whole ordering breaks even at a cost below the ${cost}: ${shown(below)} bps per unit traded.`,
        })
      }
      if (above.length > 0) {
        out.push({
          tone: 'plain',
          text:
            `Trading the whole ordering breaks even above the ${cost}: ${shown(above)} bps per unit traded; ` +
            'a figure as unsure as the score it comes from.',
        })
      }
      if (nothing.length > 0) {
        out.push({
          tone: 'warn',
          text: `The ordering earned nothing even before costs: ${some(nothing.map((m) => m.name))}.`,
        })
      }
      return out
    },
  },
  {
    id: 'costs-eat-it',
    section: 'backtests',
    weight: 86,
    judge: (facts) =>
      modelBacktests(facts).flatMap((b): Said[] => {
        const net = netOf(b)
        if (b.costs.gross <= 0 || net > 0) return []
        return [
          {
            tone: 'bad',
            text:
              `${b.title}: costs eat the gain. ${signed(b.costs.gross, 0)} before costs, ${decimal(costsOf(b), 0)} of costs ` +
              `(${costsOf(b) > 10 * b.costs.gross ? 'more than ten times it' : `${percent(costsOf(b) / b.costs.gross, 0)} of it`}), ${signed(net, 0)} after.`,
          },
        ]
      }),
  },
  {
    id: 'outcome',
    section: 'backtests',
    weight: 78,
    judge: (facts) =>
      modelBacktests(facts).flatMap((b): Said[] => {
        const net = netOf(b)
        if (net <= 0) {
          if (b.costs.gross > 0) return []
          return [
            { tone: 'warn', text: `${b.title} lost before any cost: ${signed(b.costs.gross, 0)}; ${outcome(b)}.` },
          ]
        }
        const { sharpe, deflatedSharpe } = b.document.statistics
        const sure = (sharpe.low ?? -1) > 0 && (deflatedSharpe.value ?? 0) > 0.95
        const doubt = sure
          ? 'its interval lies above 0 also after the count of trials'
          : sharpe.value === null
            ? 'too short to say how sure that is'
            : 'this may be luck'
        return [{ tone: sure ? 'good' : 'plain', text: `${b.title}: ${outcome(b)}: ${doubt}.` }]
      }),
  },
  {
    id: 'backtest-baseline',
    section: 'backtests',
    weight: 76,
    judge: (facts) => {
      const baselines = facts.backtests.filter((b) => b.role === 'baseline' && totalReturn(b) !== null)
      if (baselines.length === 0) return []
      const best = baselines.reduce((a, b) => (totalReturn(b)! > totalReturn(a)! ? b : a))
      const not = modelBacktests(facts).filter((b) => {
        const r = totalReturn(b)
        return r !== null && r <= totalReturn(best)!
      })
      if (not.length === 0) return []
      return [
        {
          tone: 'warn',
          text:
            `Not better than ${best.title} (${signedPercent(totalReturn(best), 1)}): ` +
            `${some(not.map((b) => `${b.title} (${signedPercent(totalReturn(b), 1)})`))}.`,
        },
      ]
    },
  },
  {
    id: 'gross-baseline',
    section: 'backtests',
    weight: 77,
    judge: (facts) => {
      const baselines = facts.backtests.filter((b) => b.role === 'baseline')
      if (baselines.length === 0) return []
      const best = baselines.reduce((a, b) => (b.costs.gross > a.costs.gross ? b : a))
      const not = modelBacktests(facts).filter((b) => b.costs.gross > 0 && b.costs.gross <= best.costs.gross)
      if (not.length === 0) return []
      return [
        {
          tone: 'warn',
          text:
            `Even before costs no more than ${best.title} (${signed(best.costs.gross, 0)}): ` +
            `${some(not.map((b) => `${b.title} (${signed(b.costs.gross, 0)})`))}.`,
        },
      ]
    },
  },
  {
    id: 'few-trades',
    section: 'backtests',
    weight: 54,
    judge: (facts) => {
      const few = modelBacktests(facts).filter((b) => (b.document.statistics.trades.value ?? 0) < FEW_TRADES)
      if (few.length === 0) return []
      const list = few.map((b) => `${b.title} ${decimal(b.document.statistics.trades.value ?? 0, 0)}`)
      return [{ tone: 'warn', text: `Too few trades for averages to mean much: ${some(list)}.` }]
    },
  },
  {
    id: 'hangs-on',
    section: 'backtests',
    weight: 64,
    judge: (facts) =>
      modelBacktests(facts).flatMap((b) =>
        hangsOn(b).map(
          (h): Said => ({
            tone: 'warn',
            text: `The gain of ${b.title} hangs on ${h.what}; without it ${h.without} is left.`,
          }),
        ),
      ),
  },
  {
    id: 'sensitivity',
    section: 'sensitivity',
    weight: 62,
    judge: (facts) =>
      modelBacktests(facts).flatMap((b): Said[] => {
        const all = variantsOf(facts, b)
        if (all.length === 0) return []
        const other = flips(facts, b)
        if (other.length === 0) {
          const worst = all.map((v) => totalReturn(v)).filter((r): r is number => r !== null)
          if (worst.length === 0) return []
          return [
            {
              tone: 'plain',
              text:
                `${b.title} keeps its sign in all ${count(all.length, 'variant')}: from ${signedPercent(Math.min(...worst), 1)} ` +
                `to ${signedPercent(Math.max(...worst), 1)}.`,
            },
          ]
        }
        const names = other.map((v) => `${v.changed ?? v.title} ${signedPercent(totalReturn(v), 1)}`)
        return [
          {
            tone: 'warn',
            text:
              `${b.title} (${signedPercent(totalReturn(b), 1)}) changes its sign in ${other.length} of ` +
              `${count(all.length, 'variant')}: ${some(names, 3)}.`,
          },
        ]
      }),
  },
  {
    id: 'no-sensitivity',
    section: 'sensitivity',
    weight: 34,
    judge: (facts) =>
      modelBacktests(facts).length > 0 && !facts.backtests.some((b) => b.role === 'variant')
        ? [{ tone: 'plain', text: 'No setting was varied: how much the result depends on its settings is not known.' }]
        : [],
  },
  {
    id: 'funding',
    section: 'backtests',
    weight: 38,
    judge: (facts) => {
      const without = mainBacktests(facts).filter((b) =>
        b.document.notes.some((n) => n.code === 'funding-absent' || n.code === 'funding-partial'),
      )
      if (without.length === 0) return []
      return [
        {
          tone: 'plain',
          text: 'Funding rates are absent for some or all symbols: funding was not charged there, real results would differ.',
        },
      ]
    },
  },
]
