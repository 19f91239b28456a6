/**
 * A study as a list of stages: plain data. A stage is one command line of the ordinary program, run in the study's folder, so
 * that each can be read, and run again by hand; what it writes is named by rules.
 */
import { addDays, dateMs, dateRange, parseDate, type UtcDate } from '@cointrader/core'
import type { Span, Study, StudyBacktest, StudyFold, StudyModel } from '../config/schema.js'

/** Files of a folder whose names match. */
export interface OutputRule {
  /** `raw`: the data folder, which studies may share; `study`: the study's own folder. */
  readonly root: 'study' | 'raw'
  /** Inside the root, `.` for itself. */
  readonly folder: string
  /** Regular expression over whole file names. */
  readonly names: string
}

export interface Stage {
  /** `fetch`, `train/trees/1`. */
  readonly id: string
  readonly title: string
  /**
   * Arguments of `cointrader`. `{version:STAGE}` stands for the version of the model a stage trained, `{members}` for the
   * members of the universe over the test days, `{raw}` for the data folder.
   */
  readonly argv: readonly string[]
  /** Arguments that change no byte of the result: where data comes from, threads, waiting. */
  readonly extra: readonly string[]
  readonly needs: readonly string[]
  readonly outputs: readonly OutputRule[]
  /** Files outside the study whose bytes count as input: plug-ins, feature lists. */
  readonly files: readonly string[]
  /** Files that merge what is there with what is new: removed before the stage runs, so that it starts from nothing. */
  readonly fresh: readonly OutputRule[]
  /** May run beside others of its kind. */
  readonly light: boolean
  /** Where its printed result is kept as an artefact; undefined when its files say everything. */
  readonly stdout?: string
  /** Number of rows or bars it goes over, for the estimate. */
  readonly work: Work
}

/** What a stage's time grows with. */
export type Work =
  | { readonly kind: 'fetch'; readonly files: number }
  | { readonly kind: 'check' | 'universe'; readonly rows: number }
  | { readonly kind: 'build' | 'proof' | 'health'; readonly cells: number }
  | { readonly kind: 'lgbm'; readonly cells: number; readonly rounds: number }
  | { readonly kind: 'linear' | 'predict'; readonly cells: number }
  | { readonly kind: 'judge'; readonly rows: number; readonly contenders: number }
  | { readonly kind: 'backtest'; readonly bars: number }
  | { readonly kind: 'report' }

export interface PlanOptions {
  /** Replaces `source.archive`; also the listing and REST addresses then follow it. */
  readonly archive?: string | undefined
  readonly workers: number
  /** Seconds a stage waits for another run on its folder. */
  readonly wait: number
  /** Folder of models, from the study's folder. Default `models`. */
  readonly modelsDir?: string
  /** Folder name of a model in a fold. Default `{name}-{fold}`. */
  readonly modelFolder?: (model: StudyModel, fold: number) => string
  /** Leave out everything behind training: what `retrain` asks for. */
  readonly until?: 'build-xy' | 'train'
  /** Keep what earlier days left in files that merge: a range that moves on every day need not begin from nothing. */
  readonly incremental?: boolean
}

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

const MINUTES = 1440
/** Feature columns a window makes, for estimates only: the base generator has about 25 with their neutralised twins. */
const COLUMNS_PER_WINDOW = 52

/** Days of features and labels: from the first day of training to the last of test. */
export function xyDates(study: Study): UtcDate[] {
  const starts = study.folds.map((f) => f.train.start).sort()
  const ends = study.folds.map((f) => f.test.end).sort()
  return dateRange(parseDate(starts[0]!), parseDate(ends.at(-1)!))
}

/** Days of the test ranges, each once, ascending. */
export function testDates(study: Study): UtcDate[] {
  return [...new Set(study.folds.flatMap((f) => days(f.test)))].sort()
}

const days = ({ start, end }: Span): UtcDate[] => dateRange(parseDate(start), parseDate(end))
const either = (names: readonly string[]): string => `(?:${names.map(escapeRegExp).join('|')})`
const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** All stages, each after those it needs. */
export function planStudy(study: Study, options: PlanOptions): Stage[] {
  const out: Stage[] = []
  const { range, universe, source } = study
  const top = String(universe.size)
  const all = dateRange(parseDate(range.start), parseDate(range.end))
  const symbols = source.symbols === 'all' ? 100 : source.symbols.length
  const rows = symbols * all.length * MINUTES
  const shared = source.folder !== undefined
  const merging = options.incremental === true
  const own = {
    fresh: [] as readonly OutputRule[],
    files: [] as readonly string[],
    light: false,
    extra: [] as string[],
  }
  const raw = (folder: string, names: string): OutputRule => ({ root: 'raw', folder, names })
  const mine = (folder: string, names: string): OutputRule => ({ root: 'study', folder, names })
  const span = (first: string, last: string) => ['--start-date', first, '--end-date', last]
  const wait = ['--wait', String(options.wait)]
  const workers = ['--workers', String(options.workers)]
  const listed = source.symbols === 'all' ? ['--all'] : ['--symbols', source.symbols.join(',')]
  const archive = options.archive ?? source.archive
  const addresses = options.archive === undefined ? source : { listing_url: undefined, rest_url: undefined }
  out.push({
    ...own,
    id: 'fetch',
    title: 'download and verify',
    argv: [
      'fetch',
      ...span(range.start, range.end),
      ...listed,
      '--kinds',
      source.kinds.join(','),
      ...['--route', source.route],
      ...(source.allow_unverified ? ['--allow-unverified'] : []),
      ...['--data-dir', '{raw}'],
    ],
    extra: [
      ...['--archive', archive],
      ...(addresses.listing_url === undefined ? [] : ['--listing-url', addresses.listing_url]),
      ...(addresses.rest_url === undefined ? [] : ['--rest-url', addresses.rest_url]),
      ...workers,
      ...wait,
    ],
    needs: [],
    outputs: [
      raw('1m_raw_data', `${either(all)}\\.(?:parquet|manifest\\.json)`),
      ...(source.kinds.includes('mark') ? [raw('mark_1m', `${either(all)}\\.(?:parquet|manifest\\.json)`)] : []),
      ...(source.kinds.includes('funding') ? [raw('funding', '.+\\.(?:parquet|manifest\\.json)')] : []),
      raw('.', 'contracts\\.json'),
    ],
    fresh: shared || merging ? [] : [raw('funding', '.+')],
    work: { kind: 'fetch', files: symbols * all.length * source.kinds.length },
  })
  out.push({
    ...own,
    id: 'preprocess',
    title: 'defect ledger and bans',
    argv: [
      'preprocess',
      ...span(range.start, range.end),
      ...['--threshold', String(study.check.ban_minutes)],
      ...Object.entries(study.check.policies)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([kind, policy]) => ['--policy', `${kind}=${policy}`]),
      ...['--data-dir', '{raw}', '--out-dir', 'data'],
    ],
    extra: [...workers, ...wait],
    needs: ['fetch'],
    outputs: [
      mine('data/ledger', `${either(all)}\\.(?:parquet|manifest\\.json)`),
      mine('data', 'banned_symbols(?:_reasons)?\\.json'),
    ],
    fresh: merging ? [] : [mine('data/ledger', '.+'), mine('data', 'banned_symbols(?:_reasons)?\\.json')],
    work: { kind: 'check', rows },
  })
  const universeFile = `data/top${top}_universe.json`
  out.push({
    ...own,
    id: 'universe',
    title: 'members of each day, from earlier days only',
    argv: [
      'universe',
      ...span(range.start, range.end),
      ...['--top', top, '--buffer-days', String(universe.buffer_days)],
      ...['--min-history-days', String(universe.min_history_days)],
      ...['--data-dir', '{raw}', '--out-dir', 'data'],
    ],
    extra: wait,
    needs: ['fetch', 'preprocess'],
    outputs: [mine('data', `top${top}_universe(?:_reasons)?\\.json`)],
    fresh: merging ? [] : [mine('data', 'top\\d+_universe(?:_reasons)?\\.json')],
    work: { kind: 'universe', rows },
  })
  const xy = xyDates(study)
  const windows = study.features.windows
  const plugins = study.features.plugins.flatMap((p) => ['--plugin', p])
  const shape = [
    ...['--top', top, '--windows', windows === 'all' ? 'all' : windows.join(',')],
    ...['--y-windows', study.labels.horizons.join(',')],
    ...['--generator', study.features.generator],
    ...plugins,
    ...['--universe', universeFile, '--data-dir', '{raw}'],
  ]
  const columns = (windows === 'all' ? 10 : windows.length) * COLUMNS_PER_WINDOW
  const members = Math.min(universe.size, symbols)
  const cellsOf = (n: number) => n * MINUTES * members * columns
  out.push({
    ...own,
    id: 'build-xy',
    title: 'features and labels',
    argv: [
      'build-xy',
      ...span(xy[0]!, xy.at(-1)!),
      ...shape,
      '--price-col',
      study.labels.price,
      '--out-dir',
      'data/xy',
    ],
    extra: [...workers, ...wait],
    needs: ['fetch', 'universe'],
    files: study.features.plugins,
    outputs: [mine('data/xy', `${either(xy)}_xy_top${top}\\.(?:parquet|manifest\\.json)`)],
    work: { kind: 'build', cells: cellsOf(xy.length) },
  })
  if (options.until === 'build-xy') return out
  if (options.until === undefined) {
    for (const date of study.proof.causality)
      out.push({
        ...own,
        id: `proof/${date}`,
        title: 'every value again, from what was known then',
        argv: ['verify', 'causality', '--date', date, ...shape, '--seed', date],
        extra: workers,
        needs: ['build-xy'],
        files: study.features.plugins,
        stdout: `proof/${date}.json`,
        outputs: [mine('proof', `${date}\\.json`)],
        work: { kind: 'proof', cells: cellsOf(1) },
      })
    const first = study.folds[0]!
    out.push({
      ...own,
      id: 'health',
      title: 'distribution of features and labels',
      argv: [
        ...['features', 'health', '--start-date', first.train.start, '--end-date', first.train.end],
        ...study.folds.flatMap((f) => ['--against', `${f.test.start}..${f.test.end}`]),
        ...['--top', top, '--data-dir', 'data/xy', '--out', 'data/health.json'],
      ],
      needs: ['build-xy'],
      outputs: [mine('data', 'health\\.json')],
      light: true,
      work: { kind: 'health', cells: cellsOf(xy.length) },
    })
  }
  const modelFolder = options.modelFolder ?? ((model: StudyModel, fold: number) => `${model.name}-${fold}`)
  const modelsDir = options.modelsDir ?? 'models'
  for (const [i, fold] of study.folds.entries())
    for (const model of study.models) {
      const id = `train/${model.name}/${i + 1}`
      const folder = modelFolder(model, i + 1)
      const lgbm = model.family === 'lgbm'
      out.push({
        ...own,
        id,
        title: `${model.name}, fold ${i + 1} of ${study.folds.length}`,
        argv: [
          ...trainArgs(study, model, fold),
          // All models are judged in full on the same rows, by the stage `judge`.
          ...(options.until === undefined ? ['--evaluation', 'quick'] : []),
          ...['--name', folder, '--models-dir', modelsDir],
        ],
        extra: [...wait, ...(lgbm ? ['--threads', String(options.workers)] : [])],
        needs: ['build-xy'],
        files: study.features.list === undefined ? [] : [study.features.list],
        outputs: [mine(`${modelsDir}/${folder}/{version:${id}}`, '[^.].*')],
        work: lgbm
          ? { kind: 'lgbm', cells: trainRows(model, fold, members) * columns, rounds: model.rounds }
          : { kind: 'linear', cells: trainRows(model, fold, members) * columns },
      })
      if (options.until !== undefined) continue
      out.push({
        ...own,
        id: `predict/${model.name}/${i + 1}`,
        title: `scores of ${model.name} in the test of fold ${i + 1}`,
        argv: [
          ...['predict', '--model', `${modelsDir}/${folder}/{version:${id}}`],
          ...['--infer-start', fold.test.start, '--infer-end', fold.test.end, '--topn', top],
          ...['--data-dir', 'data/xy', '--models-dir', modelsDir],
          ...['--output', `predictions/${folder}.parquet`, '--no-evaluation'],
        ],
        needs: ['build-xy', id],
        light: true,
        outputs: [mine('predictions', `${escapeRegExp(folder)}\\.(?:parquet|manifest\\.json)`)],
        work: { kind: 'predict', cells: cellsOf(days(fold.test).length) },
      })
    }
  if (options.until !== undefined) return out
  const scores = (model: string) =>
    study.folds.map((_, i) => `predictions/${modelFolder(named(study, model), i + 1)}.parquet`).join(',')
  const predicted = study.folds.flatMap((_, i) => study.models.map((m) => `predict/${m.name}/${i + 1}`))
  const testRows = testDates(study).length * MINUTES * members
  const backtests = planBacktests(study)
  const trials = study.models.length + backtests.filter((b) => b.role === 'variant').length + study.tried_before
  out.push({
    ...own,
    id: 'judge',
    title: 'all models and baselines on the same rows',
    argv: [
      'judge',
      ...study.models.flatMap((m) => ['--predictions', `${m.name}=${scores(m.name)}`]),
      ...['--y-name', study.labels.target, '--topn', top, '--data-dir', 'data/xy'],
      ...['--train-start', study.folds[0]!.train.start, '--train-end', study.folds[0]!.train.end],
      ...['--trials', String(trials), '--seed', String(study.seed), '--title', study.title || study.study],
      ...['--out', 'judged.json'],
    ],
    needs: ['build-xy', ...predicted],
    outputs: [mine('.', 'judged\\.(?:json|html)')],
    light: true,
    work: { kind: 'judge', rows: testRows, contenders: study.models.length + 5 },
  })
  const tested = testDates(study)
  for (const b of backtests)
    out.push({
      ...own,
      id: `backtest/${b.id}`,
      title: b.title,
      argv: [
        ...['backtest', '--strategy', b.settings.strategy, '--symbols', '{members}', '--data', '{raw}'],
        ...backtestArgs(b, study.seed),
        ...(b.model === undefined ? ['--baseline', b.baseline!] : ['--scores', scores(b.model)]),
        ...['--universe', universeFile, '--start-date', tested[0]!, '--end-date', tested.at(-1)!],
        ...['--out', `backtests/${b.id}`],
      ],
      needs: [
        'fetch',
        'universe',
        ...(b.model === undefined ? [] : study.folds.map((_, i) => `predict/${b.model}/${i + 1}`)),
      ],
      files: /\.(ts|mts|js|mjs)$/.test(b.settings.strategy) ? [b.settings.strategy] : [],
      outputs: [mine(`backtests/${b.id}`, '[^.].*')],
      light: true,
      work: { kind: 'backtest', bars: (testRows * 1440) / 1440 },
    })
  return out
}

function named(study: Study, model: string): StudyModel {
  return study.models.find((m) => m.name === model)!
}

function trainRows(model: StudyModel, fold: StudyFold, members: number): number {
  const rows = days(fold.train).length * MINUTES * members
  return Math.min(rows, model.max_rows ?? rows)
}

function trainArgs(study: Study, model: StudyModel, fold: StudyFold): string[] {
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

function backtestArgs({ settings: s }: BacktestPlan, seed: number): string[] {
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

/** First ms after the last test day. */
export function testEndMs(study: Study): number {
  return dateMs(addDays(testDates(study).at(-1)!, 1))
}
