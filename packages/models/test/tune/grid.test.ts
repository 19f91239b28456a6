import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, type Json } from '@cointrader/core'
import { diskResults, gridPoints, gridSearch, memoryResults, RESEARCH_GRID } from '@cointrader/models/tune/index'
import { nodeDisk } from '@cointrader/store'
import { afterAll, describe, expect, it } from 'vitest'

const made: string[] = []
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cointrader-grid-'))
  made.push(path)
  return path
}
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
})

type Point = Record<string, Json>
const points = gridPoints({ a: [1, 2, 3], b: [0.1, 0.2] })
const worth = (p: Point): number => -(((p.a as number) - 2) ** 2) + (p.b as number) / 3
const evaluate = async (p: Point) => ({ valid: worth(p), detail: { third: 1 / 3, a: p.a } })
const base = { points, evaluate, settings: { data: 'x' }, workers: 2 }

describe('gridSearch', () => {
  it('makes the product of the axes, the 32 sets of the original among them', () => {
    expect(points.length).toBe(6)
    expect(points[1]).toEqual({ a: 1, b: 0.2 })
    const research = gridPoints(RESEARCH_GRID)
    expect(research.length).toBe(32)
    expect(new Set(research.map((p) => JSON.stringify(p))).size).toBe(32)
    expect(() => gridPoints({ a: [] })).toThrow('E_USAGE')
  })

  it('chooses on validation, and looks at the test once, after the choice', async () => {
    const looked: Point[] = []
    let evaluated = 0
    const result = await gridSearch({
      ...base,
      store: memoryResults(),
      evaluate: async (p) => {
        expect(looked).toEqual([])
        evaluated++
        return evaluate(p)
      },
      // The test likes the point that validation likes least.
      test: async (p) => {
        looked.push(p)
        return { ic: -worth(p) }
      },
    })
    expect(result.best.point).toEqual({ a: 2, b: 0.2 })
    expect(looked).toEqual([{ a: 2, b: 0.2 }])
    expect([evaluated, result.tried]).toEqual([6, 6])
    const least = await gridSearch({ ...base, store: memoryResults(), direction: 'minimise' })
    expect(least.best.point).toEqual({ a: 1, b: 0.1 })
  })

  it('a killed and resumed search equals an undisturbed one, for any number of workers', async () => {
    const whole = await gridSearch({ ...base, store: memoryResults() })
    for (const workers of [1, 3]) {
      const path = folder()
      let left = 3
      const killed = gridSearch({
        ...base,
        workers,
        store: diskResults(nodeDisk, path),
        evaluate: async (p) => {
          if (left-- === 0) throw new Error('killed')
          return evaluate(p)
        },
      })
      await expect(killed).rejects.toThrow('killed')
      const kept = readdirSync(path).length
      expect(kept).toBeGreaterThan(0)
      let again = 0
      const resumed = await gridSearch({
        ...base,
        workers,
        store: diskResults(nodeDisk, path),
        evaluate: async (p) => {
          again++
          return evaluate(p)
        },
      })
      expect(resumed).toEqual(whole)
      expect(again).toBe(6 - kept)
    }
  })

  it('uses stored points again when the grid grows, but not of other settings', async () => {
    const store = memoryResults()
    await gridSearch({ ...base, store })
    const seen: boolean[] = []
    const more = [{ a: 9, b: 9 }, ...points]
    const grown = await gridSearch({ ...base, points: more, store, onPoint: (_, reused) => seen.push(reused) })
    expect(seen.filter((r) => !r).length).toBe(1)
    expect(grown.points.map((p) => p.index)).toEqual([0, 1, 2, 3, 4, 5, 6])
    seen.length = 0
    await gridSearch({ ...base, settings: { data: 'y' }, store, onPoint: (_, reused) => seen.push(reused) })
    expect(seen.every((r) => !r)).toBe(true)
  })

  it('keeps points that cannot be trained, never chooses what is not a number, and takes the first of equals', async () => {
    const result = await gridSearch({
      ...base,
      store: memoryResults(),
      evaluate: async (p) => {
        if (p.a === 1) fail('E_TRAINING', { subject: 'point', detail: 'constant label' })
        return { valid: p.a === 2 ? Number.NaN : 5 }
      },
    })
    expect(result.points[0].failed).toContain('constant label')
    expect(result.points[2].valid).toBeNull()
    expect(result.best.point).toEqual({ a: 3, b: 0.1 })
  })

  it('refuses by name', async () => {
    const store = memoryResults()
    await expect(gridSearch({ ...base, store, points: [] })).rejects.toThrow('E_USAGE')
    await expect(gridSearch({ ...base, store, points: [{ a: 1 }, { a: 1 }] })).rejects.toThrow('points 0 and 1')
    const nan = gridSearch({ ...base, store: memoryResults(), evaluate: async () => ({ valid: Number.NaN }) })
    await expect(nan).rejects.toThrow('E_TRAINING')
    await expect(gridSearch({ ...base, store, signal: AbortSignal.abort() })).rejects.toThrow('E_INTERRUPTED')
    const path = folder()
    await gridSearch({ ...base, store: diskResults(nodeDisk, path) })
    writeFileSync(join(path, readdirSync(path)[0]), '{"valid":')
    await expect(gridSearch({ ...base, store: diskResults(nodeDisk, path) })).rejects.toThrow('E_FILE_CORRUPT')
  })
})
