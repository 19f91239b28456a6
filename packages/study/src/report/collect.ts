/**
 * From the artefacts of a run to what its report shows. Reads artefacts only, never what a stage printed, so that a run that
 * kept everything gives the same page as one that made everything.
 */
import { join } from 'node:path'
import { addDays, contentId, dateMs, dateRange, fail, parseDate, paths, type UtcDate } from '@cointrader/core'
import type { Health } from '@cointrader/features'
import { type EvaluationReport, linearFromJson, linearImportance, openModel } from '@cointrader/models'
import { type Disk, decodeParquet, numbers, readDatedJson, readManifest, strings } from '@cointrader/store'
import { studyYaml } from '../config/explain.js'
import type { Study, StudyModel } from '../config/schema.js'
import { type BacktestPlan, planBacktests, type Stage, xyDates } from '../plan/stages.js'
import type { Roots, StageRecord } from '../run/records.js'
import type {
  BacktestFacts,
  ColumnHealth,
  CoverageDay,
  DataFacts,
  EquityPoint,
  ModelFacts,
  ModelFold,
  StageFacts,
  StudyFacts,
  UniverseDay,
} from './facts.js'

export interface CollectRequest {
  readonly disk: Disk
  readonly roots: Roots
  /** As it was run. */
  readonly study: Study
  readonly stages: readonly Stage[]
  readonly records: readonly StageRecord[]
  readonly codeVersion: string
  readonly commit: string
}

const EQUITY_POINTS = 1500
const MINUTES = 1440

/** Everything the report shows. Errors `E_FILE_MISSING`, `E_FILE_CORRUPT` name the artefact. */
export async function collectFacts(request: CollectRequest): Promise<StudyFacts> {
  const { study, records, stages } = request
  const judged = await readJson<EvaluationReport>(request.disk, join(request.roots.study, 'judged.json'))
  const health = await readJson<Health>(request.disk, join(request.roots.study, 'data/health.json'))
  const data = await dataFacts(request, health)
  const backtests = []
  for (const plan of planBacktests(study)) backtests.push(await backtestFacts(request, plan))
  const models = []
  const featureNames = health.columns.filter((c) => c.role === 'feature').map((c) => c.column)
  for (const model of study.models) models.push(await modelFacts(request, model, featureNames))
  const tried = [
    ...study.models.map((m) => `model ${m.name} (${m.family})`),
    ...backtests.filter((b) => b.role === 'variant').map((b) => `backtest: ${b.title}`),
  ]
  return {
    version: 1,
    study: study.study,
    title: study.title || study.study,
    about: study.about.trim(),
    seed: study.seed,
    codeVersion: request.codeVersion,
    commit: request.commit,
    range: study.range,
    label: { name: judged.label, unit: judged.unit, horizonMinutes: judged.horizonMinutes },
    embargoMinutes: study.embargo_minutes,
    folds: study.folds.map((f, i) => ({ fold: i + 1, ...f })),
    data,
    models,
    judged,
    backtests,
    trials: { here: tried.length, before: study.tried_before, list: tried },
    stages: stages.map((s) => stageFacts(s, records)),
    config: studyYaml(study),
  }
}

async function readJson<T>(disk: Disk, path: string): Promise<T> {
  const bytes = await disk.read(path)
  if (bytes === undefined)
    fail('E_FILE_MISSING', { subject: path, next: 'run the study again: it makes what is absent' })
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}

interface FetchDetails {
  readonly symbols?: readonly string[]
  readonly absent?: readonly { readonly kind: string }[]
  readonly refused?: readonly { readonly kind: string }[]
}

async function dataFacts(request: CollectRequest, health: Health): Promise<DataFacts> {
  const { disk, roots, study } = request
  const top = study.universe.size
  const days: CoverageDay[] = []
  const seen = new Set<string>()
  const bans = (await readDatedJson(disk, join(roots.study, 'data/banned_symbols_reasons.json'))) as Record<
    string,
    Record<string, string>
  >
  for (const date of dateRange(parseDate(study.range.start), parseDate(study.range.end)))
    days.push(await coverageDay(request, date, bans[date] ?? {}, seen))
  const universeFile = join(roots.study, 'data', `top${top}_universe.json`)
  const members = (await readDatedJson(disk, universeFile)) as Record<string, readonly string[]>
  const reasons = (await readDatedJson(disk, universeFile.replace('.json', '_reasons.json'))) as Record<
    string,
    { daysUsed?: number; excluded?: Record<string, string>; note?: string }
  >
  const universe = Object.keys(members)
    .sort()
    .map(
      (date): UniverseDay => ({
        date,
        symbols: members[date]!,
        daysUsed: reasons[date]?.daysUsed ?? 0,
        excluded: reasons[date]?.excluded ?? {},
        note: reasons[date]?.note ?? null,
      }),
    )
  const proofs = []
  for (const date of study.proof.causality)
    proofs.push(
      await readJson<{ certificates: readonly { cells: number; verdict: string }[] }>(
        disk,
        join(roots.study, `proof/${date}.json`),
      ),
    )
  const column = (c: Health['columns'][number]): ColumnHealth => ({
    name: c.column,
    rows: c.rows,
    missing: c.missing,
    mean: c.mean,
    deviation: c.deviation,
    p01: c.p01,
    median: c.median,
    p99: c.p99,
    shift: c.shift,
  })
  return {
    symbols: [...seen].sort(),
    kinds: study.source.kinds,
    days,
    universe,
    historyDays: study.universe.buffer_days,
    xy: await xyFacts(request, health),
    features: health.columns.filter((c) => c.role === 'feature').map(column),
    labels: health.columns.filter((c) => c.role === 'label').map(column),
    causality:
      proofs.length === 0
        ? null
        : {
            dates: study.proof.causality,
            columns: Math.min(...proofs.map((p) => p.certificates.filter((c) => c.verdict === 'proven').length)),
            cells: proofs.reduce((n, p) => n + p.certificates.reduce((m, c) => m + c.cells, 0), 0),
          },
  }
}

async function coverageDay(
  { disk, roots }: CollectRequest,
  date: UtcDate,
  banned: Readonly<Record<string, string>>,
  seen: Set<string>,
): Promise<CoverageDay> {
  const manifest = await readManifest(disk, join(roots.raw, paths.dayTable(date)))
  const details = (manifest?.details ?? {}) as FetchDetails
  const count = (list: readonly { readonly kind: string }[] = []) => {
    const out: Record<string, number> = {}
    for (const { kind } of list) out[kind] = (out[kind] ?? 0) + 1
    return out
  }
  const symbols = details.symbols ?? []
  for (const s of symbols) seen.add(s)
  const ledger = join(roots.study, 'data', paths.ledger(date))
  const bytes = await disk.read(ledger)
  const kinds = bytes === undefined ? [] : strings((await decodeParquet(bytes, ledger, ['kind'])).table, 'kind', ledger)
  const defects: Record<string, number> = {}
  for (const kind of kinds) defects[kind] = (defects[kind] ?? 0) + 1
  return {
    date,
    symbols: symbols.length,
    rows: manifest?.rows ?? 0,
    complete: symbols.length * MINUTES,
    absent: count(details.absent),
    refused: count(details.refused),
    defects,
    banned: Object.entries(banned).map(([symbol, reason]) => ({ symbol, reason })),
  }
}

async function xyFacts({ disk, roots, study }: CollectRequest, health: Health): Promise<DataFacts['xy']> {
  const excluded: Record<string, number> = {}
  const dead = new Map<string, { why: string; days: number }>()
  let rows = 0
  let days = 0
  let cells = 0
  let missing = 0
  for (const date of xyDates(study)) {
    const manifest = await readManifest(disk, join(roots.study, `data/xy/${date}_xy_top${study.universe.size}.parquet`))
    if (manifest === undefined) continue
    days++
    rows += manifest.rows
    const details = manifest.details as {
      cells: number
      missing: number
      empty: Record<string, string>
      excluded: Record<string, string>
    }
    cells += details.cells
    missing += details.missing
    for (const symbol of Object.keys(details.excluded)) excluded[symbol] = (excluded[symbol] ?? 0) + 1
    for (const [name, why] of Object.entries(details.empty)) {
      const before = dead.get(name)
      dead.set(name, { why, days: (before?.days ?? 0) + 1 })
    }
  }
  return {
    rows,
    days,
    features: health.columns.filter((c) => c.role === 'feature').length,
    missing: cells === 0 ? 0 : missing / cells,
    empty: Object.fromEntries([...dead].filter(([, d]) => d.days === days).map(([name, d]) => [name, d.why])),
    excluded,
  }
}

/** Score a model shows: the mean over cross-sections, or where these are refused the pooled one. */
function rankIc(report: EvaluationReport | undefined): ModelFold['test'] {
  const entry = report?.entries.find((e) => e.role === 'model')
  if (entry === undefined) return { rankIc: null, error: null }
  const { sections, pooled } = entry
  return sections === null
    ? { rankIc: pooled.rank.value, error: pooled.rank.interval?.standardError ?? null }
    : { rankIc: sections.rank.value, error: sections.rank.standardError }
}

async function modelFacts(
  { disk, roots, study, records }: CollectRequest,
  model: StudyModel,
  featureNames: readonly string[],
): Promise<ModelFacts> {
  const folds: ModelFold[] = []
  const shares: Map<string, number>[] = []
  let leftOut: string[] = []
  for (const [i] of study.folds.entries()) {
    const version = records.find((r) => r.id === `train/${model.name}/${i + 1}`)?.version
    if (version === undefined || version === null)
      fail('E_FILE_MISSING', { subject: `record of train/${model.name}/${i + 1}`, next: 'run the study again' })
    const stored = await openModel(disk, join(roots.study, `models/${model.name}-${i + 1}/${version}`))
    const { manifest } = stored
    const { splits } = manifest.data as unknown as {
      splits: Record<'train' | 'valid' | 'test', { rows: { kept: number; purged: number } }>
    }
    const text = async (name: string) => new TextDecoder().decode(await stored.file(name))
    const reports = JSON.parse(await text('evaluation.json')) as { valid: EvaluationReport; test?: EvaluationReport }
    const pick = (key: 'kept' | 'purged') => ({
      train: splits.train.rows[key],
      valid: splits.valid.rows[key],
      test: splits.test.rows[key],
    })
    folds.push({
      fold: i + 1,
      version,
      rows: pick('kept'),
      purged: pick('purged'),
      trees: manifest.bestIteration ?? null,
      valid: rankIc(reports.valid),
      test: rankIc(reports.test),
    })
    shares.push(
      model.family === 'lgbm'
        ? sharesOf(gains(await text('feature_importance.csv')))
        : sharesOf(
            linearImportance(linearFromJson(await text('model.json'))).map((l) => [l.feature, Math.abs(l.coefficient)]),
          ),
    )
    const used = new Set(manifest.features)
    if (i === 0) leftOut = study.features.list === undefined ? featureNames.filter((f) => !used.has(f)) : []
  }
  const names = new Set(shares.flatMap((s) => [...s.keys()]))
  const importance = [...names]
    .map((feature) => {
      const perFold = shares.map((s) => s.get(feature) ?? 0)
      return { feature, share: perFold.reduce((a, b) => a + b, 0) / perFold.length, perFold }
    })
    .filter((f) => f.share > 0)
    .sort((a, b) => b.share - a.share || (a.feature < b.feature ? -1 : 1))
  return { name: model.name, family: model.family, settings: settingsOf(model), folds, leftOut, importance }
}

function settingsOf(model: StudyModel): [string, string][] {
  const { name: _name, family: _family, ...rest } = model
  return Object.entries(rest)
    .filter(([, v]) => v !== undefined)
    .map(([key, v]) => [
      key,
      typeof v === 'object'
        ? Object.entries(v)
            .map(([k, x]) => `${k} ${x}`)
            .join(', ') || 'defaults'
        : String(v),
    ])
}

function gains(csv: string): [string, number][] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [feature, gain] = line.split(',')
      return [feature!, Number(gain)]
    })
}

function sharesOf(list: readonly (readonly [string, number])[]): Map<string, number> {
  const total = list.reduce((n, [, x]) => n + x, 0)
  return new Map(total === 0 ? [] : list.map(([name, x]) => [name, x / total]))
}

async function backtestFacts({ disk, roots, study }: CollectRequest, plan: BacktestPlan): Promise<BacktestFacts> {
  const folder = join(roots.study, 'backtests', plan.id)
  const document = await readJson<BacktestFacts['document'] & { summary: Record<string, unknown> }>(
    disk,
    join(folder, 'document.json'),
  )
  const table = async (name: string) => {
    const path = join(folder, `${name}.parquet`)
    const bytes = await disk.read(path)
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'run the study again' })
    return { path, table: (await decodeParquet(bytes, path)).table }
  }
  const equity = await table('equity')
  const ms = numbers(equity.table, 'time_ms', equity.path)
  const value = numbers(equity.table, 'equity', equity.path)
  const trades = await table('trades')
  const column = (name: string) => numbers(trades.table, name, trades.path)
  const [qty, entry, exit, net, closed] = ['qty', 'entry_price', 'exit_price', 'net_pnl', 'exit_time_ms'].map(column)
  const symbol = strings(trades.table, 'symbol', trades.path)
  let turnover = 0
  const bySymbol = new Map<string, { net: number; trades: number }>()
  for (let i = 0; i < trades.table.rows; i++) {
    turnover += qty![i]! * (entry![i]! + exit![i]!)
    const one = bySymbol.get(symbol[i]!) ?? { net: 0, trades: 0 }
    bySymbol.set(symbol[i]!, { net: one.net + net![i]!, trades: one.trades + 1 })
  }
  const measure = (key: 'fees' | 'slippage' | 'funding' | 'netProfit') => document.statistics[key].value ?? 0
  const [fees, slippage, funding] = [measure('fees'), measure('slippage'), measure('funding')]
  const { settings } = plan
  return {
    id: plan.id,
    title: plan.title,
    role: plan.role,
    of: plan.of,
    changed: plan.changed,
    model: plan.model ?? null,
    initialBalance: settings.initial_balance,
    costBps: { fee: settings.fee_pct * 100, slippage: settings.slippage_pct * 100 },
    settings: Object.entries(settings)
      .filter(([key, v]) => v !== undefined && key !== 'models' && key !== 'baselines')
      .map(([key, v]) => [key, String(v)]),
    document: {
      summary: document.summary,
      statistics: document.statistics,
      validation: document.validation,
      notes: document.notes,
    },
    equity: thinned(ms, value),
    costs: { fees, slippage, funding, gross: measure('netProfit') + fees + slippage + funding, turnover },
    symbols: [...bySymbol]
      .map(([s, one]) => ({ symbol: s, ...one }))
      .sort((a, b) => b.net - a.net || (a.symbol < b.symbol ? -1 : 1)),
    folds: study.folds.map((f, i) => {
      const from = dateMs(parseDate(f.test.start))
      const to = dateMs(addDays(parseDate(f.test.end), 1))
      let n = 0
      for (const at of closed!) if (at > from && at <= to) n++
      return { fold: i + 1, totalReturn: returnBetween(ms, value, from, to, settings.initial_balance), trades: n }
    }),
  }
}

/** Equity at the end of a range over that at its start, less 1; rows stand at the end of their bar. */
function returnBetween(ms: ArrayLike<number>, equity: ArrayLike<number>, from: number, to: number, initial: number) {
  let before = initial
  let last: number | null = null
  for (let i = 0; i < ms.length; i++) {
    if (ms[i]! <= from) before = equity[i]!
    else if (ms[i]! <= to) last = equity[i]!
  }
  return last === null || before <= 0 ? null : last / before - 1
}

/** Every k-th point, the last one, and of each stretch the lowest, so that no drawdown is thinned away. */
function thinned(ms: ArrayLike<number>, value: ArrayLike<number>): EquityPoint[] {
  const n = ms.length
  const step = Math.max(1, Math.ceil((2 * n) / EQUITY_POINTS))
  const out: EquityPoint[] = []
  for (let from = 0; from < n; from += step) {
    const to = Math.min(n, from + step)
    let low = from
    for (let i = from; i < to; i++) if (value[i]! < value[low]!) low = i
    for (const i of [...new Set([low, to - 1])].sort((a, b) => a - b)) out.push({ ms: ms[i]!, equity: value[i]! })
  }
  return out
}

function stageFacts(stage: Stage, records: readonly StageRecord[]): StageFacts {
  const record = records.find((r) => r.id === stage.id)
  const quoted = (a: string) => (/[\s'"]/.test(a) ? `'${a.replaceAll("'", "'\\''")}'` : a)
  return {
    id: stage.id,
    title: stage.title,
    command: `cointrader ${(record?.argv ?? stage.argv).map((a) => quoted(a.replaceAll('{raw}', 'data'))).join(' ')}`,
    needs: stage.needs,
    key: record?.key ?? '',
    outputs: record?.outputs.length ?? 0,
    bytes: record?.outputs.reduce((n, o) => n + o.bytes, 0) ?? 0,
    content: record?.content ?? contentId([]),
    missing: record?.missing ?? [],
  }
}
