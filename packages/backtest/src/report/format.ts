/** Numbers and instants as text, the same on every machine: no locale. */

import type { Unit } from '../statistics/definitions.js'
import type { Measure } from '../statistics/measure.js'

/** `1,234.50`; `n/a` for what does not exist. */
export function decimal(x: number | null | undefined, digits = 2): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return 'n/a'
  const text = Math.abs(x).toFixed(digits)
  const [whole, rest] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const body = rest === undefined ? grouped : `${grouped}.${rest}`
  return x < 0 && Number(text) !== 0 ? `-${body}` : body
}

/** As {@link decimal}, with `+` in front of what is above 0. */
export function signed(x: number | null | undefined, digits = 2): string {
  const text = decimal(x, digits)
  return x !== null && x !== undefined && x > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

/** A share in percent. */
export function percent(x: number | null | undefined, digits = 2): string {
  const text = decimal(x === null || x === undefined ? x : x * 100, digits)
  return text === 'n/a' ? text : `${text} %`
}

export function signedPercent(x: number | null | undefined, digits = 2): string {
  const text = signed(x === null || x === undefined ? x : x * 100, digits)
  return text === 'n/a' ? text : `${text} %`
}

/** A price with as many digits as it needs, seven at most. */
export function price(x: number | null | undefined): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return 'n/a'
  return String(Number(x.toPrecision(7)))
}

/** `2026-02-01 00:15` in UTC; `n/a` for NaN. */
export function instant(ms: number | null): string {
  return ms === null || !Number.isFinite(ms) ? 'n/a' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

/** `2026-02-01` in UTC. */
export function day(ms: number | null): string {
  return ms === null || !Number.isFinite(ms) ? 'n/a' : new Date(ms).toISOString().slice(0, 10)
}

/** `45 m`, `7.5 h`, `12.3 d`. */
export function duration(ms: number): string {
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} m`
  if (ms < 48 * 3_600_000) return `${(ms / 3_600_000).toFixed(1)} h`
  return `${(ms / 86_400_000).toFixed(1)} d`
}

/** `15m`, `1h`, `1d` of an interval. */
export function intervalText(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000}d`
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`
}

/** A value in the words of its unit. */
export function inUnit(unit: Unit, x: number | null): string {
  switch (unit) {
    case 'share':
      return percent(x)
    case 'probability':
      return probability(x)
    case 'money':
      return decimal(x)
    case 'count':
      return decimal(x, 0)
    case 'bps':
      return x === null ? 'n/a' : `${signed(x, 1)} bps`
    case 'hours':
      return x === null ? 'n/a' : duration(x * 3_600_000)
    case 'days':
      return x === null ? 'n/a' : `${decimal(x, x < 10 ? 1 : 0)} days`
    case 'perYear':
      return x === null ? 'n/a' : `${decimal(x, 1)} / year`
    case 'ratio':
      return decimal(x)
  }
}

/** A probability in percent that never claims certainty. */
export function probability(x: number | null): string {
  if (x === null) return 'n/a'
  if (x > 0.999) return 'above 99.9 %'
  return x < 0.001 ? 'below 0.1 %' : percent(x, 1)
}

/** A p-value; none is printed as 0. */
export function pValue(x: number | null): string {
  if (x === null) return 'n/a'
  return x < 0.001 ? '< 0.001' : x.toFixed(3)
}

/** `[low, high]`, or the error, or nothing. */
export function uncertainty(unit: Unit, m: Measure): string {
  if (m.low !== null && m.high !== null) return `[${inUnit(unit, m.low)}, ${inUnit(unit, m.high)}]`
  return m.standardError === null ? '' : `error ${inUnit(unit, m.standardError).replace('+', '')}`
}
