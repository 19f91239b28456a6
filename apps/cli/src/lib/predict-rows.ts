/** `cointrader predict` over tables: the rows of XY days, or of one table. */
import { basename, join, resolve } from 'node:path'
import { addDays, dateOf, EXIT, type ExitCode, fail, parseDate, type UtcDate } from '@cointrader/core'
import { loadMatrix, type TrainingMatrix, type XyDays } from '@cointrader/features'
import {
  columnsOf,
  type EvaluationReport,
  evaluate,
  evaluationTable,
  type LoadedModel,
  loadModel,
  schemaHash,
} from '@cointrader/models'
import { type Column, decodeParquet, encodeParquet, makeTable, numbers, parquetColumns } from '@cointrader/store'
import type { Context } from '../context.js'
import { buildDifference, buildOf, FEATURE_KEYS, modelBuild } from './build-config.js'
import { missingOf, modelName, type Scored, writePredictions } from './predict-common.js'
import { openDays } from './train-options.js'

export interface PredictRows {
  model: string
  inferStart?: string
  inferEnd?: string
  input?: string
  output?: string
  dataDir: string
  topn: number
  modelsDir: string
  /** Judge the scores where the tables hold the label. */
  evaluation: boolean
}

/** Scores days or one table, judges where there are labels, and writes the predictions. */
export async function runRowsOrDays(options: PredictRows, ctx: Context): Promise<ExitCode> {
  const modelsDir = resolve(options.modelsDir)
  const model = await loadModel(ctx.disk, modelsDir, await modelName(ctx.disk, modelsDir, options.model))
  if (options.input !== undefined && !(await hasTimes(options.input, ctx))) return runRows(options, model, ctx)
  const { days } = await openDays(ctx.disk, options)
  const dates = await datesToScore(options, ctx)
  const parts: { matrix: Keys; prediction: Float64Array }[] = []
  ctx.progress.total(dates.length)
  for (const date of dates) {
    ctx.signal.throwIfAborted()
    const day = await days.open(date)
    if (day !== undefined) {
      checkSchema(model, (name) => day.facts(name), day.subject)
      await checkBuild(model, day.subject, ctx)
      parts.push(await score(model, days, date))
    }
    ctx.progress.advance(1, date)
  }
  ctx.progress.end()
  if (parts.length === 0)
    fail('E_NOTHING_FOUND', {
      subject: `${dates[0]} to ${dates.at(-1)}`,
      detail: 'no table of these dates',
      next: 'check --data-dir and --topn',
    })
  const output = resolve(
    options.output ??
      join(options.modelsDir, 'predictions', `${model.name.replaceAll('/', '_')}_${dates[0]}_${dates.at(-1)}.parquet`),
  )
  const scored = joined(model, parts)
  await writePredictions(ctx, output, model, scored, { first: dates[0]!, last: dates.at(-1)! })
  const rows = scored.symbol.length
  const report = options.evaluation ? await judged(model, days, parts) : undefined
  ctx.print(`${rows.toLocaleString('en-US')} rows scored by ${model.name} (${model.id}): ${output}`)
  if (report !== undefined) ctx.print(`\n${evaluationTable(report).join('\n')}`)
  ctx.printJson({ model: model.name, id: model.id, rows, output, evaluation: report ?? null })
  return EXIT.done
}

async function hasTimes(input: string, ctx: Context): Promise<boolean> {
  const bytes = await ctx.disk.read(resolve(input))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: input, next: 'check --input' })
  const names = await parquetColumns(bytes, input)
  return names.includes('start_time_ms') && names.includes('symbol')
}

/** A table of nothing but features: its rows are scored in their order. */
async function runRows(options: PredictRows, model: LoadedModel, ctx: Context): Promise<ExitCode> {
  const input = options.input!
  const bytes = (await ctx.disk.read(resolve(input)))!
  const names = new Set(await parquetColumns(bytes, input))
  const absent = model.features.filter((f) => !names.has(f))
  if (absent.length > 0)
    fail('E_SCHEMA', {
      subject: input,
      detail: `${absent.length} features of ${model.name} are absent: ${absent.slice(0, 5).join(', ')}`,
    })
  const { table } = await decodeParquet(bytes, input, model.features)
  const columns = model.features.map((f) => {
    const data = numbers(table, f, input)
    return data instanceof Int32Array ? Float64Array.from(data) : data
  })
  const prediction = model.predict({ rows: table.rows, columns })
  const scores = Array.from({ length: model.outputs }, (_, k): [string, Column] => [
    model.outputs === 1 ? 'prediction' : `prediction_${k}`,
    { type: 'float64', data: Float64Array.from({ length: table.rows }, (_, i) => prediction[i * model.outputs + k]!) },
  ])
  const output = resolve(options.output ?? join(options.modelsDir, 'predictions', `${model.id}_${basename(input)}`))
  const row = Float64Array.from({ length: table.rows }, (_, i) => i)
  await ctx.disk.writeAtomic(
    output,
    encodeParquet(makeTable([['row', { type: 'int64', data: row }], ...scores]), { 'cointrader.model': model.id }),
  )
  ctx.print(
    `${table.rows.toLocaleString('en-US')} rows scored by ${model.name} (${model.id}), in their order: ${output}`,
  )
  ctx.printJson({ model: model.name, id: model.id, rows: table.rows, output, evaluation: null })
  return EXIT.done
}

async function datesToScore(options: PredictRows, ctx: Context): Promise<UtcDate[]> {
  const { inferStart, inferEnd, input } = options
  if (input !== undefined && inferStart === undefined) {
    const bytes = await ctx.disk.read(resolve(input))
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: input, next: 'check --input' })
    const { table } = await decodeParquet(bytes, input, ['start_time_ms'])
    return [...new Set(Array.from(numbers(table, 'start_time_ms'), (ms) => dateOf(ms)))].sort()
  }
  if (inferStart === undefined || inferEnd === undefined)
    fail('E_USAGE', { subject: 'predict', detail: 'give --infer-start and --infer-end, or --input' })
  const out: UtcDate[] = []
  const last = parseDate(inferEnd, '--infer-end')
  for (let d = parseDate(inferStart, '--infer-start'); d <= last; d = addDays(d, 1)) out.push(d)
  return out
}

function checkSchema(model: LoadedModel, facts: Parameters<typeof schemaHash>[1], subject: string): void {
  const { manifest } = model
  if (manifest === undefined) return
  if (schemaHash(model.features, facts) !== manifest.schemaHash)
    fail('E_SCHEMA', {
      subject,
      detail: `${model.name} (${model.id}) was trained on features of other units or availability`,
    })
}

/** Columns of one name can be built in several ways; a model must see those it was trained on. */
async function checkBuild(model: LoadedModel, subject: string, ctx: Context): Promise<void> {
  const trained = modelBuild(model.manifest?.data)
  const build = await buildOf(ctx.disk, subject)
  if (trained === undefined || build === undefined) return
  const difference = buildDifference(trained, build, FEATURE_KEYS)
  if (difference !== undefined)
    fail('E_SCHEMA', {
      subject,
      detail: `built with ${difference} than the tables ${model.name} (${model.id}) was trained on`,
      next: 'build the tables as those of the training, or train on these',
    })
}

/** Rows without their features: a day's are dropped when it is scored. */
type Keys = Pick<TrainingMatrix, 'rows' | 'time' | 'symbol' | 'symbols'>

/** All rows of the day, also those whose label does not exist yet. */
async function score(model: LoadedModel, days: XyDays, date: UtcDate) {
  const matrix = await loadMatrix({
    days,
    range: { from: date, to: addDays(date, 1) },
    label: null,
    features: model.features,
    missingFeatures: missingOf(model),
    layout: 'column',
    decisionMinutes: model.manifest?.knownAtMinutes ?? 1,
  })
  const prediction = model.predict({ rows: matrix.rows, columns: columnsOf(matrix) })
  const { rows, time, symbol, symbols } = matrix
  return { matrix: { rows, time, symbol, symbols }, prediction }
}

function joined(model: LoadedModel, parts: readonly { matrix: Keys; prediction: Float64Array }[]): Scored {
  const symbol = parts.flatMap(({ matrix }) => Array.from(matrix.symbol, (s) => matrix.symbols[s]!))
  const time = new Float64Array(symbol.length)
  const prediction = new Float64Array(symbol.length * model.outputs)
  let at = 0
  for (const part of parts) {
    time.set(part.matrix.time, at)
    prediction.set(part.prediction, at * model.outputs)
    at += part.matrix.rows
  }
  return { symbol, time, prediction }
}

/** Judged where the tables hold the model's label. */
async function judged(
  model: LoadedModel,
  days: XyDays,
  parts: readonly { matrix: Keys; prediction: Float64Array }[],
): Promise<EvaluationReport | undefined> {
  const label = model.manifest?.label
  if (label === undefined || model.outputs !== 1) return undefined
  const y: number[] = []
  const all: { time: number[]; symbol: number[]; prediction: number[] } = { time: [], symbol: [], prediction: [] }
  const names = new Map<string, number>()
  for (const { matrix, prediction } of parts) {
    const date = dateOf(matrix.time[0] ?? 0)
    const day = matrix.rows === 0 ? undefined : await days.open(date)
    if (day === undefined || !day.names.includes(label.name)) continue
    const column = numbers(await day.read([label.name]), label.name)
    if (column.length !== matrix.rows) continue
    for (let i = 0; i < matrix.rows; i++) {
      const name = matrix.symbols[matrix.symbol[i]!]!
      if (!names.has(name)) names.set(name, names.size)
      y.push(column[i]!)
      all.time.push(matrix.time[i]!)
      all.symbol.push(names.get(name)!)
      all.prediction.push(prediction[i]!)
    }
  }
  if (!y.some((v) => !Number.isNaN(v))) return undefined
  return evaluate({
    title: `${model.name}: ${label.name}`,
    ...all,
    label: y,
    labelName: label.name,
    unit: label.unit,
    horizonMinutes: label.looksUntilMinutes - 1,
    contenders: [{ name: model.name, role: 'model', prediction: all.prediction }],
    seed: model.manifest?.seed ?? 0,
  })
}
