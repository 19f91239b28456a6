/** Study files for the tests: a smallest one, and a generator of valid ones. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addDays, DEFECT_KINDS, isError, type UtcDate } from '@cointrader/core'
import { type Override, type ReadStudy, readStudy } from '@cointrader/study/config/index'
import fc from 'fast-check'
import { stringify } from 'yaml'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** Name and text of every study in configs/studies. */
export const CONFIGS: readonly (readonly [string, string])[] = readdirSync(join(root, 'configs/studies'))
  .filter((f) => f.endsWith('.yaml'))
  .sort()
  .map((f) => [f, readFileSync(join(root, 'configs/studies', f), 'utf8')] as const)

/** As few entries as a study can have; one a line where a test breaks it. */
export const SMALL = `study: small
range: { start: 2026-02-01, end: 2026-02-04 }
folds:
  - train: { start: 2026-02-02, end: 2026-02-02 }
    valid: { start: 2026-02-03, end: 2026-02-03 }
    test: { start: 2026-02-04, end: 2026-02-04 }
models:
  - name: trees
    family: lgbm
`

/** Problems of a study, one a line, or [] when it is sound. */
export function problemsOf(text: string, overrides: readonly Override[] = []): string[] {
  try {
    readStudy(text, 'file.yaml', overrides)
    return []
  } catch (error) {
    if (!isError(error, 'E_CONFIG')) throw error
    const lines = error.detail.split('\n').map((l) => l.trim())
    const counted = /^(\d+) problems$/.exec(lines[0]!)
    if (counted === null) return lines
    const list = lines.slice(1).filter((l) => l !== '')
    if (list.length !== Number(counted[1])) throw new Error(`says ${counted[1]} problems and lists ${list.length}`)
    return list
  }
}

export const read = (study: unknown, overrides: readonly Override[] = []): ReadStudy =>
  readStudy(stringify(study), 'file.yaml', overrides)

type Plain = Record<string, unknown>

const FIRST = '2026-02-01' as UtcDate
const day = (n: number): string => addDays(FIRST, n)
/** Each entry may be left out. */
const some = (entries: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Plain> =>
  fc.record(entries, { requiredKeys: [] })
const minutes = fc.integer({ min: 1, max: 10_080 })
const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map((x) => (x === 0 ? 0 : Number(x.toPrecision(6))))
const distinct = <T>(of: fc.Arbitrary<T>, minLength: number, maxLength = 4) =>
  fc.uniqueArray(of, { minLength, maxLength })
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,7}$/)
/** Words that YAML could take for something else, too. */
const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'null', 'yes', '007', '1e3', '2026-02-01', '# no', '- a', 'a: b', ' x ', 'x\ny\n', "'", '"', '~'),
)
const file = fc.constantFrom('a.ts', 'my features/b.js', '../list.json', '/abs/c.mjs', 'täglich.ts')
const symbol = fc.stringMatching(/^[A-Z0-9]{2,8}USDT$/)

const model = fc.oneof(
  some({
    max_rows: fc.integer({ min: 1, max: 10 ** 7 }),
    sample_by_day: fc.boolean(),
    missing: fc.constantFrom('keep', 'drop', 'zero'),
    params: fc.dictionary(
      fc.constantFrom('num_leaves', 'learning_rate', 'lambda_l1', 'extra_trees', 'boosting', 'max_bin'),
      fc.oneof(number(0, 100), fc.boolean(), fc.constantFrom('gbdt', 'true', '31', 'null')),
    ),
    rounds: fc.integer({ min: 1, max: 5000 }),
    early_stopping: fc.integer({ min: 0, max: 500 }),
  }).map((m): Plain => ({ ...m, family: 'lgbm' })),
  some({
    missing: fc.constantFrom('keep', 'drop', 'zero'),
    kind: fc.constantFrom('ols', 'ridge', 'lasso', 'elastic_net', 'logistic'),
    alpha: fc.oneof(fc.constant('auto'), number(0.001, 100)),
    l1_ratio: number(0, 1),
  }).map((m): Plain => ({ ...m, family: 'linear' })),
)

const folds = fc
  .array(fc.tuple(fc.nat(2), fc.nat(3), fc.nat(2), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 3 })
  .map((lengths) => {
    let tested = 0
    return lengths.map(([gap, train, valid, test, late]) => {
      const start = 1 + late
      const validStart = Math.max(start + train + 1, tested + 1) + gap
      const testStart = validStart + valid + 1
      tested = testStart + test
      return {
        train: { start: day(start), end: day(start + train) },
        valid: { start: day(validStart), end: day(validStart + valid) },
        test: { start: day(testStart), end: day(tested) },
      }
    })
  })

function backtest(models: readonly string[]): fc.Arbitrary<Plain | null> {
  return fc.option(
    some({
      strategy: fc.oneof(fc.constant('cross-section'), file),
      models: fc.subarray([...models], { minLength: 1 }),
      baselines: fc.shuffledSubarray(['momentum', 'reversal', 'random']),
      lookback_bars: fc.integer({ min: 1, max: 100 }),
      interval: fc.constantFrom('1m', '5m', '1h', '1d'),
      holding_bars: fc.integer({ min: 1, max: 100 }),
      long: fc.integer({ min: 1, max: 10 }),
      short: fc.integer({ min: 1, max: 10 }),
      gross: number(0.1, 10),
      turnover_cap: number(0.1, 2),
      initial_balance: number(1, 10 ** 6),
      fee_pct: number(0, 5),
      slippage_pct: number(0, 5),
      max_daily_loss: number(0, 1),
      kill_switch: fc.boolean(),
      funding: fc.constantFrom('recorded', 'none'),
    }),
    { freq: 5 },
  )
}

function whole(models: readonly string[], backtested: Plain | null | undefined): fc.Arbitrary<Plain> {
  const traded = (backtested as { models?: string[] } | null | undefined)?.models ?? models
  const horizons = distinct(minutes, 1)
  return fc
    .record({
      folds,
      labels: horizons.chain((list) =>
        fc
          .tuple(fc.constantFrom(...list), fc.constantFrom('', '_neut'), fc.constantFrom('close', 'open'))
          .map(([h, suffix, price]): Plain => ({ horizons: list, target: `y_${h}m${suffix}`, price })),
      ),
      list: fc.array(model, { minLength: models.length, maxLength: models.length }),
      more: some({
        title: text,
        about: text,
        seed: fc.nat(),
        embargo_minutes: fc.nat(2000),
        tried_before: fc.nat(50),
        source: some({
          archive: fc.constantFrom('https://data.binance.vision', '../archive', 'http://127.0.0.1:8080'),
          listing_url: fc.constant('http://127.0.0.1:8080/list?x=1&y'),
          rest_url: fc.constant('http://127.0.0.1:8081'),
          symbols: fc.oneof(fc.constant('all'), distinct(symbol, 1)),
          kinds: distinct(fc.constantFrom('klines', 'premium', 'metrics', 'funding', 'mark'), 1),
          route: fc.constantFrom('auto', 'monthly', 'daily'),
          allow_unverified: fc.boolean(),
          folder: file,
        }),
        check: some({
          ban_minutes: fc.integer({ min: 1, max: 1440 }),
          policies: fc.dictionary(
            fc.constantFrom(...Object.keys(DEFECT_KINDS)),
            fc.constantFrom('none', 'mask', 'forward-fill:3'),
            { maxKeys: 4 },
          ),
        }),
        universe: some({
          size: fc.integer({ min: 1, max: 1000 }),
          buffer_days: fc.integer({ min: 1, max: 365 }),
          min_history_days: fc.integer({ min: 1, max: 365 }),
        }),
        features: some({
          windows: fc.oneof(fc.constant('all'), distinct(minutes, 1)),
          generator: fc.constantFrom('base', 'added', 'both'),
          plugins: distinct(file, 0, 3),
          list: file,
        }),
        proof: some({ causality: fc.constantFrom([], [day(1)], [day(3), day(2)]) }),
        retrain: some({
          model: fc.constantFrom(...models),
          train_days: fc.integer({ min: 1, max: 100 }),
          valid_days: fc.integer({ min: 1, max: 10 }),
          test_days: fc.integer({ min: 1, max: 10 }),
          max_age_hours: number(1, 100),
          min_gain: number(0, 1),
          confidence: number(0.5, 0.999),
          keep_versions: fc.integer({ min: 2, max: 50 }),
          beat_baseline: fc.boolean(),
        }),
        ...(backtested === null
          ? {}
          : {
              sensitivity: some({
                of: fc.constantFrom(...traded),
                fee_pct: distinct(number(0, 2), 0, 2),
                slippage_pct: distinct(number(0, 2), 0, 2),
                holding_bars: distinct(fc.integer({ min: 1, max: 99 }), 0, 2),
                gross: distinct(number(0.1, 5), 0, 2),
              }),
            }),
      }),
      study: name,
    })
    .map(({ folds: list, labels, list: kinds, more, study }) => ({
      ...more,
      study,
      folds: list,
      labels,
      models: kinds.map((m, i) => ({ ...m, name: models[i] })),
      range: { start: FIRST, end: list.at(-1)!.test.end },
      ...(backtested === undefined ? {} : { backtest: backtested }),
    }))
}

/** Studies as they could stand in a file: sound, with any of the entries left out. */
export const validStudy: fc.Arbitrary<Plain> = distinct(name, 1, 3)
  // Its folder would be that of a backtest of another model.
  .filter((names) => !names.some((n) => /^baseline-|-(?:fee|slippage|holding|gross)-/.test(n)))
  .chain((names) =>
    fc.option(backtest(names), { nil: undefined, freq: 4 }).chain((backtested) => whole(names, backtested)),
  )

/** The same entries in another order, lists as they are. */
export function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((v) => shuffled(v, random))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([k, v]) => [k, shuffled(v, random)] as const)
  for (let i = entries.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[entries[i], entries[j]] = [entries[j]!, entries[i]!]
  }
  return Object.fromEntries(entries)
}
