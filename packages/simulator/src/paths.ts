/**
 * Prices before they become bars. Two levels, so that any (symbol, day) can be made without simulating what came
 * before: a chain of daily log returns and volatilities, cheap and cumulative, and inside a day minute returns of a
 * GARCH process with fat tails, pinned to the day's return. Market and sector factors are shared by the symbols.
 */
import { DAY_MS, dateMs, fail, type Random, seededRandom, type UtcDate } from '@cointrader/core'
import { CLOSED_SEASON, CRYPTO_SEASON, MINUTES, SESSION_SEASON, studentT } from './draws.js'
import { lru } from './lru.js'
import type { SymbolSpec } from './spec.js'

export const MARKET_DAILY = 0.02
export const SECTOR_DAILY = 0.013
/** GARCH(1,1) weights of the last squared shock and of the last variance. */
const ALPHA = 0.07
const BETA = 0.91

/** Minute log returns of a day with the variance each was drawn with. */
export interface MinuteReturns {
  readonly returns: Float64Array
  readonly variance: Float64Array
}

export interface DayPath {
  /** Log price at the start of each minute and at the end of the day (1,441 values). */
  readonly log: Float64Array
  /** Standard deviation of each minute's log return. */
  readonly sd: Float64Array
  /** Activity by minute, mean about 1 (about 0 on a closed day). */
  readonly season: Float64Array
}

export interface Paths {
  /** Days since the market's first day (0 for the first). */
  dayIndex(date: UtcDate): number
  path(spec: SymbolSpec, day: number): DayPath
  /** The day's volatility as a multiple of the symbol's mean. */
  volatility(label: string, day: number): number
  /** An independent stream for (label, day). */
  stream(label: string, day: number): Random
  /** A standard normal that belongs to the midnight before `day`: the same from both sides. */
  midnight(label: string, day: number): number
}

interface Chain {
  readonly anchor: number[]
}

/** Paths of a market. `find` gives the spec a quarterly follows. */
export function marketPaths(seed: number | string, startDate: UtcDate, find: (symbol: string) => SymbolSpec): Paths {
  const startMs = dateMs(startDate)
  const factorDays = lru<MinuteReturns>(96)
  const dayPaths = lru<DayPath>(192)
  const volatilities = new Map<string, number[]>()
  const chains = new Map<string, Chain>()

  const stream = (label: string, day: number): Random => seededRandom(`${seed}/${label}/${day}`)
  const midnight = (label: string, day: number): number => stream(`midnight/${label}`, day).normal()

  /** Log-volatility is an AR(1) from day to day: turbulent days come in clusters. */
  function volatility(label: string, day: number): number {
    const known = volatilities.get(label) ?? [0.35 * midnight(`vol/${label}`, 0)]
    volatilities.set(label, known)
    for (let d = known.length; d <= day; d++) known.push(0.85 * known[d - 1]! + 0.2 * midnight(`vol/${label}`, d))
    return Math.exp(known[day]! - 0.06)
  }

  const factorDaily = (label: string): number => (label === 'market' ? MARKET_DAILY : SECTOR_DAILY)
  const dayReturn = (label: string, day: number, sd: number): number =>
    sd * volatility(label, day) * studentT(stream(`day/${label}`, day), 5)

  function factor(label: string, day: number): MinuteReturns {
    const key = `${label}/${day}`
    const sd = factorDaily(label)
    return (
      factorDays.get(key) ??
      factorDays.put(
        key,
        minuteReturns(
          stream(`minutes/${label}`, day),
          sd * volatility(label, day),
          dayReturn(label, day, sd),
          CRYPTO_SEASON,
        ),
      )
    )
  }

  function ownReturn(spec: SymbolSpec, day: number): number {
    return dayReturn(spec.symbol, day, spec.idioDaily)
  }

  /** Log price at the midnight that begins `day`. */
  function anchor(spec: SymbolSpec, day: number): number {
    if (spec.follows !== null) return anchor(find(spec.follows), day) + basis(spec, day)
    if (spec.pegged) return Math.log(spec.price) + 0.0002 * midnight(`peg/${spec.symbol}`, day)
    const chain = chains.get(spec.symbol) ?? { anchor: [Math.log(spec.price)] }
    chains.set(spec.symbol, chain)
    for (let d = chain.anchor.length; d <= day; d++) {
      const market = spec.beta * dayReturn('market', d - 1, MARKET_DAILY)
      const sector = spec.sectorBeta * dayReturn(`sector/${spec.sector}`, d - 1, SECTOR_DAILY)
      chain.anchor.push(chain.anchor[d - 1]! + market + sector + ownReturn(spec, d - 1))
    }
    return chain.anchor[day]!
  }

  /** A delivery contract's premium: 5 % a year, gone at delivery. */
  function basis(spec: SymbolSpec, day: number): number {
    const left = Math.max(0, (spec.endMs ?? 0) - (startMs + day * DAY_MS))
    return (0.05 * left) / (365 * DAY_MS)
  }

  function seasonOf(spec: SymbolSpec, day: number): Float64Array {
    if (!spec.session) return CRYPTO_SEASON
    const weekday = new Date(startMs + day * DAY_MS).getUTCDay()
    return weekday === 0 || weekday === 6 ? CLOSED_SEASON : SESSION_SEASON
  }

  function make(spec: SymbolSpec, day: number): DayPath {
    const season = seasonOf(spec, day)
    const log = new Float64Array(MINUTES + 1)
    const sd = new Float64Array(MINUTES)
    const ownSd = spec.idioDaily * volatility(spec.symbol, day)
    const random = stream(`minutes/${spec.symbol}`, day)
    if (spec.follows !== null) {
      const leader = paths.path(find(spec.follows), day)
      const own = minuteReturns(random, ownSd, 0, season)
      const from = basis(spec, day)
      const slope = (basis(spec, day + 1) - from) / MINUTES
      let noise = 0
      for (let m = 0; m < MINUTES; m++) {
        log[m] = leader.log[m]! + from + slope * m + noise
        sd[m] = leader.sd[m]!
        noise += own.returns[m]!
      }
      log[MINUTES] = anchor(spec, day + 1)
      return { log, sd, season }
    }
    const start = anchor(spec, day)
    const own = minuteReturns(random, ownSd, spec.pegged ? anchor(spec, day + 1) - start : ownReturn(spec, day), season)
    const market = factor('market', day)
    const sector = factor(`sector/${spec.sector}`, day)
    const { beta, sectorBeta } = spec
    let x = start
    for (let m = 0; m < MINUTES; m++) {
      log[m] = x
      x += beta * market.returns[m]! + sectorBeta * sector.returns[m]! + own.returns[m]!
      sd[m] = Math.sqrt(
        beta * beta * market.variance[m]! + sectorBeta * sectorBeta * sector.variance[m]! + own.variance[m]!,
      )
    }
    // The sum above differs from the chain by rounding only; the chain's number joins the days exactly.
    log[MINUTES] = anchor(spec, day + 1)
    return { log, sd, season }
  }

  const paths: Paths = {
    dayIndex(date) {
      const day = Math.round((dateMs(date) - startMs) / DAY_MS)
      if (day < 0) fail('E_INTERNAL', { subject: date, detail: `the synthetic market begins on ${startDate}` })
      return day
    },
    path(spec, day) {
      const key = `${spec.symbol}/${day}`
      return dayPaths.get(key) ?? dayPaths.put(key, make(spec, day))
    },
    volatility,
    stream,
    midnight,
  }
  return paths
}

/**
 * Minute returns that sum to `dayReturn`: GARCH(1,1) with Student-t shocks on a seasonal variance; what is missing to
 * the day's return is spread in proportion to the seasonal variance (the conditional mean of a Gaussian bridge).
 */
export function minuteReturns(random: Random, daySd: number, dayReturn: number, season: Float64Array): MinuteReturns {
  const returns = new Float64Array(MINUTES)
  const variance = new Float64Array(MINUTES)
  const base = (daySd * daySd) / MINUTES
  let g = Math.exp(0.4 * random.normal() - 0.08)
  let sum = 0
  let weight = 0
  for (let m = 0; m < MINUTES; m++) {
    const z = studentT(random, 4)
    const v = base * season[m]! * g
    variance[m] = v
    returns[m] = Math.sqrt(v) * z
    sum += returns[m]!
    weight += season[m]!
    g = Math.min(30, 1 - ALPHA - BETA + g * (ALPHA * z * z + BETA))
  }
  const missing = (dayReturn - sum) / weight
  for (let m = 0; m < MINUTES; m++) returns[m]! += missing * season[m]!
  return { returns, variance }
}
