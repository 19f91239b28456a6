/** UTC days and instants. A date is `YYYY-MM-DD` in UTC; an instant is milliseconds since the epoch. */
import { fail } from './errors.js'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** A UTC calendar day, `YYYY-MM-DD`. Make one with {@link parseDate}. */
export type UtcDate = string & { readonly __utcDate: unique symbol }
/** A UTC calendar month, `YYYY-MM`. */
export type UtcMonth = string & { readonly __utcMonth: unique symbol }

/** Checks and brands a `YYYY-MM-DD` date. Error `E_USAGE_DATE` for anything else, also for the 31st of February. */
export function parseDate(text: string, what = 'date'): UtcDate {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) {
    fail('E_USAGE_DATE', { subject: what, detail: `"${text}" is not a UTC date YYYY-MM-DD` })
  }
  return text as UtcDate
}

/** First millisecond of a day. */
export function dateMs(date: UtcDate): number {
  return Date.parse(`${date}T00:00:00Z`)
}

/** The day an instant belongs to. */
export function dateOf(ms: number): UtcDate {
  return new Date(ms).toISOString().slice(0, 10) as UtcDate
}

export function addDays(date: UtcDate, days: number): UtcDate {
  return dateOf(dateMs(date) + days * DAY_MS)
}

export function monthOf(date: UtcDate): UtcMonth {
  return date.slice(0, 7) as UtcMonth
}

/** Every day from `start` to `end`, both included. Error `E_USAGE_RANGE` when `end` is before `start`. */
export function dateRange(start: UtcDate, end: UtcDate): UtcDate[] {
  if (end < start)
    fail('E_USAGE_RANGE', { subject: `${start}…${end}`, detail: 'the end date is before the start date' })
  const days: UtcDate[] = []
  for (let ms = dateMs(start); ms <= dateMs(end); ms += DAY_MS) days.push(dateOf(ms))
  return days
}

/** All days of a month. */
export function daysOfMonth(month: UtcMonth): UtcDate[] {
  const days: UtcDate[] = []
  for (let d = `${month}-01` as UtcDate; monthOf(d) === month; d = addDays(d, 1)) days.push(d)
  return days
}

/** `YYYY-MM-DD HH:MM:SS` in UTC (the text form of RP-03). */
export function utcText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/**
 * Parses `YYYY-MM-DD HH:MM:SS` (UTC; a `T` and a fraction are accepted) to milliseconds, or NaN.
 */
export function parseUtcText(text: string): number {
  const t = text.trim()
  if (!/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?$/.test(t)) return Number.NaN
  return Date.parse(`${t.replace(' ', 'T').replace(/Z$/, '')}Z`)
}
