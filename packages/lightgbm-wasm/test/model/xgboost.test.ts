import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  compile,
  contributions,
  previousFloat32,
  readText,
  readXgboost,
  thresholdBelow,
  writeText,
} from '@cointrader/lightgbm-wasm/model/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distance, fixtureNames, fixtures, readExpected } from './helpers.js'

const json = (name: string) => readFileSync(join(fixtures, `${name}.xgboost`), 'utf8')

describe('XGBoost models', () => {
  const readable = fixtureNames('xgboost').filter((name) => name !== 'xgb_categorical_missing')
  it.each(readable)('%s: predictions to float32 accuracy, SHAP values too', (name) => {
    const e = readExpected(fixtures, name)
    const model = readXgboost(json(name))
    const p = compile(model)
    const rows = { data: e.x, numRows: e.rows }
    expect(p.numOutputs).toBe(e.outputs)
    expect(distance(p.raw(rows), e.raw)).toBeLessThan(2e-6)
    expect(distance(p.predict(rows), e.prediction)).toBeLessThan(2e-6)
    expect(distance(contributions(model, rows), e.contributions)).toBeLessThan(1e-5)
    expect(compile(readText(writeText(model))).raw(rows)).toEqual(p.raw(rows))
  })

  it('decides as rounding to float32 and "less than" do, for every double', () => {
    const near = fc
      .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }), fc.boolean())
      .map(([condition, steps, middle]) => {
        const below = previousFloat32(condition)
        const x = middle ? (below + condition) / 2 : steps > 0 ? condition : below
        return [condition, x + steps * Math.abs(x) * 2 ** -53] as const
      })
    fc.assert(
      fc.property(near, fc.double(), ([condition, x], any) => {
        const threshold = thresholdBelow(condition)
        for (const value of [x, any]) expect(value <= threshold).toBe(Math.fround(value) < condition)
      }),
      { numRuns: 5000 },
    )
    expect(0 <= thresholdBelow(0)).toBe(false)
    expect(previousFloat32(0)).toBe(-(2 ** -149))
    expect(previousFloat32(2 ** -149)).toBe(0)
  })

  it('reads a base score written as one number', () => {
    const text = json('xgb_binary')
    const list = /"base_score":"\[([^\]]*)\]"/
    expect(text).toMatch(list)
    expect(readXgboost(text.replace(list, '"base_score":"$1"'))).toEqual(readXgboost(text))
  })

  const damaged: [string, string, (text: string) => string, string][] = [
    ['text that is not JSON', 'xgb_binary', (t) => t.slice(0, 500), 'E_MODEL_FORMAT'],
    ['no learner', 'xgb_binary', () => '{}', 'E_MODEL_FORMAT'],
    [
      'a list too short',
      'xgb_binary',
      (t) => t.replace(/"loss_changes":\[[^,]*,/, '"loss_changes":['),
      'E_MODEL_COUNT',
    ],
    ['a loop', 'xgb_binary', (t) => t.replace(/"left_children":\[\d+/, '"left_children":[0'), 'E_MODEL_TREE'],
    [
      'a feature beyond',
      'xgb_binary',
      (t) => t.replace(/"split_indices":\[\d+/, '"split_indices":[99'),
      'E_MODEL_TREE',
    ],
    [
      'an objective unknown here',
      'xgb_binary',
      (t) => t.replaceAll('binary:logistic', 'survival:cox'),
      'E_MODEL_UNSUPPORTED',
    ],
    ['a linear booster', 'xgb_binary', (t) => t.replace('"gbtree"', '"gblinear"'), 'E_MODEL_UNSUPPORTED'],
    [
      'an impossible base score',
      'xgb_binary',
      (t) => t.replace(/"base_score":"[^"]*"/, '"base_score":"[2]"'),
      'E_MODEL_FORMAT',
    ],
    ['missing categories that go with the set', 'xgb_categorical_missing', (t) => t, 'E_MODEL_UNSUPPORTED'],
  ]
  it.each(damaged)('%s is refused', (_name, fixture, damage, code) => {
    expect(() => readXgboost(damage(json(fixture)))).toThrow(code)
  })
})
