/** The backtests of a study, as plain data. */
import type { Study, StudyBacktest } from '../config/schema.js'

/** Name and arguments of one backtest. */
export interface BacktestPlan {
  readonly id: string
  readonly title: string
  readonly role: 'model' | 'baseline' | 'variant'
  readonly of: string | null
  readonly changed: string | null
  /** The settings with what this backtest changes. */
  readonly settings: StudyBacktest
  /** Model whose scores it trades, or undefined for a baseline. */
  readonly model: string | undefined
  readonly baseline: string | undefined
}

const CHANGES = [
  ['fee_pct', 'fee'],
  ['slippage_pct', 'slippage'],
  ['holding_bars', 'holding'],
  ['gross', 'gross'],
] as const

/** The backtests: every model, every baseline, and the variants of one model with one setting changed. */
export function planBacktests(study: Study): BacktestPlan[] {
  const settings = study.backtest
  if (settings === null) return []
  const models = settings.models ?? study.models.map((m) => m.name)
  const base = { of: null, changed: null, settings, model: undefined, baseline: undefined }
  const out: BacktestPlan[] = [
    ...models.map((name) => ({ ...base, id: name, title: `scores of ${name}`, role: 'model' as const, model: name })),
    ...settings.baselines.map((name) => ({
      ...base,
      id: `baseline-${name}`,
      title: `baseline: ${name}`,
      role: 'baseline' as const,
      baseline: name,
    })),
  ]
  const of = study.sensitivity.of ?? models[0]!
  for (const [key, word] of CHANGES)
    for (const value of study.sensitivity[key]) {
      if (value === settings[key]) continue
      out.push({
        id: `${of}-${word}-${value}`,
        title: `${of}, ${key} ${settings[key]} → ${value}`,
        role: 'variant',
        of,
        changed: `${key} ${settings[key]} → ${value}`,
        settings: { ...settings, [key]: value },
        model: of,
        baseline: undefined,
      })
    }
  return out
}
