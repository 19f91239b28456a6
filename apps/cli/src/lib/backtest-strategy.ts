/** Which strategy a backtest runs, and the scores it is given. */
import { resolve } from 'node:path'
import { dateOf, fail, MINUTE_MS, seededRandom } from '@cointrader/core'
import { readDatedJson } from '@cointrader/store'
import { type BarSet, crossSection, indicatorScore, mtfPullback, type Strategy } from '@cointrader/strategies'
import type { BacktestFlags } from '../commands/backtest.js'
import type { Context } from '../context.js'
import { isModule } from './plugin-sources.js'
import { pluginModules } from './plugins.js'
import { readScores } from './score-table.js'

/** The named strategy, or the default export of a file. */
export async function strategyOf(flags: BacktestFlags, bars: BarSet, ctx: Context, filter: boolean): Promise<Strategy> {
  switch (flags.strategy) {
    case 'indicator-score':
      return indicatorScore({
        score: flags.signalThreshold,
        adx: flags.adxThreshold,
        volumeMultiplier: flags.volMultiplier,
        stopAtr: flags.atrSlMult,
        targetAtr: flags.atrTpMult,
        filter,
      })
    case 'mtf-pullback':
      return mtfPullback({}, bars.intervalMs)
    case 'cross-section': {
      const each = Math.max(1, Math.min(10, Math.floor(bars.symbols.length / 4)))
      return crossSection({
        long: flags.long ?? each,
        short: flags.short ?? each,
        holdingBars: flags.holdingBars,
        gross: flags.gross,
        ...(flags.turnoverCap === undefined ? {} : { turnoverCap: flags.turnoverCap }),
        minSymbols: Math.min(bars.symbols.length, 2 * each),
      })
    }
    default: {
      if (!isModule(flags.strategy))
        fail('E_USAGE', {
          subject: `--strategy ${flags.strategy}`,
          detail: 'not one of indicator-score, mtf-pullback, cross-section, nor a file',
        })
      const [module] = await pluginModules(ctx.disk, [flags.strategy], '--strategy')
      const made = ((await import(module!.url)) as { default?: Strategy }).default
      if (made === undefined || typeof made.decide !== 'function')
        fail('E_CONFIG', {
          subject: flags.strategy,
          detail: 'its default export is no strategy',
          next: 'export default defineStrategy({ … })',
        })
      return made
    }
  }
}

/**
 * Scores by symbol, one per bar, known at the bar's end: of tables, or of a baseline. With a universe, only members of the day on
 * which the decision falls have one, so that a baseline cannot trade what was chosen later.
 */
export async function scoresOf(flags: BacktestFlags, bars: BarSet, ctx: Context): Promise<Float64Array[] | undefined> {
  const scores =
    flags.scores !== undefined
      ? await tableScores(flags.scores.split(','), bars, ctx)
      : flags.strategy === 'cross-section' || flags.baseline !== undefined
        ? baselineScores(flags, bars)
        : undefined
  if (scores !== undefined && flags.universe !== undefined) await keepMembers(scores, bars, flags.universe, ctx)
  return scores
}

async function tableScores(files: readonly string[], bars: BarSet, ctx: Context): Promise<Float64Array[]> {
  const n = bars.times.length
  const tables = await readScores(files, '--scores', ctx)
  const out = bars.symbols.map((symbol) => {
    const scores = new Float64Array(n).fill(Number.NaN)
    for (const [ms, score] of tables.get(symbol) ?? []) {
      // A minute's score is known at its end, so it serves the bar that ends there.
      const bar = (ms + MINUTE_MS - bars.times[0]!) / bars.intervalMs - 1
      if (Number.isInteger(bar) && bar >= 0 && bar < n) scores[bar] = score
    }
    return scores
  })
  if (out.every((x) => x.every(Number.isNaN)))
    fail('E_NOTHING_FOUND', {
      subject: files.join(', '),
      detail: 'no score falls on the end of a bar of these symbols',
    })
  return out
}

function baselineScores(flags: BacktestFlags, bars: BarSet): Float64Array[] {
  const n = bars.times.length
  const baseline = flags.baseline ?? 'momentum'
  const random = seededRandom(`backtest ${flags.seed}`)
  return bars.columns.map(({ close }) => {
    const out = new Float64Array(n).fill(Number.NaN)
    for (let i = 0; i < n; i++) {
      if (baseline === 'random') out[i] = random.next()
      else if (i >= flags.lookbackBars)
        out[i] = (close[i]! / close[i - flags.lookbackBars]! - 1) * (baseline === 'reversal' ? -1 : 1)
    }
    return out
  })
}

/** A bar belongs to the day of its last minute: the row of the XY tables that its score comes from. */
async function keepMembers(scores: readonly Float64Array[], bars: BarSet, file: string, ctx: Context): Promise<void> {
  const path = resolve(file)
  if (!(await ctx.disk.exists(path)))
    fail('E_FILE_MISSING', { subject: file, next: 'make it with cointrader universe, or check --universe' })
  const universe = (await readDatedJson(ctx.disk, path)) as Readonly<Record<string, readonly string[]>>
  for (const [s, symbol] of bars.symbols.entries())
    for (const [i, ms] of bars.times.entries())
      if (universe[dateOf(ms + bars.intervalMs - MINUTE_MS)]?.includes(symbol) !== true) scores[s]![i] = Number.NaN
}
