/** A cache with a bound: the least recently used entries go first. */
export interface Lru<V> {
  get(key: string): V | undefined
  /** Remembers and returns `value`. */
  put(key: string, value: V): V
  readonly size: number
}

/** `weigh` gives an entry's cost (default 1); entries are dropped while the sum is above `capacity`. */
export function lru<V>(capacity: number, weigh: (value: V) => number = () => 1): Lru<V> {
  const map = new Map<string, V>()
  let weight = 0
  return {
    get size() {
      return map.size
    },
    get(key) {
      const value = map.get(key)
      if (value === undefined) return undefined
      map.delete(key)
      map.set(key, value)
      return value
    },
    put(key, value) {
      const old = map.get(key)
      if (old !== undefined) {
        weight -= weigh(old)
        map.delete(key)
      }
      map.set(key, value)
      weight += weigh(value)
      for (const [oldest, entry] of map) {
        if (weight <= capacity || oldest === key) break
        map.delete(oldest)
        weight -= weigh(entry)
      }
      return value
    },
  }
}
