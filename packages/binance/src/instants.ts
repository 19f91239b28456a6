/** Instants of the archive in milliseconds, whatever unit a file uses. */
import { DAY_MS, dateMs, fail, MINUTE_MS, parseUtcText, type UtcDate } from '@cointrader/core'

/** Above this a time stamp is in microseconds (1e14 ms is the year 5138; 1e14 µs is 1973). BX-02. */
const MICROSECONDS_FROM = 1e14

/** Files whose metrics rows are stamped with the start of their 5 minutes (BX-05); earlier files use the end. */
export const METRICS_START_STAMPED_FROM = '2026-06-25' as UtcDate
export const METRICS_PERIOD_MS = 5 * MINUTE_MS

export type TimeUnit = 'ms' | 'us' | null

/** Brings one time stamp to ms. A file that changes its unit is refused with the row (`E_MIXED_TIME_UNITS`). */
export function toMs(value: number, unit: TimeUnit, subject: string, row: number): { ms: number; unit: 'ms' | 'us' } {
  const seen = value >= MICROSECONDS_FROM ? 'us' : 'ms'
  if (unit !== null && unit !== seen) {
    fail('E_MIXED_TIME_UNITS', {
      subject,
      detail: `data row ${row + 1} is in ${seen === 'us' ? 'microseconds' : 'milliseconds'}, the rows before are not`,
    })
  }
  return { ms: seen === 'us' ? Math.floor(value / 1000) : value, unit: seen }
}

/**
 * The instant at which a metrics row was first known. `fileDate` is the day in the file's name: the convention
 * belongs to the file, which is what makes the two 00:00 rows across the switch distinct (BX-05).
 */
export function metricsKnownAt(createMs: number, fileDate: UtcDate): number {
  return fileDate < METRICS_START_STAMPED_FROM ? createMs : createMs + METRICS_PERIOD_MS
}

/** `create_time` as text (`2024-02-02 00:05:00`) or epoch ms/µs; NaN when it is neither. */
export function parseCreateTime(text: string): number {
  if (/^\d{12,}$/.test(text)) {
    const n = Number(text)
    return n >= MICROSECONDS_FROM ? Math.floor(n / 1000) : n
  }
  return parseUtcText(text)
}

/** True when the instant lies in the day. */
export function inDay(ms: number, date: UtcDate): boolean {
  const start = dateMs(date)
  return ms >= start && ms < start + DAY_MS
}
