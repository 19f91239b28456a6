import { seededRandom } from '@cointrader/core'
import { applyScaler, fitScaler, winsoriseLabel, winsorLimits } from '@cointrader/features/dataset/scaler'
import { describe, expect, it } from 'vitest'

const features = ['a', 'b', 'c']
const random = seededRandom(1)
const cells = Array.from({ length: 200 }, () => [random.normal() * 3 + 7, 5, random.normal()].map(Math.fround))
cells[3]![2] = Number.NaN
const row = { rows: 200, features, x: Float32Array.from(cells.flat()) }
const column = {
  rows: 200,
  features,
  layout: 'column' as const,
  x: Float32Array.from([0, 1, 2].flatMap((f) => cells.map((c) => c[f]!))),
}

describe('scaler', () => {
  it('fits finite cells once, in either layout', () => {
    const scaler = fitScaler(row)
    expect(fitScaler(column)).toEqual(scaler)
    for (const f of [0, 2]) {
      const values = cells.map((c) => c[f]!).filter(Number.isFinite)
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
      expect(scaler.mean[f]).toBeCloseTo(mean, 12)
      expect(scaler.deviation[f]).toBeCloseTo(sd, 12)
    }
    expect([scaler.mean[1], scaler.deviation[1]]).toEqual([5, 1])
  })

  it('scales in place; a constant column becomes 0; refuses other features', () => {
    const scaler = fitScaler(row)
    const data = { ...row, x: row.x.slice() }
    applyScaler(scaler, data)
    const again = fitScaler(data)
    expect(again.mean[0]).toBeCloseTo(0, 6)
    expect(again.deviation[0]).toBeCloseTo(1, 6)
    expect(data.x[1]).toBe(0)
    expect(data.x[3 * 3 + 2]).toBeNaN()
    expect(() => applyScaler(scaler, { ...data, features: ['a', 'c', 'b'] })).toThrow(/E_USAGE/)
    expect(() => applyScaler(scaler, { ...data, features: ['a', 'b'] })).toThrow(/E_USAGE/)
  })

  it('winsorises by quantiles of the finite labels', () => {
    const y = Float64Array.from({ length: 101 }, (_, i) => i)
    const limits = winsorLimits([...y, Number.NaN, Number.POSITIVE_INFINITY], 0.05)
    expect(limits).toEqual([5, 95])
    winsoriseLabel(y, limits)
    expect([y[0], y[50], y[100]]).toEqual([5, 50, 95])
    expect(() => winsorLimits(y, 0.5)).toThrow(/E_USAGE/)
    expect(() => winsorLimits([Number.NaN], 0.1)).toThrow(/E_NOTHING_FOUND/)
  })
})
