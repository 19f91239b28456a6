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
  if (!settings.scores)
    return withVariants(study, [{ ...base, id: 'strategy', title: strategyName(settings), role: 'model' }])
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
  return withVariants(study, out, study.sensitivity.of ?? models[0]!)
}

/** `my/ma-cross.ts` is `ma-cross`. */
const strategyName = ({ strategy }: StudyBacktest): string => strategy.replace(/^.*\//, '').replace(/\.[a-z]+$/, '')

/** The backtests, and those of one of them with one setting changed. */
function withVariants(study: Study, base: readonly BacktestPlan[], of = base[0]!.id): BacktestPlan[] {
  const out = [...base]
  const varied = base.find((b) => b.id === of)!
  const { settings } = varied
  for (const [key, word] of CHANGES)
    for (const value of study.sensitivity[key]) {
      if (value === settings[key]) continue
      out.push({
        ...varied,
        id: `${of}-${word}-${value}`,
        title: `${of}, ${key} ${settings[key]} → ${value}`,
        role: 'variant',
        of,
        changed: `${key} ${settings[key]} → ${value}`,
        settings: { ...settings, [key]: value },
      })
    }
  return out
}
