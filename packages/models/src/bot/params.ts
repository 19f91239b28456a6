/** The classifier's hyper-parameters (TB-04.5) and the file they are tuned into (TB-04.9, `active_lgbm_params.json`). */
import { fail } from '@cointrader/core'
import type { ParamInput } from '@cointrader/lightgbm-wasm'

/** Names are those of the original's file (scikit-learn's). */
export interface BotParams {
  readonly n_estimators: number
  readonly learning_rate: number
  readonly max_depth: number
  readonly num_leaves: number
  readonly min_child_samples: number
  /** Share of the rows each tree sees. Without effect in the original, which sets no bagging frequency (D-18). */
  readonly subsample: number
  readonly colsample_bytree: number
  readonly reg_alpha: number
  readonly reg_lambda: number
  /** Multiplies all weights: the weaker the regularisation. A file without it means 1. */
  readonly weight_scale: number
}

/** What is used where no file says otherwise. */
export const BOT_PARAMS: BotParams = {
  n_estimators: 434,
  learning_rate: 0.123659,
  max_depth: 6,
  num_leaves: 14,
  min_child_samples: 10,
  subsample: 0.929062,
  colsample_bytree: 0.94633,
  reg_alpha: 0.573971,
  reg_lambda: 0.000157,
  weight_scale: 1.783105,
}

const NAMES = Object.keys(BOT_PARAMS) as (keyof BotParams)[]

/** LightGBM's parameters. `baggingFrequency` 0 leaves `subsample` without effect, as the original does. */
export function trainerParams(params: BotParams, baggingFrequency: number, seed: number, threads: number): ParamInput {
  const { n_estimators, weight_scale: _, ...rest } = params
  return {
    objective: 'binary',
    ...rest,
    num_iterations: n_estimators,
    bagging_freq: baggingFrequency,
    seed,
    num_threads: threads,
  }
}

/** Checks values from outside and fills in what is absent. Error `E_CONFIG` naming the entry. */
export function checkBotParams(given: Readonly<Record<string, unknown>>, subject: string): BotParams {
  const out: Record<string, number> = { ...BOT_PARAMS, weight_scale: 1 }
  const refuse = (detail: string): never => fail('E_CONFIG', { subject, detail })
  for (const [name, value] of Object.entries(given)) {
    if (!(NAMES as readonly string[]).includes(name)) refuse(`"${name}" is none of ${NAMES.join(', ')}`)
    if (typeof value !== 'number' || !Number.isFinite(value)) refuse(`${name} is not a number`)
    out[name] = value as number
  }
  const p = out as unknown as BotParams
  for (const name of ['n_estimators', 'num_leaves', 'min_child_samples'] as const)
    if (!Number.isInteger(p[name]) || p[name] < (name === 'num_leaves' ? 2 : 1)) refuse(`${name} is ${p[name]}`)
  if (!Number.isInteger(p.max_depth)) refuse(`max_depth is ${p.max_depth}`)
  for (const name of ['learning_rate', 'weight_scale'] as const) if (!(p[name] > 0)) refuse(`${name} is ${p[name]}`)
  for (const name of ['subsample', 'colsample_bytree'] as const)
    if (!(p[name] > 0 && p[name] <= 1)) refuse(`${name} is ${p[name]}, not in (0, 1]`)
  for (const name of ['reg_alpha', 'reg_lambda'] as const) if (!(p[name] >= 0)) refuse(`${name} is ${p[name]}`)
  return p
}

/**
 * Reads a tuned parameter file: `best_trial.params` of TB-04.9. What it leaves out has the default (`weight_scale`: 1).
 * Error `E_CONFIG`.
 */
export function readTunedParams(text: string, subject: string): BotParams {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    fail('E_CONFIG', { subject, detail: (error as Error).message, cause: error })
  }
  const params = (value as { best_trial?: { params?: unknown } } | null)?.best_trial?.params
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    fail('E_CONFIG', { subject, detail: 'no best_trial.params', next: 'give a file that the tuning wrote' })
  return checkBotParams(params as Record<string, unknown>, subject)
}
