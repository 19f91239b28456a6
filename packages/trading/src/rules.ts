/**
 * The venue's rules of a symbol (filters and leverage brackets) and rounding to them. Steps are kept beside their inverse,
 * so that 3 steps of 0.1 are 0.3 and not 0.30000000000000004 (D-27, D-40).
 */

/** One row of `GET /fapi/v1/leverageBracket`. */
export interface LeverageBracket {
  /** Highest leverage allowed up to `notionalCap`. */
  readonly initialLeverage: number
  readonly notionalCap: number
  readonly notionalFloor: number
  readonly maintMarginRatio: number
  /** Maintenance amount: maintenance margin = notional · ratio − cum. */
  readonly cum: number
}

export interface SymbolRules {
  /** PRICE_FILTER; 0 = prices are not rounded. */
  readonly tickSize: number
  /** MARKET_LOT_SIZE (or LOT_SIZE), the coarser of both; 0 = fractional sizes. */
  readonly stepSize: number
  readonly minQty: number
  /** Of market orders. */
  readonly maxQty: number
  /** MIN_NOTIONAL in quote. */
  readonly minNotional: number
  /** PERCENT_PRICE: limit prices lie within mark · [down, up]. */
  readonly percentDown: number
  readonly percentUp: number
  /** Ascending by notional; never empty. */
  readonly brackets: readonly LeverageBracket[]
}

/** Maintenance used where no brackets were given: 2.5 % at any size (cautious: most symbols start at 0.5 … 2 %). */
export const FLAT_BRACKETS: readonly LeverageBracket[] = Object.freeze([
  Object.freeze({ initialLeverage: 125, notionalCap: 1e12, notionalFloor: 0, maintMarginRatio: 0.025, cum: 0 }),
])

/** No rounding, the 5 USDT minimum, flat maintenance: for symbols whose filters are not at hand. */
export const LOOSE_RULES: SymbolRules = Object.freeze({
  tickSize: 0,
  stepSize: 0,
  minQty: 0,
  maxQty: 1e15,
  minNotional: 5,
  percentDown: 0,
  percentUp: 1e9,
  brackets: FLAT_BRACKETS,
})

/** Relative distance within which a quotient counts as the whole number above it. */
const NEARLY = 1e-9

function wholeFloor(x: number): number {
  const n = Math.floor(x)
  return x - n > 1 - NEARLY * Math.max(1, x) ? n + 1 : n
}

function wholeCeil(x: number): number {
  return -wholeFloor(-x) < x - NEARLY * Math.max(1, x) ? Math.ceil(x) : -wholeFloor(-x)
}

/** `n` steps, exactly rounded: a division by the whole inverse where the step has one. */
function steps(n: number, step: number): number {
  const inverse = Math.round(1 / step)
  return inverse >= 1 && Math.abs(inverse * step - 1) < 1e-12 ? n / inverse : n * step
}

function quotient(x: number, step: number): number {
  const inverse = Math.round(1 / step)
  return inverse >= 1 && Math.abs(inverse * step - 1) < 1e-12 ? x * inverse : x / step
}

/** Largest multiple of `step` that is at most `x` (a quotient within 1e-9 of a whole number is that number). */
export function floorTo(x: number, step: number): number {
  return step > 0 ? steps(wholeFloor(quotient(x, step)), step) : x
}

/** Smallest multiple of `step` that is at least `x`. */
export function ceilTo(x: number, step: number): number {
  return step > 0 ? steps(wholeCeil(quotient(x, step)), step) : x
}

/** Nearest multiple of `step`, half up. */
export function roundTo(x: number, step: number): number {
  return step > 0 ? steps(Math.round(quotient(x, step)), step) : x
}

/** A price rounded against a trader who buys (`side` 1: up) or sells (−1: down). */
export function roundAgainst(price: number, side: 1 | -1, tick: number): number {
  return tick > 0 ? (side === 1 ? ceilTo(price, tick) : floorTo(price, tick)) : price
}

/**
 * Level of a protective order at `distance` from the mean entry (signed: the stop of a long is below), rounded to the
 * nearest tick and never below the smallest price there is: a plan that demands protection gets an order.
 */
export function protectiveLevel(entry: number, distance: number, tick: number): number {
  const level = roundTo(entry + distance, tick)
  return level > 0 ? level : tick > 0 ? tick : entry * 1e-9
}
