/** Estimates: above zero, and never less for more work. */
import { readStudy } from '@cointrader/study/config/index'
import { estimate } from '@cointrader/study/plan/estimate'
import type { Work } from '@cointrader/study/plan/stage'
import { planStudy } from '@cointrader/study/plan/stages'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CONFIGS } from '../config/studies.js'

const amount = fc.integer({ min: 0, max: 10 ** 10 })
const KINDS: Record<Work['kind'], (a: number, b: number) => Work> = {
  fetch: (files) => ({ kind: 'fetch', files }),
  check: (rows) => ({ kind: 'check', rows }),
  universe: (rows) => ({ kind: 'universe', rows }),
  build: (cells) => ({ kind: 'build', cells }),
  proof: (cells) => ({ kind: 'proof', cells }),
  health: (cells) => ({ kind: 'health', cells }),
  lgbm: (cells, rounds) => ({ kind: 'lgbm', cells, rounds }),
  linear: (cells) => ({ kind: 'linear', cells }),
  predict: (cells) => ({ kind: 'predict', cells }),
  judge: (rows, contenders) => ({ kind: 'judge', rows, contenders }),
  backtest: (bars) => ({ kind: 'backtest', bars }),
  report: () => ({ kind: 'report' }),
}

it.each(Object.entries(KINDS))('%s', (_, work) => {
  fc.assert(
    fc.property(amount, amount, fc.nat(5000), fc.nat(5000), (a, moreA, b, moreB) => {
      const less = estimate(work(a, b))
      const more = estimate(work(a + moreA, b + moreB))
      expect(less.seconds).toBeGreaterThan(0)
      expect(less.bytes).toBeGreaterThanOrEqual(0)
      expect(more.seconds).toBeGreaterThanOrEqual(less.seconds)
      expect(more.bytes).toBeGreaterThanOrEqual(less.bytes)
      expect(Number.isFinite(more.seconds + more.bytes)).toBe(true)
    }),
    { numRuns: 50 },
  )
  if (work(1, 1).kind !== 'report')
    expect(estimate(work(10 ** 9, 100)).seconds).toBeGreaterThan(estimate(work(1, 1)).seconds)
})

it.each(CONFIGS)('the stages of %s, and more days cost more', (_, text) => {
  const { study } = readStudy(text, 'f')
  const total = (s: typeof study) =>
    planStudy(s, { workers: 2, wait: 0 })
      .map((stage) => estimate(stage.work).seconds)
      .reduce((a, b) => a + b, 0)
  const seconds = total(study)
  expect(seconds).toBeGreaterThan(1)
  const last = study.folds.at(-1)!
  const longer = {
    ...study,
    folds: [...study.folds.slice(0, -1), { ...last, test: { ...last.test, end: '2026-03-31' } }],
  }
  expect(total(longer)).toBeGreaterThan(seconds)
})
