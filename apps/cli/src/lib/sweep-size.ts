/** `cointrader position-size` on the default path. */
import { join, resolve } from 'node:path'
import {
  type BacktestResult,
  type PositionSize,
  positionSize,
  positionSizeHtml,
  type RiskOutcome,
  runBacktest,
} from '@cointrader/backtest'
import { costsOf, shareMarket } from '@cointrader/backtest/sweep/index'
import { contentId, EXIT, type ExitCode, fail, type Json, sha256, stableJson } from '@cointrader/core'
import { writeWithManifest } from '@cointrader/store'
import { indicatorScore, mtfPullback } from '@cointrader/strategies'
import type { SizeFlags } from '../commands/position-size.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import { instantText } from './backtest-bars.js'
import { figure, share } from './sweep-report.js'
import { loadSweepData, sweepSetup } from './sweep-setup.js'

/** What the study reads of a result. */
interface Sized {
  readonly result: BacktestResult
  readonly config: Json
  readonly inputs: Readonly<Record<string, string>>
  readonly facts: readonly (readonly [string, string])[]
  readonly notes: readonly string[]
}

export async function runSize(flags: SizeFlags, ctx: Context): Promise<ExitCode> {
  const { result, config, inputs, facts, notes } =
    flags.trades === undefined ? await fromRun(flags, ctx) : await fromDocument(flags.trades, ctx)
  const { paths, length, maxRuin, maxDrawdown, seed } = flags
  const options = { paths, trades: length, maxRuin, maxDrawdown, seed }
  const size = positionSize(result, options)
  const id = contentId({ config, inputs, options, code: ctx.codeVersion }).slice(0, 12)
  const out = resolve(flags.out ?? join('results', 'position-size', id))
  const document = { kind: 'position-size', options, ...documentOf(size), notes }
  const json = stableJson(document as unknown as Json, 1)
  const about: (readonly [string, string])[] = [...facts, ['Study', id], ['Code', ctx.codeVersion]]
  await ctx.disk.writeAtomic(
    join(out, 'report.html'),
    positionSizeHtml(
      { ...size, warnings: [...size.warnings, ...notes] },
      `Position size: ${size.symbols.join(', ')}`,
      about,
    ),
  )
  await writeWithManifest(ctx.disk, join(out, 'document.json'), new TextEncoder().encode(`${json}\n`), {
    kind: 'position-size',
    command: 'position-size',
    codeVersion: ctx.codeVersion,
    seed,
    config,
    inputs,
    rows: size.trades,
    columns: [],
    timeRange: null,
    details: { options },
  })
  const r = size.recommended
  ctx.print(
    r.value === null
      ? `No risk per trade is recommended: ${r.reason}.`
      : `Risk at most ${share(r.value)} of equity per trade.`,
  )
  ctx.print(
    `${size.trades} trades with a stop: ${figure(size.expectancy.value, 3)} R on average (error ${figure(size.expectancy.standardError, 3)}), pessimistic ${figure(size.pessimisticExpectancy, 3)} R; wins ${share(size.winRate)}, average win ${figure(size.averageWin)} R, loss ${figure(size.averageLoss)} R; Kelly ${share(size.growthOptimal.value)}, pessimistic ${share(size.pessimisticKelly)}.`,
  )
  for (const [title, rows] of [
    ['as observed', size.outcomes],
    ['pessimistic', size.pessimistic],
  ] as const)
    ctx.print(`\n${title}\n${outcomes(rows)}`)
  for (const text of [...size.warnings, ...notes]) ctx.print(`note: ${text}`)
  ctx.print(`report: ${join(out, 'report.html')}`)
  if (ctx.json) process.stdout.write(`${json}\n`)
  return EXIT.done
}

function outcomes(rows: readonly RiskOutcome[]): string {
  return textTable(
    ['risk', 'ruin', '5 %', '25 %', 'median', '75 %', '95 %', 'median drawdown', '95 % drawdown'],
    rows.map((o) => [
      share(o.risk),
      share(o.ruin),
      ...o.returns.map(share),
      share(o.medianDrawdown),
      share(o.p95Drawdown),
    ]),
  )
}

function documentOf(size: PositionSize) {
  const { multiples, ...rest } = size
  return { ...rest, multiples: [...multiples] }
}

async function fromRun(flags: SizeFlags, ctx: Context): Promise<Sized> {
  if (flags.symbols === undefined || flags.data === undefined)
    fail('E_USAGE', { subject: 'position-size', detail: 'no trades', next: 'give --symbols and --data, or --trades' })
  const data = await loadSweepData(flags, ctx)
  const { bars } = data
  const setup = sweepSetup(flags, bars.symbols, flags.killSwitch === true)
  const result = runBacktest({
    bars,
    strategy:
      setup.strategy === 'mtf-pullback'
        ? mtfPullback(setup.base.pullback, bars.intervalMs)
        : indicatorScore(setup.base.score),
    config: setup.base.config,
    costs: costsOf(setup.costs, shareMarket({ ...bars, columns: [] }, data.funding, false)),
    ...(data.startMs === undefined ? {} : { startMs: data.startMs }),
    ...(data.endMs === undefined ? {} : { endMs: data.endMs }),
  })
  const range = `${instantText(result.startMs)} to ${instantText(result.endMs)} UTC`
  return {
    result,
    config: { setup: setup as unknown as Json, range: [result.startMs, result.endMs] },
    inputs: data.inputs,
    facts: [
      ['Strategy', setup.strategy],
      ['Period', range],
      ...Object.entries(result.assumptions),
      ['Kill switch', flags.killSwitch === true ? 'armed' : 'off'],
    ],
    notes: [
      'The trades are of one set of parameters on the range shown: if those were chosen on it, the edge is smaller than it looks.',
      ...result.notes.map((n) => n.text),
    ],
  }
}

/** Trades of a result document (TB-05.8). Errors `E_FILE_MISSING`, `E_FILE_CORRUPT`. */
async function fromDocument(path: string, ctx: Context): Promise<Sized> {
  const bytes = await ctx.disk.read(resolve(path))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --trades' })
  const corrupt = (detail: string): never =>
    fail('E_FILE_CORRUPT', { subject: path, detail, next: 'give the document.json of cointrader backtest' })
  let document: { config?: Record<string, unknown>; trades?: unknown }
  try {
    document = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    return corrupt((error as Error).message)
  }
  const { config, trades } = document ?? {}
  if (!Array.isArray(trades) || typeof config !== 'object' || config === null) return corrupt('no config or no trades')
  const rows = trades as Record<string, unknown>[]
  const column = (name: string, optional = false): Float64Array =>
    Float64Array.from(rows, (row, i) => {
      const v = row[name]
      if (typeof v === 'number') return v
      return optional && v === null ? Number.NaN : corrupt(`trade ${i + 1}: ${name} is ${JSON.stringify(v)}`)
    })
  const symbols = [...new Set(rows.map((row) => String(row.symbol)))].sort()
  // The study reads these fields only; the rest of a result is not in a document.
  const result = {
    symbols,
    config: { leverage: typeof config.leverage === 'number' ? config.leverage : 1 },
    trades: {
      count: rows.length,
      entryPrice: column('entry_price'),
      stop: column('sl', true),
      netPnl: column('net_pnl'),
      qty: column('quantity'),
    },
  } as unknown as BacktestResult
  return {
    result,
    config: { trades: 'document' },
    inputs: { document: sha256(bytes) },
    facts: [
      ['Trades of', path],
      ['Strategy', String(config.strategy ?? 'unknown')],
      ['Period', `${String(config.start ?? '')} to ${String(config.end ?? '')}`],
    ],
    notes: [],
  }
}
