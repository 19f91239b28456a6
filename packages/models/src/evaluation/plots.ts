/** The plots of the evaluation page, each a figure with title and caption. */
import type { EvaluationReport, ReportEntry, ReportScore } from './report.js'
import { escapeHtml, type Layer, type Point, plot } from './svg.js'
import { plain, signed } from './table.js'

function figure(title: string, drawing: string, caption = ''): string {
  const note = caption === '' ? '' : `<figcaption>${escapeHtml(caption)}</figcaption>`
  return `<figure><h3>${escapeHtml(title)}</h3>${drawing}${note}</figure>`
}

/** Every entry as a dot with its interval, over its own null band. */
function compare(
  report: EvaluationReport,
  title: string,
  y: string,
  of: (entry: ReportEntry) => ReportScore | undefined,
) {
  const entries = report.entries.filter((entry) => of(entry)?.value !== null && of(entry) !== undefined)
  const first = entries.find((entry) => of(entry)?.band)
  const band = first === undefined ? undefined : of(first)?.band
  const points = entries.map((entry, x): Point => {
    const { value, interval } = of(entry)!
    const error =
      interval === null || interval.low === null || interval.high === null
        ? null
        : ([interval.low, interval.high] as const)
    return { x, y: value, error, label: `${entry.name}: ${plain(value, 4)}` }
  })
  const names = entries.map((entry) => entry.name)
  const bandName = first === undefined ? '' : `shuffled labels (${first.name})`
  return figure(
    title,
    plot({
      title,
      x: '',
      y,
      layers: [{ kind: 'points', points, tone: 'a' }],
      band:
        band?.low === null || band?.low === undefined || band.high === null
          ? undefined
          : { low: band.low, high: band.high, name: bandName },
      xTicks: names.map((_, i) => i),
      xText: (x) => names[Math.round(x)] ?? '',
    }),
    'Bars: bootstrap interval. Band: range of the score with shuffled labels.',
  )
}

export function sideBySide(report: EvaluationReport): string[] {
  const out: string[] = []
  if (report.task === 'binary') out.push(compare(report, 'AUC', 'AUC', (entry) => entry.classifier?.auc))
  else {
    out.push(compare(report, 'Pooled IC (Pearson)', 'IC', (entry) => entry.pooled.pearson))
    out.push(compare(report, 'Pooled rank IC', 'rank IC', (entry) => entry.pooled.rank))
    if (report.crossSections.refusal === null) {
      out.push(compare(report, 'Cross-sectional rank IC', 'mean rank IC', (entry) => entry.sections?.rank))
    }
  }
  return out
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(5, 10)
}

export function icPlots(report: EvaluationReport, entry: ReportEntry): string[] {
  const full = report.crossSections.refusal === null
  const days = entry.days
  const layers: Layer[] = [
    {
      kind: 'bars',
      tone: 'a',
      name: full ? 'cross-sectional rank IC' : 'pooled rank IC of the day',
      points: days.map((d) => ({
        x: d.dayMs,
        y: full ? d.sectionRank : d.rank,
        error: full && d.sectionRankError !== null ? 2 * d.sectionRankError : null,
      })),
    },
  ]
  const cumulative: Layer[] = [
    { kind: 'line', tone: 'a', name: 'rank IC', points: entry.cumulative.map((c) => ({ x: c.ms, y: c.rank })) },
    { kind: 'line', tone: 'b', name: 'Pearson IC', points: entry.cumulative.map((c) => ({ x: c.ms, y: c.pearson })) },
  ]
  const dates = days.map((d) => d.dayMs)
  return [
    figure(
      'Daily IC',
      plot({ title: 'Daily IC', x: 'UTC day', y: 'IC', layers, xText: dayText, xTicks: dates }),
      full ? 'Error bars: twice the Newey-West error within the day.' : '',
    ),
    figure(
      'IC over time, cumulative',
      plot({
        title: 'Cumulative IC',
        x: 'UTC day',
        y: `sum of IC over ${full ? 'instants' : 'days'}`,
        layers: cumulative,
        xText: dayText,
        xTicks: dates,
      }),
      'A straight rise is a steady score; a single step is one lucky day.',
    ),
  ]
}

export function quantilePlots(report: EvaluationReport, entry: ReportEntry): string[] {
  const bars = (title: string, buckets: ReportEntry['pooledQuantiles']['buckets'], caption: string): string =>
    figure(
      title,
      plot({
        title,
        x: 'predicted group, lowest first',
        y: `mean label, ${report.unit}`,
        layers: [
          {
            kind: 'bars',
            tone: 'c',
            points: buckets.map((b) => ({
              x: b.quantile + 1,
              y: b.mean,
              error: b.standardError === null ? null : 2 * b.standardError,
            })),
          },
        ],
        xTicks: buckets.map((b) => b.quantile + 1),
      }),
      caption,
    )
  const out: string[] = []
  if (entry.spread !== null) {
    const { spread } = entry
    out.push(
      bars(
        'Outcome by predicted group at each instant',
        spread.buckets,
        `Top minus bottom ${signed(spread.value, 3)} ${report.unit}, t ${signed(spread.t, 2)}; monotonicity ${signed(spread.monotonicity, 2)}.`,
      ),
    )
  }
  out.push(
    bars(
      'Outcome by predicted decile, pooled',
      entry.pooledQuantiles.buckets,
      `Monotonicity ${signed(entry.pooledQuantiles.monotonicity, 2)}. Error bars take rows as independent: too short.`,
    ),
  )
  return out
}

export function decayPlot(entry: ReportEntry): string {
  const names = entry.decay.map((d) => `${d.horizonMinutes}m`)
  const layer = (
    name: string,
    tone: 'a' | 'b' | 'c',
    of: (d: ReportEntry['decay'][number]) => number | null,
  ): Layer => ({
    kind: 'line',
    name,
    tone,
    points: entry.decay.map((d, x) => ({ x, y: of(d) })),
  })
  return figure(
    'Decay over horizons',
    plot({
      title: 'Decay',
      x: 'horizon of the label',
      y: 'IC',
      layers: [
        layer('pooled Pearson', 'b', (d) => d.pearson),
        layer('pooled rank', 'a', (d) => d.rank),
        layer('cross-sectional rank', 'c', (d) => d.sectionRank),
      ],
      xTicks: names.map((_, i) => i),
      xText: (x) => names[Math.round(x)] ?? '',
    }),
  )
}

export function residualPlots(report: EvaluationReport, entry: ReportEntry): string[] {
  const { residuals, months } = entry
  const out: string[] = []
  if (residuals !== null) {
    const { edges, counts } = residuals.histogram
    const histogram = counts.map((y, i) => ({ x: (edges[i] + edges[i + 1]) / 2, y }))
    out.push(
      figure(
        'Residuals',
        plot({
          title: 'Residual histogram',
          x: `label - prediction, ${report.unit}`,
          y: 'rows',
          layers: [{ kind: 'bars', tone: 'd', points: histogram }],
        }),
        `Mean ${signed(residuals.mean, 3)}, deviation ${plain(residuals.deviation, 3)}, skewness ${signed(residuals.skewness, 2)}, ` +
          `excess kurtosis ${signed(residuals.excessKurtosis, 1)}; autocorrelation at one step ${signed(residuals.autocorrelation)}. Outer bars hold the tails.`,
      ),
    )
    const group = (of: 'p10' | 'median' | 'p90', tone: 'a' | 'soft', name: string): Layer => ({
      kind: 'line',
      tone,
      name,
      points: residuals.byPrediction.flatMap((g) => (g.prediction === null ? [] : [{ x: g.prediction, y: g[of] }])),
    })
    out.push(
      figure(
        'Residuals by prediction',
        plot({
          title: 'Residuals by prediction',
          x: `prediction, ${report.unit}`,
          y: `residual, ${report.unit}`,
          layers: [
            group('p10', 'soft', '10 and 90 percentile'),
            group('p90', 'soft', ''),
            group('median', 'a', 'median'),
          ].map(({ name, ...layer }) => (name === '' ? layer : { ...layer, name: name ?? '' })),
        }),
        'A level median is an unbiased forecast at every size.',
      ),
    )
  }
  if (months.length > 0) {
    const at = months.map((m) => m.month)
    out.push(
      figure(
        'Monthly RMSE',
        plot({
          title: 'Monthly RMSE',
          x: 'month (UTC)',
          y: `RMSE, ${report.unit}`,
          layers: [
            { kind: 'bars', tone: 'a', name: entry.name, points: months.map((m, x) => ({ x, y: m.rmse })) },
            { kind: 'bars', tone: 'soft', name: 'forecast 0', points: months.map((m, x) => ({ x, y: m.rmseZero })) },
          ],
          xTicks: at.map((_, i) => i),
          xText: (x) => at[Math.round(x)] ?? '',
        }),
      ),
    )
  }
  return out
}

export function classifierPlots(entry: ReportEntry): string[] {
  const { classifier } = entry
  if (classifier === null || classifier.calibration.length === 0) return []
  const points = classifier.calibration.map((b) => ({
    x: b.predicted,
    y: b.observed,
    error: 2 * Math.sqrt((b.observed * (1 - b.observed)) / b.rows),
    label: `${b.rows} rows: predicted ${plain(b.predicted)}, observed ${plain(b.observed)}`,
  }))
  return [
    figure(
      'Calibration',
      plot({
        title: 'Calibration',
        x: 'predicted probability',
        y: 'observed share',
        layers: [
          { kind: 'line', tone: 'soft', points },
          { kind: 'points', tone: 'a', points },
        ],
        diagonal: true,
      }),
      `Expected calibration error ${plain(classifier.ece)}; base rate ${plain(classifier.baseRate)}. On the dashed line forecasts mean what they say.`,
    ),
  ]
}
