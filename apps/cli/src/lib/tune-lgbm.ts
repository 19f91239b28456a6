/** `cointrader tune lgbm`: a grid on one binned data set, chosen on validation, tested once. */
import { join, resolve } from 'node:path'
import { contentId, EXIT, type ExitCode, fail, type Json, stableJson } from '@cointrader/core'
import { diskResults, evaluationTable, searchLgbmGrid, splitFacts } from '@cointrader/models'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import { announce, parameterFlags } from './train-lgbm.js'
import { openSplits, type SplitOptions, splitSettings } from './train-options.js'

export interface TuneLgbmCommand extends SplitOptions {
  grid?: string
  numBoostRound: number
  earlyStoppingRounds: number
  workers: number
}

export async function runTuneLgbm(options: TuneLgbmCommand, flags: readonly string[], ctx: Context): Promise<ExitCode> {
  const given = parameterFlags(flags)
  const grid = await gridFile(options.grid, ctx)
  const { splits, inputs } = await openSplits(options, 'keep', ctx)
  announce(splits, ctx)
  const folder = join(resolve(options.modelsDir), options.name, 'grid')
  const settings: Json = {
    splits: splitFacts(splits),
    inputs,
    settings: splitSettings(options, options.missing ?? 'keep'),
  }
  const result = await searchLgbmGrid(splits, {
    ...(grid === undefined ? {} : { grid }),
    params: given,
    rounds: options.numBoostRound,
    earlyStopping: options.earlyStoppingRounds,
    seed: options.seed,
    workers: options.workers,
    store: diskResults(ctx.disk, folder),
    dataId: contentId({ ...(settings as Record<string, Json>), features: splits.features }),
    signal: ctx.signal,
    onPoint: ({ index, valid }, reused) =>
      ctx.progress.advance(
        1,
        `point ${index}${reused ? ' (kept)' : ''}: ${valid === null ? 'failed' : Math.abs(valid).toPrecision(6)}`,
      ),
  })
  ctx.progress.end()
  const names = Object.keys(result.points[0]!.point)
  const rows = [...result.points]
    .sort((a, b) => (b.valid ?? Number.NEGATIVE_INFINITY) - (a.valid ?? Number.NEGATIVE_INFINITY))
    .slice(0, 15)
    .map((p) => [
      ...names.map((n) => String(p.point[n])),
      p.valid === null ? (p.failed ?? 'no score') : Math.abs(p.valid).toPrecision(7),
      String((p.detail as { bestIteration?: number } | null)?.bestIteration ?? ''),
    ])
  ctx.print(`\n${textTable([...names, 'validation', 'trees'], rows)}`)
  ctx.print(`\n${result.tried} points tried; chosen on validation only: ${stableJson(result.best.point)}`)
  if (result.report !== null) ctx.print(`\n${evaluationTable(result.report).join('\n')}`)
  await ctx.disk.writeAtomic(join(folder, 'chosen_params.json'), `${stableJson(result.best.point, 1)}\n`)
  await ctx.disk.writeAtomic(join(folder, 'grid_results.json'), `${stableJson(result as unknown as Json, 1)}\n`)
  ctx.print(`\nparameters: ${join(folder, 'chosen_params.json')} (train lgbm --params)`)
  ctx.printJson(result)
  return EXIT.done
}

async function gridFile(path: string | undefined, ctx: Context): Promise<Record<string, Json[]> | undefined> {
  if (path === undefined) return undefined
  const bytes = await ctx.disk.read(resolve(path))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --grid' })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    fail('E_CONFIG', { subject: path, detail: (error as Error).message, cause: error })
  }
  if (typeof value !== 'object' || value === null || !Object.values(value).every(Array.isArray))
    fail('E_CONFIG', { subject: path, detail: 'write {"num_leaves": [31, 63], …}: parameter → list of values' })
  return value as Record<string, Json[]>
}
