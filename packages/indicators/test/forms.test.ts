/** Batch and streaming form agree bit for bit; windowed values hang on their window only; snapshots go on unchanged. */
import { restore, snapshot } from '@cointrader/indicators'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CASES, type Case } from './catalogue.js'
import { anyBars, type Bars, slice } from './series.js'

const LENGTHS = [0, 1, 2, 4, 5, 6, 7, 19, 20, 21]

function streamed(c: Case, b: Bars): number[][] {
  const { push } = c.make()
  return Array.from(b.close, (_, i) => [...push(b, i)])
}

/** Equal bit for bit, NaN equal to NaN. */
function expectSame(seen: readonly number[], wanted: readonly number[], place: string): void {
  if (seen.length === wanted.length && seen.every((x, k) => Object.is(x, wanted[k]))) return
  expect(seen, place).toEqual(wanted)
  expect.unreachable(`${place}: ${seen} is not ${wanted} bit for bit`)
}

describe.each(CASES)('$name', (c) => {
  it('gives the same bits in both forms', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), (b) => {
        const columns = c.batch(b)
        for (const column of columns) expect(column.length).toBe(b.close.length)
        const rows = streamed(c, b)
        for (let i = 0; i < rows.length; i++) {
          expectSame(
            rows[i]!,
            columns.map((x) => x[i]!),
            `${c.name} at ${i}`,
          )
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), fc.nat(60), (b, cut) => {
        const at = Math.min(cut, b.close.length)
        const old = c.make()
        for (let i = 0; i < at; i++) old.push(b, i)
        const fresh = c.make()
        restore(fresh.stream, JSON.parse(JSON.stringify(snapshot(old.stream))))
        for (let i = at; i < b.close.length; i++) expectSame(fresh.push(b, i), old.push(b, i), `${c.name} at ${i}`)
      }),
      { numRuns: 200 },
    )
  })

  it('changes nothing before a bar that is changed', () => {
    fc.assert(
      fc.property(anyBars(LENGTHS), fc.nat(60), (b, cut) => {
        const at = Math.min(cut, b.close.length)
        const whole = c.batch(b)
        const part = c.batch(slice(b, 0, at))
        for (const [k, column] of part.entries()) expectSame([...column], [...whole[k]!.subarray(0, at)], c.name)
      }),
      { numRuns: 200 },
    )
  })

  const { window } = c
  if (window !== undefined) {
    it('is a function of its window only', () => {
      fc.assert(
        fc.property(anyBars(LENGTHS), (b) => {
          const whole = c.batch(b)
          for (let i = window - 1; i < b.close.length; i++) {
            const alone = c.batch(slice(b, i - window + 1, i + 1))
            expectSame(
              alone.map((x) => x[window - 1]!),
              whole.map((x) => x[i]!),
              `${c.name} at ${i}`,
            )
          }
        }),
        { numRuns: 300 },
      )
    })
  }
})

it('refuses a snapshot of another indicator or length', () => {
  const sma = CASES.find((c) => c.name === 'sma')!
  const one = CASES.find((c) => c.name === 'sma of 1')!
  const macd = CASES.find((c) => c.name === 'macd')!
  expect(() => restore(sma.make().stream, snapshot(one.make().stream))).toThrow(/E_CONFIG.*another length/)
  expect(() => restore(sma.make().stream, snapshot(macd.make().stream))).toThrow(/E_CONFIG.*no field/)
  expect(() => restore(sma.make().stream, 3)).toThrow(/E_CONFIG.*not an object/)
})
