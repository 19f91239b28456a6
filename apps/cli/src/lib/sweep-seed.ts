/** `--compat seed` of sweep, compare-symbols and position-size: the original bot's own studies and documents. */
import { join, resolve } from 'node:path'
import {
  SEED_SIZING_DEFAULTS,
  type SeedGrid,
  type SeedParams,
  type SeedSweepRow,
  type SeedWalkForwardConfig,
  seedCombinations,
  seedCompareSymbols,
  seedJson,
  seedPositionSizing,
  seedRanked,
  seedSweepCell,
  seedSweepCombined,
  seedWalkForward,
} from '@cointrader/backtest/compat/index'
import { EXIT, type ExitCode, fail, sha256 } from '@cointrader/core'
import type { Command } from 'commander'
import type { SizeFlags } from '../commands/position-size.js'
import type { SweepCommandFlags } from '../commands/sweep.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'
import { readSeedMarket } from './backtest-seed.js'
import { parseSymbols } from './flags.js'
import { type MarketFlags, refuseFixed, type SweepFlags } from './sweep-flags.js'
import { readGrid } from './sweep-grid.js'

const NAMES = ['atr_sl_mult', 'atr_tp_mult', 'signal_threshold', 'adx_threshold', 'volume_multiplier'] as const

/** What the original's rules cannot do. */
function refuseOthers(flags: MarketFlags): void {
  if (flags.strategy !== 'indicator-score')
    fail('E_USAGE', { subject: '--compat', detail: 'the original studies only indicator-score' })
  if (flags.symbols === 'all') fail('E_USAGE', { subject: '--compat', next: 'name the symbols' })
}

function seedConfig(flags: MarketFlags, months: { train: number; test: number }): SeedWalkForwardConfig {
  return {
    symbols: parseSymbols(flags.symbols),
    start: flags.startDate ?? null,
    end: flags.endDate ?? null,
    initial_balance: flags.initialBalance,
    leverage: flags.leverage,
    fee_pct: flags.feePct ?? 0.04,
    slippage_pct: flags.slippagePct ?? 0.01,
    use_ml: false,
    ml_threshold: flags.mlThreshold,
    max_daily_loss_pct: flags.maxDailyLossPct,
    max_positions: flags.maxPositions,
    max_same_direction: flags.maxSameDirection,
    margin_max_ratio: flags.marginMaxRatio,
    margin_min_ratio: flags.marginMinRatio,
    margin_decay_rate: flags.marginDecayRate,
    atr_sl_mult: flags.atrSlMult,
    atr_tp_mult: flags.atrTpMult,
    min_notional: flags.minNotional,
    signal_threshold: flags.signalThreshold,
    adx_threshold: flags.adxThreshold,
    volume_multiplier: flags.volMultiplier,
    train_months: months.train,
    test_months: months.test,
    time_weight_decay: flags.timeWeightDecay,
    negative_ratio: flags.negativeRatio,
  }
}

/** Combinations in the original's nesting order; a parameter that the grid leaves out keeps its flag's value. */
async function seedCells(
  flags: SweepFlags,
  command: Command,
  config: SeedWalkForwardConfig,
  ctx: Context,
): Promise<SeedParams[]> {
  const { grid } = await readGrid(ctx, flags.grid, NAMES)
  refuseFixed(command, Object.keys(grid))
  return seedCombinations(Object.fromEntries(NAMES.map((name) => [name, grid[name] ?? [config[name]]])) as SeedGrid)
}

async function write(ctx: Context, flags: MarketFlags, folder: string, name: string, document: unknown): Promise<void> {
  const text = seedJson(document)
  const path = join(resolve(flags.out ?? join('results', folder)), `${name}_${sha256(text).slice(0, 12)}.json`)
  await ctx.disk.writeAtomic(path, `${text}\n`)
  ctx.print(`document: ${path}`)
  if (ctx.json) process.stdout.write(`${text}\n`)
}

const optionsOf = (flags: MarketFlags & { readonly killSwitch?: boolean }) => ({
  profile: flags.profile,
  switches: flags.killSwitch === false ? { killSwitch: false } : {},
})

const WARNING = 'These rank combinations on the very months they are quoted on (D-12): leave --compat out for the rest.'

/** TB-05.13. */
export async function runSeedSweep(flags: SweepCommandFlags, command: Command, ctx: Context): Promise<ExitCode> {
  refuseOthers(flags)
  const config = seedConfig(flags, { train: flags.trainMonths ?? 3, test: flags.testMonths })
  const cells = await seedCells(flags, command, config, ctx)
  const market = await readSeedMarket(ctx, flags.data, config.symbols)
  const folder = join('sweep-seed', config.symbols.join('-'))
  const names = (p: SeedParams) => NAMES.map((name) => String(p[name]))
  if (flags.combined === true) {
    if (config.symbols.length < 2) fail('E_USAGE', { subject: '--combined', detail: 'needs two symbols or more' })
    const rows = seedSweepCombined(market, config, cells, {
      ...optionsOf(flags),
      minPf: flags.minPf,
      minPfCount: flags.minPfCount,
    })
    ctx.print(
      textTable(
        [...NAMES, 'combined PF', 'trades', 'P&L'],
        rows
          .slice(0, flags.best)
          .map((r) => [...names(r.params), `${r.combined_pf}`, r.combined_trades, `${r.combined_pnl}`]),
      ),
    )
    ctx.print(WARNING)
    await write(ctx, flags, folder, 'strategy_sweep_combined', rows)
    return EXIT.done
  }
  const summaryOf = seedSweepCell(config, market, optionsOf(flags))
  const rows: SeedSweepRow[] = []
  ctx.progress.total(cells.length)
  for (const params of cells) {
    rows.push({ params, summary: summaryOf(params) })
    ctx.progress.advance(1, 'combinations')
    if (rows.length % 16 === 0) await new Promise((go) => setImmediate(go))
    ctx.signal.throwIfAborted()
  }
  ctx.progress.end()
  const ranked = seedRanked(rows)
  ctx.print(
    textTable(
      [...NAMES, 'trades', 'P&L', 'PF', 'win rate', 'drawdown', 'Sharpe'],
      ranked
        .slice(0, flags.best)
        .map(({ params, summary: s }) => [
          ...names(params),
          s.total_trades,
          ...[s.total_pnl, s.profit_factor, s.win_rate, s.max_drawdown_pct, s.sharpe_ratio].map(String),
        ]),
    ),
  )
  ctx.print(WARNING)
  await write(ctx, flags, folder, 'strategy_sweep', ranked)
  return EXIT.done
}

/** TB-05.14. */
export async function runSeedCompare(flags: SweepFlags, command: Command, ctx: Context): Promise<ExitCode> {
  refuseOthers(flags)
  const config = seedConfig(flags, { train: flags.trainMonths ?? 3, test: flags.testMonths })
  const cells = await seedCells(flags, command, config, ctx)
  const market = await readSeedMarket(ctx, flags.data, config.symbols)
  const rows = seedCompareSymbols(market, config, cells, optionsOf(flags))
  ctx.print(
    textTable(
      ['symbol', ...NAMES, 'trades', 'PF', 'win rate', 'hints'],
      rows.map(({ symbol, best_params, summary: s }) => [
        symbol,
        ...NAMES.map((name) => String(best_params[name])),
        s.total_trades,
        String(s.profit_factor),
        String(s.win_rate),
        [
          s.win_rate >= 50 && (s.payoff_ratio ?? 0) >= 1 ? 'wins often and well' : '',
          (s.max_consecutive_losses ?? 99) <= 5 ? 'short losing runs' : '',
          s.total_trades >= 20 ? '20 trades or more' : '',
        ]
          .filter((hint) => hint !== '')
          .join(', '),
      ]),
    ),
  )
  ctx.print(WARNING)
  await write(ctx, flags, 'compare-seed', 'compare', rows)
  return EXIT.done
}

/** TB-05.15. */
export async function runSeedSize(flags: SizeFlags, command: Command, ctx: Context): Promise<ExitCode> {
  refuseOthers(flags)
  if (flags.trades !== undefined || flags.data === undefined || flags.symbols === undefined)
    fail('E_USAGE', { subject: '--compat', detail: 'runs its own walk-forward', next: 'give --symbols and --data' })
  const flagOf = ['atrSlMult', 'atrTpMult', 'signalThreshold', 'adxThreshold', 'volMultiplier'] as const
  // The study has defaults of its own (D-26): a flag counts when it was given.
  const params = Object.fromEntries(
    NAMES.map((name, k) => [
      name,
      command.getOptionValueSource(flagOf[k]!) === 'cli' ? flags[flagOf[k]!] : SEED_SIZING_DEFAULTS[name],
    ]),
  ) as unknown as SeedParams
  const config = { ...seedConfig(flags, { train: flags.trainMonths, test: flags.testMonths }), ...params }
  const market = await readSeedMarket(ctx, flags.data, config.symbols)
  const { trades } = seedWalkForward(config, market, { profile: flags.profile })
  const study = seedPositionSizing(trades, { paths: flags.paths, trades: flags.length })
  ctx.print(
    textTable(
      ['risk', 'ruin %', 'median %', '5 %', '95 %', '95 % drawdown'],
      study.monte_carlo.map((o) =>
        [o.risk_pct, o.ruin_probability, o.median_return, o.p5_return, o.p95_return, o.p95_max_dd].map(String),
      ),
    ),
  )
  ctx.print(`recommended risk: ${study.recommended_risk} (the original's rules, Kelly with its defect D-55)`)
  await write(ctx, flags, 'position-size-seed', 'position_sizing', {
    symbol: config.symbols.join('-'),
    params,
    ...study,
  })
  return EXIT.done
}
