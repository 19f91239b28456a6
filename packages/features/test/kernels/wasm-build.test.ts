/** The committed module is what the committed source compiles to. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('recompiling assembly/kernels.as gives src/kernels/wasm/bytes.ts', async () => {
  const script = new URL('../../assembly/build.mjs', import.meta.url).href
  const { generatedFile } = (await import(script)) as { generatedFile(): Promise<string> }
  const committed = readFileSync(new URL('../../src/kernels/wasm/bytes.ts', import.meta.url), 'utf8')
  expect(await generatedFile()).toBe(committed)
}, 60_000)
