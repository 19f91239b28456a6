/** Random plans under random changes, and a study killed at every write: always the bytes of a first run. */
import type { Stage } from '@cointrader/study/plan/stage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, execute, machine, plugin, ranOf, snapshot, stage, study } from './machine.js'

/** One thing that happens between two runs. */
type Edit =
  | { readonly kind: 'setting' | 'coarse' | 'delete' | 'resize' | 'again'; readonly of: number }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'code'; readonly version: number }

const edit = (n: number): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc.record({
      kind: fc.constantFrom(
        'setting' as const,
        'coarse' as const,
        'delete' as const,
        'resize' as const,
        'again' as const,
      ),
      of: fc.nat(n - 1),
    }),
    fc.record({ kind: fc.constant('file' as const), text: fc.constantFrom('one', 'two') }),
    fc.record({ kind: fc.constant('code' as const), version: fc.nat(1) }),
  )

const graph = fc
  .array(fc.record({ needs: fc.nat(255), light: fc.boolean(), file: fc.boolean() }), { minLength: 1, maxLength: 7 })
  .chain((nodes) => fc.record({ nodes: fc.constant(nodes), edits: fc.array(edit(nodes.length), { maxLength: 8 }) }))

describe('any plan, whatever is changed', () => {
  it('runs exactly what the change reaches, and ends with the bytes of a first run', async () => {
    await fc.assert(
      fc.asyncProperty(graph, async ({ nodes, edits }) => {
        const setting = nodes.map(() => 0)
        const coarse = nodes.map(() => 0)
        let file = 'one'
        let version = 0
        const plan = (): Stage[] =>
          nodes.map((node, i) =>
            stage(
              `s${i}`,
              nodes.flatMap((_, k) => (k < i && (node.needs >> k) % 2 === 1 ? [`s${k}`] : [])),
              {
                argv: ['make', `${setting[i]}`, `coarse=${coarse[i]}`, ...(node.file ? ['/plug.ts'] : [])],
                files: node.file ? ['/plug.ts'] : [],
                light: node.light,
              },
            ),
          )
        const first = async () => {
          const fresh = machine(new Map([plugin(file)]))
          await execute(plan(), fresh, { codeVersion: `${version}` })
          return snapshot(fresh)
        }
        const on = machine(new Map([plugin(file)]))
        /** What each stage was last made from: the naive twin of the keys. */
        const made = new Map<string, string>()
        const step = async (again: readonly string[], gone: ReadonlySet<string>): Promise<void> => {
          on.files.set(...plugin(file))
          const stages = plan()
          const clean = await first()
          const expected: string[] = []
          for (const s of stages) {
            const inputs = s.needs.map((id) => [clean[`/study/out/${id}.txt`], clean[`/study/out/${id}.log`]])
            const from = JSON.stringify([s.argv, version, inputs, s.files.length > 0 ? file : ''])
            if (made.get(s.id) !== from || gone.has(s.id) || again.includes(s.id)) expected.push(s.id)
            made.set(s.id, from)
          }
          expect(await ranOf(stages, on, { codeVersion: `${version}`, again })).toEqual(expected)
          expect(snapshot(on)).toEqual(clean)
        }
        await step([], new Set())
        for (const e of edits) {
          const gone = new Set<string>()
          const again: string[] = []
          if (e.kind === 'file') file = e.text
          else if (e.kind === 'code') version = e.version
          else if (e.kind === 'setting') setting[e.of]!++
          else if (e.kind === 'coarse') coarse[e.of]!++
          else if (e.kind === 'again') again.push(`s${e.of}`)
          else {
            gone.add(`s${e.of}`)
            if (e.kind === 'delete') on.files.delete(`/study/out/s${e.of}.txt`)
            else on.files.set(`/study/out/s${e.of}.log`, new Uint8Array(65))
          }
          await step(again, gone)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('killed at every write and run again ends with the records and bytes of a run that was not', async () => {
    const stages = study({
      // One that adds to what it finds.
      fetch: { fresh: [{ root: 'study', folder: 'out', names: 'fetch\\..+' }] },
    })
    const whole = await clean(stages, [plugin('one')])
    for (const late of [false, true])
      for (let dieAt = 1; ; dieAt++) {
        const on = machine(new Map([plugin('one')]))
        const died = await execute(stages, on, { dieAt, late }).then(
          () => false,
          () => true,
        )
        const before = [...on.calls]
        const { kept } = await execute(stages, on)
        expect(snapshot(on), `killed at write ${dieAt}`).toEqual(whole)
        // What was recorded is not made again.
        for (const id of kept) expect(on.calls.filter((c) => c === id)).toHaveLength(1)
        expect(before.length + stages.length - kept.length).toBe(on.calls.length)
        if (!died) {
          expect(dieAt).toBe(3 * stages.length + 1)
          break
        }
      }
  })
})
