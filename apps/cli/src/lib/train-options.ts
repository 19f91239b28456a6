/** Inputs that the training commands share: days, splits, and the settings that enter a model's id. */
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fail, type Json, parseDate, sha256, stableJson } from '@cointrader/core'
import { diskDays, memoryDays, parseFeatureList, splitDays, type XyDays, xyFile } from '@cointrader/features'
import { type DayRange, loadSplits, type Splits } from '@cointrader/models'
import { type Disk, decodeParquet, makeTable, readManifest } from '@cointrader/store'
import type { Context } from '../context.js'
import { type BuildConfig, buildOfDays } from './build-config.js'
import type { SplitOptions } from './train-flags.js'

export type { SplitOptions }

/** The days of a data folder or of one table, and the hashes of what may be read. */
export async function openDays(
  disk: Disk,
  options: Pick<SplitOptions, 'input' | 'dataDir' | 'topn'>,
): Promise<{
  days: XyDays
  inputs(dates: readonly string[]): Promise<Json>
  build(dates: readonly string[]): Promise<BuildConfig | undefined>
}> {
  if (options.input !== undefined) {
    const path = resolve(options.input)
    const bytes = await disk.read(path)
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: options.input, next: 'check --input' })
    const { table } = await decodeParquet(bytes, options.input)
    const date = table.columns.get('date')
    // A text column of dates is an identifier, and of no use here.
    const usable = date === undefined ? table : makeTable([...table.columns].filter(([name]) => name !== 'date'))
    const id = sha256(bytes)
    return { days: memoryDays(splitDays(usable)), inputs: async () => ({ input: id }), build: async () => undefined }
  }
  const dir = resolve(options.dataDir)
  return {
    days: diskDays(disk, dir, options.topn),
    build: (dates) => buildOfDays(disk, dir, options.topn, dates),
    async inputs(dates) {
      const out: Record<string, string> = {}
      for (const date of dates) {
        const path = join(dir, xyFile(date as never, options.topn))
        const manifest = await readManifest(disk, path)
        if (manifest !== undefined) out[date] = manifest.sha256
        else {
          const bytes = await disk.read(path)
          if (bytes !== undefined) out[date] = sha256(bytes)
        }
      }
      return out
    },
  }
}

/** Reads the ranges of the command line and loads them. */
export async function openSplits(
  options: SplitOptions,
  missing: 'keep' | 'drop' | 'zero',
  ctx: Context,
): Promise<{ splits: Splits; inputs: Json; build: BuildConfig | undefined }> {
  const range = (start: string, end: string, name: string): DayRange => ({
    start: parseDate(start, `--${name}-start`),
    end: parseDate(end, `--${name}-end`),
  })
  const { testStart, testEnd } = options
  if ((testStart === undefined) !== (testEnd === undefined))
    fail('E_USAGE', { subject: 'test range', detail: 'give both --test-start and --test-end, or neither' })
  const ranges = {
    train: range(options.trainStart, options.trainEnd, 'train'),
    valid: range(options.validStart, options.validEnd, 'valid'),
    ...(testStart === undefined || testEnd === undefined ? {} : { test: range(testStart, testEnd, 'test') }),
  }
  const { days, inputs, build } = await openDays(ctx.disk, options)
  const dates = Object.values(ranges).flatMap(({ start, end }) => datesOf(start, end))
  const made = await build(dates)
  const features = options.features === undefined ? undefined : await readList(ctx.disk, options.features)
  const splits = await loadSplits({
    days,
    ranges,
    label: options.yName,
    ...(features === undefined ? {} : { features }),
    ...(options.maxRows === undefined ? {} : { maxRows: options.maxRows }),
    sampleByDay: options.sampleByDay === true,
    missingFeatures: options.missing ?? missing,
    embargoMinutes: options.embargo,
    seed: options.seed,
    maxBytes: options.memory === undefined ? totalmem() / 3 : options.memory * 2 ** 30,
  })
  return { splits, inputs: await inputs(dates), build: made }
}

async function readList(disk: Disk, path: string): Promise<string[]> {
  const bytes = await disk.read(resolve(path))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --features' })
  return parseFeatureList(new TextDecoder().decode(bytes), path)
}

function datesOf(start: string, end: string): string[] {
  const out: string[] = []
  for (let ms = Date.parse(`${start}T00:00Z`); ms <= Date.parse(`${end}T00:00Z`); ms += 86_400_000)
    out.push(new Date(ms).toISOString().slice(0, 10))
  return out
}

/** Settings that enter a model's id. */
export function splitSettings(options: SplitOptions, missing: string): Json {
  const { yName, maxRows, sampleByDay, embargo, evaluation } = options
  return JSON.parse(
    stableJson({
      yName,
      maxRows: maxRows ?? null,
      sampleByDay: sampleByDay === true,
      embargo,
      missing,
      // Stored with the model, so a model with less evidence is another one.
      ...(evaluation === 'quick' ? { evaluation } : {}),
    }),
  )
}
