/**
 * Guards: what a challenger must pass before it is compared at all, and the verdict. A challenger that fails one is refused,
 * however well it scores; all that failed are named.
 */
import { dateMs, MINUTE_MS, utcText } from '@cointrader/core'
import type { ModelManifest } from '../artefact/index.js'
import { type CheckedVersion, failedChecks } from './check.js'
import type { Comparison } from './compare.js'
import { manifestSplits } from './inspect.js'
import { schemaDifferences } from './schema.js'
import type { StoredEvaluation } from './show.js'

/**
 * - `model`: it does not open, a file does not hold its hash, or it predicts what is not a number
 * - `stale-data`: the newest row is too old (or ends in the future)
 * - `schema`: another label or, unless allowed, other features than the champion's; or other data than its own
 * - `out-of-sample`: the window begins before one of the models has seen the last of its training and validation
 * - `too-few-rows`: not enough instants to judge by
 * - `coverage`: labelled rows that the challenger gives no finite prediction for
 * - `baseline`: its score is not above 0 and above every baseline's
 */
export type GuardName = 'model' | 'stale-data' | 'schema' | 'out-of-sample' | 'too-few-rows' | 'coverage' | 'baseline'

export interface GuardResult {
  readonly guard: GuardName
  readonly passed: boolean
  /** What was seen, in words. */
  readonly detail: string
}

export interface BaselineScore {
  readonly name: string
  /** In the unit of the comparison's score; null where it is undefined. */
  readonly mean: number | null
}

export interface GuardRequest {
  readonly challenger: ModelManifest
  /** Of the active model; absent when there is none. */
  readonly champion?: ModelManifest
  readonly comparison: Comparison
  /** Result of `checkVersion` of the challenger; absent: `promoteModel` checks it anyway. */
  readonly checked?: CheckedVersion
  readonly nowMs: number
  /** When the newest row of the data ends (start of its bar plus the bar's length), ms. */
  readonly newestRowEndMs: number
  readonly maxAgeMs: number
  /** Besides those the comparison scored on the window itself: see {@link storedBaselines}. */
  readonly baselines?: readonly BaselineScore[]
  /** Features, their units and availability may differ from the champion's. Its label never may. Default false. */
  readonly allowSchemaChange?: boolean
  /** `schemaHash` of the challenger's features in the data of the window. */
  readonly dataSchemaHash?: string
  /** Default: as many as the bootstrap needs, five blocks (`comparison.minInstants`). */
  readonly minInstants?: number
  /** Guards that are not asked. Default: none. */
  readonly skip?: readonly GuardName[]
}

/** A row may end this much after now, for clocks that differ. */
const CLOCK_SKEW_MS = MINUTE_MS

/** All guards, in the order of {@link GuardName}; `model` only when it was checked. */
export function checkChallenger(request: GuardRequest): GuardResult[] {
  const { challenger, champion, checked } = request
  const out: GuardResult[] = []
  const add = (guard: GuardName, [passed, detail]: readonly [boolean, string]): void => {
    if (request.skip?.includes(guard) !== true) out.push({ guard, passed, detail })
  }
  if (checked !== undefined)
    add('model', [checked.passed, checked.passed ? 'opens, holds its hashes, predicts' : failedChecks(checked)])
  add('stale-data', freshness(request))
  add('schema', schema(request))
  add(
    'out-of-sample',
    outOfSample(request.comparison.firstMs, champion === undefined ? [challenger] : [challenger, champion]),
  )
  add('too-few-rows', enough(request))
  add('coverage', coverage(request.comparison))
  add('baseline', aboveBaselines(request))
  return out
}

type Found = readonly [passed: boolean, detail: string]

function freshness({ nowMs, newestRowEndMs, maxAgeMs }: GuardRequest): Found {
  const age = nowMs - newestRowEndMs
  const seen = `the newest row ends ${Number.isFinite(newestRowEndMs) ? utcText(newestRowEndMs) : 'nowhere'}`
  if (!Number.isFinite(age)) return [false, seen]
  if (age < -CLOCK_SKEW_MS) return [false, `${seen}, ${minutes(-age)} after now (${utcText(nowMs)})`]
  return [age <= maxAgeMs, `${seen}, ${minutes(Math.max(0, age))} ago; ${minutes(maxAgeMs)} are allowed`]
}

function schema({ challenger, champion, allowSchemaChange = false, dataSchemaHash }: GuardRequest): Found {
  const wrong: string[] = []
  if (dataSchemaHash !== undefined && dataSchemaHash !== challenger.schemaHash)
    wrong.push('the data has features of other units or availability than the challenger was trained on')
  if (champion === undefined) return [wrong.length === 0, wrong[0] ?? 'no active model expects anything']
  const { label, features } = schemaDifferences(champion, challenger)
  wrong.push(...label, ...(allowSchemaChange ? [] : features))
  if (wrong.length > 0) return [false, wrong.join('; ')]
  return [true, features.length === 0 ? 'as the active model' : `allowed: ${features.join('; ')}`]
}

/**
 * Until when a model has seen outcomes of training and validation, ms: the end of what the label of its last row looks at.
 * Rows are bars on a grid of minutes. Null when the manifest does not say.
 */
export function seenUntilMs(manifest: Pick<ModelManifest, 'data' | 'label'>): number | null {
  const splits = manifestSplits(manifest)
  if (splits === undefined) return null
  let until = Number.NEGATIVE_INFINITY
  for (const name of ['train', 'valid'] as const) {
    const split = splits[name]
    if (split === null || split === undefined) {
      if (name === 'train') return null
      continue
    }
    const end = Math.min(
      split.to === undefined ? Number.NaN : dateMs(split.to),
      split.keepToMs ?? Number.POSITIVE_INFINITY,
    )
    if (!Number.isFinite(end)) return null
    const lastRow = Math.floor((end - 1) / MINUTE_MS) * MINUTE_MS
    until = Math.max(until, lastRow + manifest.label.looksUntilMinutes * MINUTE_MS)
  }
  return until
}

function outOfSample(firstMs: number | null, models: readonly ModelManifest[]): Found {
  if (firstMs === null) return [false, 'no row is judged']
  const wrong: string[] = []
  let latest = Number.NEGATIVE_INFINITY
  for (const manifest of models) {
    const until = seenUntilMs(manifest)
    const who = `${manifest.name}/${manifest.version}`
    if (until === null) wrong.push(`the manifest of ${who} does not say what it was trained on`)
    else {
      latest = Math.max(latest, until)
      if (firstMs < until) wrong.push(`${who} has seen outcomes until ${utcText(until)}`)
    }
  }
  const window = `the window begins ${utcText(firstMs)}`
  if (wrong.length > 0) return [false, `${window}; ${wrong.join('; ')}`]
  return [true, `${window}; outcomes seen in training and validation end ${utcText(latest)}`]
}

function enough({ comparison, minInstants = comparison.minInstants }: GuardRequest): Found {
  const unit = comparison.score === 'section-rank-ic' ? 'cross-sections' : 'days'
  return [comparison.instants >= Math.max(1, minInstants), `${comparison.instants} ${unit}; it takes ${minInstants}`]
}

function coverage({ rows }: Comparison): Found {
  const labelled = rows.given - rows.withoutLabel
  return [
    labelled > 0 && rows.withoutChallenger === 0,
    `${labelled - rows.withoutChallenger} of ${labelled} labelled rows have a prediction`,
  ]
}

function aboveBaselines({ comparison, baselines = [] }: GuardRequest): Found {
  const own = comparison.challenger.mean
  if (own === null) return [false, 'the challenger has no score']
  const all: { name: string; mean: number }[] = [{ name: 'zero', mean: 0 }]
  for (const { name, mean } of [...comparison.baselines, ...baselines]) if (mean !== null) all.push({ name, mean })
  const best = all.reduce((a, b) => (b.mean > a.mean ? b : a))
  return [own > best.mean, `score ${own.toPrecision(4)}, best baseline ${best.name} ${best.mean.toPrecision(4)}`]
}

/**
 * The baselines of a stored evaluation (of its test range, else of validation), in the unit of the comparison's score. They
 * were scored on the rows of that range, which need not be those of the window.
 */
export function storedBaselines(evaluation: StoredEvaluation | null, score: Comparison['score']): BaselineScore[] {
  const report = evaluation === null ? undefined : (evaluation.test ?? evaluation.valid)
  return (report?.entries ?? [])
    .filter((entry) => entry.role === 'baseline')
    .map((entry) => ({
      name: entry.name,
      mean: score === 'section-rank-ic' ? (entry.sections?.rank.value ?? null) : entry.daily.rankMean,
    }))
}

export interface Verdict {
  /** `refuse`: a guard failed. `keep`: all passed and the champion stays. `promote`: the challenger takes over. */
  readonly outcome: 'promote' | 'keep' | 'refuse'
  /** Names of the guards that failed. */
  readonly failed: readonly GuardName[]
  readonly guards: readonly GuardResult[]
  readonly comparison: Comparison
  /** In words. */
  readonly reason: string
}

/** Guards first, then the rule of the comparison. */
export function judgeChallenger(request: GuardRequest): Verdict {
  const { comparison } = request
  const guards = checkChallenger(request)
  const bad = guards.filter((one) => !one.passed)
  const base = { failed: bad.map((one) => one.guard), guards, comparison }
  if (bad.length > 0)
    return { ...base, outcome: 'refuse', reason: bad.map((one) => `${one.guard}: ${one.detail}`).join('; ') }
  return { ...base, outcome: comparison.better ? 'promote' : 'keep', reason: comparison.finding }
}

function minutes(ms: number): string {
  const n = ms / MINUTE_MS
  return n < 120
    ? `${Math.round(n)} minutes`
    : n < 2880
      ? `${(n / 60).toFixed(1)} hours`
      : `${(n / 1440).toFixed(1)} days`
}
