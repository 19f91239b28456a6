/** What both forms of `cointrader predict` share: naming a model, and the table of predictions. */
import { join } from 'node:path'
import { fail } from '@cointrader/core'
import type { LoadedModel } from '@cointrader/models'
import { type Column, type Disk, encodeParquet, makeTable, writeWithManifest } from '@cointrader/store'
import type { Context } from '../context.js'

/** Scored rows in order of (time, symbol). */
export interface Scored {
  readonly symbol: readonly string[]
  /** Start of the bar, ms. */
  readonly time: Float64Array
  /** `rows × model.outputs`, row by row. */
  readonly prediction: Float64Array
}

/**
 * The name of the model that is meant: `active` is the only one with an active pointer, everything else stays as it is.
 * Errors `E_FILE_MISSING` when none is active, `E_USAGE` naming them when several are.
 */
export async function modelName(disk: Disk, modelsDir: string, given: string): Promise<string> {
  if (given !== 'active') return given
  const active: string[] = []
  for (const entry of await disk.list(modelsDir))
    if (entry.endsWith('/') && (await disk.exists(join(modelsDir, entry, 'active.json'))))
      active.push(entry.slice(0, -1))
  if (active.length === 0)
    fail('E_FILE_MISSING', {
      subject: 'the active model',
      detail: `no model in ${modelsDir} is active`,
      next: 'promote one with cointrader models promote, or give --model NAME',
    })
  if (active.length > 1)
    fail('E_USAGE', {
      subject: '--model active',
      detail: `${active.length} models are active: ${active.join(', ')}`,
      next: 'give --model NAME',
    })
  return active[0]!
}

/** How the training treated missing features: prediction must do the same. */
export function missingOf(model: LoadedModel): 'keep' | 'zero' {
  const data = model.manifest?.data as { settings?: { missing?: string } } | null | undefined
  return data?.settings?.missing === 'zero' ? 'zero' : 'keep'
}

/** Writes `symbol, start_time_ms, prediction` (`prediction_0`, … for several outputs) with a manifest. */
export async function writePredictions(
  ctx: Context,
  output: string,
  model: LoadedModel,
  { symbol, time, prediction }: Scored,
  inputs: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = symbol.length
  const k = model.outputs
  const scores = Array.from({ length: k }, (_, j): [string, Column] => [
    k === 1 ? 'prediction' : `prediction_${j}`,
    { type: 'float64', data: Float64Array.from({ length: rows }, (_, i) => prediction[i * k + j]!) },
  ])
  const table = makeTable([
    ['symbol', { type: 'string', data: symbol }],
    ['start_time_ms', { type: 'int64', data: time }],
    ...scores,
  ])
  await writeWithManifest(ctx.disk, output, encodeParquet(table, { 'cointrader.model': model.id }), {
    kind: 'predictions',
    command: 'predict',
    codeVersion: ctx.codeVersion,
    seed: null,
    config: { outputs: k },
    inputs: { model: model.id, ...inputs },
    rows,
    columns: [...table.columns.keys()],
    timeRange: rows === 0 ? null : [time[0]!, time[rows - 1]!],
    details: {},
  })
}
