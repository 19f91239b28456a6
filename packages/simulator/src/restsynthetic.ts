/** REST data of a synthetic market. */
import { DAY_MS, dateMs, dateOf, type Kind } from '@cointrader/core'
import { aggregate, seenAt } from './bars.js'
import { klineCells } from './csv.js'
import { decimal } from './decimal.js'
import type { RestData } from './source.js'
import { isPerpetual } from './spec.js'
import type { SyntheticMarket } from './synthetic.js'

export function syntheticRest(market: SyntheticMarket): RestData {
  return {
    exchangeInfo: async (nowMs) => market.exchangeInfo(nowMs),
    isListed: async (symbol, nowMs) => market.isListed(symbol, nowMs),
    listed: async (nowMs) => market.specs.filter((s) => market.isListed(s.symbol, nowMs)).map((s) => s.symbol),
    async span(kind: Kind, symbol, nowMs) {
      const spec = market.spec(symbol)
      if (spec === undefined || (kind !== 'klines' && kind !== 'mark' && !isPerpetual(spec))) return undefined
      const fromMs = Math.max(dateMs(market.startDate), Math.floor(spec.onboardMs / DAY_MS) * DAY_MS)
      const toMs = Math.floor(Math.min(nowMs, spec.endMs ?? nowMs) / DAY_MS) * DAY_MS
      return fromMs <= toMs ? { fromMs, toMs } : undefined
    },
    async bars(kind, symbol, stepMs, dayMs, nowMs) {
      const bars = market[kind](symbol, dateOf(dayMs))
      return bars === undefined
        ? []
        : klineCells(aggregate(seenAt(bars, nowMs), stepMs), { micros: false, eight: false })
    },
    async metrics(symbol, dayMs, nowMs) {
      return market
        .metrics(symbol, dateOf(dayMs))
        .filter((row) => row.instantMs <= nowMs)
        .map((row) => ({
          instantMs: row.instantMs,
          openInterest: decimal(row.openInterest, row.openInterestDecimals),
          openInterestValue: decimal(row.openInterestValue, row.valueDecimals),
          topAccounts: decimal(row.topAccounts, 8),
          topPositions: decimal(row.topPositions, 8),
          accounts: decimal(row.accounts, 8),
          taker: { buy: row.takerBuy, sell: row.takerSell, decimals: row.openInterestDecimals },
        }))
    },
    async funding(symbol, dayMs, nowMs) {
      return market
        .funding(symbol, dateOf(dayMs))
        .filter((row) => row.calcMs <= nowMs)
        .map((row) => ({ fundingMs: row.calcMs, rate: decimal(row.rate, 8), mark: decimal(row.mark, 8) }))
    },
    fundingHours: async (symbol, nowMs) => market.fundingHours(symbol, dateOf(nowMs)) ?? undefined,
  }
}
