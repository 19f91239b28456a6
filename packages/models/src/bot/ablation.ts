/** What features are worth: ablation A/B/C over walk-forward folds, and a comparison of two feature sets (TB-04.7). */
import type { BotFeature } from '@cointrader/features/bot/index'
import type { BotMetrics } from './metrics.js'
import type { BotRows } from './rows.js'
import { type BotTraining, trainBotRows } from './train.js'
import { type Spread, WALK_RULES, type WalkRules, walkForwardBot } from './walk-forward.js'

/** Feature sets of the ablation: A all; B without the points; C also without the side. */
export const ABLATION = {
  A: [],
  B: ['signal_strength'],
  C: ['signal_strength', 'side'],
} as const satisfies Record<string, readonly BotFeature[]>

export type AblationVerdict = 'useful' | 'conditional' | 'redesign'

export interface AblationResult {
  readonly sets: readonly {
    readonly name: 'A' | 'B' | 'C'
    readonly without: readonly BotFeature[]
    readonly folds: number
    /** AUC over folds: on signal rows, and with HOLD rows. */
    readonly signal: Spread
    readonly all: Spread
  }[]
  /** Mean AUC lost: A − B and A − C. */
  readonly drops: { readonly signal: Drops; readonly all: Drops }
  /** Ten largest mean gains of set A. */
  readonly importance: readonly { readonly feature: string; readonly gain: number }[]
  /**
   * The original's verdict on A − C over all rows: up to 0.05 `useful`, up to 0.10 `conditional`, else `redesign`: then the
   * model knows little besides whether and where there is a signal. Null when an AUC is not defined.
   */
  readonly verdict: AblationVerdict | null
  /** True when the mean signal AUC of A lies more than two standard errors (over folds) above 0.5. */
  readonly skill: boolean
}

export interface Drops {
  readonly ab: number | null
  readonly ac: number | null
}

export async function ablateBot(
  rows: BotRows,
  options: BotTraining,
  folds = 5,
  rules: WalkRules = WALK_RULES,
): Promise<AblationResult> {
  const sets: AblationResult['sets'][number][] = []
  let importance: AblationResult['importance'] = []
  for (const name of ['A', 'B', 'C'] as const) {
    const without = ABLATION[name]
    const walk = await walkForwardBot(rows, { ...options, exclude: [...options.exclude, ...without] }, folds, rules)
    sets.push({ name, without, folds: walk.folds.length, signal: walk.signal.auc, all: walk.all.auc })
    if (name === 'A') importance = walk.importance.slice(0, 10)
  }
  const drops = (of: 'signal' | 'all'): Drops => {
    const less = (k: number): number | null => {
      const [a, b] = [sets[0][of].mean, sets[k][of].mean]
      return a === null || b === null ? null : a - b
    }
    return { ab: less(1), ac: less(2) }
  }
  const all = drops('all')
  const { mean, std } = sets[0].signal
  return {
    sets,
    drops: { signal: drops('signal'), all },
    importance,
    verdict: verdictOn(all.ac),
    skill: mean !== null && std !== null && mean - 0.5 > (2 * std) / Math.sqrt(sets[0].folds),
  }
}

function verdictOn(drop: number | null): AblationVerdict | null {
  if (drop === null) return null
  return drop <= 0.05 ? 'useful' : drop <= 0.1 ? 'conditional' : 'redesign'
}

/** What the original compares: the two features derived from open interest. */
export const COMPARED: readonly BotFeature[] = ['oi_change_ma5', 'oi_price_spread']

export interface Compared {
  readonly without: readonly BotFeature[]
  readonly trees: number
  readonly threshold: number
  /** On the test rows; without a test part (original) on the validation, which was chosen on. */
  readonly metrics: BotMetrics
  readonly importance: readonly { readonly feature: string; readonly gain: number }[]
}

export interface CompareResult {
  readonly judgedOn: 'test' | 'validation'
  readonly baseline: Compared
  readonly full: Compared
  /** Full less baseline, on signal rows. */
  readonly deltas: Readonly<Record<'auc' | 'precision' | 'recall' | 'threshold', number | null>>
  /** Compared features that have no value in any training row. When these are all, both models are the same. */
  readonly dead: readonly BotFeature[]
}

/** Trains without and with `features` on one split and compares. */
export async function compareBot(
  rows: BotRows,
  options: BotTraining,
  features: readonly BotFeature[] = COMPARED,
): Promise<CompareResult> {
  const run = async (without: readonly BotFeature[]) => {
    const result = await trainBotRows(rows, { ...options, exclude: [...options.exclude, ...without] })
    const { model, threshold } = result
    const metrics = (result.metrics.test ?? result.metrics.valid) as BotMetrics
    const importance = model.importance.slice(0, 10).map(({ feature, gain }) => ({ feature, gain }))
    return { result, compared: { without, trees: model.bestIteration, threshold, metrics, importance } }
  }
  const baseline = await run(features)
  const full = await run([])
  const less = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b)
  const [f, b] = [full.compared.metrics.signal, baseline.compared.metrics.signal]
  return {
    judgedOn: full.result.metrics.test === null ? 'validation' : 'test',
    baseline: baseline.compared,
    full: full.compared,
    deltas: {
      auc: less(f.auc, b.auc),
      precision: less(f.precision, b.precision),
      recall: less(f.recall, b.recall),
      threshold: full.compared.threshold - baseline.compared.threshold,
    },
    dead: full.result.model.dead.filter((name) => features.includes(name)),
  }
}
