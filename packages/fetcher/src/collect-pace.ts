/**
 * `/futures/data` has a limit of its own beside the request weight: 1,000 requests per 5 minutes and address
 * (developers.binance.com, USDⓈ-M Futures, "Open Interest Statistics" and the four ratio pages). No header reports it,
 * so it is counted here.
 */
import type { Client } from '@cointrader/binance'
import { type Clock, MINUTE_MS } from '@cointrader/core'

/** Requests per window that we send: 80 % of what the venue allows. */
export const RATIO_REQUESTS = 800
export const RATIO_WINDOW_MS = 5 * MINUTE_MS

export interface PaceOptions {
  readonly clock: Clock
  readonly requests?: number
  readonly windowMs?: number
  readonly signal?: AbortSignal
}

/** A client that sends at most `requests` to `/futures/data` in any `windowMs`; other requests pass unchanged. */
export function pacedClient(client: Client, options: PaceOptions): Client {
  const { clock, requests = RATIO_REQUESTS, windowMs = RATIO_WINDOW_MS, signal } = options
  /** Instants of the last `requests` requests, oldest at `next`. */
  const sent = new Float64Array(requests).fill(Number.NEGATIVE_INFINITY)
  let next = 0
  return {
    async get(url, weight) {
      if (new URL(url).pathname.includes('/futures/data/')) {
        for (let free = sent[next]! + windowMs; clock.now() < free; free = sent[next]! + windowMs) {
          await clock.sleep(free - clock.now(), signal)
        }
        sent[next] = clock.now()
        next = (next + 1) % requests
      }
      return client.get(url, weight)
    },
  }
}
