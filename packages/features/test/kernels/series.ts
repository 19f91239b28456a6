/** Random series with everything that real ones have, and what is common to the tests of kernels. */
import { type Random, seededRandom } from '@cointrader/core'
import type { View } from '@cointrader/features/kernels/rolling'
import fc from 'fast-check'

const KINDS = [
  'noise',
  'walk',
  'ticks',
  'constant',
  'zero',
  'missing',
  'infinite',
  'huge',
  'mixed',
  'outlier',
  'nearly constant',
  'hardly flat',
] as const
type Kind = (typeof KINDS)[number]

/** Values of one stretch. */
function stretch(kind: Kind, length: number, random: Random): number[] {
  const level = 10 ** (random.int(9) - 3)
  let price = level * (1 + random.next())
  const share = 1e-7 * (0.95 + 0.1 * random.next())
  const sign = () => (random.next() < 0.5 ? -1 : 1)
  const next: Record<Kind, (i: number) => number> = {
    noise: () => level * random.normal(),
    walk: () => {
      price *= Math.exp(0.001 * random.normal())
      return price
    },
    ticks: () => {
      price += 0.1 * (random.int(3) - 1)
      return Math.round(price * 10) / 10
    },
    constant: () => price,
    zero: () => (random.next() < 0.2 ? -0 : 0),
    missing: () => Number.NaN,
    infinite: () => (random.next() < 0.2 ? sign() * Number.POSITIVE_INFINITY : price),
    huge: () => 1e12 * sign() * (1 + random.next()),
    mixed: () => (random.next() < 0.5 ? 1e12 * (random.next() - 0.5) : random.normal()),
    outlier: (i) => (i === Math.floor(length / 2) ? sign() * 1e12 : random.normal()),
    'nearly constant': () => price * (1 + (random.int(3) - 1) * 10 ** -(5 + random.int(11))),
    // Relative variance about 1e-14, the threshold of a flat window.
    'hardly flat': () => price * (1 + share * sign()),
  }
  return Array.from({ length }, (_, i) => next[kind](i))
}

/** Stretches of random kinds, cut to `length`. */
export function makeSeries(length: number, seed: number, missing: boolean): number[] {
  const random = seededRandom(seed)
  const out: number[] = []
  const kinds = missing ? KINDS : KINDS.filter((k) => k !== 'missing' && k !== 'infinite')
  while (out.length < length) {
    const kind = kinds[random.int(kinds.length)]!
    const most = kind === 'missing' || kind === 'infinite' ? 12 : Math.max(8, length)
    out.push(...stretch(kind, 1 + random.int(most), random))
  }
  return out.slice(0, length)
}

/** One case: series `x` and `y` of rows `row … row + length − 1`, before which there is nothing. */
export interface Case {
  readonly w: number
  readonly row: number
  readonly length: number
  readonly seed: number
  readonly missing: boolean
}

/** Cases with lengths 0, 1, w − 1, w, w + 1 and others. */
export const cases = (windows: readonly number[]): fc.Arbitrary<Case> =>
  fc.constantFrom(...windows).chain((w) =>
    fc.record({
      w: fc.constant(w),
      row: fc.oneof(fc.nat(3 * w), fc.integer({ min: 29_000_000, max: 29_000_000 + 3 * w })),
      length: fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom(0, 1, w - 1, w, w + 1) },
        { weight: 3, arbitrary: fc.integer({ min: w, max: 3 * w + 9 }) },
      ),
      seed: fc.integer(),
      missing: fc.boolean(),
    }),
  )

export const SMALL_WINDOWS = [1, 2, 3, 5, 7, 15, 30]
export const LARGE_WINDOWS = [60, 120, 240, 600, 1440]

/** The series of a case in a buffer with `garbage` outside of what a kernel may read. */
export function laid(values: readonly number[], { w, row }: Case, garbage = 1e300, margin = 5): View {
  const data = new Float64Array(margin + w - 1 + values.length + margin).fill(garbage)
  data.fill(Number.NaN, margin, margin + w - 1)
  data.set(values, margin + w - 1)
  return { data, off: margin + w - 1 - row }
}

/** Room for the results of a case: `off` is not that of the arguments. */
export const room = ({ row, length }: Case): View => ({ data: new Float64Array(length + 3).fill(-7), off: 2 - row })

/** Rows of a case from such a room. */
export const result = (out: View, { row, length }: Case): Float64Array =>
  out.data.slice(out.off + row, out.off + row + length)

/** Index of the first element whose bits differ (any NaN equals any other), or −1. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.min(a.length, b.length)
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i
  return -1
}
