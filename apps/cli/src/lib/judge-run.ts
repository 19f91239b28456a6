/** `cointrader judge`: joins prediction tables with the labels of XY tables and evaluates all of them on the same rows. */
import { resolve } from 'node:path'
import { addDays, dateOf, EXIT, type ExitCode, fail, parseDate, type UtcDate } from '@cointrader/core'
import { diskDays, labelLooksUntil, loadMatrix, type TrainingMatrix, type XyDays } from '@cointrader/features'
import {
  type Contender,
  evaluate,
  evaluationHtml,
  evaluationTable,
  momentumBaseline,
  momentumColumn,
  momentumScale,
} from '@cointrader/models'
import type { JudgeFlags } from '../commands/judge.js'
import type { Context } from '../context.js'
import { readScores, type Scores } from './score-table.js'

/** Rows of the label, by time and symbol. */
interface Ground {
  readonly parts: readonly TrainingMatrix[]
  readonly rows: number
  readonly looksUntilMinutes: number
  readonly unit: string
  readonly momentum: string | undefined
}

export async function runJudge(flags: JudgeFlags, ctx: Context): Promise<ExitCode> {
  const given = flags.predictions.map(named)
  if (given.length === 0) fail('E_USAGE', { subject: '--predictions', detail: 'give at least one NAME=FILE' })
  if (new Set(given.map((g) => g.name)).size !== given.length)
    fail('E_USAGE', { subject: '--predictions', detail: 'a name is there twice; join its files with commas' })
  const tables = []
  for (const { name, files } of given) tables.push({ name, scores: await readScores(files, '--predictions', ctx) })
  const dates = datesOf(tables.map((t) => t.scores))
  const days = diskDays(ctx.disk, resolve(flags.dataDir), flags.topn)
  const ground = await readGround(days, dates, flags.yName)
  const { time, symbol, names, label } = joined(ground)
  const contenders: Contender[] = tables.map(({ name, scores }) => ({
    name,
    role: 'model',
    prediction: Float64Array.from(time, (t, i) => scores.get(names[symbol[i]!]!)?.get(t) ?? Number.NaN),
  }))
  const training = await trainingRows(flags, days, ground)
  if (ground.momentum !== undefined) {
    const column = ground.momentum
    const scale = training === undefined ? 1 : momentumScale(training, training.y, column)
    for (const direction of ['momentum', 'reversal'] as const) {
      const baseline = momentumBaseline({ column, direction, scale })
      const prediction = new Float64Array(time.length)
      let at = 0
      for (const part of ground.parts) {
        prediction.set(baseline.predict(part), at)
        at += part.rows
      }
      contenders.push({ name: `${direction} ${column}`, role: 'baseline', prediction })
    }
  }
  const report = evaluate({
    title: flags.title ?? `${given.map((g) => g.name).join(', ')}: ${flags.yName}`,
    time,
    symbol,
    label,
    labelName: flags.yName,
    unit: ground.unit,
    horizonMinutes: ground.looksUntilMinutes - 1,
    contenders,
    delayMinutes: flags.delays,
    ...(training === undefined ? {} : { trainMean: meanOf(training.y) }),
    ...(flags.trials === undefined ? {} : { trials: flags.trials }),
    seed: flags.seed,
  })
  if (flags.out !== undefined) {
    const out = resolve(flags.out)
    await ctx.disk.writeAtomic(`${out.replace(/\.json$/, '')}.html`, evaluationHtml(report))
    await ctx.disk.writeAtomic(out, `${JSON.stringify(report, null, 1)}\n`)
  }
  ctx.print(evaluationTable(report).join('\n'))
  for (const e of report.entries)
    for (const d of e.delays ?? [])
      ctx.print(
        `${e.name} used ${d.minutes} min later: cross-sectional rank IC ${signed(d.sectionRank)} +- ${signed(d.sectionRankError).slice(1)}`,
      )
  if (flags.out !== undefined) ctx.print(`\nreport: ${resolve(flags.out)}`)
  ctx.printJson(report)
  return EXIT.done
}

/** Days on which anything has a score, ascending. */
function datesOf(all: readonly Scores[]): UtcDate[] {
  const out = new Set<UtcDate>()
  for (const scores of all) for (const rows of scores.values()) for (const ms of rows.keys()) out.add(dateOf(ms))
  return [...out].sort()
}

function named(text: string): { name: string; files: string[] } {
  const at = text.indexOf('=')
  const files = text
    .slice(at + 1)
    .split(',')
    .filter((f) => f !== '')
  if (at < 1 || files.length === 0)
    fail('E_USAGE', { subject: `--predictions ${text}`, detail: 'write it as NAME=FILE or NAME=FILE,FILE' })
  return { name: text.slice(0, at), files }
}

/** Labels, and the past return that momentum looks at, of the days. */
async function readGround(days: XyDays, dates: readonly UtcDate[], label: string): Promise<Ground> {
  const parts: TrainingMatrix[] = []
  let momentum: string | undefined
  let looksUntilMinutes = 0
  let unit = ''
  for (const date of dates) {
    const day = await days.open(date)
    if (day === undefined)
      fail('E_FILE_MISSING', { subject: `XY table of ${date}`, next: 'check --data-dir and --topn' })
    if (parts.length === 0) {
      looksUntilMinutes = labelLooksUntil(label, day.facts(label), day.subject)
      unit = day.facts(label)?.unit ?? ''
      momentum = momentumColumn(day.names, looksUntilMinutes - 1)
    }
    parts.push(
      await loadMatrix({
        days,
        range: { from: date, to: addDays(date, 1) },
        label,
        features: momentum === undefined ? [] : [momentum],
        missingFeatures: 'keep',
        missingLabel: 'keep',
        layout: 'column',
      }),
    )
  }
  return { parts, rows: parts.reduce((n, p) => n + p.rows, 0), looksUntilMinutes, unit, momentum }
}

function joined({ parts, rows }: Ground) {
  const names: string[] = []
  const index = new Map<string, number>()
  const time = new Float64Array(rows)
  const symbol = new Int32Array(rows)
  const label = new Float64Array(rows)
  let at = 0
  for (const part of parts) {
    const local = part.symbols.map((s) => {
      if (!index.has(s)) {
        index.set(s, names.length)
        names.push(s)
      }
      return index.get(s)!
    })
    time.set(part.time, at)
    label.set(part.y, at)
    for (let i = 0; i < part.rows; i++) symbol[at + i] = local[part.symbol[i]!]!
    at += part.rows
  }
  return { time, symbol, names, label }
}

async function trainingRows(
  flags: JudgeFlags,
  days: XyDays,
  { momentum }: Ground,
): Promise<TrainingMatrix | undefined> {
  const { trainStart, trainEnd } = flags
  if ((trainStart === undefined) !== (trainEnd === undefined))
    fail('E_USAGE', { subject: 'training range', detail: 'give both --train-start and --train-end, or neither' })
  if (trainStart === undefined || trainEnd === undefined) return undefined
  return loadMatrix({
    days,
    range: { from: parseDate(trainStart, '--train-start'), to: addDays(parseDate(trainEnd, '--train-end'), 1) },
    label: flags.yName,
    features: momentum === undefined ? [] : [momentum],
    missingFeatures: 'keep',
    layout: 'column',
  })
}

function meanOf(y: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < y.length; i++) sum += y[i]!
  return sum / y.length
}

const signed = (x: number | null): string => (x === null ? ' n/a' : `${x < 0 ? '-' : '+'}${Math.abs(x).toFixed(3)}`)
