/** `cointrader train lgbm`: load, train, judge, store. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, type Json } from '@cointrader/core'
import type { MatrixPart } from '@cointrader/features'
import type { ParamInput } from '@cointrader/lightgbm-wasm'
import { writeText } from '@cointrader/lightgbm-wasm'
import {
  checkpointText,
  countsText,
  type EvaluationReport,
  evaluationHtml,
  evaluationTable,
  importanceCsv,
  judge,
  LGBM_DEFAULTS,
  type ModelFacts,
  type ModelFile,
  modelFolder,
  modelId,
  openModel,
  type Splits,
  saveModel,
  schemaHash,
  splitFacts,
  trainLgbm,
} from '@cointrader/models'
import type { Context } from '../context.js'
import type { BuildConfig } from './build-config.js'
import { openSplits, type SplitOptions, splitSettings } from './train-options.js'

export interface LgbmCommand extends SplitOptions {
  numBoostRound: number
  earlyStoppingRounds: number
  params?: string
  threads: number
}

/** `--num-leaves 31 --lambda-l1=0.5` to parameters; what is not one is refused by the trainer with the nearest name. */
export function parameterFlags(words: readonly string[]): ParamInput {
  const out: Record<string, string> = {}
  for (let i = 0; i < words.length; i++) {
    const match = /^--([a-z][a-z0-9_-]*)(?:=(.*))?$/i.exec(words[i]!)
    if (match === null)
      fail('E_USAGE', {
        subject: words[i]!,
        detail: 'not a flag',
        next: 'write LightGBM parameters as --num-leaves 31',
      })
    let value = match[2]
    if (value === undefined && i + 1 < words.length && !words[i + 1]!.startsWith('--')) value = words[++i]
    out[match[1]!.replaceAll('-', '_')] = value ?? 'true'
  }
  return out
}

async function paramsFile(path: string | undefined, ctx: Context): Promise<ParamInput> {
  if (path === undefined) return {}
  const bytes = await ctx.disk.read(resolve(path))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --params' })
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ParamInput
  } catch (error) {
    fail('E_CONFIG', { subject: path, detail: (error as Error).message, cause: error })
  }
  fail('E_CONFIG', { subject: path, detail: 'not a JSON object of LightGBM parameters' })
}

/** Rounds between two checkpoints. */
const CHECKPOINT_ROUNDS = 100

export async function runTrainLgbm(options: LgbmCommand, flags: readonly string[], ctx: Context): Promise<ExitCode> {
  const given = { ...(await paramsFile(options.params, ctx)), ...parameterFlags(flags) }
  const { splits, inputs, build } = await openSplits(options, 'keep', ctx)
  announce(splits, ctx)
  const request = {
    family: 'lgbm',
    params: {
      ...LGBM_DEFAULTS,
      ...given,
      rounds: options.numBoostRound,
      earlyStopping: options.earlyStoppingRounds,
    } as Json,
    inputs,
    build,
    missing: options.missing ?? 'keep',
  } as const
  const facts = modelFacts(ctx, options, splits, request)
  const folder = modelFolder(resolve(options.modelsDir), options.name, modelId(facts))
  if (await ctx.disk.exists(join(folder, 'manifest.json'))) return showStored(folder, ctx)
  const checkpoint = join(folder, 'checkpoint.json')
  const before = await ctx.disk.read(checkpoint)
  if (before !== undefined) ctx.print('going on from a checkpoint')
  let writing: Promise<unknown> = Promise.resolve()
  ctx.progress.total(options.numBoostRound)
  const result = await trainLgbm(splits, {
    params: given,
    rounds: options.numBoostRound,
    earlyStopping: options.earlyStoppingRounds,
    seed: options.seed,
    threads: options.threads,
    signal: ctx.signal,
    ...(before === undefined ? {} : { resume: new TextDecoder().decode(before) }),
    callbacks: [
      (info) => {
        const valid = info.evaluations.find((e) => e.data === 'valid')
        ctx.progress.advance(1, valid === undefined ? '' : `valid ${valid.metric} ${valid.value.toPrecision(6)}`)
        if ((info.iteration + 1) % CHECKPOINT_ROUNDS !== 0) return
        const text = checkpointText(info.checkpoint())
        writing = writing.then(() => ctx.disk.writeAtomic(checkpoint, text))
      },
    ],
  })
  await writing
  ctx.progress.end()
  const reports = await judgeAll(splits, (rows) => result.predict(rows), options)
  const stored = await storeModel(ctx, options, facts, reports, {
    bestIteration: result.bestIteration,
    files: [
      { name: 'model.txt', bytes: writeText(result.model) },
      { name: 'feature_importance.csv', bytes: importanceCsv(result.importance) },
      { name: 'history.json', bytes: `${JSON.stringify(result.history)}\n` },
    ],
  })
  await ctx.disk.remove(checkpoint)
  ctx.print(`\n${evaluationTable(reports.test ?? reports.valid).join('\n')}`)
  ctx.print(
    `\ntrees: ${result.bestIteration} of ${options.numBoostRound} (${result.stopped})\nmodel: ${stored.folder}\npage:  ${join(stored.folder, 'evaluation.html')}`,
  )
  ctx.printJson({
    model: stored.manifest,
    folder: stored.folder,
    kept: false,
    bestIteration: result.bestIteration,
    stopped: result.stopped,
    evaluation: reports,
    importance: result.importance.slice(0, 50),
  })
  return EXIT.done
}

/** The same training was done before: its evidence is shown again. */
export async function showStored(folder: string, ctx: Context): Promise<ExitCode> {
  const { manifest, file } = await openModel(ctx.disk, folder)
  const reports = JSON.parse(new TextDecoder().decode(await file('evaluation.json'))) as {
    valid: EvaluationReport
    test?: EvaluationReport
  }
  ctx.print(`\n${evaluationTable(reports.test ?? reports.valid).join('\n')}`)
  ctx.print(`\nkept: this training was done before\nmodel: ${folder}\npage:  ${join(folder, 'evaluation.html')}`)
  ctx.printJson({ model: manifest, folder, kept: true, evaluation: reports })
  return EXIT.done
}

/** Says what is trained on and what was removed. */
export function announce(splits: Splits, ctx: Context): void {
  for (const name of ['train', 'valid', 'test'] as const) {
    const rows = splits[name]
    if (rows === undefined) continue
    const { from, to, purgedMinutes } = splits.ranges[name]!
    ctx.print(`${name.padEnd(5)} [${from}, ${to}): ${countsText(rows)}; ${purgedMinutes} minutes purged at its borders`)
  }
  const { emptyFeatures } = splits
  if (emptyFeatures.length > 0)
    ctx.print(
      `${emptyFeatures.length} features without a value in training are left out: ${emptyFeatures.slice(0, 8).join(' ')}${emptyFeatures.length > 8 ? ' …' : ''}`,
    )
}

/** Reports of every split there is. */
export async function judgeAll(
  splits: Splits,
  predict: (rows: MatrixPart) => Float64Array,
  options: {
    readonly name: string
    readonly seed: number
    readonly trials?: number
    readonly evaluation?: 'full' | 'quick'
  },
): Promise<{ valid: EvaluationReport; test?: EvaluationReport }> {
  const { evaluation, ...rest } = options
  const how = evaluation === 'quick' ? { ...rest, resamples: 0, permutations: 0 } : rest
  const valid = await judge(splits, 'valid', predict, how)
  if (splits.test === undefined) return { valid }
  return { valid, test: await judge(splits, 'test', predict, how) }
}

export interface FactsRequest {
  readonly family: 'lgbm' | 'linear'
  readonly params: Json
  readonly inputs: Json
  /** How the tables were built, where they say. */
  readonly build: BuildConfig | undefined
  readonly missing: string
}

/** Everything about a training that is known before it: what its id is made of. */
export function modelFacts(ctx: Context, options: SplitOptions, splits: Splits, request: FactsRequest): ModelFacts {
  const known = splits.features.map((f) => splits.facts(f)?.knownAtMinutes ?? 1)
  return {
    family: request.family,
    name: options.name,
    codeVersion: ctx.codeVersion,
    seed: options.seed,
    label: splits.label,
    features: splits.features,
    schemaHash: schemaHash(splits.features, splits.facts),
    knownAtMinutes: Math.max(1, ...known),
    params: request.params,
    data: {
      settings: splitSettings(options, request.missing),
      splits: splitFacts(splits),
      inputs: request.inputs,
      build: (request.build ?? null) as Json,
    },
    metrics: null,
  }
}

export interface StoreRequest {
  readonly bestIteration?: number
  readonly files: readonly ModelFile[]
}

/** Writes the model folder with its evaluation. */
export async function storeModel(
  ctx: Context,
  options: SplitOptions,
  facts: ModelFacts,
  reports: { valid: EvaluationReport; test?: EvaluationReport },
  request: StoreRequest,
) {
  const root = resolve(options.modelsDir)
  const manifest = await saveModel(
    ctx.disk,
    root,
    {
      ...facts,
      metrics: headline(reports),
      ...(request.bestIteration === undefined ? {} : { bestIteration: request.bestIteration }),
    },
    [
      ...request.files,
      { name: 'evaluation.json', bytes: `${JSON.stringify(reports, null, 1)}\n` },
      { name: 'evaluation.html', bytes: evaluationHtml(reports.test ?? reports.valid) },
    ],
  )
  return { manifest, folder: join(root, options.name, manifest.version) }
}

/** The figures a list of models shows. */
function headline(reports: { valid: EvaluationReport; test?: EvaluationReport }): Json {
  const one = (report: EvaluationReport | undefined): Json => {
    const entry = report?.entries.find((e) => e.role === 'model')
    if (entry === undefined) return null
    const { pooled, sections } = entry
    return {
      pearson: pooled.pearson.value,
      rank: pooled.rank.value,
      sectionRank: sections?.rank.value ?? null,
      sectionRankT: sections?.rank.t ?? null,
    }
  }
  return { valid: one(reports.valid), test: one(reports.test) }
}
