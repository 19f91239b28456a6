import { featureImportance, readText } from '@cointrader/lightgbm-wasm/model/index'
import { expect, it } from 'vitest'
import { distance, fixtureNames, fixtures, fixtureText, readExpected } from './helpers.js'

it.each(fixtureNames('lightgbm'))('%s: importance equals LightGBM', (name) => {
  const e = readExpected(fixtures, name)
  const model = readText(fixtureText(name))
  expect(featureImportance(model, 'split')).toEqual(e.splits)
  expect(distance(featureImportance(model, 'gain'), e.gains)).toBeLessThan(1e-12)
})

it('counts the first iterations only when asked', () => {
  const model = readText(fixtureText('multiclass'))
  const first = featureImportance({ ...model, trees: model.trees.slice(0, 3) }, 'split')
  expect(featureImportance(model, 'split', 1)).toEqual(first)
  expect(featureImportance(model, 'split', 99)).toEqual(featureImportance(model, 'split'))
})
