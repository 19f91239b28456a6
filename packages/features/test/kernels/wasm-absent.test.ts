/**
 * Tests of what uses the compiled kernels, once more in a world without WebAssembly: the TypeScript kernels pass them all.
 * (In their own files they run on the compiled ones.)
 */
import { heapOfThread } from '@cointrader/features/kernels/wasm/module'
import { expect, it, vi } from 'vitest'

vi.stubGlobal('WebAssembly', undefined)

it('there are no compiled kernels here', () => {
  expect(heapOfThread()).toBe(undefined)
})

await import('../graph/graph.test.js')
await import('../stream/stream.test.js')
await import('../build.test.js')
await import('../golden-research.test.js')
