/** Each guard by itself, its border, and the verdict. */
import { addDays, DAY_MS, dateMs, type Json, MINUTE_MS, parseDate } from '@cointrader/core'
import { splitRanges } from '@cointrader/features'
import {
  checkChallenger,
  checkVersion,
  compareOnWindow,
  type GuardRequest,
  judgeChallenger,
  type ModelManifest,
  promoteModel,
  seenUntilMs,
  storedBaselines,
} from '@cointrader/models'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { panel } from '../evaluation/support.js'
import { memoryDisk, ROOT, SPLITS, store, tinyFacts } from './support.js'

const manifest = (tiny: Parameters<typeof tinyFacts>[0]): ModelManifest => ({
  ...tinyFacts(tiny),
  kind: 'model',
  version: `${tiny.seed}`.padStart(12, '0'),
  id: '',
  files: {},
})

const start = dateMs(parseDate('2026-02-06')) + 60 * MINUTE_MS
const rows = panel({ seed: 1, instants: 400, symbols: 8 })
const time = rows.time.map((t) => t - rows.time[0]! + start)
const base = {
  time,
  symbol: rows.symbol,
  label: rows.label,
  champion: rows.prediction,
  challenger: rows.label,
  horizonMinutes: 1,
}
const end = time.at(-1)! + MINUTE_MS

/** Passes everything. */
const good: GuardRequest = {
  challenger: manifest({ seed: 2 }),
  champion: manifest({ seed: 1 }),
  comparison: compareOnWindow(base),
  nowMs: end + DAY_MS,
  newestRowEndMs: end,
  maxAgeMs: DAY_MS,
  baselines: [{ name: 'momentum', mean: 0.9 }],
}
const failed = (change: Partial<GuardRequest>): string[] =>
  checkChallenger({ ...good, ...change })
    .filter((one) => !one.passed)
    .map((one) => one.guard)
const other = (tiny: object) => ({ challenger: manifest({ seed: 2, ...tiny }) })
const compared = (change: object) => ({ comparison: compareOnWindow({ ...base, ...change }) })

it('a good challenger passes all and is promoted; the same one again is kept out', () => {
  expect(failed({})).toEqual([])
  expect(judgeChallenger(good)).toMatchObject({ outcome: 'promote', failed: [] })
  const tie = judgeChallenger({ ...good, ...compared({ champion: rows.label }) })
  expect(tie).toMatchObject({ outcome: 'keep', failed: [] })
  expect(tie.reason).toMatch(/not more than 0 above/)
})

describe.each([
  ['stale-data', 'data one millisecond too old', { nowMs: end + DAY_MS + 1 }],
  ['stale-data', 'a row that ends after now', { nowMs: end - MINUTE_MS - 1 }],
  ['stale-data', 'no row', { newestRowEndMs: Number.NEGATIVE_INFINITY }],
  ['schema', 'another label', other({ label: { name: 'y_5m' } })],
  ['schema', 'another horizon', other({ label: { looksUntilMinutes: 31 } })],
  ['schema', 'another unit', other({ label: { unit: 'share' } })],
  ['schema', 'other features', other({ features: ['x_1', 'x_3'] })],
  ['schema', 'other units', other({ schemaHash: 'x' })],
  ['schema', 'features known later', other({ knownAtMinutes: 6 })],
  ['schema', 'data it was not trained on', { dataSchemaHash: 'x' }],
  ['out-of-sample', 'a window a minute too early', compared({ time: time.map((t) => t - MINUTE_MS) })],
  ['out-of-sample', 'a challenger that does not say', other({ data: { inputs: {} } })],
  ['out-of-sample', 'a challenger without training', other({ data: { splits: { valid: null, test: null } } })],
  ['out-of-sample', 'a champion that does not say', { champion: manifest({ seed: 1, data: {} }) }],
  ['too-few-rows', 'too few instants', { minInstants: 401 }],
  [
    'coverage',
    'rows it cannot predict',
    compared({ challenger: rows.label.map((y, i) => (i === 7 ? Number.NaN : y)) }),
  ],
  ['baseline', 'no better than a stored baseline', { baselines: [{ name: 'momentum', mean: 1 }] }],
  [
    'baseline',
    'no better than a baseline of the window',
    compared({ baselines: [{ name: 'b', prediction: rows.label.map((y) => 2 * y) }] }),
  ],
  ['baseline', 'a score below zero', { ...compared({ challenger: rows.label.map((y) => -y) }), baselines: [] }],
  ['baseline', 'a model that ranks nothing', { ...compared({ challenger: rows.label.map(() => 3) }), baselines: [] }],
] as const)('%s', (guard, what, change) => {
  it(`refuses ${what}, and nothing else fails`, () => {
    expect(failed(change as Partial<GuardRequest>)).toEqual([guard])
    const verdict = judgeChallenger({ ...good, ...(change as Partial<GuardRequest>) })
    expect(verdict).toMatchObject({ outcome: 'refuse', failed: [guard] })
    expect(verdict.reason).toMatch(new RegExp(`^${guard}: .`))
  })
})

it('borders that still pass', () => {
  expect(failed({ nowMs: end - MINUTE_MS })).toEqual([])
  expect(failed({ minInstants: 400 })).toEqual([])
  expect(failed({ allowSchemaChange: true, ...other({ features: ['x_9'], knownAtMinutes: 6 }) })).toEqual([])
  expect(failed({ dataSchemaHash: good.challenger.schemaHash })).toEqual([])
  expect(failed({ baselines: [{ name: 'undefined', mean: null }] })).toEqual([])
  expect(failed({ allowSchemaChange: true, ...other({ label: { name: 'y_5m' } }) })).toEqual(['schema'])
})

it('names every guard that fails, also with nothing to judge', () => {
  const nothing = compared({ challenger: rows.label.map(() => Number.NaN) })
  expect(failed({ ...nothing, nowMs: end + 9 * DAY_MS, ...other({ features: ['x_7'] }) })).toEqual([
    'stale-data',
    'schema',
    'out-of-sample',
    'too-few-rows',
    'coverage',
    'baseline',
  ])
})

it('without a champion only the challenger itself is looked at', () => {
  const { champion: _, ...alone } = good
  const { champion: __, ...request } = base
  const comparison = compareOnWindow(request)
  expect(judgeChallenger({ ...alone, comparison })).toMatchObject({
    outcome: 'promote',
    reason: 'there is no champion',
  })
})

it('a version that fails its checks is refused by name', async () => {
  const disk = memoryDisk()
  const { version } = await store(disk, { seed: 2 })
  const sound = await checkVersion(disk, ROOT, 'm', version)
  expect(failed({ checked: sound })).toEqual([])
  await disk.writeAtomic(`${ROOT}/m/${version}/model.json`, '{}')
  const checked = await checkVersion(disk, ROOT, 'm', version)
  expect(failed({ checked })).toEqual(['model'])
  await expect(promoteModel(disk, ROOT, { name: 'm', version, atMs: 1, reason: '', by: '' })).rejects.toThrow(
    'E_VERIFY',
  )
})

it('what a model has seen ends with the label of its last row, whatever the ranges', () => {
  expect(seenUntilMs(manifest({ seed: 1, data: SPLITS() }))).toBe(start)
  const day = parseDate('2026-02-01')
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 1, max: 1500 }),
      fc.boolean(),
      (train, valid, gap, looksUntilMinutes, test) => {
        const from = (n: number) => addDays(day, n)
        const last = train + gap + valid
        const ranges = (() => {
          try {
            return splitRanges(
              {
                train: { from: day, to: from(train) },
                valid: { from: from(train + gap), to: from(last) },
                ...(test ? { test: { from: from(last), to: from(last + 3) } } : {}),
              },
              looksUntilMinutes,
            )
          } catch {
            return undefined
          }
        })()
        if (ranges === undefined) return
        const splits = JSON.parse(JSON.stringify({ splits: ranges })) as Json
        const got = seenUntilMs(manifest({ seed: 1, data: splits, label: { looksUntilMinutes } }))
        let until = 0
        for (const { from, to, keepFromMs, keepToMs } of [ranges.train, ranges.valid])
          for (let t = dateMs(from); t < dateMs(to); t += MINUTE_MS)
            if (t >= keepFromMs && t < keepToMs) until = Math.max(until, t + looksUntilMinutes * MINUTE_MS)
        expect(got).toBe(until)
        // A test range that was purged against is out of sample from its first row on.
        if (test) expect(got).toBeLessThanOrEqual(dateMs(from(last)))
      },
    ),
    { numRuns: 60 },
  )
})

it('reads the baselines of the stored evaluation in the unit of the score', () => {
  const entry = (name: string, role: string, section: number | null, daily: number) => ({
    name,
    role,
    sections: section === null ? null : { rank: { value: section } },
    daily: { rankMean: daily },
  })
  const valid = { entries: [entry('v', 'baseline', 9, 9)] }
  const test = {
    entries: [entry('m', 'model', 0.5, 0.4), entry('a', 'baseline', 0.1, 0.2), entry('b', 'baseline', null, 0.3)],
  }
  const stored = { valid, test } as never
  expect(storedBaselines(stored, 'section-rank-ic')).toEqual([
    { name: 'a', mean: 0.1 },
    { name: 'b', mean: null },
  ])
  expect(storedBaselines(stored, 'daily-rank-ic').map((b) => b.mean)).toEqual([0.2, 0.3])
  expect(storedBaselines({ valid } as never, 'section-rank-ic')).toEqual([{ name: 'v', mean: 9 }])
  expect(storedBaselines(null, 'section-rank-ic')).toEqual([])
})
