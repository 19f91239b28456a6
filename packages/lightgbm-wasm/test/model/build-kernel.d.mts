/** Compiles predict.as; base64 of the module. */
export function buildKernel(): Promise<string>
/** The text of `src/model/predict-kernel.ts` for it. */
export function kernelSource(base64: string): string
