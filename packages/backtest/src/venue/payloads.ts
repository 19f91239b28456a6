/** Symbol rules from Binance's own answers: exchange filters and leverage brackets. */
import { fail } from '@cointrader/core'
import { FLAT_BRACKETS, type LeverageBracket, LOOSE_RULES, type SymbolRules } from '@cointrader/trading'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

function isObject(x: Json | undefined): x is { readonly [key: string]: Json } {
  return typeof x === 'object' && x !== null && !Array.isArray(x)
}

/** A number written as number or text; `E_BAD_PAYLOAD` names the place when it is neither. */
function numberAt(x: Json | undefined, place: string): number {
  const n = typeof x === 'number' ? x : typeof x === 'string' && x !== '' ? Number(x) : Number.NaN
  if (Number.isFinite(n)) return n
  return fail('E_BAD_PAYLOAD', { subject: place, detail: `${JSON.stringify(x)} is not a number` })
}

/** `GET /fapi/v1/leverageBracket`: brackets by symbol, ascending. */
export function parseLeverageBrackets(json: unknown, subject: string): Map<string, LeverageBracket[]> {
  if (!Array.isArray(json)) return fail('E_BAD_PAYLOAD', { subject, detail: 'not a list of symbols' })
  const out = new Map<string, LeverageBracket[]>()
  for (const entry of json as readonly Json[]) {
    if (!isObject(entry) || typeof entry.symbol !== 'string' || !Array.isArray(entry.brackets)) {
      return fail('E_BAD_PAYLOAD', { subject, detail: 'an entry without symbol and brackets' })
    }
    const { symbol } = entry
    const brackets = (entry.brackets as readonly Json[]).map((b, k): LeverageBracket => {
      const place = `${subject}: ${symbol} bracket ${k + 1}`
      if (!isObject(b)) return fail('E_BAD_PAYLOAD', { subject: place, detail: 'not an object' })
      return {
        initialLeverage: numberAt(b.initialLeverage, place),
        notionalCap: numberAt(b.notionalCap, place),
        notionalFloor: numberAt(b.notionalFloor, place),
        maintMarginRatio: numberAt(b.maintMarginRatio, place),
        cum: numberAt(b.cum, place),
      }
    })
    if (brackets.length > 0)
      out.set(
        symbol,
        brackets.sort((a, b) => a.notionalFloor - b.notionalFloor),
      )
  }
  return out
}

/**
 * `GET /fapi/v1/exchangeInfo`: rules by symbol. Quantities follow the coarser of LOT_SIZE and MARKET_LOT_SIZE, since
 * entries are market orders; brackets are joined in where given.
 */
export function parseExchangeRules(
  json: unknown,
  subject: string,
  brackets: ReadonlyMap<string, readonly LeverageBracket[]> = new Map(),
): Map<string, SymbolRules> {
  const root = json as Json
  if (!isObject(root) || !Array.isArray(root.symbols))
    return fail('E_BAD_PAYLOAD', { subject, detail: 'no list of symbols' })
  const out = new Map<string, SymbolRules>()
  for (const entry of root.symbols as readonly Json[]) {
    if (!isObject(entry) || typeof entry.symbol !== 'string') continue
    const { symbol } = entry
    const filters = new Map<string, { readonly [key: string]: Json }>()
    for (const f of Array.isArray(entry.filters) ? (entry.filters as readonly Json[]) : []) {
      if (isObject(f) && typeof f.filterType === 'string') filters.set(f.filterType, f)
    }
    const read = (filter: string, field: string, otherwise: number): number => {
      const f = filters.get(filter)
      return f?.[field] === undefined ? otherwise : numberAt(f[field], `${subject}: ${symbol} ${filter}.${field}`)
    }
    const lot = read('LOT_SIZE', 'stepSize', 0)
    out.set(symbol, {
      tickSize: read('PRICE_FILTER', 'tickSize', 0),
      stepSize: Math.max(lot, read('MARKET_LOT_SIZE', 'stepSize', 0)),
      minQty: Math.max(read('LOT_SIZE', 'minQty', 0), read('MARKET_LOT_SIZE', 'minQty', 0)),
      maxQty: Math.min(
        read('LOT_SIZE', 'maxQty', LOOSE_RULES.maxQty),
        read('MARKET_LOT_SIZE', 'maxQty', LOOSE_RULES.maxQty),
      ),
      minNotional: read('MIN_NOTIONAL', 'notional', LOOSE_RULES.minNotional),
      percentDown: read('PERCENT_PRICE', 'multiplierDown', 0),
      percentUp: read('PERCENT_PRICE', 'multiplierUp', LOOSE_RULES.percentUp),
      brackets: brackets.get(symbol) ?? FLAT_BRACKETS,
    })
  }
  return out
}
