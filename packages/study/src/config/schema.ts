/**
 * The study file: one schema for validation, defaults, `config explain`, the JSON Schema for editors and docs/studies.md.
 * Keys are snake_case, dates are UTC and inclusive.
 */
import { DEFECT_KINDS, dateOf } from '@cointrader/core'
import { z } from 'zod'

/** Date.parse takes February 30 for March 2. */
const isDate = (text: string): boolean => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(ms) && dateOf(ms) === text
}
const date = z.string().refine(isDate, 'write a date as 2026-02-01').meta({ format: 'date' })
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, ".", "_" and "-"')
const symbol = z.string().regex(/^[^\s,/]+$/, 'a symbol such as BTCUSDT')
const minutes = z.int().min(1).max(10_080)
const share = z.number().min(0).max(1)
const span = z.strictObject({ start: date.describe('First day.'), end: date.describe('Last day, inclusive.') })
const file = z.string().min(1)

const source = z
  .strictObject({
    archive: z
      .string()
      .min(1)
      .default('https://data.binance.vision')
      .describe('URL of the archive, or a folder in its layout. `--archive` replaces it for one run.'),
    listing_url: z.string().optional().describe('S3 listing of the archive; default: the archive itself.'),
    rest_url: z
      .string()
      .optional()
      .describe("Market-data REST for days not published yet; default: the archive's host."),
    symbols: z
      .union([z.literal('all'), z.array(symbol).min(1)])
      .default('all')
      .describe('Symbols to fetch; `all`: every USDT perpetual that was ever listed.'),
    kinds: z
      .array(z.enum(['klines', 'premium', 'metrics', 'funding', 'mark']))
      .min(1)
      .default(['klines', 'premium', 'metrics', 'funding'])
      .describe('What to fetch. Features whose kind is absent leave the feature list by name.'),
    route: z.enum(['auto', 'monthly', 'daily']).default('auto').describe('Monthly or daily files of the archive.'),
    allow_unverified: z
      .boolean()
      .default(false)
      .describe('Accept files without a .CHECKSUM; they are marked unverified.'),
    folder: file
      .optional()
      .describe(
        "Data folder shared with other studies; default: the study's own. Days that are there are not fetched again; contract list and funding grow with every study that uses the folder, and what reads them is then made again.",
      ),
  })
  .prefault({})

const check = z
  .strictObject({
    ban_minutes: z
      .int()
      .min(1)
      .max(1440)
      .default(30)
      .describe('Bad minutes from which a symbol is banned for the day.'),
    policies: z
      .partialRecord(z.enum(Object.keys(DEFECT_KINDS) as [string, ...string[]]), z.string())
      .default({})
      .describe('Kind of defect → policy, for example `missing_premium: forward-fill:3`.'),
  })
  .prefault({})

const universe = z
  .strictObject({
    size: z.int().min(1).max(1000).default(30).describe('Most symbols of a day.'),
    buffer_days: z.int().min(1).max(365).default(14).describe('Days before the day whose volume is ranked.'),
    min_history_days: z.int().min(1).max(365).default(1).describe('Fewest of them that must be there.'),
  })
  .prefault({})

const features = z
  .strictObject({
    windows: z
      .union([z.literal('all'), z.array(minutes).min(1)])
      .default([1, 5, 15, 30, 60])
      .describe('Windows in minutes; `all`: the ten of the research pipeline.'),
    generator: z.enum(['base', 'added', 'both']).default('base').describe('Feature definitions.'),
    plugins: z.array(file).default([]).describe('TypeScript or JavaScript files with features of your own.'),
    list: file.optional().describe('Feature list (JSON array of names) to train on; default: every column.'),
  })
  .prefault({})

const labels = z
  .strictObject({
    horizons: z.array(minutes).min(1).default([1, 5, 15, 30, 60, 240]).describe('Label horizons in minutes.'),
    price: z.string().default('close').describe('Price of the labels.'),
    target: z
      .string()
      .regex(/^y_\d+m(_[A-Za-z]+)?$/, 'a label such as y_60m')
      .default('y_60m')
      .describe('The label the models are trained on.'),
  })
  .prefault({})

const proof = z
  .strictObject({
    causality: z
      .array(date)
      .default([])
      .describe('Days of which every value is computed again from what was known at its minute.'),
  })
  .prefault({})

const fold = z.strictObject({
  train: span.describe('Days the model is fitted on. Rows whose label looks into validation are purged.'),
  valid: span.describe('Days that choose (early stopping, strength). Rows whose label looks into the test are purged.'),
  test: span.describe('Days looked at once, at the end.'),
})

const modelBase = {
  name: name.describe('Name of the model in tables and folders.'),
  max_rows: z.int().min(1).optional().describe('Train on at most this many rows, drawn by seed.'),
  sample_by_day: z.boolean().default(false).describe('Draw the same number of rows of every day.'),
  missing: z
    .enum(['keep', 'drop', 'zero'])
    .default('keep')
    .describe('A missing feature: keep it, leave the row out, or put 0.'),
}
const lgbm = z.strictObject({
  ...modelBase,
  family: z.literal('lgbm').describe('Gradient-boosted trees.'),
  params: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .default({})
    .describe('LightGBM parameters by their names.'),
  rounds: z.int().min(1).default(1000).describe('Most trees.'),
  early_stopping: z.int().min(0).default(100).describe('Stop when validation has not improved for so many; 0: never.'),
})
const linear = z.strictObject({
  ...modelBase,
  family: z.literal('linear').describe('Linear models.'),
  kind: z.enum(['ols', 'ridge', 'lasso', 'elastic_net', 'logistic']).default('ridge').describe('Kind of linear model.'),
  alpha: z
    .union([z.literal('auto'), z.number().positive()])
    .default('auto')
    .describe('Strength (for logistic: C); `auto`: chosen without the test range.'),
  l1_ratio: share.optional().describe('Share of the L1 part of elastic_net and logistic.'),
})

/** Families of models, for messages. */
export const FAMILIES = [lgbm, linear].map((f) => f.shape.family.value)

const backtest = z
  .strictObject({
    strategy: z
      .string()
      .default('cross-section')
      .describe('`cross-section` (long the highest scores, short the lowest), or a file with a strategy of your own.'),
    scores: z
      .boolean()
      .default(true)
      .describe(
        'Whether the strategy reads scores. `false` for one that looks at prices only: it is traded once, without models and baselines.',
      ),
    models: z.array(name).optional().describe('Models whose scores are traded; default: all.'),
    baselines: z
      .array(z.enum(['momentum', 'reversal', 'random']))
      .default(['momentum', 'reversal', 'random'])
      .describe('Scores without a model, traded by the same rules.'),
    lookback_bars: z.int().min(1).default(24).describe('Bars behind momentum and reversal.'),
    interval: z
      .string()
      .regex(/^\d+[mhd]$/, 'an interval such as 5m')
      .default('5m')
      .describe('Bars the strategy sees.'),
    holding_bars: z.int().min(1).default(12).describe('Bars between rebalancings.'),
    long: z.int().min(1).optional().describe('Symbols held long; default: a quarter of them.'),
    short: z.int().min(1).optional().describe('Symbols held short; default: a quarter of them.'),
    gross: z.number().positive().max(10).default(1).describe('Gross exposure over equity.'),
    turnover_cap: z.number().positive().optional().describe('Most change of weights at a rebalancing.'),
    initial_balance: z.number().positive().default(10_000).describe('Account at the start, USDT.'),
    fee_pct: z.number().min(0).max(5).default(0.05).describe('Taker fee of each side, percent (VIP 0: 0.05).'),
    slippage_pct: z.number().min(0).max(5).default(0.02).describe('Slippage of each side, percent.'),
    max_daily_loss: share.default(0.05).describe('Loss of the day that stops entries, share of equity; 0: never.'),
    kill_switch: z.boolean().default(true).describe('Stop trading after large losses.'),
    funding: z.enum(['recorded', 'none']).default('recorded').describe('Funding settlements, where they were fetched.'),
  })
  .nullable()
  .prefault({})

const sensitivity = z
  .strictObject({
    of: name.optional().describe('Model whose backtest is varied; default: the first.'),
    fee_pct: z.array(z.number().min(0)).default([]).describe('Other fees.'),
    slippage_pct: z.array(z.number().min(0)).default([]).describe('Other slippage.'),
    holding_bars: z.array(z.int().min(1)).default([]).describe('Other distances of rebalancings.'),
    gross: z.array(z.number().positive()).default([]).describe('Other gross exposures.'),
  })
  .prefault({})

const retrain = z
  .strictObject({
    model: name.optional().describe('Model of the list that is trained again; default: the first.'),
    train_days: z.int().min(1).default(60).describe('Days of training, before validation.'),
    valid_days: z.int().min(1).default(7).describe('Days of validation, before the test window.'),
    test_days: z
      .int()
      .min(1)
      .default(7)
      .describe('Newest complete days: champion and challenger are compared on them.'),
    max_age_hours: z.number().positive().default(48).describe('Refuse when the newest complete day ended longer ago.'),
    min_gain: z.number().min(0).default(0).describe('Least gain in mean rank IC over the champion.'),
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(0.8)
      .describe(
        'One-sided confidence the gain needs. 0.5: the mean alone decides, which promotes an equal model every second time; 0.8: every fifth.',
      ),
    keep_versions: z.int().min(2).default(10).describe('Versions that pruning leaves.'),
    beat_baseline: z
      .boolean()
      .default(true)
      .describe('Refuse a challenger that is not above its best baseline and above 0.'),
  })
  .prefault({})

/** The bare object; `studySchema` adds the rules between entries. */
export const studyObject = z.strictObject({
  study: name.describe('Name of the study: its folder below results/studies.'),
  title: z.string().default('').describe('Headline of the report.'),
  about: z.string().default('').describe('What it is for, in your words; shown in the report.'),
  seed: z.int().min(0).default(42).describe('Seed of every draw.'),
  source: source.describe('Where the data comes from.'),
  range: span.describe('Days to fetch and check. The universe of a day needs at least one day before it.'),
  check: check.describe('What is done about defects.'),
  universe: universe.describe('Which symbols are in on a day, from days before it only.'),
  features: features.describe('What the models see.'),
  labels: labels.describe('What they are to predict.'),
  proof: proof.describe('Proofs to run.'),
  folds: z.array(fold).min(1).describe('Walk-forward: train, validation and test days of each fold, in order of time.'),
  embargo_minutes: z
    .int()
    .min(0)
    .default(0)
    .describe('Minutes left out at the start of validation and test, on top of the purge.'),
  models: z
    .array(z.discriminatedUnion('family', [lgbm, linear]))
    .min(1)
    .describe('Models, trained in every fold.'),
  backtest: backtest.describe('How scores are traded over the test days; `null`: no backtest.'),
  sensitivity: sensitivity.describe('Backtests with one setting changed. Each counts as a trial.'),
  tried_before: z
    .int()
    .min(0)
    .default(0)
    .describe('Things you tried on these test days before; honest figures are deflated by them.'),
  retrain: retrain.describe('What `cointrader retrain` does with this study.'),
})

export type Study = z.output<typeof studyObject>
export type StudyModel = Study['models'][number]
export type StudyBacktest = NonNullable<Study['backtest']>
export type StudyFold = Study['folds'][number]
export type Span = StudyFold['train']
