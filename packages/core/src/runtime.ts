/** The effects a command hands to the packages: time and waiting. Tests hand in a manual clock and never sleep. */

export interface Clock {
  /** Now, in ms since the epoch. */
  now(): number
  /** Resolves after `ms`; rejects at once with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A clock that moves only when slept on. `slept` lists the waits asked for. */
export interface ManualClock extends Clock {
  readonly slept: readonly number[]
  advance(ms: number): void
}

export function manualClock(startMs: number): ManualClock {
  let now = startMs
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    advance(ms) {
      now += ms
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      now += Math.max(0, ms)
    },
  }
}
