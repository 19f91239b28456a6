/** The venue's request limits per IP (BX-25): weight per minute, and the separate pools of two endpoint families. */
import type { Clock } from '@cointrader/core'
import { WEIGHT_LIMIT } from './exchangeinfo.js'

/** `weight`: 2,400 a minute; `data` (`/futures/data`): 1,000 requests in 5 minutes; `funding`: 500 in 5 minutes. */
export type Pool = 'weight' | 'data' | 'funding'

export interface LimitOptions {
  /** Weight a minute. Default 2,400, as `exchangeInfo` says. */
  readonly weightLimit?: number
  /** Requests sent while limited that are forgiven before the ban. Default 10. */
  readonly forgiven?: number
}

export interface Verdict {
  readonly status: 200 | 429 | 418
  /** Weight used in the running minute, for `X-MBX-USED-WEIGHT-1M`. */
  readonly usedWeight: number
  readonly retryAfterSec: number
  /** End of the ban (ms), 0 without one. */
  readonly bannedUntilMs: number
}

export interface Limits {
  charge(pool: Pool, weight: number): Verdict
}

const MINUTE = 60_000
const DAY_SEC = 86_400

/**
 * Windows are whole minutes (5 minutes for the request pools) of `clock`. The request that goes over the limit and
 * all after it in the window get 429; going on regardless gets 418: 2 minutes at first, doubling up to 3 days.
 */
export function venueLimits(clock: Clock, options: LimitOptions = {}): Limits {
  const { weightLimit = WEIGHT_LIMIT, forgiven = 10 } = options
  const size: Record<Pool, { limit: number; windowMs: number }> = {
    weight: { limit: weightLimit, windowMs: MINUTE },
    data: { limit: 1000, windowMs: 5 * MINUTE },
    funding: { limit: 500, windowMs: 5 * MINUTE },
  }
  const used: Record<Pool, { window: number; sum: number }> = {
    weight: { window: -1, sum: 0 },
    data: { window: -1, sum: 0 },
    funding: { window: -1, sum: 0 },
  }
  let ignored = 0
  let bannedUntilMs = 0
  let banSec = 120

  function current(pool: Pool, now: number): { sum: number } {
    const window = Math.floor(now / size[pool].windowMs)
    if (used[pool].window !== window) used[pool] = { window, sum: 0 }
    return used[pool]
  }

  return {
    charge(pool, weight) {
      const now = clock.now()
      const usedWeight = (): number => current('weight', now).sum
      if (now < bannedUntilMs) {
        return {
          status: 418,
          usedWeight: usedWeight(),
          retryAfterSec: Math.ceil((bannedUntilMs - now) / 1000),
          bannedUntilMs,
        }
      }
      const state = current(pool, now)
      const { limit, windowMs } = size[pool]
      const wasOver = state.sum > limit
      state.sum += weight
      if (state.sum <= limit) {
        ignored = 0
        return { status: 200, usedWeight: usedWeight(), retryAfterSec: 0, bannedUntilMs: 0 }
      }
      if (wasOver) ignored++
      if (ignored > forgiven) {
        ignored = 0
        bannedUntilMs = now + banSec * 1000
        const retryAfterSec = banSec
        banSec = Math.min(3 * DAY_SEC, banSec * 2)
        return { status: 418, usedWeight: usedWeight(), retryAfterSec, bannedUntilMs }
      }
      const retryAfterSec = Math.ceil((windowMs - (now % windowMs)) / 1000)
      return { status: 429, usedWeight: usedWeight(), retryAfterSec, bannedUntilMs: 0 }
    },
  }
}
