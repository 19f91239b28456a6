/** Derived numbers and the small parts of the pictures. */
import { axisMarks } from '@cointrader/study/report/charts/axis'
import { heatMap, level } from '@cointrader/study/report/charts/heat'
import { linePlot } from '@cointrader/study/report/charts/lines'
import { inOrder, river } from '@cointrader/study/report/charts/river'
import { rowPlot } from '@cointrader/study/report/charts/rows'
import {
  atOnce,
  evidenceOf,
  evidenceSize,
  fades,
  primaryOf,
  reasonKind,
  soonest,
} from '@cointrader/study/report/derive'
import { bytes, compact, count, some, withError } from '@cointrader/study/report/format'
import { expect, test } from 'vitest'
import { sample } from './sample.js'

const facts = sample({ skill: 0.12, symbols: 8, days: 20, models: ['trees'], backtests: false })
const entry = facts.judged.entries[0]
const rank = entry.sections!.rank
const changed = (change: Partial<typeof rank>) => ({
  ...entry,
  sections: { ...entry.sections!, rank: { ...rank, ...change } },
})

test('the error quoted is the larger of Newey-West and bootstrap', () => {
  const interval = { ...rank.interval!, standardError: 0.01 }
  expect(primaryOf(facts, changed({ standardError: 0.03, interval })).error).toBe(0.03)
  expect(primaryOf(facts, changed({ standardError: 0.002, interval })).error).toBe(0.01)
  expect(primaryOf(facts, changed({ standardError: null, interval })).error).toBe(0.01)
  expect(primaryOf(facts, changed({ standardError: null, interval: null })).error).toBeNull()
})

test('a score in the range of shuffled labels shows nothing, whatever its interval; refused sections are pooled', () => {
  expect(evidenceOf(facts, entry)).toBe('deflated')
  expect(evidenceOf(facts, changed({ band: { ...rank.band!, inside: true } }))).toBe('none')
  expect(evidenceOf(facts, changed({ value: null }))).toBe('none')
  expect(primaryOf(facts, entry).name).toBe('cross-sectional rank IC')
  expect(primaryOf(facts, { ...entry, sections: null }).name).toBe('pooled rank IC')
})

/** The entry with these scores later: cross-sectional and its error; the pooled ones are a tenth. */
const later = (...list: [minutes: number, value: number | null, error: number | null][]) => ({
  delays: list.map(([minutes, sectionRank, sectionRankError]) => ({
    minutes,
    rows: 100,
    rank: sectionRank === null ? null : sectionRank / 10,
    sectionRank,
    sectionRankError,
    sectionRankT: null,
  })),
})
const refused = {
  ...facts,
  judged: { ...facts.judged, crossSections: { ...facts.judged.crossSections, refusal: 'too few symbols' } },
}
const binary = { ...facts, judged: { ...facts.judged, task: 'binary' as const } }

test('the soonest delay is the shortest that has a score, of the kind that is quoted at once', () => {
  expect(soonest(facts, entry)).toBeNull()
  expect(soonest(facts, { ...entry, ...later() })).toBeNull()
  const some = { ...entry, ...later([5, 0.02, 0.01], [1, 0.04, 0.02]) }
  expect(soonest(facts, some)).toEqual({ minutes: 1, value: 0.04, error: 0.02 })
  const holes = { ...entry, ...later([1, null, null], [5, 0.02, null]) }
  expect(soonest(facts, holes)).toEqual({ minutes: 5, value: 0.02, error: null })
  expect(soonest(facts, { ...entry, ...later([1, null, null]) })).toBeNull()
  // 0 minutes are no delay.
  expect(soonest(facts, { ...entry, ...later([0, 0.1, 0.01], [5, 0.02, 0.01]) })?.minutes).toBe(5)
  for (const pooled of [refused, binary]) {
    expect(soonest(pooled, some)).toEqual({ minutes: 1, value: 0.004, error: null })
    expect(atOnce(pooled, some)).toEqual({ name: 'pooled rank IC', value: entry.pooled.rank.value })
  }
  expect(atOnce(facts, some)).toEqual({ name: 'cross-sectional rank IC', value: rank.value })
  expect(atOnce(facts, { ...entry, sections: null }).value).toBeNull()
})

test('a score fades when it loses more than half of itself and is then not told from nothing', () => {
  const of = (value: number | null, after: number | null, error: number | null) =>
    fades(facts, { ...changed({ value }), ...later([1, after, error]) })
  expect(of(0.1, 0.01, 0.01)).toBe(true)
  expect(of(0.1, 0.049, 0.03)).toBe(true)
  // Turned round is gone too.
  expect(of(0.1, -0.08, 0.01)).toBe(true)
  expect(of(0.1, 0.01, null)).toBe(true)
  // Half of it is left, or what is left is still told from nothing.
  expect(of(0.1, 0.05, 0.1)).toBe(false)
  expect(of(0.1, 0.04, 0.02)).toBe(false)
  expect(of(0.1, 0.04, 0.01)).toBe(false)
  // Nothing at once, nothing to lose; nothing measured.
  expect(of(-0.1, -0.2, 0.01)).toBe(false)
  expect(of(0, -0.2, 0.01)).toBe(false)
  expect(of(null, 0.01, 0.01)).toBe(false)
  expect(of(0.1, null, null)).toBe(false)
  expect(fades(facts, entry)).toBe(false)
})

test('the delay of a classifier is compared with its rank IC, not with its AUC', () => {
  const auc = { value: 0.62, interval: null, band: null }
  const one = (at: number, after: number) => ({
    ...entry,
    classifier: { auc } as unknown as NonNullable<typeof entry.classifier>,
    pooled: { ...entry.pooled, rank: { ...entry.pooled.rank, value: at } },
    ...later([1, after * 10, null]),
  })
  expect(primaryOf(binary, one(0.2, 0.18))).toMatchObject({ name: 'AUC', value: 0.62 })
  expect(fades(binary, one(0.2, 0.18))).toBe(false)
  expect(fades(binary, one(0.2, 0.02))).toBe(true)
})

test('blocks and horizons are those of the judged range', () => {
  const { time, settings } = facts.judged
  const size = evidenceSize(facts)
  expect(size.days).toBe(10)
  // 10 days of 60 minute labels.
  expect(size.horizons).toBe(240)
  expect(size.blocks).toBe(Math.floor(time.instants / settings.sectionBlock!))
})

test('reasons lose their numbers and dates, so that equal causes count together', () => {
  expect(reasonKind('rank 12 > 10')).toBe('volume rank below the first 10')
  expect(reasonKind('banned on 2026-02-03')).toBe(reasonKind('banned on 2026-02-04'))
  expect(reasonKind('901 minutes without a bar (threshold 30)')).toBe('minutes without a bar')
})

test('numbers as text', () => {
  expect([compact(null), compact(0), compact(41.2), compact(0.00001), compact(1234.5), compact(0.1234)]).toEqual([
    'n/a',
    '0',
    '41.20',
    '1.00e-5',
    '1,235',
    '0.1234',
  ])
  expect([bytes(900), bytes(1500), bytes(2.5e6), bytes(3.2e9)]).toEqual(['900 B', '1.5 kB', '2.5 MB', '3.2 GB'])
  expect([count(1, 'day'), count(2000, 'day'), count(2, 'entry', 'entries')]).toEqual([
    '1 day',
    '2,000 days',
    '2 entries',
  ])
  expect([some([]), some(['a', 'b'], 2), some(['a', 'b', 'c'], 2)]).toEqual(['none', 'a, b', 'a, b and 1 more'])
  expect([withError(0.0123, 0.004), withError(0.01, null), withError(null, 1)]).toEqual([
    '+0.012 ± 0.004',
    '+0.010',
    'n/a',
  ])
})

test('levels of a heat map: nothing is 0, anything is at least 1, only everything is 5', () => {
  expect([0, 1e-9, 0.2, 0.5, 0.9999, 1, Number.NaN].map(level)).toEqual(['0', '1', '1', '3', '4', '5', '0'])
  const map = heatMap({
    label: 'x',
    dates: ['2026-02-01', '2026-02-02', '2026-02-03'],
    rows: [{ name: 'r', cells: ['5', '5', '1'] }],
  })
  // Equal neighbours are one rectangle.
  expect([...map.matchAll(/<rect class="k(.)" x="(\d)" y="0" width="(\d)"/g)].map((m) => m.slice(1))).toEqual([
    ['5', '0', '2'],
    ['1', '2', '1'],
  ])
})

test('axis marks are round, inside, at least three, with the decimals they need', () => {
  expect(axisMarks(-4.5, 4.5, 4)).toEqual({ marks: [-4, -2, 0, 2, 4], digits: 0 })
  expect(axisMarks(0, 0.013, 5).digits).toBe(3)
  const fine = axisMarks(99.2, 100.4, 5)
  expect(fine.marks.map((v) => v.toFixed(fine.digits))).toEqual([
    '99.2',
    '99.4',
    '99.6',
    '99.8',
    '100.0',
    '100.2',
    '100.4',
  ])
})

test('marks stand where their value is', () => {
  const plot = rowPlot({
    label: 'x',
    range: [0, 10],
    rows: [{ name: 'r', marks: [{ kind: 'dot', at: 5, tone: 'a' }] }],
    xText: String,
  })
  expect(plot).toContain('<circle class="fa" cx="50%"')
  expect(rowPlot({ label: 'x', rows: [{ name: 'r', marks: [] }], xText: String })).toContain('nothing to show')
})

test('names at the ends of lines are kept apart and inside', () => {
  const line = (name: string, y: number) => ({
    name,
    tone: 'a' as const,
    points: [
      { ms: 0, y },
      { ms: 86_400_000, y },
    ],
  })
  const plot = linePlot({
    label: 'x',
    lines: [line('a', 1), line('b', 1), line('c', 1.001), line('d', 0)],
    yText: String,
    height: 200,
  })
  const tops = [...plot.matchAll(/style="top:([\d.]+)px"/g)].map((m) => Number(m[1]))
  expect(tops.length).toBe(4)
  for (let i = 1; i < tops.length; i++) expect(tops[i] - tops[i - 1]).toBeGreaterThanOrEqual(16)
  expect(Math.max(...tops)).toBeLessThanOrEqual(200)
})

test('stages come after what they need; unknown needs and circles do not hang', () => {
  const s = (id: string, ...needs: string[]) => ({ id, needs })
  expect(inOrder([s('c', 'b'), s('a'), s('b', 'a', 'gone')]).map((x) => x.id)).toEqual(['a', 'b', 'c'])
  expect(inOrder([s('a', 'b'), s('b', 'a')]).map((x) => x.id)).toEqual(['a', 'b'])
  const one = { title: 't', notes: [], incomplete: false }
  const drawn = river('x', [
    { ...one, ...s('a') },
    { ...one, ...s('b', 'a') },
    { ...one, ...s('c', 'a', 'gone') },
  ])
  expect(drawn.match(/class="stream"/g)?.length).toBe(2)
})
