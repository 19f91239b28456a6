/**
 * A strategy in one file: buy a new high, sell a new low, stop two average ranges away, leave by the opposite signal.
 * Try it after `npm run demo`, from the top folder:
 *   ./cointrader backtest --strategy examples/strategies/donchian-breakout.ts --symbols BTCUSDT,ETHUSDT --data results/studies/demo/data
 */
import { defineStrategy } from '@cointrader/strategies'

const BARS = 96

export default defineStrategy({
  name: 'donchian-breakout',
  params: { bars: BARS },
  // What may be looked at; decisions begin when there is that much.
  lookback: BARS + 1,
  decide(view) {
    const highs = view.history('high', BARS + 1)
    const lows = view.history('low', BARS + 1)
    let top = Number.NEGATIVE_INFINITY
    let bottom = Number.POSITIVE_INFINITY
    let ranges = 0
    // The last bar is the one that may break out of those before it.
    for (let i = 0; i < BARS; i++) {
      if (Number.isNaN(highs[i]!)) continue
      top = Math.max(top, highs[i]!)
      bottom = Math.min(bottom, lows[i]!)
      ranges += highs[i]! - lows[i]!
    }
    const side = view.close() > top ? 1 : view.close() < bottom ? -1 : 0
    if (side === 0 || Math.sign(view.quantity()) === side) return []
    const stopDistance = (2 * ranges) / BARS
    return [
      { kind: 'enter', symbol: view.symbol, side, stopDistance, targetDistance: 0, reason: `${BARS}-bar breakout` },
    ]
  },
})
