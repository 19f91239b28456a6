/** `cointrader backtest` on the default path: bars → strategy → trading core → replay venue → statistics → report. */
import { join, resolve } from 'node:path'
import type { FundingRates } from '@cointrader/backtest'
import {
  type BacktestResult,
  backtestHtml,
  type ComparisonTable,
  DEFAULT_COSTS,
  DEFINITIONS,
  equityTable,
  explainTrade,
  type FoldWindow,
  feeModel,
  fixedSlippage,
  foldStatistics,
  resultDocument,
  runBacktest,
  statistics,
  tableCsv,
  tradesTable,
  validate,
} from '@cointrader/backtest'
import { contentId, EXIT, type ExitCode, fail, type Interval, type Json, sha256, stableJson } from '@cointrader/core'
import { encodeParquet, writeWithManifest } from '@cointrader/store'
import type { BarSet, Strategy } from '@cointrader/strategies'
import { LOOSE_RULES, makeConfig, PORTFOLIO_DEFAULTS, type SymbolRules, TRADING_DEFAULTS } from '@cointrader/trading'
import type { BacktestFlags } from '../commands/backtest.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import { instantText, loadBars, loadFunding, loadRules, type SymbolChoice } from './backtest-bars.js'
import { foldScores, type MlRequest } from './backtest-ml.js'
import { scoresOf, strategyOf } from './backtest-strategy.js'
import { isModule, pluginSources, sourcesHash } from './plugin-sources.js'

export interface BacktestRequest {
  readonly flags: BacktestFlags
  readonly symbols: SymbolChoice
  readonly interval: Interval
  readonly startMs: number | undefined
  /** Exclusive. */
  readonly endMs: number | undefined
}

/** Everything that runs of one command share. */
interface Setting {
  readonly request: BacktestRequest
  readonly bars: BarSet
  readonly inputs: Readonly<Record<string, string>>
  readonly windows: readonly FoldWindow[]
  readonly funding: ReadonlyMap<string, FundingRates>
  readonly rules: ReadonlyMap<string, SymbolRules>
}

export async function runBacktestCommand(request: BacktestRequest, ctx: Context): Promise<ExitCode> {
  const { flags } = request
  const { bars, inputs: barFiles } = await loadBars(ctx, flags.data, request.symbols, request.interval)
  const inputs = { ...barFiles, ...(await otherInputs(flags, bars.symbols, ctx)) }
  const windows = flags.walkForward === true ? foldWindows(flags, bars, request) : []
  const rules = await loadRules(ctx, { exchangeInfo: flags.exchangeInfo, brackets: flags.brackets })
  const setting: Setting = { request, bars, inputs, windows, funding: await fundingOf(flags, bars, ctx), rules }
  const ml = flags.strategy === 'indicator-score' && flags.ml && flags.walkForward === true
  if (flags.compareMl === true && !ml)
    fail('E_USAGE', {
      subject: '--compare-ml',
      detail: 'the filter is trained in the folds of a walk-forward of indicator-score',
      next: 'give --walk-forward, and leave --no-ml out',
    })
  const filter = ml ? await foldScores(mlRequest(setting), ctx) : undefined
  const scores = filter?.scores ?? (await scoresOf(flags, bars, ctx))
  const strategy = await strategyOf(flags, bars, ctx, filter !== undefined)
  if (strategy.needs.scores === 'none' && (flags.scores !== undefined || flags.baseline !== undefined))
    fail('E_USAGE', {
      subject: flags.scores === undefined ? '--baseline' : '--scores',
      detail: `the strategy ${strategy.name} reads no scores: with any of them it does the same`,
      next: 'leave it out; in a study file say backtest.scores: false',
    })
  const result = runOne(setting, strategy, scores)
  if (flags.explain !== undefined) {
    ctx.print(explainTrade(result, Number(flags.explain)))
    ctx.printJson({ explain: explainTrade(result, Number(flags.explain)) })
    return EXIT.done
  }
  const folds = windows.map((w, k) => ({ ...w, ...(filter === undefined ? {} : { chosen: filter.chosen[k]! }) }))
  const comparisons =
    flags.compareMl === true
      ? [compareMl(runOne(setting, await strategyOf(flags, bars, ctx, false), undefined), result)]
      : []
  return report(result, setting, folds, comparisons, ctx)
}

/** Hashes of the other files that decide what comes out: another strategy's code is another run. */
async function otherInputs(
  flags: BacktestFlags,
  symbols: readonly string[],
  ctx: Context,
): Promise<Record<string, string>> {
  const out: Record<string, string> = {}
  const add = async (name: string, path: string | undefined) => {
    const bytes = path === undefined ? undefined : await ctx.disk.read(resolve(path))
    if (bytes !== undefined) out[name] = sha256(bytes)
  }
  if (isModule(flags.strategy)) out.strategy = sourcesHash(await pluginSources(ctx.disk, flags.strategy, '--strategy'))
  for (const [i, path] of (flags.scores?.split(',') ?? []).entries()) await add(`scores ${i + 1}`, path)
  await add('universe', flags.universe)
  await add('exchangeInfo', flags.exchangeInfo)
  await add('brackets', flags.brackets)
  const funding = flags.funding === 'none' ? undefined : (flags.funding ?? join(flags.data, 'funding'))
  if (funding !== undefined) for (const s of symbols) await add(`funding ${s}`, join(funding, `${s}.parquet`))
  return out
}

function mlRequest({ request: { flags, interval }, bars, windows }: Setting): MlRequest {
  return {
    bars,
    folder: flags.data,
    interval,
    windows,
    thresholds: { score: flags.signalThreshold, adx: flags.adxThreshold, volumeMultiplier: flags.volMultiplier },
    stopAtr: flags.atrSlMult,
    targetAtr: flags.atrTpMult,
    decay: flags.timeWeightDecay,
    negativeRatio: flags.negativeRatio,
    seed: flags.seed,
  }
}

function runOne(setting: Setting, strategy: Strategy, scores: readonly Float64Array[] | undefined): BacktestResult {
  const { request, bars, windows, funding } = setting
  const { flags } = request
  const startMs = windows[0]?.testStartMs ?? request.startMs
  const endMs = windows.at(-1)?.testEndMs ?? request.endMs
  const portfolio = strategy.needs.exitByTimeOnly
  const rules = bars.symbols.map((s) => {
    const known = setting.rules.get(s) ?? LOOSE_RULES
    return { ...known, minNotional: Math.max(known.minNotional, flags.minNotional) }
  })
  const taker = flags.feePct === undefined ? undefined : flags.feePct / 100
  const config = makeConfig(
    bars.symbols,
    {
      initialBalance: flags.initialBalance,
      rules,
      maxDailyLoss: flags.maxDailyLossPct === 0 ? null : flags.maxDailyLossPct,
      mlThreshold: flags.mlThreshold,
      ...(taker === undefined ? {} : { takerFee: taker }),
      ...(flags.killSwitch ? {} : { killSymbol: null, killPortfolio: null }),
      ...(portfolio
        ? {}
        : {
            leverage: flags.leverage,
            maxPositions: flags.maxPositions,
            maxSameDirection: flags.maxSameDirection,
            sizing: {
              kind: 'dynamic-margin' as const,
              max: flags.marginMaxRatio,
              min: flags.marginMinRatio,
              decay: flags.marginDecayRate,
            },
          }),
    },
    portfolio ? PORTFOLIO_DEFAULTS : TRADING_DEFAULTS,
  )
  const bps = flags.slippagePct === undefined ? undefined : flags.slippagePct * 100
  return runBacktest({
    bars,
    strategy,
    config,
    costs: {
      ...(taker === undefined ? {} : { fees: feeModel(Math.min(DEFAULT_COSTS.fees.maker, taker), taker) }),
      ...(bps === undefined ? {} : { slippage: fixedSlippage(bps, bps) }),
      funding: { kind: 'recorded', rates: funding },
    },
    ...(scores === undefined ? {} : { scores }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    record: flags.explain === undefined ? 'none' : 'full',
  })
}

/** TB-05.12 with the default's figures. */
function compareMl(off: BacktestResult, on: BacktestResult): ComparisonTable {
  const [a, b] = [statistics(off, { resamples: 0 }), statistics(on, { resamples: 0 })]
  const text = (x: number | null): string => (x === null ? 'n/a' : x.toFixed(4))
  const keys = ['trades', 'totalReturn', 'sharpe', 'maxDrawdown', 'profitFactor', 'winRate'] as const
  const rows = keys.map((key) => [DEFINITIONS[key].title, text(a.measures[key].value), text(b.measures[key].value)])
  return {
    title: 'Without and with the ML filter, same folds',
    columns: ['', 'without', 'with'],
    rows,
    verdict: `${off.trades.count} and ${on.trades.count} trades; the filter was trained in each fold on earlier months only`,
  }
}

async function fundingOf(flags: BacktestFlags, bars: BarSet, ctx: Context) {
  if (flags.funding === 'none') return new Map()
  const folder = flags.funding ?? join(flags.data, 'funding')
  if (flags.funding !== undefined && !(await ctx.disk.exists(resolve(folder))))
    fail('E_FILE_MISSING', { subject: folder, next: 'check --funding, or give --funding none' })
  return loadFunding(ctx, folder, bars.symbols)
}

const addMonths = (ms: number, months: number): number => {
  const d = new Date(ms)
  const target = Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months, 1)
  const last = new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months + 1, 0)).getUTCDate()
  return target + (Math.min(d.getUTCDate(), last) - 1) * 86_400_000 + (ms % 86_400_000)
}

/** Folds that cover everything after the first training window (the original's cover one month in three: D-04). */
function foldWindows(flags: BacktestFlags, bars: BarSet, { startMs, endMs }: BacktestRequest): FoldWindow[] {
  const first = Math.max(bars.times[0]!, startMs ?? 0)
  const end = Math.min(bars.times.at(-1)! + bars.intervalMs, endMs ?? Number.POSITIVE_INFINITY)
  const out: FoldWindow[] = []
  for (let k = 0; ; k++) {
    const testStartMs = addMonths(first, flags.trainMonths + k * flags.testMonths)
    if (testStartMs >= end) break
    const testEndMs = Math.min(end, addMonths(first, flags.trainMonths + (k + 1) * flags.testMonths))
    const trainStartMs = flags.anchored === true ? first : addMonths(first, k * flags.testMonths)
    out.push({ fold: k + 1, trainStartMs, trainEndMs: testStartMs, testStartMs, testEndMs })
  }
  if (out.length === 0)
    fail('E_USAGE_RANGE', {
      subject: '--walk-forward',
      detail: `the range is shorter than ${flags.trainMonths} months of training`,
    })
  return out
}

async function report(
  result: BacktestResult,
  { request: { flags }, bars, inputs }: Setting,
  windows: readonly FoldWindow[],
  comparisons: readonly ComparisonTable[],
  ctx: Context,
): Promise<ExitCode> {
  const rows = Array.from(bars.times, (_, i) => i).filter((i) => {
    const end = bars.times[i]! + bars.intervalMs
    return end >= result.equity.time[0]! && end <= result.equity.time[result.equity.count - 1]!
  })
  const pick = (x: Float64Array) => Float64Array.from(rows, (i) => x[i]!)
  const prices = {
    symbols: bars.symbols,
    time: pick(bars.times).map((t) => t + bars.intervalMs),
    close: bars.columns.map((c) => pick(c.close)),
  }
  const stats = statistics(result, { prices, seed: flags.seed })
  const folds = foldStatistics(result, windows)
  const validation = validate(result, stats, windows.length > 0 ? { folds: windows } : {})
  const document = resultDocument(result, stats, validation, folds)
  const config = { strategy: result.strategy, config: result.config, costs: result.assumptions } as unknown as Json
  const id = contentId({ config, inputs, windows: windows as unknown as Json, code: ctx.codeVersion }).slice(0, 12)
  const folder = resolve(flags.out ?? join('results', 'backtest', `${result.strategy.name}-${id}`))
  const json = stableJson(document as unknown as Json, 1)
  const files = Object.keys(inputs).filter((name) => /\.(parquet|csv\.gz)$/.test(name))
  const lineage = [
    { name: `bars (${files.length} ${files.length === 1 ? 'file' : 'files'})`, id: contentId(inputs).slice(0, 12) },
    { name: 'run', id },
    { name: 'code', id: ctx.codeVersion },
  ]
  const html = backtestHtml(result, stats, { validation, folds, lineage, comparisons, command: 'cointrader backtest' })
  const facts = {
    command: 'backtest',
    codeVersion: ctx.codeVersion,
    seed: flags.seed,
    config,
    inputs,
    timeRange: [result.equity.time[0]!, result.equity.time[result.equity.count - 1]!] as [number, number],
  }
  for (const [name, table] of [
    ['trades', tradesTable(result)],
    ['equity', equityTable(result)],
  ] as const) {
    await writeWithManifest(ctx.disk, join(folder, `${name}.parquet`), encodeParquet(table), {
      ...facts,
      kind: `backtest-${name}`,
      rows: table.rows,
      columns: [...table.columns.keys()],
      details: {},
    })
    await ctx.disk.writeAtomic(join(folder, `${name}.csv`), tableCsv(table))
  }
  await ctx.disk.writeAtomic(join(folder, 'report.html'), html)
  await writeWithManifest(ctx.disk, join(folder, 'document.json'), new TextEncoder().encode(`${json}\n`), {
    ...facts,
    kind: 'backtest',
    rows: result.trades.count,
    columns: [],
    details: { windows: windows as unknown as Json, notes: result.notes as unknown as Json },
  })
  const summary = Object.entries(document.summary).map(([name, value]) => [
    name,
    value === null
      ? 'n/a'
      : typeof value === 'number'
        ? String(Number(value.toPrecision(6)))
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value),
  ])
  ctx.print(
    `${result.strategy.name} on ${bars.symbols.length} symbols, ${instantText(result.equity.time[0]! - bars.intervalMs)} to ${instantText(result.equity.time[result.equity.count - 1]!)} UTC`,
  )
  ctx.print(
    `account ${document.config.initialBalance} USDT, leverage ${document.config.leverage}; ${Object.values(result.assumptions).join('; ')}\n`,
  )
  ctx.print(textTable(['summary', ''], summary))
  for (const c of comparisons) ctx.print(`\n${textTable(['compare ML', 'without', 'with'], c.rows)}\n${c.verdict}`)
  for (const note of result.notes) ctx.print(`note: ${note.text}`)
  ctx.print(
    `validation: ${document.validation.overall}${validation.checks
      .filter((c) => !c.passed)
      .map((c) => `\n  ${c.name}: ${c.message}`)
      .join('')}`,
  )
  ctx.print(`report: ${join(folder, 'report.html')}`)
  if (ctx.json) process.stdout.write(`${json}\n`)
  return EXIT.done
}
