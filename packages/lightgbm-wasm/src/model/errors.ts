/** Errors of this package's model code. It stands alone, so it carries its own error class. */

/** What went wrong, by a stable code. */
export const MODEL_ERRORS = {
  E_MODEL_TRUNCATED: 'the model file ends too early',
  E_MODEL_FORMAT: 'the model file is damaged or not of this kind',
  E_MODEL_COUNT: 'a list of the model does not have the stated number of entries',
  E_MODEL_TREE: 'a tree is not a tree',
  E_MODEL_UNSUPPORTED: 'the model uses what this package does not support',
  E_MODEL_INPUT: 'the input does not fit the model',
} as const
export type ModelErrorCode = keyof typeof MODEL_ERRORS

/** An error about a model or its input; `message` is one line fit for a person. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /**
   * @param code stable code
   * @param subject what it is about: the tree, the key, the input
   * @param detail what was seen
   * @param line line number in the text model, from 1, where there is one
   */
  constructor(
    readonly code: ModelErrorCode,
    readonly subject: string,
    readonly detail: string,
    readonly line?: number,
  ) {
    super(`${code}: ${subject}: ${MODEL_ERRORS[code]} (${line === undefined ? '' : `line ${line}: `}${detail})`)
  }
}
