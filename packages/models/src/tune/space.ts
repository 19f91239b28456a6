/** What a search may vary: numbers in ranges, linear or logarithmic, whose bounds may hang on what was drawn before. */
import { fail, type Random } from '@cointrader/core'

/** Values drawn so far, by name. */
export type Drawn = Readonly<Record<string, number>>

export interface Dimension {
  readonly name: string
  /** `int`: whole numbers, both bounds included. `log`: uniform in the logarithm. */
  readonly kind: 'int' | 'float' | 'log'
  /** `[low, high]`, or computed from the values of the dimensions before it. */
  readonly bounds: readonly [number, number] | ((drawn: Drawn) => readonly [number, number])
}

/** In the order of drawing. */
export type Space = readonly Dimension[]

/** Bounds under what was drawn. Error `E_USAGE` for bounds without sense. */
export function boundsOf(dimension: Dimension, drawn: Drawn): readonly [number, number] {
  const { name, kind, bounds } = dimension
  const [low, high] = typeof bounds === 'function' ? bounds(drawn) : bounds
  const whole = kind !== 'int' || (Number.isInteger(low) && Number.isInteger(high))
  if (!(low <= high) || !Number.isFinite(high - low) || (kind === 'log' && !(low > 0)) || !whole)
    fail('E_USAGE', { subject: `bounds of ${name}`, detail: `${kind} from ${low} to ${high}` })
  return [low, high]
}

/** True when every value is there and within its bounds. */
export function inSpace(space: Space, params: Drawn): boolean {
  return space.every((d) => {
    const [low, high] = boundsOf(d, params)
    const x = params[d.name]
    return x >= low && x <= high && (d.kind !== 'int' || Number.isInteger(x))
  })
}

/** A uniform draw (in the logarithm for `log`). */
export function drawUniform(dimension: Dimension, drawn: Drawn, random: Random): number {
  const [low, high] = boundsOf(dimension, drawn)
  if (dimension.kind === 'int') return low + random.int(high - low + 1)
  if (dimension.kind === 'float') return low + random.next() * (high - low)
  return clamp(Math.exp(Math.log(low) + random.next() * (Math.log(high) - Math.log(low))), low, high)
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x))
}
