/** Bounded concurrency without a queue library: order of starting is the order given, results keep their places. */

/** Runs `task` over `items` with at most `limit` at once. The first error stops new starts and is thrown when the running ones have ended. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  let failed = false
  let firstError: unknown
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const i = next++
      try {
        results[i] = await task(items[i]!, i)
      } catch (error) {
        if (!failed) firstError = error
        failed = true
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane))
  if (failed) throw firstError
  return results
}

/** At most `limit` holders at once; the rest wait their turn. */
export function semaphore(limit: number): <R>(task: () => Promise<R>) => Promise<R> {
  let free = limit
  const waiting: (() => void)[] = []
  return async (task) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await task()
    } finally {
      const go = waiting.shift()
      if (go) go()
      else free++
    }
  }
}
