/** The plan: plain data, made without downloading anything. `--dry-run` prints it, `fetchRange` carries it out. */

import { isPublished } from '@cointrader/binance'
import { addDays, dateRange, daysOfMonth, type Kind, monthOf, type UtcDate, type UtcMonth } from '@cointrader/core'
import { dayKinds, type FetchRequest } from './request.js'

export interface DatePlan {
  readonly date: UtcDate
  /** Symbols whose files are fetched for this day. */
  readonly symbols: readonly string[]
  /** Symbols of an older table of the day that stay as they are. */
  readonly keep: readonly string[]
  /** Requested kinds and those the day already has. */
  readonly kinds: readonly Kind[]
}

export interface MonthPlan {
  readonly month: UtcMonth
  /** Kinds read from monthly files this month; the others come daily. */
  readonly monthlyKinds: readonly Kind[]
  readonly dates: readonly DatePlan[]
}

export interface FetchPlan {
  readonly months: readonly MonthPlan[]
  /** Days that are complete already. */
  readonly done: readonly UtcDate[]
  readonly fundingMonths: readonly UtcMonth[]
  readonly symbols: readonly string[]
  /** Archive files that will be asked for (checksums not counted). */
  readonly files: number
}

/** What is on disk for a day: null when nothing sound, else its symbols and kinds and whether it needs no second look. */
export interface DayState {
  readonly symbols: readonly string[]
  readonly kinds: readonly Kind[]
  readonly complete: boolean
}

export function planFetch(
  request: FetchRequest,
  symbols: readonly string[],
  states: ReadonlyMap<UtcDate, DayState>,
  today: UtcDate,
): FetchPlan {
  const kinds = dayKinds(request.kinds)
  const done: UtcDate[] = []
  const byMonth = new Map<UtcMonth, DatePlan[]>()
  const range = dateRange(request.startDate, request.endDate)
  for (const date of kinds.length > 0 ? range : []) {
    const state = states.get(date)
    const has = new Set(state?.symbols)
    if (state?.complete && symbols.every((s) => has.has(s)) && kinds.every((k) => state.kinds.includes(k))) {
      done.push(date)
      continue
    }
    const asked = new Set(symbols)
    const month = monthOf(date)
    const plan: DatePlan = {
      date,
      symbols,
      keep: (state?.symbols ?? []).filter((s) => !asked.has(s)),
      kinds: kinds.concat((state?.kinds ?? []).filter((k) => !kinds.includes(k))),
    }
    byMonth.set(month, [...(byMonth.get(month) ?? []), plan])
  }
  const months = [...byMonth].map(([month, dates]): MonthPlan => {
    const whole = dates.length === daysOfMonth(month).length && addDays(dates.at(-1)!.date, 1) < today
    const monthly = request.route === 'monthly' || (request.route === 'auto' && whole)
    const used = new Set(dates.flatMap((d) => d.kinds))
    return {
      month,
      dates,
      monthlyKinds: monthly ? [...used].filter((k) => isPublished(k, 'monthly', request.market)) : [],
    }
  })
  const fundingMonths = request.kinds.includes('funding') ? [...new Set(range.map(monthOf))] : []
  let files = fundingMonths.length * symbols.length
  for (const { monthlyKinds, dates } of months) {
    files += monthlyKinds.length * symbols.length
    for (const d of dates) files += d.kinds.filter((k) => !monthlyKinds.includes(k)).length * d.symbols.length
  }
  return { months, done, fundingMonths, symbols, files }
}
