/**
 * Champion against challenger on the same rows, by a rule that is stated in words beside its result. Scores are paired: each
 * instant is judged for both, so what makes an instant hard for everybody cancels out in the difference.
 */
import { DAY_MS, fail, MINUTE_MS } from '@cointrader/core'
import { meanStatistic } from '../evaluation/bootstrap.js'
import { blockLength } from '../evaluation/ground.js'
import {
  blockBootstrap,
  checkSections,
  commonStep,
  crossSections,
  dailyIc,
  gather,
  horizonLag,
  MIN_BLOCKS,
  MIN_SYMBOLS,
  type Numbers,
  neweyWest,
  type Sections,
  sectionIc,
} from '../evaluation/index.js'
import { assertLength, finite, isConstant, mean } from '../evaluation/numeric.js'

export interface CompareRequest {
  /** Start of the bar of each row, ms. */
  readonly time: Numbers
  /** Symbol index of each row, from 0. */
  readonly symbol: Numbers
  /** Outcome of each row; NaN where it is not known (yet). */
  readonly label: Numbers
  /** Of the active model; absent when there is none. A value that is not finite is none. */
  readonly champion?: Numbers
  readonly challenger: Numbers
  /** Scored on the same rows, for the guard. Finite. */
  readonly baselines?: readonly { readonly name: string; readonly prediction: Numbers }[]
  /** How far the label looks (`looksUntilMinutes` - 1): neighbours closer than this share outcome. */
  readonly horizonMinutes: number
  /** How much better in rank IC (a fraction from -1 to 1) the challenger must be. Default 0. */
  readonly minGain?: number
  /**
   * Confidence of the one-sided interval that must lie above `minGain` too, from 0.5 (included) to 1. Default 0.5, which
   * asks for no interval: the mean decides.
   */
  readonly confidence?: number
  /** Least symbols of a cross-section. Default 5. */
  readonly minSymbols?: number
  /** Of the bootstrap. Default 1000. */
  readonly resamples?: number
  /** Of the bootstrap. Default 0. */
  readonly seed?: number
}

export interface SeriesScore {
  readonly mean: number | null
  /** Newey-West, of the mean. Null for a series too short or without spread. */
  readonly standardError: number | null
  readonly t: number | null
}

export interface PairedDifference extends SeriesScore {
  /** Lower end of the one-sided block-bootstrap interval; the mean at confidence 0.5; null with too few instants. */
  readonly lower: number | null
  /** Of the resampled means; null with too few instants. */
  readonly bootstrapError: number | null
}

/** Plain JSON. */
export interface Comparison {
  /** `section`: rank IC over the symbols of each instant. `daily`: over all rows of each UTC day. */
  readonly score: 'section-rank-ic' | 'daily-rank-ic'
  /** Why cross-sections were not used; null when they were. */
  readonly refusal: string | null
  readonly rows: {
    readonly given: number
    readonly withoutLabel: number
    /** Labelled rows that the model gives no finite prediction for. */
    readonly withoutChampion: number
    readonly withoutChallenger: number
    readonly judged: number
  }
  /** Instants (days, for `daily`) that are scored. */
  readonly instants: number
  /** Fewest instants for which the bootstrap is defined: five blocks. */
  readonly minInstants: number
  /** Instants per block. */
  readonly block: number
  /** First and last bar start of the judged rows, ms; null without rows. */
  readonly firstMs: number | null
  readonly lastMs: number | null
  readonly challenger: SeriesScore
  /** Null when there is no champion. */
  readonly champion: SeriesScore | null
  /** Challenger less champion; null when there is no champion. */
  readonly difference: PairedDifference | null
  readonly baselines: readonly { readonly name: string; readonly mean: number | null }[]
  readonly minGain: number
  readonly confidence: number
  /** By the rule. Without a champion always true: then only the guards decide. */
  readonly better: boolean
  readonly ruleText: string
  /** What the rule found, in words. */
  readonly finding: string
}

/**
 * Compares two models' predictions of the same rows. The score is the mean rank IC (Spearman) over cross-sections, or, where
 * `checkSections` refuses these, over UTC days. An instant at which a model gives all symbols the same value counts as 0 for
 * it: it was asked to rank and did not. (Leaving it out, as an evaluation does, would let a model choose its instants.)
 * Instants whose label is constant are left out for all. The interval is by block bootstrap over the paired differences.
 * Errors: `E_USAGE` for arrays of unequal length, an infinite label, rows that repeat (time, symbol), a baseline that is not
 * finite, a negative `minGain` or a `confidence` outside [0.5, 1).
 */
export function compareOnWindow(request: CompareRequest): Comparison {
  const { minGain = 0, confidence = 0.5, minSymbols = MIN_SYMBOLS, horizonMinutes } = request
  if (!(minGain >= 0 && Number.isFinite(minGain)))
    fail('E_USAGE', { subject: 'minGain', detail: `${minGain} is not a number of zero or more` })
  if (!(confidence >= 0.5 && confidence < 1))
    fail('E_USAGE', { subject: 'confidence', detail: `${confidence} is not from 0.5 to below 1` })
  if (!(horizonMinutes >= 0)) fail('E_USAGE', { subject: 'horizon', detail: `${horizonMinutes} minutes` })
  const { keep, rows } = judgedRows(request)
  const sections = crossSections(gather(request.time, keep), gather(request.symbol, keep))
  if (sections.duplicates > 0)
    fail('E_USAGE', { subject: 'rows', detail: `${sections.duplicates} rows repeat (time, symbol) of another` })
  const place = sections.order.map((i) => keep[i])
  const pick = (values: Numbers): Float64Array => gather(values, place)
  const label = pick(request.label)
  const refusal = rows.judged === 0 ? null : checkSections(sections, minSymbols).refusal
  const scale = refusal === null ? bySection(sections, label, minSymbols) : byDay(sections, label)
  const horizonMs = horizonMinutes * MINUTE_MS
  const instants = scale.times.length
  const block = instants === 0 ? 1 : blockLength(scale.times, horizonMs)
  const challenger = scale.score(pick(request.challenger))
  const champion = request.champion === undefined ? undefined : scale.score(pick(request.champion))
  const judge = (values: Float64Array): SeriesScore => seriesScore(values, scale.times, scale.stepMs, horizonMs)
  const own = judge(challenger)
  const other = champion === undefined ? null : judge(champion)
  const gains = champion === undefined ? undefined : challenger.map((value, i) => value - champion[i])
  const difference = gains === undefined ? null : { ...judge(gains), ...lowerEnd(gains, block, request) }
  const base = {
    score: refusal === null ? 'section-rank-ic' : 'daily-rank-ic',
    refusal,
    rows,
    instants,
    minInstants: MIN_BLOCKS * block,
    block,
    firstMs: instants === 0 ? null : sections.times[0],
    lastMs: instants === 0 ? null : sections.times[sections.times.length - 1],
    challenger: own,
    champion: other,
    difference,
    baselines: (request.baselines ?? []).map(({ name, prediction }) => ({
      name,
      mean: finite(mean(scale.score(pick(prediction)))),
    })),
    minGain,
    confidence,
  } satisfies Partial<Comparison>
  return { ...base, ...decide(base), ruleText: ruleText(base) }
}

type Base = Omit<Comparison, 'better' | 'ruleText' | 'finding'>

/** A way to score predictions instant by instant; the instants are the same for all. */
interface Scale {
  readonly times: Float64Array
  readonly stepMs: number
  /** One finite value an instant. */
  score(prediction: Float64Array): Float64Array
}

function bySection(sections: Sections, label: Float64Array, minSymbols: number): Scale {
  if (sections.rows === 0) return { times: new Float64Array(0), stepMs: MINUTE_MS, score: () => new Float64Array(0) }
  const { used } = checkSections(sections, minSymbols)
  const scored = used.map((s, i) => (isConstant(label, sections.offsets[s], sections.offsets[s + 1]) ? -1 : i))
  const kept = scored.filter((i) => i >= 0)
  const times = Float64Array.from(kept, (i) => sections.times[used[i]])
  const step = commonStep(times)
  return {
    times,
    stepMs: Number.isNaN(step) ? MINUTE_MS : step,
    score(prediction) {
      const { rank } = sectionIc(sections, prediction, label, minSymbols)
      return Float64Array.from(kept, (i) => (Number.isNaN(rank[i]) ? 0 : rank[i]))
    },
  }
}

function byDay(sections: Sections, label: Float64Array): Scale {
  // The label against itself is undefined exactly on days on which it is constant.
  const itself = dailyIc(sections, label, label)
  const kept = Int32Array.from(itself.days.keys()).filter((d) => !Number.isNaN(itself.rank[d]))
  return {
    times: gather(itself.days, kept),
    stepMs: DAY_MS,
    score(prediction) {
      const { rank } = dailyIc(sections, prediction, label)
      return Float64Array.from(kept, (d) => (Number.isNaN(rank[d]) ? 0 : rank[d]))
    },
  }
}

function judgedRows(request: CompareRequest): { keep: Int32Array; rows: Comparison['rows'] } {
  const { time, symbol, label, champion, challenger, baselines = [] } = request
  const n = label.length
  assertLength('time', time, n)
  assertLength('symbol', symbol, n)
  assertLength('predictions of the challenger', challenger, n)
  if (champion !== undefined) assertLength('predictions of the champion', champion, n)
  for (const { name, prediction } of baselines) assertLength(`prediction of ${name}`, prediction, n)
  const keep = new Int32Array(n)
  const rows = { given: n, withoutLabel: 0, withoutChampion: 0, withoutChallenger: 0, judged: 0 }
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(label[i])) {
      rows.withoutLabel++
      continue
    }
    if (!Number.isFinite(label[i])) fail('E_USAGE', { subject: 'label', detail: `row ${i} is ${label[i]}` })
    const lacksChampion = champion !== undefined && !Number.isFinite(champion[i])
    const lacksChallenger = !Number.isFinite(challenger[i])
    if (lacksChampion) rows.withoutChampion++
    if (lacksChallenger) rows.withoutChallenger++
    if (lacksChampion || lacksChallenger) continue
    for (const { name, prediction } of baselines)
      if (!Number.isFinite(prediction[i]))
        fail('E_USAGE', { subject: `baseline ${name}`, detail: `row ${i} is ${prediction[i]}` })
    keep[rows.judged++] = i
  }
  return { keep: keep.slice(0, rows.judged), rows }
}

function seriesScore(values: Float64Array, times: Float64Array, stepMs: number, horizonMs: number): SeriesScore {
  if (values.length === 0) return { mean: null, standardError: null, t: null }
  const lag = horizonLag(Math.max(1, Math.ceil(horizonMs / stepMs)), values.length)
  const test = neweyWest(values, { lag, times, step: stepMs })
  return { mean: finite(test.mean), standardError: finite(test.standardError), t: finite(test.t) }
}

function lowerEnd(
  gains: Float64Array,
  block: number,
  { confidence = 0.5, resamples = 1000, seed = 0 }: CompareRequest,
): Pick<PairedDifference, 'lower' | 'bootstrapError'> {
  const average = gains.length === 0 ? null : finite(mean(gains))
  const asMean = confidence === 0.5 ? average : null
  if (gains.length < MIN_BLOCKS * block || resamples < 1) return { lower: asMean, bootstrapError: null }
  const statistic = meanStatistic(gains)
  // The lower end of a two-sided interval of coverage 2c - 1 is that of a one-sided one of confidence c.
  const options = { block, resamples, seed, level: 2 * confidence - 1 }
  const [interval] = blockBootstrap(
    gains.length,
    1,
    (counts, out) => {
      out[0] = statistic(counts)
    },
    options,
  )
  return {
    lower: confidence === 0.5 ? average : finite(interval!.low),
    bootstrapError: finite(interval!.standardError),
  }
}

const SCORES = {
  'section-rank-ic':
    'mean cross-sectional rank IC, the Spearman correlation of prediction and label over the symbols of one instant',
  'daily-rank-ic': 'mean daily rank IC, the Spearman correlation of prediction and label over all rows of one UTC day',
} as const

/** The rule in words, with its settings. */
function ruleText({ score, minGain, confidence, champion }: Base): string {
  const unit = score === 'section-rank-ic' ? 'instant' : 'day'
  const lines = [
    `Score: ${SCORES[score]}; where a model ranks nothing, it counts as 0.`,
    `Both are scored on the same rows, and the difference is taken ${unit} by ${unit}.`,
    `The challenger takes over when it passes every guard and its score is more than ${minGain} above the champion's.`,
  ]
  if (confidence > 0.5)
    lines.push(
      `The lower end of the one-sided ${percent(confidence)} block-bootstrap interval of the difference must be above ${minGain} too.`,
    )
  lines.push('Otherwise the champion stays, also on a tie.')
  if (champion === null) lines.push('There is no champion: the guards alone decide.')
  return lines.join(' ')
}

function decide({
  difference,
  minGain,
  confidence,
  minInstants,
  instants,
}: Base): Pick<Comparison, 'better' | 'finding'> {
  if (difference === null) return { better: true, finding: 'there is no champion' }
  const { mean: gain, lower } = difference
  if (gain === null) return { better: false, finding: 'there is nothing to compare' }
  const found = `the challenger's score is ${signed(gain)} from the champion's`
  if (!(gain > minGain)) return { better: false, finding: `${found}, not more than ${minGain} above` }
  if (lower === null)
    return { better: false, finding: `${found}, but ${instants} instants give no interval (it takes ${minInstants})` }
  if (!(lower > minGain))
    return { better: false, finding: `${found}, but at ${percent(confidence)} it may be only ${signed(lower)}` }
  return {
    better: true,
    finding: confidence > 0.5 ? `${found}, at least ${signed(lower)} at ${percent(confidence)}` : found,
  }
}

const percent = (share: number): string => `${Number((100 * share).toFixed(6))} %`
const signed = (x: number): string => (x >= 0 ? '+' : '') + x.toPrecision(3)
