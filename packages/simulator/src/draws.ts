/** Random draws and shapes the synthetic market is made of. */
import type { Random } from '@cointrader/core'

export const MINUTES = 1440

/**
 * Student's t with `dof` > 2 degrees of freedom, scaled to unit variance: fat tails. Polar form of R. W. Bailey,
 * "Polar generation of random variates with the t-distribution", Math. Comp. 62 (1994).
 */
export function studentT(random: Random, dof: number): number {
  const u = 1 - random.next()
  const angle = 2 * Math.PI * random.next()
  return Math.sqrt(dof * (u ** (-2 / dof) - 1)) * Math.cos(angle) * Math.sqrt((dof - 2) / dof)
}

/** Poisson count: inversion for small means, a rounded overdispersed normal above 40 (trades come in bursts). */
export function poisson(random: Random, mean: number): number {
  if (mean > 40) return Math.max(1, Math.round(mean + 1.6 * Math.sqrt(mean) * random.normal()))
  let p = Math.exp(-mean)
  let sum = p
  let k = 0
  const u = random.next()
  while (u > sum && k < 400) {
    k++
    p *= mean / k
    sum += p
  }
  return k
}

/** Mean-reverting path of `n` steps pinned to `from` and `to` (an Ornstein-Uhlenbeck path plus a linear correction). */
export function pinnedPath(
  random: Random,
  n: number,
  from: number,
  to: number,
  pull: number,
  sd: number,
): Float64Array {
  const path = new Float64Array(n + 1)
  let x = 0
  for (let i = 1; i <= n; i++) {
    x += -pull * x + sd * random.normal()
    path[i] = x
  }
  for (let i = 0; i <= n; i++) path[i] += from + ((to - from - x) * i) / n
  return path
}

/** Variance by minute of the day, mean 1: busy at the US opening, at full hours and at the daily close; quiet at 04–06 UTC. */
export const CRYPTO_SEASON = season((minute) => {
  const hour = minute / 60
  const wave = 1 + 0.45 * Math.cos((2 * Math.PI * (hour - 15.5)) / 24) + 0.2 * Math.cos((4 * Math.PI * (hour - 2)) / 24)
  const sinceHour = minute % 60
  return wave * (1 + 0.8 * Math.exp(-sinceHour / 2)) * (minute < 10 ? 1.6 : 1)
})

/** A stock exchange's day in UTC: nearly all activity between 14:30 and 21:00, with a smile. */
export const SESSION_SEASON = season((minute) => {
  if (minute < 870 || minute >= 1260) return 0.06
  const x = (minute - 870) / 390
  return 2.2 + 3 * Math.exp(-x * 12) + 2 * Math.exp(-(1 - x) * 12)
})

/** A stock exchange's weekend. */
export const CLOSED_SEASON = new Float64Array(MINUTES).fill(0.04)

function season(shape: (minute: number) => number): Float64Array {
  const out = Float64Array.from({ length: MINUTES }, (_, m) => shape(m))
  const mean = out.reduce((a, b) => a + b, 0) / MINUTES
  return out.map((x) => x / mean)
}
