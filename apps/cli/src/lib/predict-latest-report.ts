/** What `predict --latest` shows: the ranked cross-section, and what it cost. */
import { type UtcDate, utcText } from '@cointrader/core'
import type { ServingColumns } from '@cointrader/features/serving/index'
import type { LoadedModel } from '@cointrader/models'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

export interface LatestRow {
  readonly rank: number
  readonly symbol: string
  /** One value an output; ranked by the first. */
  readonly scores: readonly number[]
  readonly close: number
  /** Features without a value. */
  readonly missing: number
}

export interface Latest {
  readonly model: LoadedModel
  readonly columns: ServingColumns
  /** Where generator and reading rules come from. */
  readonly settings: string
  readonly bits: 32 | 64
  readonly top: number
  /** Start of the scored bar. */
  readonly timeMs: number
  readonly nowMs: number
  readonly ageMs: number
  readonly rows: readonly LatestRow[]
  /** Members without a bar in this minute. */
  readonly away: readonly string[]
  readonly warmupMinutes: number
  readonly absentDays: readonly UtcDate[]
  readonly readMs: number
  readonly warmupMs: number
  /** Of each replayed minute, the scored one last. */
  readonly pushMs: readonly number[]
  readonly modelMs: readonly number[]
  readonly output: string | null
  readonly warnings: readonly string[]
}

/** An age for people. */
export function ageText(ms: number): string {
  const minutes = Math.round(ms / 6000) / 10
  if (Math.abs(minutes) < 120) return `${minutes} min`
  const hours = Math.round(minutes / 6) / 10
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 2.4) / 10} days`
}

/** Median, nearest-rank 99th percentile and maximum. */
export function spread(values: readonly number[]): { median: number; p99: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  const mid = n >> 1
  const median = n % 2 === 1 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2
  return { median, p99: sorted[Math.ceil(0.99 * n) - 1]!, max: sorted[n - 1]! }
}

/** Prints the table, or the JSON. Warnings go to stderr in both. */
export function showLatest(latest: Latest, ctx: Context): void {
  const { model, columns, rows, pushMs, modelMs } = latest
  const total = pushMs.map((ms, i) => ms + modelMs[i]!)
  const replay = total.length > 1 ? { push: spread(pushMs), model: spread(modelMs), total: spread(total) } : null
  const label = model.manifest?.label
  const horizon = label === undefined ? null : label.looksUntilMinutes - 1
  const minute = utcText(latest.timeMs)
  ctx.print(
    textTable(
      ['rank', 'symbol', 'score', 'minute (UTC)', 'close', 'missing'],
      rows.map((r) => [
        r.rank,
        r.symbol,
        r.scores.map((v) => v.toPrecision(6)).join(' '),
        minute,
        String(r.close),
        r.missing === 0 ? '' : `${r.missing} of ${columns.features.length}`,
      ]),
    ),
  )
  if (latest.away.length > 0) ctx.print(`no bar in this minute: ${latest.away.join(' ')}`)
  ctx.print(
    `\nmodel     ${model.name} (${model.id})${label === undefined ? '' : `, score of ${label.name} in ${label.unit}, ${horizon} min ahead`}`,
  )
  ctx.print(
    `features  ${columns.features.length} of generator ${columns.generator}, served as float${latest.bits} (settings: ${latest.settings}), top ${latest.top}`,
  )
  ctx.print(
    `known     ${utcText(latest.timeMs + columns.knownAtMinutes * 60_000)} UTC; the bar ended ${ageText(latest.ageMs)} ago`,
  )
  const last = total.length - 1
  ctx.print(
    `latency   once: read ${ms(latest.readMs)}, warm-up of ${latest.warmupMinutes.toLocaleString('en-US')} minutes ${ms(latest.warmupMs)}; this minute: features ${ms(pushMs[last]!)} + model ${ms(modelMs[last]!)} = ${ms(total[last]!)}`,
  )
  if (replay !== null) {
    const { median, p99, max } = replay.total
    ctx.print(
      `replay    ${total.length} minutes, features + model: median ${ms(median)}, 99 % ${ms(p99)}, max ${ms(max)} (features ${ms(replay.push.median)}, model ${ms(replay.model.median)} in the median)`,
    )
  }
  if (latest.output !== null) ctx.print(`scores    ${latest.output}`)
  ctx.progress.end()
  for (const warning of latest.warnings) process.stderr.write(`warning: ${warning}\n`)
  ctx.printJson({
    model: {
      name: model.name,
      id: model.id,
      family: model.manifest?.family ?? null,
      label: label?.name ?? null,
      unit: label?.unit ?? null,
      horizonMinutes: horizon,
    },
    minute,
    timeMs: latest.timeMs,
    knownAtMs: latest.timeMs + columns.knownAtMinutes * 60_000,
    nowMs: latest.nowMs,
    ageMs: latest.ageMs,
    top: latest.top,
    float: latest.bits,
    generator: columns.generator,
    settings: latest.settings,
    features: columns.features.length,
    // NaN is no JSON: a score or a close that is missing is null.
    rows: rows.map(({ rank, symbol, scores, close, missing }) => ({
      rank,
      symbol,
      score: orNull(scores[0]!),
      ...(scores.length > 1 ? { scores: scores.map(orNull) } : {}),
      timeMs: latest.timeMs,
      close: orNull(close),
      missing,
    })),
    withoutBar: latest.away,
    warmupMinutes: latest.warmupMinutes,
    absentDays: latest.absentDays,
    latencyMs: {
      read: latest.readMs,
      warmup: latest.warmupMs,
      push: pushMs[last],
      model: modelMs[last],
      total: total[last],
    },
    replay: replay === null ? null : { minutes: total.length, ...replay },
    output: latest.output,
    warnings: latest.warnings,
  })
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(3) : Math.round(value).toLocaleString('en-US')} ms`
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
