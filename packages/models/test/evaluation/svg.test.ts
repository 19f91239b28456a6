import { escapeHtml, plot, ticks } from '@cointrader/models/evaluation/svg'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** All coordinates of shapes and lines, by axis. */
function coordinates(svg: string): { x: number[]; y: number[] } {
  const x: number[] = []
  const y: number[] = []
  for (const [, name, value] of svg.matchAll(/ (x|x1|x2|cx|y|y1|y2|cy)="([^"]+)"/g)) {
    ;(name!.includes('x') ? x : y).push(Number(value))
  }
  for (const [, path] of svg.matchAll(/ d="([^"]+)"/g)) {
    for (const [, px, py] of path!.matchAll(/[ML](\S+) ([^MLV]+)/g)) {
      x.push(Number(px))
      y.push(Number(py))
    }
    for (const [, py] of path!.matchAll(/V([^MLV]+)/g)) y.push(Number(py))
  }
  return { x, y }
}

describe('plots', () => {
  it('ticks are round, inside and about as many as asked for', () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (low, size) => {
          const got = ticks(low, low + size)
          expect(got.length).toBeGreaterThanOrEqual(2)
          expect(got.length).toBeLessThanOrEqual(7)
        },
      ),
    )
  })

  it('everything drawn lies inside the frame, whatever the values', () => {
    const value = fc.oneof(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.constant(null))
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 30 }),
        fc.constantFrom('line' as const, 'bars' as const, 'points' as const),
        fc.boolean(),
        (values, kind, withError) => {
          const points = values.map((y, x) => ({ x, y, error: withError ? 3 : null }))
          const band = { low: -1, high: 1, name: 'band' }
          const svg = plot({ title: 't', x: 'x', y: 'y', layers: [{ kind, tone: 'a', points }], band })
          expect(svg).not.toMatch(/NaN|Infinity|undefined/)
          const { x, y } = coordinates(svg)
          expect(x.every((v) => v >= 0 && v <= 640)).toBe(true)
          expect(y.every((v) => v >= 0 && v <= 260)).toBe(true)
        },
      ),
    )
  })

  it('two layers of bars stand side by side, text is made safe, nothing gives a note', () => {
    const bars = (tone: 'a' | 'b', y: number) => ({
      kind: 'bars' as const,
      tone,
      name: `<${tone}>`,
      points: [{ x: 1, y }],
    })
    const svg = plot({ title: '"t"', x: 'a & b', y: 'y', layers: [bars('a', 1), bars('b', 2)] })
    const [first, second] = [
      ...svg.matchAll(/class="bar .*? x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ]
    expect(Number(first![1]) + Number(first![3])).toBeCloseTo(Number(second![1]), 0)
    expect(Number(second![4]) / Number(first![4])).toBeCloseTo(2, 1)
    expect(svg).toContain('a &amp; b')
    expect(svg).toContain('&lt;a&gt;')
    expect(
      plot({ title: 't', x: 'x', y: 'y', layers: [{ kind: 'line', tone: 'a', points: [{ x: 1, y: null }] }] }),
    ).toContain('nothing to show')
    expect(escapeHtml(`<'"&>`)).toBe('&lt;&#39;&quot;&amp;&gt;')
  })
})
