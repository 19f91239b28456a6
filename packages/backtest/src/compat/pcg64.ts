/**
 * NumPy's `default_rng(seed)`: PCG64 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
 * Algorithms for Random Number Generation", XSL-RR 128/64) seeded through `SeedSequence`. The original's Monte Carlo
 * draws from it, and with it comes out digit by digit.
 */

/** A source of uniform numbers in [0, 1). */
export interface UniformSource {
  next(): number
}

/** The words `SeedSequence(seed)` gives a bit generator (NumPy, `numpy/random/bit_generator.pyx`), for one 32-bit seed. */
export function seedSequence(seed: number, words: number): Uint32Array {
  const mul = (a: number, b: number): number => Math.imul(a, b) >>> 0
  let hash = 0x43b0d7e5
  const hashMix = (value: number): number => {
    const x = (value ^ hash) >>> 0
    hash = mul(hash, 0x931e8875)
    const y = mul(x, hash)
    return (y ^ (y >>> 16)) >>> 0
  }
  const mix = (x: number, y: number): number => {
    const z = (mul(0xca01f9dd, x) - mul(0x4973f715, y)) >>> 0
    return (z ^ (z >>> 16)) >>> 0
  }
  const pool = Uint32Array.from([seed, 0, 0, 0], (x) => hashMix(x))
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to]!, hashMix(pool[from]!))
  }
  const out = new Uint32Array(words)
  let outHash = 0x8b51f9dd
  for (let k = 0; k < words; k++) {
    const x = (pool[k % 4]! ^ outHash) >>> 0
    outHash = mul(outHash, 0x58f38ded)
    const y = mul(x, outHash)
    out[k] = (y ^ (y >>> 16)) >>> 0
  }
  return out
}

/** The multiplier 0x2360ed051fc65da44385df649fccf645 in 32-bit words, lowest first. */
const [M0, M1, M2, M3] = [0x9fccf645 | 0, 0x4385df64, 0x1fc65da4, 0x2360ed05]

/** The upper 32 bits of the product of two 32-bit words, by halves. */
function high32(a: number, b: number): number {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const t = (Math.imul(ah, bl) >>> 0) + (Math.imul(al, bl) >>> 16)
  const w = (t & 0xffff) + (Math.imul(al, bh) >>> 0)
  return (Math.imul(ah, bh) + (t >>> 16) + (w >>> 16)) | 0
}

/** `numpy.random.default_rng(seed)` for a seed of 0…2^32 − 1; `next` is `random()`: 53 bits, uniform in [0, 1). */
export class Pcg64 implements UniformSource {
  /** State and increment, 128 bits each, in 32-bit words, lowest first. */
  private readonly state = new Int32Array(4)
  private readonly increment = new Int32Array(4)

  constructor(seed: number) {
    const words = seedSequence(seed, 8)
    // NumPy reads pairs of words as 64-bit numbers, low word first, and pairs of those high number first.
    const wide = (k: number): bigint =>
      [2, 3, 0, 1].reduce((sum, place, i) => sum | (BigInt(words[k + place]!) << BigInt(32 * i)), 0n)
    const put = (x: bigint, into: Int32Array): void => {
      for (let i = 0; i < 4; i++) into[i] = Number((x >> BigInt(32 * i)) & 0xffffffffn)
    }
    const [start, increment] = [wide(0), (wide(4) << 1n) | 1n]
    put(increment, this.increment)
    // One step from 0 gives the increment; the start is added to it, and one more step is made.
    put(increment + start, this.state)
    this.step()
  }

  /** state = state · multiplier + increment, modulo 2^128. */
  private step(): void {
    const { state, increment } = this
    const [s0, s1, s2, s3] = [state[0]!, state[1]!, state[2]!, state[3]!]
    // Sums of up to eleven words stay far below 2^53.
    const r0 = (Math.imul(s0, M0) >>> 0) + (increment[0]! >>> 0)
    const r1 =
      (high32(s0, M0) >>> 0) +
      (Math.imul(s0, M1) >>> 0) +
      (Math.imul(s1, M0) >>> 0) +
      (increment[1]! >>> 0) +
      (r0 > 0xffffffff ? 1 : 0)
    const r2 =
      (high32(s0, M1) >>> 0) +
      (high32(s1, M0) >>> 0) +
      (Math.imul(s0, M2) >>> 0) +
      (Math.imul(s1, M1) >>> 0) +
      (Math.imul(s2, M0) >>> 0) +
      (increment[2]! >>> 0) +
      Math.floor(r1 / 4294967296)
    // Of the uppermost word only the low 32 bits are kept.
    const r3 =
      high32(s0, M2) +
      high32(s1, M1) +
      high32(s2, M0) +
      Math.imul(s0, M3) +
      Math.imul(s1, M2) +
      Math.imul(s2, M1) +
      Math.imul(s3, M0) +
      increment[3]! +
      Math.floor(r2 / 4294967296)
    state[0] = r0
    state[1] = r1
    state[2] = r2
    state[3] = r3
  }

  next(): number {
    this.step()
    const { state } = this
    // XSL-RR: the halves' exclusive or, turned right by the state's top six bits.
    const low = state[0]! ^ state[2]!
    const high = state[1]! ^ state[3]!
    const turn = state[3]! >>> 26
    const by = turn & 31
    const a = turn < 32 ? low : high
    const b = turn < 32 ? high : low
    const outLow = by === 0 ? a : (a >>> by) | (b << (32 - by))
    const outHigh = by === 0 ? b : (b >>> by) | (a << (32 - by))
    return ((outHigh >>> 0) * 2097152 + (outLow >>> 11)) / 9007199254740992
  }
}

/** What the original's studies draw from: `numpy.random.default_rng(42)`. */
export function seedGenerator(): UniformSource {
  return new Pcg64(42)
}
