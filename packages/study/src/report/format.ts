/** Numbers of the study report as text, the same on every machine; beyond what the backtest report has. */
import { decimal, signed } from '@cointrader/backtest/report/format'

/** A correlation: three decimals with sign. */
export function ic(x: number | null | undefined): string {
  return signed(x, 3)
}

/** `+0.012 ± 0.008`. */
export function withError(x: number | null | undefined, error: number | null | undefined, digits = 3): string {
  const value = signed(x, digits)
  return value === 'n/a' || error === null || error === undefined ? value : `${value} ± ${decimal(error, digits)}`
}

/** `[-0.004, +0.028]`, or n/a. */
export function range(low: number | null | undefined, high: number | null | undefined, digits = 3): string {
  return low === null || low === undefined || high === null || high === undefined
    ? 'n/a'
    : `[${signed(low, digits)}, ${signed(high, digits)}]`
}

/** Three or four significant digits without exponent where that is readable. */
export function compact(x: number | null | undefined): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return 'n/a'
  if (x === 0) return '0'
  const size = Math.abs(x)
  if (size >= 1e6 || size < 1e-4) return x.toExponential(2)
  return decimal(x, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 4 : 6)
}

/** `1 day`, `3 days`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${decimal(n, 0)} ${n === 1 ? one : many}`
}

/** The first few, and how many more. */
export function some(items: readonly string[], most = 5): string {
  if (items.length === 0) return 'none'
  if (items.length <= most) return items.join(', ')
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`
}

/** `1.2 MB`. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  if (n < 1e6) return `${decimal(n / 1e3, n < 1e4 ? 1 : 0)} kB`
  if (n < 1e9) return `${decimal(n / 1e6, n < 1e7 ? 1 : 0)} MB`
  return `${decimal(n / 1e9, 1)} GB`
}

/** `45 minutes`, `24 hours`. */
export function minutes(n: number): string {
  if (n >= 120 && n % 60 === 0) return `${n / 60} hours`
  return count(n, 'minute')
}

/** `02-14` of a date. */
export const short = (date: string): string => date.slice(5)

/** The first 10 digits of a hash. */
export const hash = (id: string): string => id.slice(0, 10)
