/**
 * A study as a list of stages: plain data. A stage is one command line of the ordinary program, run in the study's folder, so
 * that each can be read, and run again by hand; what it writes is named by rules.
 */
import { addDays, dateRange, parseDate } from '@cointrader/core'
import type { Study, StudyFold, StudyModel } from '../config/schema.js'
import { backtestArgs, trainArgs } from './arguments.js'
import { planBacktests } from './backtests.js'
import { spanDates, testDates, xyDates } from './dates.js'
import type { OutputRule, PlanOptions, Stage } from './stage.js'

const MINUTES = 1440
/** Feature columns a window makes, for estimates only: the base generator has about 25 with their neutralised twins. */
const COLUMNS_PER_WINDOW = 52

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
      // Retraining ends in the present: today's members, which scoring the newest minute needs, are known from yesterday on.
      ...span(range.start, options.until === undefined ? range.end : addDays(parseDate(range.end), 1)),
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
        argv: [
          ...['verify', 'causality', '--date', date, ...shape, '--seed', date],
          ...(plugins.length > 0 ? ['--all-columns'] : []),
        ],
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
        work: { kind: 'predict', cells: cellsOf(spanDates(fold.test).length) },
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
        ...(b.baseline === undefined ? [] : ['--baseline', b.baseline]),
        ...(b.model === undefined ? [] : ['--scores', scores(b.model)]),
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
      work: { kind: 'backtest', bars: testRows },
    })
  return out
}

function named(study: Study, model: string): StudyModel {
  return study.models.find((m) => m.name === model)!
}

function trainRows(model: StudyModel, fold: StudyFold, members: number): number {
  const rows = spanDates(fold.train).length * MINUTES * members
  return Math.min(rows, model.max_rows ?? rows)
}
