/** The windows of a retraining, by hand; and the plan of its stages. */
import { addDays, dateMs, HOUR_MS, isError, parseDate } from '@cointrader/core'
import { readStudy, type Study } from '@cointrader/study/config/index'
import { newestCompleteDay, retrainModel, retrainStudy } from '@cointrader/study/plan/retrain'
import { planStudy } from '@cointrader/study/plan/stages'
import { describe, expect, it } from 'vitest'
import { SMALL } from '../config/studies.js'

const text = `${SMALL}  - { name: line, family: linear }
universe: { buffer_days: 3 }
proof: { causality: [2026-02-03] }
retrain: { model: line, train_days: 5, valid_days: 2, test_days: 3 }
`
const study = readStudy(text, 'retrain').study
const at = (instant: string): number => Date.parse(instant)

describe('retraining', () => {
  it('ends with the newest complete day', () => {
    expect(newestCompleteDay(at('2026-03-02T00:00:00Z'))).toBe('2026-03-01')
    expect(newestCompleteDay(at('2026-03-01T23:59:59.999Z'))).toBe('2026-02-28')
  })

  it('has windows of the lengths asked for, one after the other', () => {
    // The newest complete day is 28 February: test 26 to 28, validation 24 and 25, training 19 to 23, history from 16.
    const rolling = retrainStudy(study, at('2026-03-01T06:00:00Z'))
    expect(rolling.folds).toEqual([
      {
        train: { start: '2026-02-19', end: '2026-02-23' },
        valid: { start: '2026-02-24', end: '2026-02-25' },
        test: { start: '2026-02-26', end: '2026-02-28' },
      },
    ])
    expect(rolling.range).toEqual({ start: '2026-02-16', end: '2026-02-28' })
    expect(rolling.models.map((m) => m.name)).toEqual(['line'])
    expect(rolling.proof).toEqual({ causality: [] })
  })

  it('moves on by a day when a day is over', () => {
    for (let k = 0; k < 5; k++) {
      const now = at('2026-03-01T00:00:00Z') + k * 24 * HOUR_MS
      const [{ train, test }] = retrainStudy(study, now).folds as [Study['folds'][number]]
      expect(test.end).toBe(addDays(parseDate('2026-02-28'), k))
      expect(train.start).toBe(addDays(parseDate('2026-02-19'), k))
      expect(retrainStudy(study, now + 24 * HOUR_MS - 1)).toEqual(retrainStudy(study, now))
    }
  })

  it('begins where the data begins, and shortens training, but nothing else', () => {
    // Newest complete day 8 February: test 6 to 8, validation 4 and 5; of the five days of training two have a universe.
    const rolling = retrainStudy(study, at('2026-02-09T12:00:00Z'))
    expect(rolling.folds[0]!.train).toEqual({ start: '2026-02-02', end: '2026-02-03' })
    expect(rolling.range).toEqual({ start: '2026-02-01', end: '2026-02-08' })
    // History, too, is cut at the first day.
    const [{ train }] = retrainStudy(study, at('2026-02-13T12:00:00Z')).folds as [Study['folds'][number]]
    expect(train).toEqual({ start: '2026-02-03', end: '2026-02-07' })
    expect(retrainStudy(study, at('2026-02-13T12:00:00Z')).range.start).toBe('2026-02-01')
  })

  it('refuses too few days by name', () => {
    const refused = (instant: string) => {
      try {
        retrainStudy(study, at(instant))
      } catch (error) {
        if (isError(error, 'E_NOTHING_FOUND')) return error.message
        throw error
      }
      return undefined
    }
    // The first day that leaves one day of training is the 7th.
    expect(refused('2026-02-08T00:00:00Z')).toBeUndefined()
    expect(retrainStudy(study, at('2026-02-08T00:00:00Z')).folds[0]!.train).toEqual({
      start: '2026-02-02',
      end: '2026-02-02',
    })
    expect(refused('2026-02-07T23:59:59Z')).toMatch(
      /retraining on 2026-02-06.*begin on 2026-02-02: no day of training is left after 2026-02-01.*retrain\.valid_days/,
    )
    expect(refused('2020-01-01T00:00:00Z')).toBeDefined()
  })

  it('trains the named model, or the first', () => {
    expect(retrainModel(study).name).toBe('line')
    const { model: _, ...retrain } = study.retrain
    expect(retrainModel({ ...study, retrain }).name).toBe('trees')
  })

  it('is a plan up to the training, one stage after the other', () => {
    const rolling = retrainStudy(study, at('2026-03-01T06:00:00Z'))
    const stages = planStudy(rolling, {
      workers: 1,
      wait: 60,
      modelsDir: '/models',
      modelFolder: () => 'line',
      until: 'train',
      incremental: true,
    })
    expect(stages.map((s) => s.id)).toEqual(['fetch', 'preprocess', 'universe', 'build-xy', 'train/line/1'])
    const train = stages.at(-1)!
    expect(train.argv.join(' ')).toContain('--train-start 2026-02-19 --train-end 2026-02-23')
    expect(train.argv.join(' ')).toContain('--name line --models-dir /models')
    // Evidence of a model that may be promoted is whole.
    expect(train.argv).not.toContain('--evaluation')
    expect(train.outputs[0]!.folder).toBe('/models/line/{version:train/line/1}')
    expect(dateMs(parseDate(rolling.range.end))).toBeLessThan(at('2026-03-01'))
  })
})
