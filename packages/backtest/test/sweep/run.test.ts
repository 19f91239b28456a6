import { type CellStore, diskCells, runSweep } from '@cointrader/backtest/sweep/index'
import { type Disk, nodeDisk } from '@cointrader/store'
import { expect, test } from 'vitest'
import { bars, GRID_CELLS, sweepOf } from './market.js'

const input = sweepOf(bars(['AUSDT', 'BUSDT'].slice(0, 1), 100))

/** A disk in memory. */
function memory(): Disk & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>()
  return {
    ...nodeDisk,
    files,
    read: async (path) => files.get(path),
    writeAtomic: async (path, bytes) => {
      const parts = Array.isArray(bytes) ? bytes : [bytes]
      files.set(path, Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from(p)))))
    },
  }
}

test('the number of workers changes no bit', async () => {
  const one = await runSweep(input, { workers: 1 })
  const two = await runSweep(input, { workers: 2 })
  const three = await runSweep(input, { workers: 3 })
  expect(two.rows).toEqual(one.rows)
  expect(three.rows).toEqual(one.rows)
})

test('a sweep cut off and resumed equals an undisturbed one, and does only what is missing', async () => {
  const whole = await runSweep(input)
  const disk = memory()
  const store = diskCells(disk, 'cells')
  const stop = new AbortController()
  let saved = 0
  const stopping: CellStore = {
    ...store,
    save: async (share, rows) => {
      await store.save(share, rows)
      if (++saved === 5) stop.abort(new Error('killed'))
    },
  }
  await expect(runSweep(input, { store: stopping, signal: stop.signal })).rejects.toThrow('killed')
  expect(disk.files.size).toBe(5)
  const counts: number[] = []
  const progress = { total: (n: number) => counts.push(n), advance: (n: number) => counts.push(n), note() {}, end() {} }
  const resumed = await runSweep(input, { store, progress, workers: 2 })
  expect(resumed.resumed).toBe(5)
  expect(counts[0]).toBe(GRID_CELLS.length - 5)
  expect(counts.slice(1).reduce((a, b) => a + b, 0)).toBe(GRID_CELLS.length - 5)
  expect(resumed.rows).toEqual(whole.rows)
  expect((await runSweep(input, { store })).rows).toEqual(whole.rows)
})

test('a damaged or foreign share is computed anew', async () => {
  const whole = await runSweep(input)
  const disk = memory()
  const store = diskCells(disk, 'cells')
  await runSweep(input, { store })
  disk.files.get('cells/2.bin')![100]! ^= 1
  disk.files.set('cells/3.bin', disk.files.get('cells/3.bin')!.subarray(0, 200))
  const again = await runSweep(input, { store })
  expect(again.resumed).toBe(GRID_CELLS.length - 2)
  expect(again.rows).toEqual(whole.rows)
})

test('data live in shared memory once: workers see the columns that others filled', () => {
  const { market } = input
  for (const c of market.columns) for (const x of Object.values(c)) expect(x.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(market.scores![0]!.close.buffer).toBe(market.columns[0]!.close.buffer)
})

test('settings that mean nothing are refused by name', async () => {
  const wrong = { ...input, cells: [{ margin_min_ratio: 0.9 }] }
  await expect(runSweep(wrong)).rejects.toThrow(/E_CONFIG.*sizing/)
  await expect(
    runSweep({ ...wrong, cells: [...GRID_CELLS, { margin_min_ratio: 0.9 }] }, { workers: 2 }),
  ).rejects.toThrow(/E_CONFIG.*sizing/)
})
