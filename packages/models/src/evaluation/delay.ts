/**
 * What a score is worth when it is used later than it is known. A label that begins with the last trade price of its bar holds
 * the bid-ask bounce of that very trade: a model finds it, no order can earn it, and one minute later it is gone. (Roll 1984,
 * "A Simple Implicit Measure of the Effective Bid-Ask Spread in an Efficient Market", on the bounce; this check is ours.)
 */
import { fail, MINUTE_MS } from '@cointrader/core'
import type { Ground, Judged } from './ground.js'
import { sectionIc } from './ic.js'
import { meanTest } from './meantest.js'
import { finite, meanRanks, pearson } from './numeric.js'
import type { ReportDelay } from './report.js'
import { checkSections, crossSections, gather, MIN_SYMBOLS, type Sections } from './sections.js'

/** Each row's prediction of the same symbol `minutes` earlier; NaN where there is none. Rows in canonical order. */
export function delayed(sections: Sections, prediction: Float64Array, minutes: number): Float64Array {
  const out = new Float64Array(prediction.length).fill(Number.NaN)
  const at = new Map<number, number>()
  for (let s = 0; s < sections.times.length; s++) at.set(sections.times[s], s)
  const last = new Map<number, number>()
  for (let s = 0; s < sections.times.length; s++) {
    const before = at.get(sections.times[s] - minutes * MINUTE_MS)
    if (before === undefined) continue
    last.clear()
    for (let r = sections.offsets[before]; r < sections.offsets[before + 1]; r++)
      last.set(sections.symbol[r], prediction[r])
    for (let r = sections.offsets[s]; r < sections.offsets[s + 1]; r++)
      out[r] = last.get(sections.symbol[r]) ?? Number.NaN
  }
  return out
}

/**
 * Rank IC of the prediction made so many minutes before, against the same outcomes; 0 is the prediction itself. Error `E_USAGE`
 * for what is no whole number of minutes, or a negative one: that would be a prediction of later.
 */
export function delaysOf(ground: Ground, one: Judged, minutes: readonly number[]): ReportDelay[] {
  const { request, sections, label } = ground
  const wrong = minutes.find((m) => !Number.isInteger(m) || m < 0)
  if (wrong !== undefined)
    fail('E_USAGE', { subject: 'delay', detail: `${wrong} minutes`, next: 'give whole minutes from 0' })
  const minSymbols = request.minSymbols ?? MIN_SYMBOLS
  const time = new Float64Array(sections.rows)
  for (let s = 0; s < sections.times.length; s++)
    time.fill(sections.times[s], sections.offsets[s], sections.offsets[s + 1])
  return minutes.map((delay): ReportDelay => {
    const late = delayed(sections, one.prediction, delay)
    const rows: number[] = []
    for (let r = 0; r < late.length; r++) if (Number.isFinite(late[r])) rows.push(r)
    const index = Int32Array.from(rows)
    const p = gather(late, index)
    const y = gather(label, index)
    const none = { mean: Number.NaN, standardError: Number.NaN, t: Number.NaN }
    const part = rows.length === 0 ? undefined : crossSections(gather(time, index), gather(sections.symbol, index))
    let test = none
    if (part !== undefined && checkSections(part, minSymbols).refusal === null) {
      const series = sectionIc(part, p, y, minSymbols)
      test = meanTest(series.rank, series.times, ground.stepMs, ground.horizonSteps, request.lagHorizons)
    }
    return {
      minutes: delay,
      rows: rows.length,
      rank: rows.length === 0 ? null : finite(pearson(meanRanks(p), meanRanks(y))),
      sectionRank: finite(test.mean),
      sectionRankError: finite(test.standardError),
      sectionRankT: finite(test.t),
    }
  })
}
