/** A stored model, or a LightGBM or XGBoost file from elsewhere, as one thing that predicts rows. */
import { fail, sha256 } from '@cointrader/core'
import { compile, type Model, ModelError, readText, readXgboost } from '@cointrader/lightgbm-wasm'
import type { Disk } from '@cointrader/store'
import { linearFromJson, predictLinear } from '../linear/index.js'
import { findModel, type ModelManifest, openModel } from './artefact.js'
import { failNoModel } from './names.js'

/** Rows by column, in the order of `features`. */
export interface PredictColumns {
  readonly rows: number
  readonly columns: readonly (Float32Array | Float64Array)[]
}

export interface LoadedModel {
  readonly name: string
  /** Version or hash. */
  readonly id: string
  readonly features: readonly string[]
  /** Undefined for files made elsewhere. */
  readonly manifest: ModelManifest | undefined
  /** Values per row. */
  readonly outputs: number
  /** `rows × outputs`, row by row. */
  predict(rows: PredictColumns): Float64Array
}

/** Files a stored model keeps its numbers in. */
export const MODEL_FILES = { lgbm: 'model.txt', bot: 'model.txt', linear: 'model.json' } as const

/**
 * Opens a model by name, folder, or file (`.txt`: LightGBM's text format, `.json`: XGBoost). Errors `E_FILE_MISSING`,
 * `E_FILE_CORRUPT` with what the reader says.
 */
export async function loadModel(disk: Disk, root: string, nameOrFile: string): Promise<LoadedModel> {
  if (/\.(txt|json)$/.test(nameOrFile)) return loadFile(disk, nameOrFile)
  const folder = await findModel(disk, root, nameOrFile)
  if (folder === undefined) return failNoModel(disk, root, nameOrFile)
  const { manifest, file } = await openModel(disk, folder)
  const text = new TextDecoder().decode(await file(MODEL_FILES[manifest.family]))
  const base = { name: manifest.name, id: manifest.version, manifest, features: manifest.features }
  if (manifest.family === 'linear') {
    const model = linearFromJson(text, folder)
    return {
      ...base,
      features: model.features,
      outputs: 1,
      predict: ({ rows, columns }) => {
        const x = new Float64Array(rows * columns.length)
        for (const [f, c] of columns.entries()) x.set(c, f * rows)
        return predictLinear(model, { rows, features: model.features, x, layout: 'column' })
      },
    }
  }
  return {
    ...base,
    ...trees(
      parse(() => readText(text), folder),
      manifest.bestIteration,
    ),
  }
}

async function loadFile(disk: Disk, path: string): Promise<LoadedModel> {
  const bytes = await disk.read(path)
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --model' })
  const text = new TextDecoder().decode(bytes)
  const model = parse(() => (path.endsWith('.json') ? readXgboost(text) : readText(text)), path)
  return {
    name: path,
    id: sha256(bytes).slice(0, 12),
    manifest: undefined,
    features: model.featureNames,
    ...trees(model),
  }
}

function trees(model: Model, bestIteration?: number): Pick<LoadedModel, 'outputs' | 'predict'> {
  const predictor = compile(model)
  const range = bestIteration === undefined ? {} : { numIteration: bestIteration }
  return { outputs: predictor.numOutputs, predict: ({ columns }) => predictor.predict({ columns }, range) }
}

function parse(read: () => Model, subject: string): Model {
  try {
    return read()
  } catch (error) {
    if (error instanceof ModelError || error instanceof SyntaxError)
      fail('E_FILE_CORRUPT', { subject, detail: error.message, next: 'save the model again', cause: error })
    throw error
  }
}
