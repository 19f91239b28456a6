/** The few parts of the WebAssembly API used here: TypeScript declares it only with the browser's library. */
import type { SharedMemory } from './kernels.js'

interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
  Memory: new (options: { initial: number; maximum: number; shared: boolean }) => SharedMemory
}

/** Undefined where there is none (`node --jitless`). */
export const webAssembly = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly
