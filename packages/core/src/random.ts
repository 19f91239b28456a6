/** Seeded random numbers. Streams are split by name, so adding a consumer never shifts another one's numbers. */
import { createHash } from 'node:crypto'

export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number
  /** Integer in [0, n). */
  int(n: number): number
  /** Standard normal (Box-Muller, both values used). */
  normal(): number
  /** An independent stream named `label`. */
  fork(label: string): Random
}

/** xoshiro128** (Blackman & Vigna 2018, "Scrambled linear pseudorandom number generators"), seeded from SHA-256 of `seed`. */
export function seededRandom(seed: number | string): Random {
  const path = String(seed)
  const state = new Uint32Array(new Uint8Array(createHash('sha256').update(path).digest()).buffer.slice(0, 16))
  if (state.every((x) => x === 0)) state[0] = 1
  const word = (): number => {
    let result = Math.imul(state[1]!, 5)
    result = Math.imul((result << 7) | (result >>> 25), 9) >>> 0
    const t = state[1]! << 9
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= t
    state[3] = (state[3]! << 11) | (state[3]! >>> 21)
    return result
  }
  let spare = Number.NaN
  const next = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992
  return {
    next,
    int: (n) => Math.floor(next() * n),
    normal() {
      if (!Number.isNaN(spare)) {
        const value = spare
        spare = Number.NaN
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      const angle = 2 * Math.PI * next()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    fork: (label) => seededRandom(`${path}/${label}`),
  }
}
