import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { buildKernel, kernelSource } from './build-kernel.mjs'

it('predict-kernel.ts is what predict.as compiles to', async () => {
  const file = join(dirname(fileURLToPath(import.meta.url)), '../../src/model/predict-kernel.ts')
  expect(kernelSource(await buildKernel())).toBe(readFileSync(file, 'utf8'))
})
