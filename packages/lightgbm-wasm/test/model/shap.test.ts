import { compile, contributions, expectedValue, readText, type Tree } from '@cointrader/lightgbm-wasm/model/index'
import { describe, expect, it } from 'vitest'
import {
  distance,
  fixtureNames,
  fixtures,
  fixtureText,
  naiveLeaf,
  randomFrom,
  randomTree,
  readExpected,
} from './helpers.js'

/** Value of the game where only the features of `known` are known: the tree's mean over the others, by counts. */
function conditional(tree: Tree, row: Float64Array, known: Set<number>, node = tree.numLeaves === 1 ? -1 : 0): number {
  if (node < 0) return tree.leafValue[~node]!
  const left = tree.leftChild[node]!
  const right = tree.rightChild[node]!
  if (known.has(tree.splitFeature[node]!)) {
    const one: Tree = { ...tree, numLeaves: 2, leftChild: Int32Array.of(-1), rightChild: Int32Array.of(-2) }
    const only = { ...one, splitFeature: tree.splitFeature.subarray(node), threshold: tree.threshold.subarray(node) }
    const leaf = naiveLeaf({ ...only, decisionType: tree.decisionType.subarray(node) }, row)
    return conditional(tree, row, known, leaf === 0 ? left : right)
  }
  const count = (n: number) => (n >= 0 ? tree.internalCount[n]! : tree.leafCount[~n]!)
  return (
    (count(left) * conditional(tree, row, known, left) + count(right) * conditional(tree, row, known, right)) /
    count(node)
  )
}

function consistentCounts(tree: Tree): Tree {
  const sum = (n: number): number => {
    if (n < 0) return tree.leafCount[~n]!
    tree.internalCount[n] = sum(tree.leftChild[n]!) + sum(tree.rightChild[n]!)
    return tree.internalCount[n]!
  }
  if (tree.numLeaves > 1) sum(0)
  return tree
}

describe('SHAP values', () => {
  it.each(fixtureNames('lightgbm'))('%s: equal to LightGBM to 1e-12, and sum to the raw score', (name) => {
    const e = readExpected(fixtures, name)
    const model = readText(fixtureText(name))
    const rows = { data: e.x, numRows: e.rows }
    const phi = contributions(model, rows)
    expect(distance(phi, e.contributions)).toBeLessThan(1e-12)
    const width = e.features + 1
    const sums = Float64Array.from({ length: phi.length / width }, (_, i) =>
      phi.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
    )
    expect(distance(sums, compile(model).raw(rows))).toBeLessThan(1e-12)
  })

  it('are the Shapley values by their definition', () => {
    const random = randomFrom(11)
    for (let run = 0; run < 30; run++) {
      const n = 3
      const tree = consistentCounts(randomTree(random, n, 1 + Math.floor(random() * 12), run % 2 === 0))
      const row = Float64Array.from({ length: n }, () => (random() < 0.2 ? Number.NaN : random() * 4 - 2))
      const model = {
        ...readText(fixtureText('nan')),
        trees: [tree],
        featureNames: ['a', 'b', 'c'],
        featureInfos: ['none', 'none', 'none'],
      }
      const phi = contributions(model, { data: row, numRows: 1 })
      const value = (mask: number) => conditional(tree, row, new Set([0, 1, 2].filter((f) => (mask >> f) & 1)))
      for (let f = 0; f < n; f++) {
        let shapley = 0
        for (let mask = 0; mask < 8; mask++) {
          if ((mask >> f) & 1) continue
          const size = [0, 1, 2].filter((g) => (mask >> g) & 1).length
          shapley += ([2, 1, 2][size]! / 6) * (value(mask | (1 << f)) - value(mask))
        }
        expect(phi[f]).toBeCloseTo(shapley, 12)
      }
      expect(phi[n]).toBeCloseTo(expectedValue(tree), 12)
    }
  })

  it('need counts, and take ranges of iterations and columns', () => {
    const model = readText(fixtureText('nan'))
    const e = readExpected(fixtures, 'nan')
    const without = { ...model, trees: model.trees.map((t) => ({ ...t, leafCount: new Float64Array(t.numLeaves) })) }
    expect(() => contributions(without, { data: e.x, numRows: e.rows })).toThrow('positive counts')
    const columns = Array.from({ length: e.features }, (_, f) =>
      Float64Array.from({ length: e.rows }, (_, r) => e.x[r * e.features + f]!),
    )
    const range = { startIteration: 1, numIteration: 2 }
    const middle = contributions({ ...model, trees: model.trees.slice(1, 3) }, { data: e.x, numRows: e.rows })
    expect(contributions(model, { columns }, range)).toEqual(middle)
  })
})
