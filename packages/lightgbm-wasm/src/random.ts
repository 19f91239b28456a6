/**
 * LightGBM's generator (`utils/random.h`): a linear congruential generator modulo 2^32. Bit-equal, so that bagging and
 * column sampling with the same seed pick the same rows and columns as LightGBM.
 */
export class LgbRandom {
  #x: number

  constructor(seed: number) {
    this.#x = seed >>> 0
  }

  /** The state, for checkpoints. */
  get state(): number {
    return this.#x
  }

  set state(x: number) {
    this.#x = x >>> 0
  }

  #next(): number {
    this.#x = (Math.imul(214013, this.#x) + 2531011) >>> 0
    return this.#x
  }

  /** 15 bits. */
  short(): number {
    return (this.#next() >>> 16) & 0x7fff
  }

  /** 31 bits. */
  int(): number {
    return this.#next() & 0x7fffffff
  }

  /** An integer in `[lower, upper)` from 15 random bits. */
  nextShort(lower: number, upper: number): number {
    return (this.short() % (upper - lower)) + lower
  }

  /** An integer in `[lower, upper)` from 31 random bits. */
  nextInt(lower: number, upper: number): number {
    return (this.int() % (upper - lower)) + lower
  }

  /** A multiple of 1/32768 in [0, 1). */
  nextFloat(): number {
    return this.short() / 32768
  }

  /** `k` of `0..n-1`, ascending; empty if `k` is not in 1..n. */
  sample(n: number, k: number): Int32Array {
    if (k > n || k <= 0) return new Int32Array(0)
    if (k === n) return Int32Array.from({ length: n }, (_, i) => i)
    if (k > 1 && k > n / Math.log2(k)) {
      const out = new Int32Array(k)
      let m = 0
      for (let i = 0; i < n; i++) if (this.nextFloat() < (k - m) / (n - i)) out[m++] = i
      return out.slice(0, m)
    }
    const seen = new Set<number>()
    for (let r = n - k; r < n; r++) {
      const v = this.nextInt(0, r + 1)
      seen.add(seen.has(v) ? r : v)
    }
    return Int32Array.from(seen).sort()
  }
}
