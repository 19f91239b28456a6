/** `cointrader compare-symbols` on the default path: each symbol an account of its own. */
import { join, resolve } from 'node:path'
import { type ComparisonTable, comparisonPage, NOTE_CODES, type Note } from '@cointrader/backtest'
import {
  outcomeOf,
  type SweepMetric,
  type SweepOutcome,
  type SweepParams,
  scoreOf,
  sweepParameters,
} from '@cointrader/backtest/sweep/index'
import { contentId, EXIT, type ExitCode, fail, isError, type Json, silentProgress, stableJson } from '@cointrader/core'
import { writeWithManifest } from '@cointrader/store'
import type { Command } from 'commander'
import type { CompareFlags } from '../commands/compare-symbols.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import { refuseFixed } from './sweep-flags.js'
import { readGrid } from './sweep-grid.js'
import { figure, outcomeDocument, rangeText, share } from './sweep-report.js'
import { loadSweepData, oneSymbol, sweepSetup } from './sweep-setup.js'
import { forgetCells, runStudy, trainMonthsOf } from './sweep-study.js'

interface SymbolRow {
  readonly symbol: string
  readonly range: string
  readonly outcome: SweepOutcome
  readonly score: number | null
  /** Net of a choice by chance; null with fixed parameters. */
  readonly chanceNet: number | null
  readonly next: SweepParams | null
  readonly notes: readonly Note[]
}

export async function runCompare(flags: CompareFlags, command: Command, ctx: Context): Promise<ExitCode> {
  const fixed = flags.fixed === true
  if (fixed && flags.grid !== undefined)
    fail('E_USAGE', { subject: '--fixed', detail: 'runs no grid', next: 'leave --fixed or --grid out' })
  const { grid, cells } = fixed
    ? { grid: {}, cells: [{}] }
    : await readGrid(ctx, flags.grid, sweepParameters(flags.strategy))
  refuseFixed(command, Object.keys(grid))
  const data = await loadSweepData(flags, ctx)
  const { symbols } = data.bars
  // One month of training only cuts the range into months here: with fixed parameters nothing is trained.
  const trainMonths = fixed ? flags.testMonths : trainMonthsOf(flags)
  const { testMonths, metric, minTrades, anchored = false, seed, killSwitch } = flags
  const config = {
    setup: sweepSetup(flags, symbols, killSwitch),
    grid,
    fixed,
    trainMonths,
    testMonths,
    anchored,
    metric,
    minTrades,
    range: [data.startMs ?? null, data.endMs ?? null],
  } as unknown as Json
  const id = contentId({ config, inputs: data.inputs, seed, code: ctx.codeVersion }).slice(0, 12)
  const out = resolve(flags.out ?? join('results', 'compare', id))
  const rows: SymbolRow[] = []
  const left: { symbol: string; reason: string }[] = []
  ctx.progress.total(symbols.length)
  for (const symbol of symbols) {
    const bars = oneSymbol(data.bars, symbol)
    if (bars === undefined) {
      left.push({ symbol, reason: 'no bars' })
      continue
    }
    const setup = sweepSetup(flags, [symbol], killSwitch)
    try {
      const study = await runStudy({ bars, data, setup, cells, flags, trainMonths, out, progress: silentProgress }, ctx)
      const { nested, results, plan } = study
      const outcome = fixed ? outcomeOf(results, [{ cell: 0, from: 0, to: plan.blocks.length }]) : nested.outcome
      rows.push({
        symbol,
        range: rangeText(study),
        outcome,
        score: scoreOf(outcome, metric),
        chanceNet: fixed ? null : nested.chanceNet,
        next: fixed || nested.next === null ? null : results.cells[nested.next.cell]!,
        notes: study.notes,
      })
    } catch (error) {
      // Too short a history of one symbol leaves that symbol out, and says so.
      if (!isError(error, 'E_USAGE_RANGE')) throw error
      left.push({ symbol, reason: error.detail })
    }
    ctx.progress.advance(1, symbol)
  }
  if (rows.length === 0)
    fail('E_NOTHING_FOUND', {
      subject: 'compare-symbols',
      detail: left.map((x) => `${x.symbol}: ${x.reason}`).join('; '),
    })
  const ranked = (r: SymbolRow): boolean => r.outcome.trades >= minTrades && r.score !== null
  const order = [
    ...rows.filter(ranked).sort((a, b) => b.score! - a.score! || (a.symbol < b.symbol ? -1 : 1)),
    ...rows.filter((r) => !ranked(r)),
  ]
  const places = new Map(order.filter(ranked).map((r, k) => [r.symbol, k + 1]))
  const document = {
    kind: 'compare-symbols',
    strategy: flags.strategy,
    fixed,
    grid,
    metric,
    minimum_trades: minTrades,
    train_months: fixed ? null : trainMonths,
    test_months: testMonths,
    symbols: order.map((r) => ({
      symbol: r.symbol,
      place: places.get(r.symbol) ?? null,
      range: r.range,
      score: r.score,
      ...outcomeDocument(r.outcome),
      chance_net: r.chanceNet,
      next: r.next,
      notes: r.notes,
    })),
    left_out: left,
  }
  const json = stableJson(document as unknown as Json, 1)
  const tables = [comparison(order, places, metric, fixed), ...(fixed ? [] : [choices(order, Object.keys(grid))])]
  const words = [
    fixed
      ? 'Parameters were given, not chosen here: if they were found on these months, expect less.'
      : `Each symbol was swept (${cells.length} combinations): chosen on ${trainMonths} months of train, quoted on the ${testMonths} after them, folds joined.`,
    'The best of several symbols is a choice too, made on the numbers shown: expect less of it than its row says.',
    `Symbols with fewer than ${minTrades} trades or without a score are shown, never ranked.`,
    ...left.map((x) => `${x.symbol} is left out: ${x.reason}.`),
    ...mergedNotes(rows.flatMap((r) => r.notes)),
  ]
  await ctx.disk.writeAtomic(
    join(out, 'report.html'),
    comparisonPage(
      'Comparison of symbols',
      [
        ['Strategy', flags.strategy],
        ['Score', metric],
        ['Run', id],
        ['Code', ctx.codeVersion],
      ],
      tables,
      words,
    ),
  )
  await writeWithManifest(ctx.disk, join(out, 'document.json'), new TextEncoder().encode(`${json}\n`), {
    kind: 'compare-symbols',
    command: 'compare-symbols',
    codeVersion: ctx.codeVersion,
    seed,
    config,
    inputs: data.inputs,
    rows: rows.length,
    columns: [],
    timeRange: null,
    details: { left_out: left },
  })
  await forgetCells(out)
  ctx.progress.end()
  for (const t of tables) ctx.print(`${t.title}\n${textTable(t.columns, t.rows)}\n`)
  for (const line of words) ctx.print(line)
  ctx.print(`report: ${join(out, 'report.html')}`)
  if (ctx.json) process.stdout.write(`${json}\n`)
  return left.length > 0 ? EXIT.partly : EXIT.done
}

/** One line per kind of note, with all its symbols. */
function mergedNotes(notes: readonly Note[]): string[] {
  const by = new Map<Note['code'], string[]>()
  for (const n of notes) by.set(n.code, [...(by.get(n.code) ?? []), ...n.symbols])
  return [...by].map(([code, symbols]) => `${NOTE_CODES[code]}: ${symbols.join(', ')}`)
}

function comparison(
  rows: readonly SymbolRow[],
  places: ReadonlyMap<string, number>,
  metric: SweepMetric,
  fixed: boolean,
): ComparisonTable {
  return {
    title: fixed ? 'The given parameters, whole range' : 'Chosen on train, quoted on test',
    columns: [
      ...['symbol', 'place', 'trades', 'net', metric, 'win rate', 'Sharpe', 'return', 'drawdown'],
      ...(fixed ? [] : ['chance net']),
      'range',
    ],
    rows: rows.map((r) => [
      r.symbol,
      String(places.get(r.symbol) ?? 'not ranked'),
      String(r.outcome.trades),
      figure(r.outcome.net),
      figure(r.score),
      r.outcome.trades === 0 ? 'n/a' : share(r.outcome.wins / r.outcome.trades),
      figure(r.outcome.sharpe),
      share(r.outcome.growth),
      share(r.outcome.maxDrawdown),
      ...(fixed ? [] : [figure(r.chanceNet)]),
      r.range,
    ]),
  }
}

/** What training on the last months chooses for what comes next. */
function choices(rows: readonly SymbolRow[], names: readonly string[]): ComparisonTable {
  return {
    title: 'What training on the last months chooses for what comes next (nothing is quoted for it)',
    columns: ['symbol', ...names],
    rows: rows.map((r) => [r.symbol, ...names.map((name) => (r.next === null ? 'none' : String(r.next[name])))]),
  }
}
