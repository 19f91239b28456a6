/** Tables of the backtest report: groups of trades, folds, benchmarks, the trade list. */
import type { FoldStatistics } from '../statistics/folds.js'
import type { BacktestResult } from '../statistics/source.js'
import type { BacktestStatistics } from '../statistics/statistics.js'
import type { TradeGroup } from '../statistics/trades.js'
import { day, decimal, duration, instant, percent, price, pValue, signed, signedPercent } from './format.js'
import { htmlTable, number, text } from './html-table.js'

/** Groups of trades side by side. */
export function groupTable(caption: string, groups: readonly TradeGroup[], sortable: boolean): string {
  return htmlTable({
    caption,
    sortable,
    columns: [
      { title: 'group', kind: 't' },
      { title: 'trades', kind: 'n' },
      { title: 'net', kind: 'n' },
      { title: 'win rate', kind: 'n' },
      { title: 'profit factor', kind: 'n' },
      { title: 'average', kind: 'n' },
      { title: 'held', kind: 'n' },
      { title: 'fees', kind: 'n' },
      { title: 'funding', kind: 'n' },
      { title: 'slippage', kind: 'n' },
    ],
    rows: groups.map((g) => [
      text(g.name),
      number(g.trades, decimal(g.trades, 0)),
      number(g.net, signed(g.net), true),
      number(g.winRate, percent(g.winRate, 1)),
      g.profitFactor === null
        ? { text: 'n/a', sort: null, tone: 'muted' }
        : number(g.profitFactor, decimal(g.profitFactor)),
      number(g.averageBps, `${signed(g.averageBps, 1)} bps`, true),
      number(g.averageHours, duration(g.averageHours * 3_600_000)),
      number(-g.fees, decimal(-g.fees)),
      number(g.funding, signed(g.funding), true),
      number(-g.slippage, decimal(-g.slippage)),
    ]),
  })
}

/** One row per walk-forward window. */
export function foldTable(folds: readonly FoldStatistics[]): string {
  const chosen = folds.some((f) => f.chosen !== undefined)
  return htmlTable({
    caption: `Walk-forward: ${folds.length} folds, each tested on days its training never saw`,
    sortable: true,
    columns: [
      { title: 'fold', kind: 'n' },
      { title: 'train', kind: 't' },
      { title: 'test', kind: 't' },
      { title: 'trades', kind: 'n' },
      { title: 'net', kind: 'n' },
      { title: 'return', kind: 'n' },
      { title: 'drawdown', kind: 'n' },
      { title: 'win rate', kind: 'n' },
      { title: 'profit factor', kind: 'n' },
      { title: 'Sharpe', kind: 'n' },
      ...(chosen ? [{ title: 'chosen', kind: 't' as const }] : []),
    ],
    rows: folds.map((f) => [
      number(f.fold, String(f.fold)),
      text(`${day(f.trainStartMs)} to ${day(f.trainEndMs)}`),
      text(`${day(f.testStartMs)} to ${day(f.testEndMs)}`),
      number(f.trades, decimal(f.trades, 0)),
      number(f.net, signed(f.net), true),
      number(f.return, signedPercent(f.return), true),
      number(-f.maxDrawdown, percent(-f.maxDrawdown)),
      number(f.winRate, percent(f.winRate, 1)),
      number(f.profitFactor, decimal(f.profitFactor)),
      number(f.sharpe, decimal(f.sharpe)),
      ...(chosen ? [{ text: f.chosen ?? '', long: true }] : []),
    ]),
  })
}

/** Buy and hold, and random entries, beside the strategy. */
export function benchmarkSection(statistics: BacktestStatistics): string {
  const { benchmark: b, random: r, measures: m } = statistics
  const parts: string[] = []
  if (b !== null) {
    parts.push(
      htmlTable({
        caption: `Against ${b.name}`,
        columns: [
          { title: '', kind: 't' },
          { title: 'strategy', kind: 'n' },
          { title: 'holding', kind: 'n' },
        ],
        rows: [
          [text('Total return'), text(signedPercent(m.totalReturn.value)), text(signedPercent(b.totalReturn))],
          [text('Largest drawdown'), text(percent(m.maxDrawdown.value)), text(percent(b.maxDrawdown))],
          [text('Sharpe ratio'), text(decimal(m.sharpe.value)), text(decimal(b.sharpe))],
          [text('Mean difference per year'), text(signedPercent(b.excess.value)), text('')],
          [text('t (Newey-West) and p'), text(`${decimal(b.t)}, ${pValue(b.pValue)}`), text('')],
          [text('Superior ability (Hansen), p'), text(pValue(b.spa)), text('')],
          [text('Beta, correlation'), text(`${decimal(b.beta)}, ${decimal(b.correlation)}`), text('')],
          [text('Alpha per year'), text(signedPercent(b.alpha)), text('')],
          [text('Information ratio'), text(decimal(b.informationRatio)), text('')],
        ],
      }),
    )
  }
  if (r !== null) {
    parts.push(
      htmlTable({
        caption: `Against ${decimal(r.resamples, 0)} draws of random entries (same symbols, sides, sizes, holding times and costs)`,
        columns: [
          { title: 'sum of net result / equity', kind: 't' },
          { title: 'value', kind: 'n' },
        ],
        rows: [
          [text('This strategy'), text(signedPercent(r.observed))],
          [text('Random entries, mean'), text(signedPercent(r.mean))],
          [text('Random entries, 5 to 95 %'), text(`${signedPercent(r.q05)} to ${signedPercent(r.q95)}`)],
          [text('Share of draws at least as good (p)'), text(pValue(r.pValue))],
        ],
      }),
    )
  }
  return parts.length === 0 ? '' : `<div class="grid">${parts.join('')}</div>`
}

/** The newest or largest trades as rows. */
export function tradeTable(result: BacktestResult, names: readonly string[], most: number): string {
  const t = result.trades
  let rows = Array.from({ length: t.count }, (_, i) => i)
  let caption = `All ${decimal(t.count, 0)} trades, in order of exit`
  if (t.count > most) {
    rows = rows
      .sort((a, b) => Math.abs(t.netPnl[b]) - Math.abs(t.netPnl[a]) || a - b)
      .slice(0, most)
      .sort((a, b) => a - b)
    caption = `The ${decimal(most, 0)} trades with the largest net results of ${decimal(t.count, 0)}; all are in the trades file`
  }
  return htmlTable({
    caption,
    sortable: true,
    tall: true,
    columns: [
      { title: '#', kind: 'n' },
      { title: 'symbol', kind: 't' },
      { title: 'side', kind: 't' },
      { title: 'entry (UTC)', kind: 't' },
      { title: 'exit (UTC)', kind: 't' },
      { title: 'held', kind: 'n' },
      { title: 'quantity', kind: 'n' },
      { title: 'entry price', kind: 'n' },
      { title: 'exit price', kind: 'n' },
      { title: 'net', kind: 'n' },
      { title: 'bps', kind: 'n' },
      { title: 'fees', kind: 'n' },
      { title: 'funding', kind: 'n' },
      { title: 'worst', kind: 'n' },
      { title: 'best', kind: 'n' },
      { title: 'p', kind: 'n' },
      { title: 'ended by', kind: 't' },
    ],
    rows: rows.map((i) => {
      const notional = t.entryPrice[i] * t.qty[i]
      const bps = (t.netPnl[i] / notional) * 1e4
      const fees = t.entryFee[i] + t.exitFee[i]
      const p = t.probability[i]
      return [
        number(i + 1, String(i + 1)),
        text(result.symbols[t.symbol[i]]),
        text(t.side[i] === 1 ? 'long' : 'short'),
        { text: instant(t.entryTime[i]), sort: t.entryTime[i] },
        { text: instant(t.exitTime[i]), sort: t.exitTime[i] },
        number(t.exitTime[i] - t.entryTime[i], duration(t.exitTime[i] - t.entryTime[i])),
        number(t.qty[i], price(t.qty[i])),
        number(t.entryPrice[i], price(t.entryPrice[i])),
        number(t.exitPrice[i], price(t.exitPrice[i])),
        number(t.netPnl[i], signed(t.netPnl[i]), true),
        number(bps, signed(bps, 1), true),
        number(fees, decimal(fees)),
        number(t.funding[i], signed(t.funding[i])),
        number(t.mae[i], percent(t.mae[i])),
        number(t.mfe[i], percent(t.mfe[i])),
        Number.isNaN(p) ? { text: '', sort: null } : number(p, p.toFixed(2)),
        text(names[t.reason[i]]),
      ]
    }),
  })
}
