import { probabilityOfOverfitting } from '@cointrader/backtest/statistics/overfitting'
import { sharpePerStep } from '@cointrader/backtest/statistics/ratios'
import { seededRandom } from '@cointrader/core'
import { expect, test } from 'vitest'

const noise = (trials: number, steps: number, seed: string, drift: (k: number) => number = () => 0): Float64Array[] => {
  const random = seededRandom(seed)
  return Array.from({ length: trials }, (_, k) =>
    Float64Array.from({ length: steps }, () => drift(k) + random.normal()),
  )
}

/** The definition, word by word: all halves of the blocks, ratios from the returns themselves. */
function naive(returns: readonly Float64Array[], blocks: number): number[] {
  const steps = returns[0].length
  const part = (r: Float64Array, which: readonly number[]): number[] =>
    which.flatMap((b) => [...r.slice(Math.floor((b * steps) / blocks), Math.floor(((b + 1) * steps) / blocks))])
  const sharpe = (x: number[]): number => (x.every((v) => v === x[0]) ? 0 : sharpePerStep(x))
  const logits: number[] = []
  for (let mask = 0; mask < 2 ** blocks; mask++) {
    const inside = Array.from({ length: blocks }, (_, b) => b).filter((b) => (mask >> b) & 1)
    if (inside.length * 2 !== blocks) continue
    const outside = Array.from({ length: blocks }, (_, b) => b).filter((b) => !((mask >> b) & 1))
    const is = returns.map((r) => sharpe(part(r, inside)))
    const oos = returns.map((r) => sharpe(part(r, outside)))
    const best = is.indexOf(Math.max(...is))
    const rank = oos.filter((v) => v < oos[best]).length + (oos.filter((v) => v === oos[best]).length + 1) / 2
    const omega = rank / (returns.length + 1)
    logits.push(Math.log(omega / (1 - omega)))
  }
  return logits
}

test('equal to the naive twin', () => {
  for (const [trials, steps, blocks] of [
    [2, 12, 2],
    [5, 50, 6],
    [9, 67, 8],
  ]) {
    const returns = noise(trials, steps, `twin ${trials}`)
    const fast = probabilityOfOverfitting(returns, blocks)
    const slow = naive(returns, blocks)
    expect(fast.splits).toBe(slow.length)
    // Blocks are taken in the same order of masks.
    slow.forEach((logit, i) => {
      expect(fast.logits[i]).toBeCloseTo(logit, 10)
    })
    expect(fast.probability).toBe(slow.filter((l) => l <= 0).length / slow.length)
  }
})

test('without skill it is about one half, with one good trial about none', () => {
  const luck = Array.from(
    { length: 12 },
    (_, k) => probabilityOfOverfitting(noise(20, 320, `luck ${k}`), 8).probability,
  )
  const mean = luck.reduce((a, b) => a + b, 0) / luck.length
  expect(mean).toBeGreaterThan(0.35)
  expect(mean).toBeLessThan(0.75)
  const skill = probabilityOfOverfitting(
    noise(20, 320, 'skill', (k) => (k === 7 ? 0.5 : 0)),
    8,
  )
  expect(skill.probability).toBeLessThan(0.01)
  expect(skill.lossProbability).toBeLessThan(0.01)
})

test('16 blocks are 12,870 splits; trials that never traded have ratio 0', () => {
  const returns = noise(6, 160, 'sixteen')
  returns[2].fill(0)
  const all = probabilityOfOverfitting(returns)
  expect(all.splits).toBe(12870)
  expect(all.logits.every(Number.isFinite)).toBe(true)
  expect(probabilityOfOverfitting([new Float64Array(40), new Float64Array(40)], 4).probability).toBe(1)
})

test('refuses what it cannot judge', () => {
  expect(() => probabilityOfOverfitting([new Float64Array(40)])).toThrow(/E_USAGE/)
  expect(() => probabilityOfOverfitting(noise(2, 40, 'x'), 7)).toThrow(/E_USAGE/)
  expect(() => probabilityOfOverfitting(noise(2, 20, 'x'), 16)).toThrow(/E_ROW_COUNT/)
  expect(() => probabilityOfOverfitting([new Float64Array(40), new Float64Array(41)], 4)).toThrow(/E_USAGE/)
})
