/**
 * The course project's universe, number by number (RP-12), for comparisons. It looks ahead: volume and bans of the day
 * itself are used (RP-D02), and today's contract facts are not asked at all.
 */
import { addDays, type UtcDate } from '@cointrader/core'
import type { BansByDate, Selection, VolumesByDate } from '../days.js'

export interface ResearchOptions {
  readonly date: UtcDate
  readonly top: number
  readonly bufferDays: number
  readonly volumes: VolumesByDate
  readonly bans: BansByDate
}

/**
 * RP-12: Σ quote volume over `date − bufferDays + 1 … date`, first `top` without the bans of the date and the day
 * before; ties keep first-seen order (days in order, table order in a day). Undefined when no day has a table: nothing
 * is written then.
 */
export function researchUniverse({ date, top, bufferDays, volumes, bans }: ResearchOptions): Selection | undefined {
  const days = Array.from({ length: bufferDays }, (_, i) => addDays(date, i + 1 - bufferDays)).filter((day) =>
    volumes.has(day),
  )
  if (days.length === 0) return undefined
  const total = new Map<string, number>()
  for (const day of days) {
    const { symbols, quoteVolume } = volumes.get(day)!
    symbols.forEach((symbol, i) => void total.set(symbol, (total.get(symbol) ?? 0) + quoteVolume[i]!))
  }
  const rank = [...total.keys()].sort((a, b) => total.get(b)! - total.get(a)!)
  const excluded: Record<string, string> = {}
  const left = rank.filter((symbol) => {
    const day = [date, addDays(date, -1)].find((d) => bans[d]?.includes(symbol))
    if (day !== undefined) excluded[symbol] = `banned on ${day}`
    return day === undefined
  })
  for (const [i, symbol] of left.entries()) if (i >= top) excluded[symbol] = `rank ${i + 1} > ${top}`
  return { date, days, daysUsed: days.length, symbols: left.slice(0, top), excluded }
}
