/** One sweep from bars to its judgement: what `sweep` reports and `compare-symbols` does for each symbol. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { judgeSweep, type Note, type SweepJudgement } from '@cointrader/backtest'
import { assumptionsOf, dataNotes, prepare } from '@cointrader/backtest/replay/input'
import { intentStrategy } from '@cointrader/backtest/replay/intent-strategy'
import {
  costsOf,
  diskCells,
  type NestedSweep,
  nestedSweep,
  runSweep,
  type SharedMarket,
  type SweepParams,
  type SweepPlan,
  type SweepResults,
  type SweepSetup,
  shareMarket,
  sweepCells,
  sweepPlan,
} from '@cointrader/backtest/sweep/index'
import { contentId, type Json, type Progress } from '@cointrader/core'
import type { BarSet } from '@cointrader/strategies'
import type { Context } from '../context.js'
import type { SweepFlags } from './sweep-flags.js'
import type { SweepData } from './sweep-setup.js'

export interface SweepStudy {
  readonly market: SharedMarket
  readonly plan: SweepPlan
  readonly results: SweepResults
  readonly nested: NestedSweep
  readonly initialBalance: number
  readonly judgement: SweepJudgement
  /** Sentences of the cost models. */
  readonly assumptions: Readonly<Record<string, string>>
  readonly notes: readonly Note[]
}

export interface StudyRequest {
  readonly bars: BarSet
  readonly data: SweepData
  readonly setup: SweepSetup
  readonly cells: readonly SweepParams[]
  readonly flags: SweepFlags
  readonly trainMonths: number
  /** Where finished shares are kept until the study is written. */
  readonly out: string
  readonly progress: Progress
}

/** Months of training of the flags. */
export const trainMonthsOf = (flags: SweepFlags): number => flags.trainMonths ?? (flags.compat === undefined ? 6 : 3)

export async function runStudy(request: StudyRequest, ctx: Context): Promise<SweepStudy> {
  const { bars, data, setup, cells, flags } = request
  const market = shareMarket(
    bars,
    new Map([...data.funding].filter(([symbol]) => bars.symbols.includes(symbol))),
    setup.strategy === 'indicator-score',
  )
  const plan = sweepPlan(market, {
    trainMonths: request.trainMonths,
    testMonths: flags.testMonths,
    anchored: flags.anchored === true,
    startMs: data.startMs,
    endMs: data.endMs,
  })
  const key = contentId({
    setup: setup as unknown as Json,
    cells: cells as unknown as Json,
    blocks: plan.blocks as unknown as Json,
    symbols: bars.symbols as unknown as Json,
    inputs: data.inputs,
    code: ctx.codeVersion,
  }).slice(0, 16)
  const results = await runSweep(
    { market, setup, plan, cells },
    {
      workers: flags.workers,
      store: diskCells(ctx.disk, join(request.out, '.cells', key)),
      progress: request.progress,
      signal: ctx.signal,
    },
  )
  const nested = nestedSweep(results, flags.metric, flags.minTrades)
  const judgement = judgeSweep(sweepCells(results, flags.metric), {
    nested: true,
    minimumTrades: flags.minTrades,
    seed: flags.seed,
  })
  const n = bars.times.length
  const nothing = {
    side: new Int8Array(n),
    stopDistance: new Float64Array(n),
    targetDistance: new Float64Array(n),
    probability: null,
    exitAfterMs: 0,
    reverse: true,
  }
  const prepared = prepare({
    bars: market,
    strategy: intentStrategy(
      setup.strategy,
      bars.symbols.map(() => nothing),
    ),
    config: setup.base.config,
    costs: costsOf(setup.costs, market),
    startMs: plan.blocks[0]!.startMs,
    endMs: plan.blocks.at(-1)!.endMs,
  })
  return {
    market,
    plan,
    results,
    nested,
    initialBalance: setup.base.config.initialBalance,
    judgement,
    assumptions: {
      ...assumptionsOf(prepared),
      accounts: 'every block begins with a fresh account and armed kill switches; its positions are closed at its end',
    },
    notes: dataNotes(prepared),
  }
}

/** Removes the finished shares of a study whose results are written. */
export async function forgetCells(out: string): Promise<void> {
  await rm(join(out, '.cells'), { recursive: true, force: true })
}
