/**
 * One limiter per process and address (BX-25): keeps used weight under 80 % of the venue's limit as the response
 * headers report it, and sends nothing before a 429 or 418 allows it.
 */
import { type Clock, MINUTE_MS } from '@cointrader/core'

export interface LimiterOptions {
  readonly clock: Clock
  /** Weight per minute that the venue allows. */
  readonly weightPerMinute: number
  /** Share of it we use. */
  readonly share?: number
}

export interface Limiter {
  /** Waits until a request of this weight may leave. */
  acquire(weight: number, signal?: AbortSignal): Promise<void>
  /** Feeds `X-MBX-USED-WEIGHT-1M`; call it for every answer. */
  report(usedWeight: number | null): void
  /** Nothing leaves for `ms` from now. */
  block(ms: number): void
  setWeightPerMinute(weight: number): void
  /** Instant until which nothing leaves; 0 when free. */
  blockedUntil(): number
}

export function createLimiter({ clock, weightPerMinute, share = 0.8 }: LimiterOptions): Limiter {
  let limit = weightPerMinute
  let minute = Number.NaN
  let used = 0
  let until = 0
  // Requests queue up behind each other, so that concurrent callers cannot all see the same free weight.
  let queue: Promise<void> = Promise.resolve()

  const roll = (): void => {
    const now = Math.floor(clock.now() / MINUTE_MS)
    if (now !== minute) {
      minute = now
      used = 0
    }
  }
  const admit = async (weight: number, signal?: AbortSignal): Promise<void> => {
    for (;;) {
      const now = clock.now()
      if (now < until) {
        await clock.sleep(until - now, signal)
        continue
      }
      roll()
      // `used === 0` lets a single request through that alone is above the share.
      if (used === 0 || used + weight <= limit * share) {
        used += weight
        return
      }
      await clock.sleep((minute + 1) * MINUTE_MS - now, signal)
    }
  }
  return {
    acquire(weight, signal) {
      const turn = queue.then(() => admit(weight, signal))
      queue = turn.catch(() => {})
      return turn
    },
    report(usedWeight) {
      roll()
      // The venue counts the whole address: believe the larger figure.
      if (usedWeight !== null && usedWeight > used) used = usedWeight
    },
    block(ms) {
      until = Math.max(until, clock.now() + ms)
    },
    setWeightPerMinute(weight) {
      limit = weight
    },
    blockedUntil: () => until,
  }
}
