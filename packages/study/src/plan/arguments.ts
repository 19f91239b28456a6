/** Arguments of the commands that take many: training and backtests. */
import type { Study, StudyFold, StudyModel } from '../config/schema.js'
import type { BacktestPlan } from './backtests.js'

/** Arguments of `cointrader train`, without where the model goes. */
export function trainArgs(study: Study, model: StudyModel, fold: StudyFold): string[] {
  const { train, valid, test } = fold
  return [
    ...['train', model.family],
    ...['--train-start', train.start, '--train-end', train.end],
    ...['--valid-start', valid.start, '--valid-end', valid.end],
    ...['--test-start', test.start, '--test-end', test.end],
    ...['--y-name', study.labels.target, '--topn', String(study.universe.size), '--data-dir', 'data/xy'],
    ...['--embargo', String(study.embargo_minutes), '--seed', String(study.seed), '--missing', model.missing],
    ...(model.max_rows === undefined ? [] : ['--max-rows', String(model.max_rows)]),
    ...(model.sample_by_day ? ['--sample-by-day'] : []),
    ...(study.features.list === undefined ? [] : ['--features', study.features.list]),
    ...(model.family === 'lgbm'
      ? [
          ...['--num-boost-round', String(model.rounds), '--early-stopping-rounds', String(model.early_stopping)],
          ...Object.entries(model.params)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)]),
        ]
      : [
          ...['--family', model.kind, '--alpha', String(model.alpha)],
          ...(model.l1_ratio === undefined ? [] : ['--l1-ratio', String(model.l1_ratio)]),
        ]),
  ]
}

/** Arguments of `cointrader backtest` that its settings give. */
export function backtestArgs({ settings: s }: BacktestPlan, seed: number): string[] {
  const optional = (flag: string, value: number | undefined) => (value === undefined ? [] : [flag, String(value)])
  return [
    ...['--interval', s.interval, '--holding-bars', String(s.holding_bars), '--lookback-bars', String(s.lookback_bars)],
    ...optional('--long', s.long),
    ...optional('--short', s.short),
    ...['--gross', String(s.gross)],
    ...optional('--turnover-cap', s.turnover_cap),
    ...['--initial-balance', String(s.initial_balance)],
    ...['--fee-pct', String(s.fee_pct), '--slippage-pct', String(s.slippage_pct)],
    ...['--max-daily-loss-pct', String(s.max_daily_loss)],
    ...(s.kill_switch ? [] : ['--no-kill-switch']),
    ...(s.funding === 'none' ? ['--funding', 'none'] : []),
    ...['--seed', String(seed)],
  ]
}
