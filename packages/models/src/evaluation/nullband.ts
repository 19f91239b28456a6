/**
 * What a score looks like when predictions know nothing: labels are shuffled many times and scored again. Two ways of
 * shuffling, because each keeps another part of what makes real scores vary:
 *
 * - `within`: labels change places among the symbols of an instant. One random order of symbols holds for a whole block of
 *   instants, so that overlapping labels stay overlapping. Needs cross-sections.
 * - `blocks`: time is turned round the circle by a random amount, cut into blocks of several horizons, and the blocks of
 *   labels are put in random order, alike for all symbols; every label stays with its symbol. What makes labels depend on each
 *   other (overlap, market-wide moves, fat tails) stays inside the blocks, so the band is as wide as it must be however slow
 *   the prediction is. On sampled rows each symbol's labels follow the same order of blocks. Works on any rows.
 */
import { fail, seededRandom } from '@cointrader/core'
import { shuffledOrder } from '@cointrader/features/dataset/sample'
import { quantileOf } from './numeric.js'
import type { Sections } from './sections.js'

export type NullScheme = 'within' | 'blocks'

/** A score that is a sum over rows of a(prediction) * b(label), as correlations and the AUC are. Canonical order. */
export interface LinearScore {
  readonly name: string
  readonly a: Float64Array
  readonly b: Float64Array
}

export interface NullBand {
  readonly name: string
  readonly scheme: NullScheme
  /** The score with the labels in place. */
  readonly score: number
  readonly mean: number
  readonly deviation: number
  /** The band holds `level` of the shuffled scores. */
  readonly low: number
  readonly high: number
  readonly level: number
  readonly draws: number
  /** Two-sided: share of shuffles at least as far from the shuffled mean as the score, counting the score itself. */
  readonly pValue: number
}

export interface NullOptions {
  readonly scheme: NullScheme
  /** Instants per block; several horizons, because each cut severs labels that overlap. */
  readonly block: number
  /** Default 200. */
  readonly draws?: number
  /** Default 0. */
  readonly seed?: number | string
  /** Default 0.95. */
  readonly level?: number
}

/**
 * The band of each score. All scores see the same shuffles. Errors: `E_ROW_COUNT` for `blocks` with fewer instants than six
 * blocks, `E_USAGE` for `within` when (time, symbol) repeats.
 */
export function nullBands(sections: Sections, scores: readonly LinearScore[], options: NullOptions): NullBand[] {
  const { scheme, block, draws = 200, seed = 0, level = 0.95 } = options
  if (!(block >= 1)) fail('E_USAGE', { subject: 'null band block', detail: `${block} is not a number of instants` })
  const random = seededRandom(seed).fork(`null ${scheme}`)
  const place = new Int32Array(sections.rows)
  const shuffle = scheme === 'within' ? shuffleWithin(sections, Math.ceil(block)) : shuffleBlocks(sections, block)
  const all = scores.map(() => new Float64Array(draws))
  for (let d = 0; d < draws; d++) {
    shuffle(place, random)
    for (let k = 0; k < scores.length; k++) all[k][d] = sumProduct(scores[k], place)
  }
  return scores.map((one, k) => {
    const values = all[k].sort()
    let mean = 0
    for (let d = 0; d < draws; d++) mean += values[d] / draws
    let squares = 0
    for (let d = 0; d < draws; d++) squares += (values[d] - mean) ** 2
    let score = 0
    for (let i = 0; i < one.a.length; i++) score += one.a[i] * one.b[i]
    let beyond = 0
    for (let d = 0; d < draws; d++) if (Math.abs(values[d] - mean) >= Math.abs(score - mean)) beyond++
    return {
      name: one.name,
      scheme,
      score,
      mean,
      deviation: Math.sqrt(squares / Math.max(1, draws - 1)),
      low: quantileOf(values, (1 - level) / 2),
      high: quantileOf(values, 1 - (1 - level) / 2),
      level,
      draws,
      pValue: (1 + beyond) / (draws + 1),
    }
  })
}

function sumProduct({ a, b }: LinearScore, place: Int32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[place[i]]
  return sum
}

type Shuffle = (place: Int32Array, random: ReturnType<typeof seededRandom>) => void

function shuffleWithin(sections: Sections, block: number): Shuffle {
  if (sections.duplicates > 0) {
    fail('E_USAGE', { subject: 'null band', detail: 'rows repeat (time, symbol)', next: 'use the scheme "blocks"' })
  }
  let symbols = 0
  for (let r = 0; r < sections.rows; r++) symbols = Math.max(symbols, sections.symbol[r] + 1)
  const rowOf = new Int32Array(symbols)
  return (place, random) => {
    let order: Int32Array = new Int32Array(0)
    for (let s = 0; s < sections.times.length; s++) {
      if (s % block === 0) order = shuffledOrder(symbols, random)
      const from = sections.offsets[s]
      const to = sections.offsets[s + 1]
      rowOf.fill(-1)
      for (let r = from; r < to; r++) rowOf[sections.symbol[r]] = r
      // The i-th symbol present takes the label of the i-th in random order.
      for (let k = 0, r = from; k < symbols; k++) {
        const row = rowOf[order[k]]
        if (row >= 0) place[r++] = row
      }
    }
  }
}

/** A symbol needs this many rows to be shuffled on its own; rows of rarer ones are shuffled as if they were one symbol's. */
const MIN_ROWS = 10

/** Fewest blocks to put in order. */
const LEAST_BLOCKS = 6

function shuffleBlocks(sections: Sections, block: number): Shuffle {
  const { rows, symbol, offsets } = sections
  const instants = sections.times.length
  const length = Math.ceil(block)
  if (instants < LEAST_BLOCKS * length) {
    fail('E_ROW_COUNT', {
      subject: 'null band',
      detail: `${instants} instants are fewer than ${LEAST_BLOCKS} blocks of ${length}`,
      next: 'judge a longer range',
    })
  }
  const blocks = Math.ceil(instants / length)
  const bySymbol = new Map<number, number[]>()
  const instantOf = new Int32Array(rows)
  for (let s = 0; s < instants; s++) instantOf.fill(s, offsets[s], offsets[s + 1])
  for (let r = 0; r < rows; r++) {
    const list = bySymbol.get(symbol[r])
    if (list === undefined) bySymbol.set(symbol[r], [r])
    else list.push(r)
  }
  const series: Int32Array[] = []
  const rare: number[] = []
  for (const list of bySymbol.values()) {
    if (list.length >= MIN_ROWS) series.push(Int32Array.from(list))
    else for (const r of list) rare.push(r)
  }
  if (rare.length > 0) series.push(Int32Array.from(rare).sort())
  const starts = new Int32Array(blocks + 1)
  return (place, random) => {
    const turn = random.int(instants)
    const order = shuffledOrder(blocks, random)
    for (const own of series) {
      const n = own.length
      // First row at or after the turn, and from there the first row of each block, round the circle.
      let first = 0
      while (first < n && instantOf[own[first]] < turn) first++
      let at = 0
      for (let b = 0; b < blocks; b++) {
        starts[b] = at
        while (at < n) {
          const instant = instantOf[own[first + at < n ? first + at : first + at - n]] - turn
          if ((instant < 0 ? instant + instants : instant) >= (b + 1) * length) break
          at++
        }
      }
      starts[blocks] = n
      let to = 0
      for (let k = 0; k < blocks; k++) {
        for (let i = starts[order[k]]; i < starts[order[k] + 1]; i++, to++) {
          place[own[to]] = own[first + i < n ? first + i : first + i - n]
        }
      }
    }
  }
}

/** Centred on the mean and divided by the norm over rows from..to; zeros when constant. */
function unitInto(values: Float64Array, from: number, to: number, out: Float64Array, scale: number): boolean {
  let mean = 0
  let constant = true
  for (let i = from; i < to; i++) {
    mean += values[i]
    if (values[i] !== values[from]) constant = false
  }
  if (constant) {
    out.fill(0, from, to)
    return false
  }
  mean /= to - from
  let squares = 0
  for (let i = from; i < to; i++) squares += (values[i] - mean) ** 2
  const factor = scale / Math.sqrt(squares)
  for (let i = from; i < to; i++) out[i] = (values[i] - mean) * factor
  return true
}

/** Pearson correlation over all rows as a {@link LinearScore} (give ranks for Spearman's). */
export function pooledScore(name: string, prediction: Float64Array, label: Float64Array): LinearScore {
  const a = new Float64Array(prediction.length)
  const b = new Float64Array(label.length)
  unitInto(prediction, 0, a.length, a, 1)
  unitInto(label, 0, b.length, b, 1)
  return { name, a, b }
}

/**
 * Mean Pearson correlation over the given cross-sections as a {@link LinearScore} for `within` (give ranks within sections
 * for the rank IC). Sections where either side is constant have no correlation and do not count.
 */
export function sectionScore(
  name: string,
  sections: Sections,
  used: Int32Array,
  prediction: Float64Array,
  label: Float64Array,
): LinearScore {
  const a = new Float64Array(sections.rows)
  const b = new Float64Array(sections.rows)
  let defined = 0
  for (let i = 0; i < used.length; i++) {
    const from = sections.offsets[used[i]]
    const to = sections.offsets[used[i] + 1]
    const both = unitInto(label, from, to, b, 1) && unitInto(prediction, from, to, a, 1)
    if (both) defined++
    else a.fill(0, from, to)
  }
  for (let i = 0; i < a.length; i++) a[i] /= defined || 1
  return { name, a, b }
}
