/**
 * Base assets that are not traded for their price: dollar tokens and fiat currencies that Binance has listed. Matched
 * exactly against the base asset, so `USUAL` or `USTC` (no longer stable) are ordinary coins, and so is `FRAX`, today
 * the name of a governance token.
 */
export const STABLE_BASES: ReadonlySet<string> = new Set([
  ...['USDT', 'USDC', 'BUSD', 'FDUSD', 'TUSD', 'USDP', 'PAX', 'GUSD', 'DAI', 'USDS', 'SUSD', 'LUSD', 'USDD', 'USDE'],
  ...['PYUSD', 'RLUSD', 'USD1', 'XUSD', 'BFUSD', 'USDQ', 'UST', 'USDSB', 'USDB', 'CRVUSD', 'GHO', 'USD'],
  ...[
    'EUR',
    'AEUR',
    'EURI',
    'EURC',
    'EURS',
    'GBP',
    'AUD',
    'BRL',
    'TRY',
    'JPY',
    'CHF',
    'RUB',
    'UAH',
    'NGN',
    'ZAR',
    'BIDR',
    'IDRT',
  ],
])
