import { seededRandom } from '@cointrader/core'
import { BotFeatureStream, MISSING_BAR } from '@cointrader/features/bot/index'
import {
  CROSS_SECTION_DEFAULTS,
  crossSection,
  crossSectionWeights,
  deriveColumns,
  FLAT_ACCOUNT,
  firstBars,
  INDICATOR_SCORE_DEFAULTS,
  indicatorScore,
  MarketView,
  makeBarSet,
  mtfPullback,
  scoreColumns,
  scoreIntents,
} from '@cointrader/strategies'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { market, STEP } from './market.js'

describe('makeBarSet', () => {
  const columns = (n: number, from = 1) => {
    const x = Float64Array.from({ length: n }, (_, i) => from + i)
    return { open: x, high: x, low: x, close: x, volume: x }
  }
  it('sorts symbols and lays them on one grid with NaN in holes', () => {
    const set = makeBarSet(STEP, [
      { symbol: 'B', times: Float64Array.of(0, 2 * STEP), ...columns(2) },
      { symbol: 'A', times: Float64Array.of(STEP), ...columns(1, 7) },
    ])
    expect(set.symbols).toEqual(['A', 'B'])
    expect([...set.times]).toEqual([0, STEP, 2 * STEP])
    expect([...set.columns[0]!.close]).toEqual([Number.NaN, 7, Number.NaN])
    expect([...set.columns[1]!.close]).toEqual([1, Number.NaN, 2])
    expect(firstBars(set, 1).columns[1]!.close).toEqual(Float64Array.of(1))
  })
  it('refuses times off the grid, out of order, and a symbol twice', () => {
    expect(() => makeBarSet(STEP, [{ symbol: 'A', times: Float64Array.of(1), ...columns(1) }])).toThrow('off the grid')
    expect(() => makeBarSet(STEP, [{ symbol: 'A', times: Float64Array.of(STEP, 0), ...columns(2) }])).toThrow('after')
    const twice = { symbol: 'A', times: Float64Array.of(0), ...columns(1) }
    expect(() => makeBarSet(STEP, [twice, twice])).toThrow('twice')
  })
})

describe('the view', () => {
  const bars = market('view', 2, 50, 0)
  const view = new MarketView(
    { bars, derived: [[], []], scores: null },
    { ...indicatorScore().needs, lookback: 5 },
    FLAT_ACCOUNT,
    10,
    1,
  )
  it('ends at its bar and reaches back as far as declared', () => {
    expect(view.close()).toBe(bars.columns[1]!.close[10])
    expect(view.close(4, 0)).toBe(bars.columns[0]!.close[6])
    expect(view.time).toBe(bars.times[11])
    expect(() => view.close(-1)).toThrow('not yet known')
    expect(() => view.close(5)).toThrow('lookback')
    expect(view.history('low', 5)).toEqual(bars.columns[1]!.low.slice(6, 11))
    expect(() => view.at(2, 0).history('low', 5)).toThrow('3 bars are known')
    expect(view.score()).toBeNaN()
  })
  it('hands out copies', () => {
    view.history('close', 3).fill(0)
    expect(bars.columns[1]!.close[10]).toBeGreaterThan(0)
  })
})

describe('indicator-score', () => {
  const bars = market('score', 1, 1500, 0.01)
  it('points of the sweep’s columns, of the strategy’s stream and of the model’s features are one definition', () => {
    const x = scoreColumns(bars, 0)
    const strategy = indicatorScore()
    const derived = deriveColumns(bars, strategy.needs.columns)[0]!
    const live = new BotFeatureStream()
    const { high, low, close, volume } = bars.columns[0]!
    for (let i = 0; i < close.length; i++) {
      live.push({ ...MISSING_BAR, high: high[i]!, low: low[i]!, close: close[i]!, volume: volume[i]! })
      expect([x.long[i], x.short[i]]).toEqual([live.long, live.short])
      expect([derived[0]![i], derived[1]![i], derived[6]![i]]).toEqual([live.long, live.short, live.indicators.atr])
      expect(Object.is(x.atr[i], live.indicators.atr) || Number.isNaN(x.atr[i]!)).toBe(true)
    }
  })
  it('nothing before the warm-up, nothing on missing bars, distances in ATR', () => {
    const params = {
      ...INDICATOR_SCORE_DEFAULTS,
      score: 1,
      adx: 0,
      volumeMultiplier: 0.1,
      warmUp: 100,
      stopAtr: 1.5,
      targetAtr: 4,
    }
    const x = scoreColumns(bars, 0)
    const intents = scoreIntents(x, STEP, params)
    let some = 0
    for (let i = 0; i < x.atr.length; i++) {
      if (i < 99 || Number.isNaN(x.close[i]!)) expect(intents.side[i]).toBe(0)
      if (intents.side[i] === 0) continue
      some++
      expect(intents.stopDistance[i]).toBe(x.atr[i]! * 1.5)
      expect(intents.targetDistance[i]).toBe(x.atr[i]! * 4)
    }
    expect(some).toBeGreaterThan(50)
  })
})

describe('mtf-pullback', () => {
  /** A rising market, then a dry dip below EMA20 and back above it. */
  function pullback(): ReturnType<typeof makeBarSet> {
    const n = 900
    const at = () => new Float64Array(n)
    const out = { symbol: 'A', times: at(), open: at(), high: at(), low: at(), close: at(), volume: at() }
    for (let i = 0; i < n; i++) {
      const trend = 100 * Math.exp(0.0008 * i)
      const close = i === n - 3 ? trend * 0.98 : i === n - 2 ? trend * 0.985 : trend
      out.times[i] = i * STEP
      out.open[i] = close
      out.close[i] = close
      out.high[i] = close * 1.002
      out.low[i] = close * 0.998
      out.volume[i] = i === n - 3 ? 10 : 100
    }
    return makeBarSet(STEP, [out])
  }
  it('arms on the dry bar, waits, enters when the close is back, once', () => {
    const bars = pullback()
    const strategy = mtfPullback({ warmUp: 850 })
    const data = { bars, derived: deriveColumns(bars, strategy.needs.columns), scores: null }
    const view = new MarketView(data, strategy.needs, FLAT_ACCOUNT)
    const n = bars.times.length
    const armed = strategy.decide(view.at(n - 3, 0), 0)
    expect(armed).toEqual({ intents: [], memory: 1 })
    const waiting = strategy.decide(view.at(n - 2, 0), armed.memory)
    expect(waiting).toEqual({ intents: [], memory: 1 })
    const entered = strategy.decide(view.at(n - 1, 0), waiting.memory)
    expect(entered.memory).toBe(0)
    expect(entered.intents).toMatchObject([{ kind: 'enter', side: 1, reverse: false }])
    const intent = entered.intents[0]!
    if (intent.kind === 'enter') expect(intent.targetDistance / intent.stopDistance).toBeCloseTo(2.3 / 1.5, 12)
    // Not armed: the same bar enters nothing. In a position: nothing, and disarmed.
    expect(strategy.decide(view.at(n - 1, 0), 0).intents).toEqual([])
    const holding = new MarketView(data, strategy.needs, { ...FLAT_ACCOUNT, quantity: () => 1 }, n - 1, 0)
    expect(strategy.decide(holding, 1)).toEqual({ intents: [], memory: 0 })
  })
})

describe('cross-section', () => {
  const params = { ...CROSS_SECTION_DEFAULTS, long: 2, short: 2, minSymbols: 4 }
  it('ranks: best long, worst short, gross split in halves', () => {
    expect([...crossSectionWeights(Float64Array.of(3, 1, Number.NaN, 5, 2, 4), params)]).toEqual([
      0, -0.25, 0, 0.25, -0.25, 0.25,
    ])
    expect([...crossSectionWeights(Float64Array.of(1, 2, 3), params)]).toEqual([0, 0, 0])
    expect([...crossSectionWeights(Float64Array.of(1, 2, 3, 4), { ...params, short: 0, gross: 2 })]).toEqual([
      0, 0, 1, 1,
    ])
  })
  it('proportional weights grow with the distance from the median', () => {
    const w = crossSectionWeights(Float64Array.of(0, 1, 2, 3, 6), { ...params, weighting: 'proportional' })
    expect([...w].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([-0.333333, -0.166667, 0, 0.1, 0.4])
  })
  it('gross and sides sum up for any scores, and ties do not depend on order of evaluation', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), { minLength: 4, maxLength: 30 }),
        (scores) => {
          for (const weighting of ['equal', 'proportional'] as const) {
            const w = crossSectionWeights(Float64Array.from(scores), { ...params, weighting, long: 3, short: 3 })
            const ranked = scores.filter((x) => !Number.isNaN(x)).length
            const gross = w.reduce((sum, x) => sum + Math.abs(x), 0)
            const net = w.reduce((sum, x) => sum + x, 0)
            expect(gross).toBeCloseTo(ranked < 4 ? 0 : 1, 9)
            expect(net).toBeCloseTo(0, 9)
            scores.forEach((x, s) => {
              if (Number.isNaN(x)) expect(w[s]).toBe(0)
            })
          }
        },
      ),
    )
  })
  it('rebalances every holding period at its offset, and caps the turnover', () => {
    const bars = market('xs', 6, 60, 0)
    const random = seededRandom('xs')
    const scores = bars.columns.map(() => Float64Array.from({ length: 60 }, () => random.normal()))
    const strategy = crossSection({ long: 2, short: 2, holdingBars: 8, offsetBars: 3, minSymbols: 4, turnoverCap: 0.5 })
    const view = new MarketView({ bars, derived: [], scores }, strategy.needs, { ...FLAT_ACCOUNT, equity: () => 1000 })
    const at: number[] = []
    for (let i = 0; i < 60; i++) {
      const { intents } = strategy.decide(view.at(i, 0), null)
      if (intents.length === 0) continue
      at.push(i)
      const turnover = intents.reduce((sum, x) => sum + (x.kind === 'target' ? Math.abs(x.weight) : 0), 0)
      expect(turnover).toBeCloseTo(0.5, 9)
    }
    expect(new Set(at.map((i) => Math.round(bars.times[i]! / STEP + 1) % 8))).toEqual(new Set([3]))
    expect(at.length).toBeGreaterThan(5)
  })
})
