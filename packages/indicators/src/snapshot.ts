/**
 * The state of a stream as plain JSON, to be stored and put back: `restore(createRsi(o), snapshot(old))` goes on bit for
 * bit where `old` stood. NaN, infinities and −0, which JSON does not have, are written as text.
 */
import { fail } from '@cointrader/core'

export type Snapshot = number | string | boolean | null | { readonly [field: string]: Snapshot } | readonly Snapshot[]

function encode(x: number): Snapshot {
  return Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? '-0' : String(x)
}

const isFloats = (x: unknown): x is Float64Array | Float32Array =>
  x instanceof Float64Array || x instanceof Float32Array

/** Every field of a stream, also of the streams inside it. */
export function snapshot(stream: object): Snapshot {
  const out: Record<string, Snapshot> = {}
  for (const [name, value] of Object.entries(stream) as [string, unknown][]) {
    if (typeof value === 'number') out[name] = encode(value)
    else if (isFloats(value)) out[name] = Array.from(value, encode)
    else if (typeof value === 'object' && value !== null) out[name] = snapshot(value)
    else if (value !== undefined) out[name] = value as string | boolean | null
  }
  return out
}

/**
 * Puts a snapshot back into a stream of the same kind and lengths (its other options become those of the snapshot), and
 * returns the stream. `E_CONFIG` when the snapshot does not fit.
 */
export function restore<S extends object>(stream: S, from: Snapshot): S {
  fill(stream, from, stream.constructor.name)
  return stream
}

function fill(stream: object, from: Snapshot, place: string): void {
  const refuse = (detail: string): never =>
    fail('E_CONFIG', { subject: `snapshot of ${place}`, detail, next: 'warm the stream up from bars instead' })
  if (typeof from !== 'object' || from === null || Array.isArray(from)) refuse('not an object')
  const target = stream as Record<string, unknown>
  const source = from as { readonly [field: string]: Snapshot }
  for (const [name, value] of Object.entries(target)) {
    const stored = source[name]
    if (value === undefined && stored === undefined) continue
    if (stored === undefined) refuse(`no field ${name}`)
    if (typeof value === 'number') target[name] = typeof stored === 'number' ? stored : Number(stored)
    else if (isFloats(value)) {
      if (!Array.isArray(stored) || stored.length !== value.length) refuse(`${name} has another length`)
      value.set((stored as readonly Snapshot[]).map(Number))
    } else if (typeof value === 'object' && value !== null) fill(value, stored as Snapshot, `${place}.${name}`)
    else if (typeof value !== typeof stored) refuse(`${name} is of another kind`)
    else target[name] = stored
  }
}
