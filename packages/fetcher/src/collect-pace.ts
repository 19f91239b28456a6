/**
 * `/futures/data` has a limit of its own beside the request weight: 1,000 requests per 5 minutes and address
 * (developers.binance.com, USDⓈ-M Futures, "Open Interest Statistics" and the four ratio pages). No header reports it,
 * so it is counted here.
 */
import type { Client, Limiter } from '@cointrader/binance'

export const RATIO_REQUESTS_PER_MINUTE = 1000 / 5

/** A client whose `/futures/data` requests also wait for `pace` (one unit each); make `pace` with the limit above. */
export function pacedClient(client: Client, pace: Limiter, signal?: AbortSignal): Client {
  return {
    async get(url, weight) {
      if (new URL(url).pathname.includes('/futures/data/')) await pace.acquire(1, signal)
      return client.get(url, weight)
    },
  }
}
