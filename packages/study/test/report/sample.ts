/**
 * Synthetic facts of studies: seeded, in the shapes that the real parts give. Scores come from `evaluate()`, backtests from the
 * backtest package's fixture through its statistics, validation and document.
 */
import { resultDocument } from '@cointrader/backtest/report/document'
import { foldStatistics } from '@cointrader/backtest/statistics/folds'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { validate } from '@cointrader/backtest/statistics/validate'
import { DAY_MS, HOUR_MS, MINUTE_MS, type Random, seededRandom } from '@cointrader/core'
import { type Contender, evaluate } from '@cointrader/models'
import type {
  BacktestFacts,
  ColumnHealth,
  CoverageDay,
  FoldFacts,
  ModelFacts,
  StageFacts,
  StudyFacts,
  UniverseDay,
} from '@cointrader/study'
import { syntheticResult } from '../../../backtest/test/statistics/fixture.js'

export const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'&'

export interface SampleOptions {
  readonly seed?: string
  readonly days?: number
  readonly symbols?: number
  readonly folds?: number
  readonly models?: readonly string[]
  /** Correlation of the models' scores with the label; falls by a third from model to model. */
  readonly skill?: number
  readonly minSymbols?: number
  readonly trials?: number
  readonly backtests?: boolean
  /** Drift of a trade in its own direction per bar. */
  readonly edge?: number
  readonly feeRate?: number
  readonly variants?: number
  /** Distance of judged instants. */
  readonly stepMinutes?: number
  /** Minutes after which the models' scores are used once more; neighbours share outcome, so that they fall slowly. */
  readonly delays?: readonly number[]
  /** Put in front of every name. */
  readonly prefix?: string
}

const START = Date.UTC(2026, 1, 1)
const dateOf = (day: number): string => new Date(START + day * DAY_MS).toISOString().slice(0, 10)
const hex = (random: Random): string => Array.from({ length: 64 }, () => random.int(16).toString(16)).join('')

const NAMES = [
  'BTC',
  'ETH',
  'SOL',
  'XRP',
  'DOGE',
  'ADA',
  'LINK',
  'AVAX',
  'DOT',
  'LTC',
  'BCH',
  'UNI',
  'NEAR',
  'APT',
  'ARB',
]

export function symbolNames(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${NAMES[i] ?? `COIN${String(i).padStart(2, '0')}`}USDT`)
}

/** Folds of equal test ranges over the second half, with an expanding training range. */
function foldsOf(days: number, count: number): FoldFacts[] {
  const first = Math.ceil(days / 2)
  const length = Math.max(1, Math.floor((days - first) / count))
  return Array.from({ length: count }, (_, k) => {
    const test = first + k * length
    const valid = Math.max(1, test - Math.max(1, Math.floor(length / 2)))
    return {
      fold: k + 1,
      train: { start: dateOf(0), end: dateOf(valid - 1) },
      valid: { start: dateOf(valid), end: dateOf(test - 1) },
      test: { start: dateOf(test), end: dateOf(k === count - 1 ? days - 1 : test + length - 1) },
    }
  })
}

function judge(options: Required<SampleOptions>, folds: readonly FoldFacts[]) {
  const random = seededRandom(`${options.seed}/judge`)
  const from = Date.parse(`${folds[0].test.start}T00:00:00Z`)
  const to = Date.parse(`${folds[folds.length - 1].test.end}T00:00:00Z`) + DAY_MS
  const step = options.stepMinutes * MINUTE_MS
  const instants = Math.round((to - from) / step)
  const n = instants * options.symbols
  const time = new Float64Array(n)
  const symbol = new Int32Array(n)
  const label = new Float64Array(n)
  const scores = options.models.map(() => new Float64Array(n))
  const momentum = new Float64Array(n)
  // Four steps of noise make a label: neighbours share outcome, as real ones do.
  const noise = Array.from({ length: options.symbols }, () =>
    Float64Array.from({ length: instants + 4 }, () => random.normal()),
  )
  for (let i = 0; i < instants; i++) {
    for (let s = 0; s < options.symbols; s++) {
      const r = i * options.symbols + s
      const own = noise[s]
      const y = (own[i] + own[i + 1] + own[i + 2] + own[i + 3]) / 2
      time[r] = from + i * step
      symbol[r] = s
      label[r] = 22 * y
      scores.forEach((column, m) => {
        const skill = options.skill * (2 / 3) ** m
        column[r] = skill * y + Math.sqrt(Math.max(0, 1 - skill * skill)) * random.normal()
      })
      momentum[r] = 0.01 * y + random.normal()
    }
  }
  const contenders: Contender[] = [
    ...options.models.map((name, m) => ({
      name: `${options.prefix}${name}`,
      role: 'model' as const,
      prediction: scores[m],
    })),
    { name: 'momentum', role: 'baseline', prediction: momentum },
  ]
  return evaluate({
    time,
    symbol,
    label,
    labelName: `${options.prefix}return_60m`,
    unit: 'bp',
    horizonMinutes: 60,
    contenders,
    trainMean: 0.3,
    minSymbols: options.minSymbols,
    trials: options.trials,
    ...(options.delays.length === 0 ? {} : { delayMinutes: options.delays }),
    resamples: 120,
    permutations: 60,
    seed: 1,
  })
}

function backtest(
  options: Required<SampleOptions>,
  folds: readonly FoldFacts[],
  about: Pick<BacktestFacts, 'id' | 'title' | 'role' | 'of' | 'changed' | 'model'>,
  edge: number,
): BacktestFacts {
  const startMs = Date.parse(`${folds[0].test.start}T00:00:00Z`)
  const endMs = Date.parse(`${folds[folds.length - 1].test.end}T00:00:00Z`) + DAY_MS
  const symbols = symbolNames(Math.min(options.symbols, 5), options.prefix).sort()
  const { result } = syntheticResult({
    symbols,
    startMs,
    bars: Math.round((endMs - startMs) / HOUR_MS),
    skill: edge,
    entryRate: 0.15,
    feeRate: options.feeRate,
    initialBalance: 10_000,
    seed: 1 + Number.parseInt(hex(seededRandom(`${options.seed}/${about.id}`)).slice(0, 6), 16),
  })
  const windows = folds.map((f) => ({
    fold: f.fold,
    trainStartMs: Date.parse(`${f.train.start}T00:00:00Z`),
    trainEndMs: Date.parse(`${f.valid.start}T00:00:00Z`),
    testStartMs: Date.parse(`${f.test.start}T00:00:00Z`),
    testEndMs: Date.parse(`${f.test.end}T00:00:00Z`) + DAY_MS,
  }))
  const stats = statistics(result, { resamples: 60, trials: options.trials })
  const {
    summary,
    statistics: measures,
    validation,
    notes,
  } = resultDocument(result, stats, validate(result, stats, { folds: windows }), foldStatistics(result, windows))
  const { fees, slippage, fundingPaid, fundingReceived, turnover } = result.costs
  const funding = fundingPaid - fundingReceived
  const every = Math.max(1, Math.ceil(result.equity.count / 300))
  const net = new Map<string, { net: number; trades: number }>()
  for (let i = 0; i < result.trades.count; i++) {
    const own = net.get(symbols[result.trades.symbol[i]]) ?? { net: 0, trades: 0 }
    own.net += result.trades.netPnl[i]
    own.trades++
    net.set(symbols[result.trades.symbol[i]], own)
  }
  return {
    ...about,
    initialBalance: result.initialBalance,
    costBps: { fee: options.feeRate * 10_000, slippage: 1 },
    settings: [
      ['strategy', 'cross-section'],
      ['long / short', '2 / 2'],
      ['holding', '60 minutes'],
    ],
    document: { summary, statistics: measures, validation, notes },
    equity: Array.from({ length: result.equity.count }, (_, i) => i)
      .filter((i) => i % every === 0 || i === result.equity.count - 1)
      .map((i) => ({ ms: result.equity.time[i], equity: result.equity.equity[i] })),
    costs: {
      fees,
      slippage,
      funding,
      gross: result.finalEquity - result.initialBalance + fees + slippage + funding,
      turnover,
    },
    symbols: [...net]
      .map(([symbol, own]) => ({ symbol, ...own }))
      .sort((a, b) => b.net - a.net || (a.symbol < b.symbol ? -1 : 1)),
    folds: foldStatistics(result, windows).map((f) => ({ fold: f.fold, totalReturn: f.return, trades: f.trades })),
  }
}

const VARIANTS = [
  'holding_bars 4 \u2192 2',
  'holding_bars 4 \u2192 8',
  'long, short 2 \u2192 1',
  'long, short 2 \u2192 3',
  'fee 5 \u2192 10 bps',
  'slippage 1 \u2192 3 bps',
  'weighting equal \u2192 proportional',
  'lag 1 \u2192 2 bars',
]

function backtestsOf(options: Required<SampleOptions>, folds: readonly FoldFacts[]): BacktestFacts[] {
  if (!options.backtests) return []
  const out: BacktestFacts[] = []
  const { prefix } = options
  options.models.forEach((name, m) => {
    const model = `${prefix}${name}`
    const base = {
      id: `bt-${name}`,
      title: `${model} long/short`,
      role: 'model' as const,
      of: null,
      changed: null,
      model,
    }
    out.push(backtest(options, folds, base, options.edge * (2 / 3) ** m))
    if (m > 0) return
    VARIANTS.slice(0, options.variants).forEach((changed, k) => {
      out.push(
        backtest(
          options,
          folds,
          {
            id: `bt-${name}-${k}`,
            title: `${model} variant`,
            role: 'variant',
            of: base.id,
            changed: prefix + changed,
            model,
          },
          options.edge * (0.4 + 0.25 * k),
        ),
      )
    })
  })
  const plain = { role: 'baseline' as const, of: null, changed: null }
  out.push(backtest(options, folds, { ...plain, id: 'bt-momentum', title: `${prefix}momentum`, model: 'momentum' }, 0))
  out.push(
    backtest(options, folds, { ...plain, id: 'bt-hold', title: `${prefix}equal-weight hold`, model: null }, 0.0001),
  )
  return out
}

function coverage(options: Required<SampleOptions>, random: Random): CoverageDay[] {
  const symbols = symbolNames(options.symbols, options.prefix)
  return Array.from({ length: options.days }, (_, d) => {
    const lost = random.next() < 0.1 ? random.int(900) : 0
    const thin = random.next() < 0.06
    return {
      date: dateOf(d),
      symbols: options.symbols,
      rows: options.symbols * 1440 - lost,
      complete: options.symbols * 1440,
      absent: { premium: options.symbols, metrics: options.symbols, ...(thin ? { klines: 1 } : {}) },
      refused: random.next() < 0.04 ? { klines: 1 } : {},
      defects: {
        ...(lost > 0 ? { gap: 1 + random.int(3) } : {}),
        ...(random.next() < 0.3 ? { impossible_bar: 1 + random.int(2) } : {}),
      },
      banned:
        lost > 500
          ? [{ symbol: symbols[random.int(symbols.length)], reason: `${lost} minutes without a bar (threshold 30)` }]
          : [],
    }
  })
}

function universeOf(options: Required<SampleOptions>, days: readonly CoverageDay[], random: Random): UniverseDay[] {
  const symbols = symbolNames(options.symbols, options.prefix)
  const top = Math.max(1, Math.ceil(options.symbols * 0.8))
  const weight = symbols.map((_, i) => options.symbols - i)
  return days.slice(1).map((day, i) => {
    const banned = new Set(days[i].banned.map((b) => b.symbol))
    const order = symbols
      .map((symbol, k) => ({ symbol, volume: weight[k] + 1.6 * random.normal() }))
      .sort((a, b) => b.volume - a.volume)
      .map((o) => o.symbol)
    const eligible = order.filter((s) => !banned.has(s))
    const excluded: Record<string, string> = {}
    for (const s of banned) excluded[s] = `banned on ${days[i].date}`
    eligible.forEach((s, k) => {
      if (k >= top) excluded[s] = `rank ${k + 1} > ${top}`
    })
    return { date: day.date, symbols: eligible.slice(0, top), daysUsed: Math.min(14, i + 1), excluded, note: null }
  })
}

function columns(count: number, random: Random, prefix: string): ColumnHealth[] {
  const kinds = ['return', 'volatility', 'rsi', 'volume_z', 'spread', 'skew', 'range', 'beta', 'taker_share', 'trend']
  return Array.from({ length: count }, (_, i) => {
    const deviation = 10 ** (random.normal() * 1.5)
    const mean = 0.2 * deviation * random.normal()
    const shift = random.normal() * (random.next() < 0.12 ? 1.2 : 0.25)
    return {
      name: `${prefix}${kinds[i % kinds.length]}_${5 * (1 + Math.floor(i / kinds.length))}m`,
      rows: 220_000,
      missing: random.next() < 0.3 ? random.next() ** 3 * 0.3 : 0,
      mean,
      deviation,
      p01: mean - 2.3 * deviation,
      median: mean + 0.05 * deviation,
      p99: mean + 2.4 * deviation,
      shift: random.next() < 0.03 ? null : shift,
    }
  })
}

function modelsOf(
  options: Required<SampleOptions>,
  folds: readonly FoldFacts[],
  names: readonly string[],
  random: Random,
): ModelFacts[] {
  return options.models.map((name, m): ModelFacts => {
    const family = name.startsWith('lin') || name.startsWith('ridge') ? 'linear' : 'lgbm'
    const raw = names.map((feature, i) => ({ feature, weight: Math.exp(-i / 9) * (0.6 + random.next()) }))
    const total = raw.reduce((a, r) => a + r.weight, 0)
    return {
      name: `${options.prefix}${name}`,
      family,
      settings:
        family === 'lgbm'
          ? [
              ['trees', '400'],
              ['leaves', '31'],
              ['learning_rate', '0.05'],
            ]
          : [['alpha', '10']],
      folds: folds.map((f) => ({
        fold: f.fold,
        version: hex(random).slice(0, 12),
        rows: { train: 90_000 + 30_000 * f.fold, valid: 24_000, test: 40_000 },
        purged: { train: 420, valid: 420, test: 0 },
        trees: family === 'lgbm' ? 3 + random.int(220) : null,
        valid: { rankIc: options.skill * (2 / 3) ** m + 0.01 + 0.012 * random.normal(), error: 0.012 },
        test: { rankIc: options.skill * (2 / 3) ** m + 0.012 * random.normal(), error: 0.011 },
      })),
      leftOut: [],
      importance: raw
        .map((r) => {
          const share = r.weight / total
          return {
            feature: r.feature,
            share,
            perFold: folds.map(() => Math.max(0, share * (1 + 0.35 * random.normal()))),
          }
        })
        .sort((a, b) => b.share - a.share),
    }
  })
}

function stagesOf(options: Required<SampleOptions>, folds: readonly FoldFacts[], random: Random): StageFacts[] {
  const out: StageFacts[] = []
  const add = (
    id: string,
    title: string,
    command: string,
    needs: readonly string[],
    missing: readonly string[] = [],
  ): void => {
    out.push({
      id,
      title,
      command,
      needs,
      key: hex(random),
      outputs: 1 + random.int(60),
      bytes: 1000 * (1 + random.int(90_000)),
      content: hex(random),
      missing,
    })
  }
  const { prefix } = options
  add('fetch', `${prefix}Fetch`, 'cointrader fetch --start-date 2026-02-01 --end-date 2026-02-28', [])
  add('preprocess', 'Preprocess', 'cointrader preprocess --data data', ['fetch'])
  add('universe', 'Universe', 'cointrader universe --top 6', ['fetch', 'preprocess'])
  add('xy', 'Features and labels', 'cointrader build-xy', ['fetch', 'preprocess', 'universe'])
  add('verify', 'Causality', 'cointrader verify causality', ['xy', 'fetch'])
  const models: string[] = []
  for (const name of options.models) {
    for (const f of folds) {
      const id = `train-${name}-${f.fold}`
      models.push(id)
      add(id, `Train ${prefix}${name}, fold ${f.fold}`, `cointrader train --model ${name} --fold ${f.fold}`, ['xy'])
    }
  }
  add('judge', 'Judge', 'cointrader evaluate', ['xy', ...models])
  if (options.backtests)
    for (const name of options.models)
      add(`backtest-${name}`, `Backtest ${name}`, `cointrader backtest --scores ${name}`, [
        'fetch',
        ...models.filter((m) => m.startsWith(`train-${name}-`)),
      ])
  add('report', 'Report', 'cointrader report', [
    'judge',
    ...(options.backtests ? options.models.map((m) => `backtest-${m}`) : []),
  ])
  return out
}

/** A study of synthetic numbers. Default: 28 days, 7 symbols, 3 models, 3 folds, without skill. */
export function sample(given: SampleOptions = {}): StudyFacts {
  const options: Required<SampleOptions> = {
    seed: 'study',
    days: 28,
    symbols: 7,
    folds: 3,
    models: ['trees', 'trees-small', 'ridge'],
    skill: 0,
    minSymbols: 5,
    trials: 14,
    backtests: true,
    edge: 0.0003,
    feeRate: 0.0005,
    variants: 8,
    stepMinutes: 15,
    delays: [],
    prefix: '',
    ...given,
  }
  const random = seededRandom(options.seed)
  const folds = foldsOf(options.days, options.folds)
  const days = coverage(options, random.fork('coverage'))
  const features = columns(48, random.fork('columns'), options.prefix)
  const names = features.map((f) => f.name)
  const backtests = backtestsOf(options, folds)
  const list = [
    ...options.models.map((m) => `model ${m}`),
    ...backtests
      .filter((b) => b.role !== 'baseline')
      .map((b) => `backtest ${b.title}${b.changed === null ? '' : `: ${b.changed}`}`),
  ]
  return {
    version: 1,
    study: `${options.prefix}month-7-coins`,
    title: `${options.prefix}February 2026, ${options.symbols} coins`,
    about:
      'Does the cross-section of one hour returns hold anything that trees or a linear model can find? The market of this study is synthetic.',
    seed: 1,
    codeVersion: '0.1.0',
    commit: hex(random.fork('commit')).slice(0, 40),
    range: { start: dateOf(0), end: dateOf(options.days - 1) },
    label: { name: `${options.prefix}return_60m`, unit: 'bp', horizonMinutes: 60 },
    embargoMinutes: 120,
    folds,
    data: {
      symbols: symbolNames(options.symbols, options.prefix),
      kinds: ['klines', 'premium', 'metrics'],
      days,
      universe: universeOf(options, days, random.fork('universe')),
      historyDays: 14,
      xy: {
        rows: options.days * options.symbols * 1440,
        days: options.days - 1,
        features: 66,
        missing: 0.012,
        empty: Object.fromEntries(
          Array.from({ length: 18 }, (_, i) => [
            `${options.prefix}${i < 8 ? 'premium' : 'oi'}_${i}`,
            i < 8 ? 'kind premium is absent' : 'kind metrics is absent',
          ]),
        ),
        excluded: { [symbolNames(1, options.prefix)[0]]: 1 },
      },
      features,
      labels: columns(2, random.fork('labels'), `${options.prefix}label_`).map((c, i) => ({
        ...c,
        name: `${options.prefix}return_${60 * (i + 1)}m`,
        mean: 0.4,
        deviation: 41.2 + i,
        p01: -118.4,
        median: -0.6,
        p99: 122.3,
        shift: 0.02,
      })),
      causality: { dates: [dateOf(options.days - 1)], columns: 66, cells: 4_912_320 },
    },
    models: modelsOf(options, folds, names, random.fork('models')),
    judged: judge(options, folds),
    backtests,
    trials: { here: Math.max(1, options.trials - 3), before: Math.min(3, options.trials - 1), list },
    stages: stagesOf(options, folds, random.fork('stages')),
    config: `study: month-7-coins\nrange:\n  start: ${dateOf(0)}\n  end: ${dateOf(options.days - 1)}\nmodels:\n${options.models.map((m) => `  - name: ${m}\n    trees: 400`).join('\n')}\n`,
  }
}

/** Everything that may be missing is missing. */
export function emptySample(): StudyFacts {
  const small = sample({ days: 4, symbols: 5, folds: 1, models: ['trees'], backtests: false })
  const entry = small.judged.entries[0]
  const none = { value: null, interval: null, band: null }
  return {
    ...small,
    about: '',
    folds: [],
    data: {
      symbols: [],
      kinds: [],
      days: [],
      universe: [],
      historyDays: 14,
      xy: { rows: 0, days: 0, features: 0, missing: 0, empty: {}, excluded: {} },
      features: [],
      labels: [],
      causality: null,
    },
    models: [],
    judged: {
      ...small.judged,
      crossSections: { ...small.judged.crossSections, refusal: 'no cross-section holds 5 symbols' },
      entries: [
        {
          ...entry,
          pooled: { pearson: none, rank: none },
          sections: null,
          spread: null,
          pooledQuantiles: { buckets: [], monotonicity: null },
          portfolio: null,
          deflated: null,
          days: [],
          cumulative: [],
        },
      ],
    },
    backtests: [],
    trials: { here: 1, before: 0, list: [] },
    stages: [],
    config: '',
  }
}
