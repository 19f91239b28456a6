// Builds src/model/predict-kernel.ts from src/model/predict.as:  node test/model/build-kernel.mjs
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'

const model = join(dirname(fileURLToPath(import.meta.url)), '../../src/model')

/** The module's bytes as base64. */
export async function buildKernel() {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-'))
  try {
    const out = join(folder, 'predict.wasm')
    writeFileSync(join(folder, 'predict.ts'), readFileSync(join(model, 'predict.as')))
    const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '1']
    const { error, stderr } = await asc.main(['predict.ts', '--baseDir', folder, ...options, '-o', 'predict.wasm'])
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
    return readFileSync(out).toString('base64')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The text of predict-kernel.ts. */
export function kernelSource(base64) {
  const lines = base64.match(/.{1,100}/g).map((part) => `  '${part}',`)
  return `/** Made from predict.as by test/model/build-kernel.mjs; do not edit. A WebAssembly module, base64. */
export const PREDICT_KERNEL = [
${lines.join('\n')}
].join('')
`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(join(model, 'predict-kernel.ts'), kernelSource(await buildKernel()))
