/** Contract facts of a symbol, as `data/contracts.json` holds them (a JSON object: symbol → Contract). */

export interface Contract {
  readonly symbol: string
  /** `TRADING`, `SETTLING`, `PENDING_TRADING`, `DELISTED`… as the venue says; `UNKNOWN` when derived from the name. */
  readonly status: string
  /** `PERPETUAL`, `CURRENT_QUARTER`, `TRADIFI_PERPETUAL`… */
  readonly contractType: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly marginAsset: string
  /** `COIN`, `INDEX`, `EQUITY`…; '' when the source does not say. */
  readonly underlyingType: string
  /** First instant of trading (ms), null when unknown. */
  readonly onboardMs: number | null
  /** Instant of delivery or delisting (ms), null when unknown or perpetual. */
  readonly deliveryMs: number | null
  /** `exchangeInfo`, or `name` when every fact was derived from the symbol's name. */
  readonly origin: 'exchangeInfo' | 'name'
}

const QUOTES = ['USDT', 'USDC', 'BUSD', 'FDUSD', 'USD', 'BTC'] as const

/** Contract facts that a symbol's name tells, for archives without `exchangeInfo.json` (`ETHUSDT_240329` is a quarterly). */
export function contractFromName(symbol: string): Contract {
  const [pair = symbol, expiry] = symbol.split('_')
  const quote = QUOTES.find((q) => pair.endsWith(q) && pair.length > q.length) ?? ''
  const perpetual = expiry === undefined || expiry === 'PERP'
  return {
    symbol,
    status: 'UNKNOWN',
    contractType: perpetual
      ? 'PERPETUAL'
      : expiry === 'SETTLED' || /^SETTLED/.test(expiry ?? '')
        ? 'PERPETUAL'
        : 'QUARTER',
    baseAsset: quote ? pair.slice(0, -quote.length) : pair,
    quoteAsset: quote,
    marginAsset: quote,
    underlyingType: '',
    onboardMs: null,
    deliveryMs: null,
    origin: 'name',
  }
}
