/** The errors of this package: one class, a stable code, and what to do next. */

/**
 * - `UnknownParameter`: a name that is neither a LightGBM parameter nor one of its aliases.
 * - `BadParameter`: a known parameter with a value of the wrong type or out of range.
 * - `Unsupported`: a LightGBM feature that this engine does not have.
 * - `BadData`: columns, labels, weights or groups that cannot be trained on.
 * - `BadModel`: a model or checkpoint that does not fit the data or the parameters.
 * - `Aborted`: the caller's signal fired.
 */
export type LightGbmErrorCode = 'UnknownParameter' | 'BadParameter' | 'Unsupported' | 'BadData' | 'BadModel' | 'Aborted'

export class LightGbmError extends Error {
  readonly code: LightGbmErrorCode
  constructor(code: LightGbmErrorCode, message: string) {
    super(message)
    this.name = `LightGbmError[${code}]`
    this.code = code
  }
}

/** Throws a {@link LightGbmError}. */
export function raise(code: LightGbmErrorCode, message: string): never {
  throw new LightGbmError(code, message)
}
