/** The upsert of collected points: never loses a row, mends missing ones, and says where the venue changed its mind. */
import { byCodeUnit } from '@cointrader/core'

/** One point of one symbol. */
export interface CollectedPoint {
  readonly symbol: string
  readonly timestampMs: number
  /** In the order of the kind's columns; NaN is missing. */
  readonly values: readonly number[]
}

export interface MergeCounts {
  /** Points that were not there. */
  added: number
  /** Cells that were missing or 0 and now have a value. */
  filled: number
  /** Cells replaced because the point is recent enough to be revised. */
  revised: number
  /** Cells where the venue now says something else about an old point: the first stored value is kept. */
  differing: number
}

export interface Merged {
  /** Sorted by time, then symbol. */
  readonly points: CollectedPoint[]
  readonly counts: MergeCounts
  /** The first cells that differ, as text for a person (at most three). */
  readonly examples: readonly string[]
}

const EXAMPLES = 3

/**
 * Merges `fresh` into `stored` by (symbol, time). Per cell: a missing or 0 value takes the new one; an equal one stays;
 * a different one takes the venue's latest answer when the point is at or after `revisableFromMs`, else it stays and
 * is counted. Old history that changes silently would make results of yesterday irreproducible; the newest periods
 * however are corrected by the venue shortly after they end (the frozen unfinished candle of TB-07.3, D-16).
 */
export function mergePoints(
  stored: readonly CollectedPoint[],
  fresh: readonly CollectedPoint[],
  revisableFromMs: number,
): Merged {
  const counts: MergeCounts = { added: 0, filled: 0, revised: 0, differing: 0 }
  const examples: string[] = []
  const byKey = new Map<string, CollectedPoint>()
  for (const point of stored) byKey.set(keyOf(point), point)
  for (const point of fresh) {
    const key = keyOf(point)
    const old = byKey.get(key)
    if (old === undefined) {
      counts.added++
      byKey.set(key, point)
      continue
    }
    const values = old.values.map((before, k) => {
      const now = point.values[k]!
      if (Object.is(before, now) || before === now || isEmpty(now)) return before
      if (isEmpty(before)) {
        counts.filled++
        return now
      }
      if (point.timestampMs >= revisableFromMs) {
        counts.revised++
        return now
      }
      counts.differing++
      if (examples.length < EXAMPLES) {
        examples.push(
          `${point.symbol} ${new Date(point.timestampMs).toISOString()}: stored ${before}, venue now ${now}`,
        )
      }
      return before
    })
    byKey.set(key, { ...old, values })
  }
  const points = [...byKey.values()].sort((a, b) => a.timestampMs - b.timestampMs || byCodeUnit(a.symbol, b.symbol))
  return { points, counts, examples }
}

function keyOf(point: CollectedPoint): string {
  return `${point.timestampMs}|${point.symbol}`
}

/** A zero counts as missing: it is what the venue (and the system before this one) writes when it knows nothing. */
function isEmpty(value: number): boolean {
  return Number.isNaN(value) || value === 0
}
