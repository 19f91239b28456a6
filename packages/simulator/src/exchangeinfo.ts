/** `exchangeInfo` of the synthetic market in Binance's shape (compare shared/data/payloads/recorded/usdm-2021-07-22). */
import { DAY_MS, type Json } from '@cointrader/core'
import { decimal } from './decimal.js'
import type { SymbolSpec } from './spec.js'

/** Delivery date of perpetuals: 2100-12-25, as the venue writes it. */
const NEVER_MS = 4_133_404_800_000
/** How long a symbol shows as pending before and settling after its life. */
const GRACE_MS = DAY_MS

export const WEIGHT_LIMIT = 2400

/**
 * `everything` also lists symbols that are gone (status `CLOSE`) or not announced yet (`PENDING_TRADING`), which the
 * venue leaves out: that is the `exchangeInfo.json` of an archive folder, where the tree needs its contract facts.
 */
export function exchangeInfo(specs: readonly SymbolSpec[], nowMs: number, everything: boolean): Json {
  return {
    timezone: 'UTC',
    // The archive's copy must not change with the time of day.
    serverTime: everything ? Math.floor(nowMs / DAY_MS) * DAY_MS : nowMs,
    futuresType: 'U_MARGINED',
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: WEIGHT_LIMIT },
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 300 },
    ],
    exchangeFilters: [],
    assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
    symbols: specs.filter((s) => everything || isShown(s, nowMs)).map((s) => entry(s, nowMs)),
  }
}

/** What the venue lists at `nowMs`. */
export function isShown(spec: SymbolSpec, nowMs: number): boolean {
  return nowMs >= spec.onboardMs - GRACE_MS && (spec.endMs === null || nowMs < spec.endMs + GRACE_MS)
}

function status(spec: SymbolSpec, nowMs: number): string {
  if (nowMs < spec.onboardMs) return 'PENDING_TRADING'
  if (spec.endMs === null || nowMs < spec.endMs) return 'TRADING'
  if (nowMs >= spec.endMs + GRACE_MS) return 'CLOSE'
  return spec.follows === null ? 'SETTLING' : 'DELIVERING'
}

function entry(spec: SymbolSpec, nowMs: number): Json {
  const tick = decimal(1, spec.priceDecimals)
  const step = decimal(1, spec.quantityDecimals)
  // The venue announces a delisting by moving the delivery date from the year 2100 to the last day, some days ahead.
  const announced = spec.endMs !== null && (spec.follows !== null || nowMs >= spec.endMs - 3 * DAY_MS)
  const largest = String(Math.max(1, Math.round(spec.openInterestUsd / spec.price / 20)))
  return {
    symbol: spec.symbol,
    pair: spec.symbol.split('_')[0]!,
    contractType: spec.contractType,
    deliveryDate: announced ? spec.endMs! : NEVER_MS,
    onboardDate: spec.onboardMs,
    status: status(spec, nowMs),
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: spec.baseAsset,
    quoteAsset: spec.quoteAsset,
    marginAsset: 'USDT',
    pricePrecision: spec.priceDecimals,
    quantityPrecision: spec.quantityDecimals,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: spec.underlyingType,
    underlyingSubType: spec.underlyingSubType,
    triggerProtect: '0.0500',
    liquidationFee: '0.012500',
    marketTakeBound: '0.05',
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '1000000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: step, maxQty: largest, stepSize: step },
      { filterType: 'MARKET_LOT_SIZE', minQty: step, maxQty: largest, stepSize: step },
      { filterType: 'MAX_NUM_ORDERS', limit: 200 },
      { filterType: 'MAX_NUM_ALGO_ORDERS', limit: 10 },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
      { filterType: 'PERCENT_PRICE', multiplierUp: '1.0500', multiplierDown: '0.9500', multiplierDecimal: '4' },
    ],
    orderTypes: ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'],
  }
}
