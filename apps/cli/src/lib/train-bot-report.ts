/** What `train bot` prints: signal rows first, since they are the bets; under compat the original's order. */
import { dateOf } from '@cointrader/core'
import type {
  AblationResult,
  BotFoldResult,
  BotMetrics,
  CompareResult,
  PartMetrics,
  Spread,
  WalkResult,
} from '@cointrader/models/bot/index'
import { textTable } from '../table.js'

type Cell = string

const fixed = (x: number | null, digits = 3): Cell => (x === null ? '-' : x.toFixed(digits))
const share = (x: number | null): Cell => (x === null ? '-' : `${(100 * x).toFixed(1)}%`)
const signed = (x: number | null): Cell => (x === null ? '-' : `${x >= 0 ? '+' : ''}${(100 * x).toFixed(1)} pt`)
const spread = ({ mean, std }: Spread): Cell => (mean === null ? '-' : `${fixed(mean)} +- ${fixed(std)}`)

/** Names of the two figures, in the order in which they are shown. */
export function figures(original: boolean): readonly (readonly ['signal' | 'all', string])[] {
  const signal = ['signal', 'signal rows'] as const
  return original
    ? [['all', 'all rows, inflated by HOLD rows (D-11)'], signal]
    : [signal, ['all', 'with HOLD rows (no bet is made on them)']]
}

const HEAD = ['', 'rows', 'won', 'AUC', '95%', 'precision', 'recall', 'entered', 'uplift', 'ECE']

function partRow(name: string, p: PartMetrics): Cell[] {
  const interval = p.aucInterval === null ? '-' : `${fixed(p.aucInterval[0])}..${fixed(p.aucInterval[1])}`
  return [
    name,
    String(p.rows),
    share(p.baseRate),
    fixed(p.auc),
    interval,
    share(p.precision),
    share(p.recall),
    String(p.entered),
    signed(p.uplift),
    fixed(p.calibrationError),
  ]
}

export function metricsText(metrics: BotMetrics, original: boolean): string {
  return textTable(
    HEAD,
    figures(original).map(([key, name]) => partRow(name, metrics[key])),
  )
}

/** The model, its threshold and its judgement. */
export function trainingText(result: BotFoldResult, original: boolean): string {
  const { model, threshold, chosen, rows, metrics } = result
  const lines = [
    `rows: ${rows.learnt} learnt from of ${rows.train} training rows, ${rows.valid} validation, ${rows.test} test, ${rows.purged} purged`,
    `trees: ${model.bestIteration}; features: ${model.features.length}${model.dead.length === 0 ? '' : ` (without any value: ${model.dead.join(', ')})`}`,
    chosen === null
      ? `threshold: ${fixed(threshold, 4)} (none could be chosen)`
      : `threshold: ${fixed(threshold, 4)}, chosen on validation (precision ${share(chosen.precision)}, recall ${share(chosen.recall)})`,
  ]
  if (metrics.valid !== null) {
    const note = metrics.test === null ? 'early stopping and the threshold were chosen on it (D-14)' : 'chosen on it'
    lines.push('', `validation, ${note}:`, metricsText(metrics.valid, original))
  }
  if (metrics.test !== null) {
    lines.push('', 'test, not looked at before:', metricsText(metrics.test, original), verdict(metrics.test.signal))
  }
  return lines.join('\n')
}

/** One sentence on the figure that counts. */
function verdict(p: PartMetrics): string {
  if (p.aucInterval === null) return 'too few signal rows to say whether the model knows anything'
  const [low, high] = p.aucInterval
  if (low > 0.5) return 'the model tells won from lost signals better than chance'
  if (high < 0.5) return 'the model is worse than chance on signals: what it learnt has turned round'
  return 'no skill shown on signals: the interval of the AUC holds 0.5'
}

export function walkText(walk: WalkResult, asked: number, original: boolean): string {
  const order = figures(original)
  const head = ['fold', 'from', 'to', 'learnt', 'test', 'purged', 'trees', ...order.map(([, name]) => `AUC ${name}`)]
  const rows = walk.folds.map((f) => [
    String(f.fold),
    dateOf(f.from),
    dateOf(f.to),
    String(f.rows.learnt),
    String(f.rows.test),
    String(f.rows.purged),
    String(f.trees),
    ...order.map(([key]) => fixed(f.metrics[key].auc)),
  ])
  const summary = order.map(([key, name]) => {
    const s = walk[key]
    return [name, spread(s.auc), spread(s.precision), spread(s.recall), signed(s.uplift.mean)]
  })
  const lost = walk.folds.length < asked ? ` (${asked} asked for: D-15)` : ''
  return [
    `walk-forward, ${walk.folds.length} folds${lost}, thresholds ${original ? 'chosen on the tested rows' : 'chosen before the test'}:`,
    textTable(head, rows),
    '',
    textTable(['mean +- std over folds', 'AUC', 'precision', 'recall', 'uplift'], summary),
  ].join('\n')
}

export function ablationText(result: AblationResult, original: boolean): string {
  const order = figures(original)
  const rows = result.sets.map((s) => [
    s.name,
    s.without.length === 0 ? 'all features' : `without ${s.without.join(', ')}`,
    ...order.map(([key]) => spread(s[key])),
  ])
  const drop = (name: string, key: 'ab' | 'ac'): Cell[] => [
    name,
    'AUC lost',
    ...order.map(([of]) => fixed(result.drops[of][key])),
  ]
  const says = original
    ? `verdict on A - C: ${result.verdict ?? 'none'}`
    : result.skill
      ? 'A has skill on signal rows: more than two standard errors above 0.5'
      : 'A has no skill on signal rows: its AUC is within two standard errors of 0.5'
  return [
    'ablation:',
    textTable(
      ['set', 'features', ...order.map(([, name]) => `AUC ${name}`)],
      [...rows, drop('A - B', 'ab'), drop('A - C', 'ac')],
    ),
    says,
    `largest gains of A: ${result.importance.map((i) => i.feature).join(', ')}`,
  ].join('\n')
}

export function compareText(result: CompareResult, original: boolean): string {
  const [key] = figures(original)[0]
  const rows = (['baseline', 'full'] as const).map((name) => {
    const c = result[name]
    return [
      c.without.length === 0 ? 'all features' : `without ${c.without.join(', ')}`,
      String(c.trees),
      fixed(c.threshold, 4),
      ...partRow('', c.metrics[key]).slice(3),
    ]
  })
  const same = result.dead.length === result.baseline.without.length
  return [
    `comparison on ${result.judgedOn}, ${figures(original)[0][1]}:`,
    textTable(['features', 'trees', 'threshold', ...HEAD.slice(3)], rows),
    ...(result.dead.length === 0
      ? []
      : [`without any value in the data: ${result.dead.join(', ')}${same ? ': both models are the same' : ''}`]),
  ].join('\n')
}
