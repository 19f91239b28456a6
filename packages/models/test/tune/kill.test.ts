/** A search whose process is killed (SIGKILL) in the middle of a point, and run again. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diskResults, gridPoints, gridSearch, memoryResults } from '@cointrader/models/tune/index'
import { nodeDisk } from '@cointrader/store'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'cointrader-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The search of the other process: it finishes `finish` points, says so, and hangs in the next. */
const program = (finish: number): string => `
import { diskResults, gridPoints, gridSearch } from '@cointrader/models/tune/index'
import { nodeDisk } from '@cointrader/store'
let left = ${finish}
await gridSearch({
  points: gridPoints({ a: [1, 2, 3, 4, 5, 6] }),
  settings: 'kill',
  workers: 1,
  store: diskResults(nodeDisk, ${JSON.stringify(folder)}),
  evaluate: async ({ a }) => {
    if (left-- === 0) {
      process.stdout.write('hanging')
      setInterval(() => {}, 1000)
      await new Promise(() => {})
    }
    return { valid: Math.sin(a) / 3 }
  },
})
`

it('equals an undisturbed one', async () => {
  const request = { points: gridPoints({ a: [1, 2, 3, 4, 5, 6] }), settings: 'kill', workers: 2 }
  const evaluate = async ({ a }: { readonly [key: string]: unknown }) => ({ valid: Math.sin(a as number) / 3 })
  for (const [finish, kept] of [
    [2, 2],
    [3, 5],
  ] as const) {
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    // Within the package, its own name and those of its dependencies resolve.
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(finish)], { cwd })
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => resolve())
      child.stderr.on('data', (text) => reject(new Error(String(text))))
    })
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    expect(readdirSync(folder).filter((name) => name.endsWith('.json')).length).toBe(kept)
  }
  let computed = 0
  const resumed = await gridSearch({
    ...request,
    store: diskResults(nodeDisk, folder),
    evaluate: async (p) => {
      computed++
      return evaluate(p)
    },
  })
  expect(computed).toBe(1)
  expect(resumed).toEqual(await gridSearch({ ...request, store: memoryResults(), evaluate }))
})
