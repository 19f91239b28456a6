/** A trained classifier in a model folder: the trees as LightGBM's text, and what serving needs to know beside them. */
import { fail, type Json, stableJson } from '@cointrader/core'
import { BOT_FEATURE_NAMES, type BotFeature } from '@cointrader/features/bot/index'
import { readText, writeText } from '@cointrader/lightgbm-wasm'
import type { ModelFile, StoredModel } from '../artefact/artefact.js'
import { type BotFilter, makeFilter, type ServingMissing } from './filter.js'
import type { BotModel } from './fit.js'

interface Serving {
  readonly threshold: number
  readonly features: readonly BotFeature[]
  readonly mayMiss: readonly BotFeature[]
  readonly bestIteration: number
  readonly missing: ServingMissing
}

const MODEL = 'model.txt'
const SERVING = 'serving.json'

/** The files to store: `model.txt`, and `serving.json` with the threshold (D-14) and the policy for missing features. */
export function botFiles(model: BotModel, threshold: number, missing: ServingMissing = 'trained'): ModelFile[] {
  const { features, mayMiss, bestIteration } = model
  const serving: Serving = { threshold, features, mayMiss, bestIteration, missing }
  return [
    { name: MODEL, bytes: writeText(model.model) },
    { name: SERVING, bytes: `${stableJson(serving as unknown as Json, 1)}\n` },
  ]
}

/**
 * The filter of a stored model, with the threshold it was stored with unless another is given. Errors `E_FILE_MISSING`,
 * `E_FILE_CORRUPT` (also for a model of another family or other features).
 */
export async function openBotFilter(
  stored: StoredModel,
  threshold?: number,
): Promise<{ readonly filter: BotFilter; readonly threshold: number }> {
  const damaged = (detail: string): never =>
    fail('E_FILE_CORRUPT', { subject: stored.folder, detail, next: 'train the model again' })
  if (stored.manifest.family !== 'bot') damaged(`a model of family ${stored.manifest.family}, not of the bot`)
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await stored.file(name))
  const serving = JSON.parse(await text(SERVING)) as Serving
  const model = readText(await text(MODEL))
  const known = (names: readonly string[]): boolean =>
    names.every((name) => (BOT_FEATURE_NAMES as readonly string[]).includes(name))
  if (!known(serving.features) || model.featureNames.join() !== serving.features.join())
    damaged(`features ${model.featureNames.join()} are not those of ${SERVING}`)
  const used = threshold ?? serving.threshold
  return { filter: makeFilter({ ...serving, model }, used, serving.missing), threshold: used }
}
