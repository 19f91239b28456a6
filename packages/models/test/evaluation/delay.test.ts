/** Scores used later than they are known: against naive twins, and on markets whose answer is known. */
import { MINUTE_MS, seededRandom } from '@cointrader/core'
import { delayed } from '@cointrader/models/evaluation/delay'
import {
  crossSections,
  type EvaluateRequest,
  evaluate,
  gather,
  type ReportDelay,
  type ReportEntry,
} from '@cointrader/models/evaluation/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { naiveMean, naiveSpearman, type Panel, panel, shuffled } from './support.js'

const START = Date.UTC(2026, 0, 5)

/** For each row: the last row before it in the list that has its symbol and stands so many minutes earlier. */
function naiveDelayed(rows: readonly { t: number; s: number; p: number }[], minutes: number): number[] {
  return rows.map(
    ({ t, s }) => rows.filter((r) => r.s === s && r.t === t - minutes * MINUTE_MS).at(-1)?.p ?? Number.NaN,
  )
}

describe('delayed', () => {
  /** Minutes with gaps, some instants off the minute grid, symbols that come and go, repeated rows, missing predictions. */
  const rows = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 14 }),
      off: fc.constantFrom(0, 0, 0, 0, 1, 30_000),
      s: fc.integer({ min: 0, max: 5 }),
      p: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -50, max: 50 }) }, fc.constant(Number.NaN)),
    }),
    { maxLength: 60 },
  )

  it('equals its naive twin on random panels', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 16 }), (given, minutes) => {
        const time = Float64Array.from(given, (r) => START + r.minute * MINUTE_MS + r.off)
        const sections = crossSections(
          time,
          Int32Array.from(given, (r) => r.s),
        )
        const prediction = gather(
          given.map((r) => r.p),
          sections.order,
        )
        const canonical = Array.from(sections.order, (i, k) => ({
          t: time[i]!,
          s: sections.symbol[k]!,
          p: prediction[k]!,
        }))
        expect([...delayed(sections, prediction, minutes)]).toEqual(naiveDelayed(canonical, minutes))
      }),
      { numRuns: 400 },
    )
  })

  it('never shows a later prediction: what stands after a row changes nothing of it', () => {
    const p = panel({ seed: 5, instants: 40, symbols: 6, gaps: 0.2 })
    const sections = crossSections(p.time, p.symbol)
    const half = sections.offsets[20]!
    const changed = Float64Array.from(p.prediction, (v, i) => (i < half ? v : -v))
    for (const minutes of [0, 1, 7]) {
      const [before, after] = [p.prediction, changed].map((x) => delayed(sections, x, minutes).slice(0, half))
      expect(after).toEqual(before)
    }
  })
})

function judged(p: Panel, more: Partial<EvaluateRequest> = {}): ReportEntry {
  const report = evaluate({
    time: p.time,
    symbol: p.symbol,
    label: p.label,
    labelName: 'y_5m',
    unit: 'bp',
    horizonMinutes: 5,
    contenders: [{ name: 'model', role: 'model', prediction: p.prediction }],
    quantiles: 4,
    resamples: 0,
    permutations: 0,
    ...more,
  })
  for (const e of report.entries) if (e.role === 'baseline') expect('delays' in e, e.name).toBe(false)
  return report.entries[0]!
}

/** Newey-West error of a mean over minutes, some of which are absent: every pair within `lag` minutes (Parzen 1963). */
function naiveError(list: readonly { t: number; ic: number }[], lag: number): number {
  const m = naiveMean(list.map((f) => f.ic))
  let variance = 0
  for (const a of list)
    for (const b of list) {
      const minutes = Math.abs(a.t - b.t) / MINUTE_MS
      if (minutes <= lag) variance += (1 - minutes / (lag + 1)) * (a.ic - m) * (b.ic - m)
    }
  return Math.sqrt(variance) / list.length
}

const delaysOf = (p: Panel, ...minutes: number[]): readonly ReportDelay[] =>
  judged(p, { delayMinutes: minutes }).delays!

describe('delays of an evaluation', () => {
  const gappy = panel({ seed: 31, instants: 900, symbols: 9, overlap: 5, skill: 0.2, gaps: 0.1, grid: 0.25 })

  it('are absent when not asked for, and none when none are listed', () => {
    expect('delays' in judged(gappy)).toBe(false)
    expect(judged(gappy, { delayMinutes: [] }).delays).toEqual([])
  })

  it('a delay of 0 is the score itself, to the last bit', () => {
    const entry = judged(gappy, { delayMinutes: [0] })
    expect(entry.delays).toEqual([
      {
        minutes: 0,
        rows: gappy.time.length,
        rank: entry.pooled.rank.value,
        sectionRank: entry.sections!.rank.value,
        sectionRankError: entry.sections!.rank.standardError,
        sectionRankT: entry.sections!.rank.t,
      },
    ])
    expect(entry.sections!.rank.t).toBeGreaterThan(3)
  })

  it('equal their naive twin: rows without an earlier prediction are left out, small cross-sections too', () => {
    for (const minutes of [1, 3]) {
      const rows = Array.from(gappy.time, (t, i) => ({
        t,
        s: gappy.symbol[i]!,
        y: gappy.label[i]!,
        p: gappy.prediction[i]!,
      }))
      const late = naiveDelayed(rows, minutes)
      const kept = rows.flatMap((r, i) => (Number.isNaN(late[i]) ? [] : [{ ...r, p: late[i]! }]))
      const found = [...new Set(kept.map((r) => r.t))]
        .map((t) => kept.filter((r) => r.t === t))
        .filter((section) => section.length >= 5)
        .map((section) => ({
          t: section[0]!.t,
          ic: naiveSpearman(
            section.map((r) => r.p),
            section.map((r) => r.y),
          ),
        }))
      const [d] = delaysOf(gappy, minutes)
      // Some instants are left out: the lag counts minutes, two horizons of five less 1.
      expect(found.length).toBeLessThan(900 - minutes)
      expect(d!.rows).toBe(kept.length)
      expect(kept.length).toBeLessThan(rows.length * 0.95)
      expect(d!.sectionRank).toBeCloseTo(naiveMean(found.map((f) => f.ic)), 12)
      const error = naiveError(found, 9)
      expect(d!.sectionRankError).toBeCloseTo(error, 12)
      expect(d!.sectionRankT).toBeCloseTo(d!.sectionRank! / error, 8)
      expect(d!.rank).toBeCloseTo(
        naiveSpearman(
          kept.map((r) => r.p),
          kept.map((r) => r.y),
        ),
        12,
      )
    }
  })

  it('do not depend on the order of rows', () => {
    expect(delaysOf(shuffled(gappy, 3), 1, 2)).toEqual(delaysOf(gappy, 1, 2))
  })

  it('longer than the range, or between the instants: no rows, no score', () => {
    const none = { rows: 0, rank: null, sectionRank: null, sectionRankError: null, sectionRankT: null }
    const [long] = delaysOf(gappy, 5000)
    expect(long).toEqual({ minutes: 5000, ...none })
    const quarter = panel({ seed: 8, instants: 200, symbols: 6, stepMs: 15 * MINUTE_MS })
    const [between, on] = delaysOf(quarter, 10, 15)
    expect(between).toEqual({ minutes: 10, ...none })
    expect(on!.rows).toBe(199 * 6)
  })

  it('where cross-sections are refused only the pooled score is left', () => {
    const small = panel({ seed: 9, instants: 400, symbols: 3, overlap: 5, skill: 0.3 })
    const entry = judged(small, { delayMinutes: [0, 1] })
    expect(entry.sections).toBeNull()
    for (const d of entry.delays!) {
      expect(d).toMatchObject({ sectionRank: null, sectionRankError: null, sectionRankT: null })
      expect(d.rank).toBeGreaterThan(0.1)
    }
    expect(entry.delays![0]!.rank).toBe(entry.pooled.rank.value)
  })

  it('refuse what would be a prediction of later, or of no minute', () => {
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => delaysOf(gappy, 1, wrong), String(wrong)).toThrow(/E_USAGE: delay/)
  })
})

/**
 * A market whose last trade is at the bid or the ask (Roll 1984): close = value + bounce. The label is the move of closes over
 * five minutes. `bounce`: the score is the reversal of the last minute. `lasting`: the value drifts with a slow state of each
 * symbol, and the score is that state with noise.
 */
function market(kind: 'bounce' | 'lasting'): Panel {
  const random = seededRandom(`delay/${kind}`)
  const [instants, symbols, ahead] = [1500, 10, 5]
  const rows: { t: number; s: number; y: number; p: number }[] = []
  for (let s = 0; s < symbols; s++) {
    let [value, state] = [0, random.normal()]
    const close: number[] = []
    const states: number[] = []
    for (let i = 0; i < instants + ahead; i++) {
      close.push(value + (kind === 'bounce' ? (random.next() < 0.5 ? -1 : 1) : 0))
      states.push(state)
      value += random.normal() + (kind === 'lasting' ? 0.1 * state : 0)
      state = 0.995 * state + Math.sqrt(1 - 0.995 ** 2) * random.normal()
    }
    for (let i = 1; i < instants; i++) {
      const reversal = close[i - 1]! - close[i]!
      const p = kind === 'bounce' ? reversal : states[i]! + 0.2 * random.normal()
      rows.push({ t: START + i * MINUTE_MS, s, y: close[i + ahead]! - close[i]!, p })
    }
  }
  return {
    time: Float64Array.from(rows, (r) => r.t),
    symbol: Int32Array.from(rows, (r) => r.s),
    label: Float64Array.from(rows, (r) => r.y),
    prediction: Float64Array.from(rows, (r) => r.p),
  }
}

describe('a planted signal', () => {
  it('that is the bounce of the last trade is gone a minute later', () => {
    const [now, ...later] = delaysOf(market('bounce'), 0, 1, 2)
    expect(now!.sectionRank).toBeGreaterThan(0.15)
    expect(now!.sectionRankT).toBeGreaterThan(10)
    expect(now!.rank).toBeGreaterThan(0.15)
    for (const d of later) {
      expect(Math.abs(d.sectionRank!)).toBeLessThan(0.03)
      expect(Math.abs(d.sectionRankT!)).toBeLessThan(3)
      expect(Math.abs(d.rank!)).toBeLessThan(0.03)
    }
  })

  it('that lasts is still there', () => {
    const [now, ...later] = delaysOf(market('lasting'), 0, 1, 2)
    expect(now!.sectionRankT).toBeGreaterThan(5)
    for (const d of later) {
      expect(d.sectionRank).toBeGreaterThan(0.9 * now!.sectionRank!)
      expect(d.sectionRankT).toBeGreaterThan(5)
    }
  })
})
