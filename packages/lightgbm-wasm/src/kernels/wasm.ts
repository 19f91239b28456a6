/** The compiled kernels. */
import type { Kernels, SharedMemory } from './kernels.js'
import { WASM_BASE64 } from './wasm-bytes.js'
import { webAssembly } from './webassembly.js'

let compiled: object | undefined

/** Kernels over a shared WebAssembly memory; the module (about 3 KB) is compiled once per thread. */
export function wasmKernels(memory: SharedMemory): Kernels {
  if (webAssembly === undefined) throw new Error('there is no WebAssembly here; use the TypeScript kernels')
  compiled ??= new webAssembly.Module(Uint8Array.from(atob(WASM_BASE64), (c) => c.charCodeAt(0)))
  return new webAssembly.Instance(compiled, { env: { memory } }).exports as Kernels
}
