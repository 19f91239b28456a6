/** Rules between entries of a study file. Each problem names the entry, the reason, and what would be right. */
import { didYouMean } from '@cointrader/core'
import { planBacktests } from '../plan/backtests.js'
import type { Study } from './schema.js'

export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const DAY_MS = 86_400_000
const VARIED = ['fee_pct', 'slippage_pct', 'holding_bars', 'gross'] as const

/** All rules that are broken. */
export function brokenRules(study: Study): Problem[] {
  const out: Problem[] = []
  const add = (path: readonly (string | number)[], message: string) => out.push({ path, message })
  const { range, folds, models, labels, backtest, sensitivity, proof, features } = study
  const names = models.map((m) => m.name)
  const inRange = (path: readonly (string | number)[], date: string, first: string) => {
    // A range that is none refuses no day besides itself.
    if (range.start <= range.end && (date < first || date > range.end))
      add(
        path,
        `${date} is not between ${first} and ${range.end}${first === range.start ? '' : ' (the first day of the range has no universe: no day is before it)'}`,
      )
  }
  if (range.start > range.end) add(['range', 'end'], `${range.end} is before ${range.start}`)
  const second = nextDay(range.start)
  for (const [i, fold] of folds.entries()) {
    for (const part of ['train', 'valid', 'test'] as const) {
      const { start, end } = fold[part]
      if (start > end) add(['folds', i, part, 'end'], `${end} is before ${start}`)
      inRange(['folds', i, part, 'start'], start, second)
      inRange(['folds', i, part, 'end'], end, second)
    }
    if (fold.valid.start <= fold.train.end) add(['folds', i, 'valid', 'start'], `training ends on ${fold.train.end}`)
    if (fold.test.start <= fold.valid.end) add(['folds', i, 'test', 'start'], `validation ends on ${fold.valid.end}`)
    const before = folds[i - 1]
    if (before !== undefined && fold.test.start <= before.test.end)
      add(
        ['folds', i, 'test', 'start'],
        `the test of the fold before ends on ${before.test.end}: every day is tested once`,
      )
  }
  for (const [i, date] of proof.causality.entries()) inRange(['proof', 'causality', i], date, second)
  for (const [i, name] of names.entries())
    if (names.indexOf(name) !== i) add(['models', i, 'name'], `"${name}" is there twice`)
  const known = (path: readonly (string | number)[], name: string) => {
    if (!names.includes(name)) add(path, `no model has the name "${name}"${didYouMean(name, names)}`)
  }
  for (const [i, name] of (backtest?.models ?? []).entries()) known(['backtest', 'models', i], name)
  if (sensitivity.of !== undefined) known(['sensitivity', 'of'], sensitivity.of)
  if (study.retrain.model !== undefined) known(['retrain', 'model'], study.retrain.model)
  const horizon = Number(/^y_(\d+)m/.exec(labels.target)?.[1])
  if (!labels.horizons.includes(horizon))
    add(
      ['labels', 'target'],
      `${labels.target} needs the horizon ${horizon}; horizons are ${labels.horizons.join(', ')}`,
    )
  const lists: [readonly string[], readonly (string | number)[]][] = [
    [['source', 'symbols'], study.source.symbols === 'all' ? [] : study.source.symbols],
    [['source', 'kinds'], study.source.kinds],
    [['features', 'windows'], features.windows === 'all' ? [] : features.windows],
    [['features', 'plugins'], features.plugins],
    [['labels', 'horizons'], labels.horizons],
    [['proof', 'causality'], proof.causality],
    [['backtest', 'models'], backtest?.models ?? []],
    [['backtest', 'baselines'], backtest?.baselines ?? []],
    ...VARIED.map((key): [string[], readonly number[]] => [['sensitivity', key], sensitivity[key]]),
  ]
  for (const [path, list] of lists) {
    const twice = list.find((x, i) => list.indexOf(x) !== i)
    if (twice !== undefined) add(path, `${twice} is there twice`)
  }
  if (backtest === null) {
    for (const key of VARIED)
      if (sensitivity[key].length > 0) add(['sensitivity', key], 'there is no backtest to vary (backtest: null)')
  } else if (backtest.models?.length === 0) add(['backtest', 'models'], 'name a model, or leave the entry out')
  if (backtest !== null && sensitivity.of !== undefined && backtest.models?.includes(sensitivity.of) === false)
    add(['sensitivity', 'of'], `"${sensitivity.of}" is not traded (backtest.models)`)
  // Names of backtests are folders: a model must not have the name of a baseline or of another model's variant.
  if (out.length === 0) {
    const seen = new Set<string>()
    for (const { id, title } of planBacktests(study))
      if (seen.has(id))
        add(['models', names.indexOf(id), 'name'], `"${id}" is also the name of the backtest "${title}"`)
      else seen.add(id)
  }
  return out
}

function nextDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
}
