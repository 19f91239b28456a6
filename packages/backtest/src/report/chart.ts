/**
 * Charts as inline SVG without a library. The drawing stretches with the page while strokes keep their width
 * (`non-scaling-stroke`) and axis labels are HTML, so that text is as readable on a phone as on a desk.
 */
import { escapeHtml, ticks } from '@cointrader/models/evaluation/svg'
import { minMaxPerColumn } from './downsample.js'

/** Width of the drawing in its own units; also the number of pixel columns series are reduced to (half of it). */
const WIDTH = 1000
const COLUMNS = 500

export type Tone = 'a' | 'b' | 'c' | 'd' | 'soft' | 'up' | 'down'

/** A series over x; NaN breaks the line. */
export interface Series {
  readonly name: string
  readonly tone: Tone
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  readonly count: number
  /** Filled down to 0. */
  readonly filled?: boolean
  readonly dashed?: boolean
}

export interface ChartSpec {
  /** What it shows, for screen readers. */
  readonly label: string
  /** Height in CSS pixels. */
  readonly height: number
  readonly series: readonly Series[]
  readonly yText: (y: number) => string
  /** Writes x; `times` gives dates at round instants. */
  readonly x: 'times' | ((x: number) => string)
  /** Range of x; default that of the series. */
  readonly range?: readonly [number, number]
  readonly logarithmic?: boolean
  /** Values that must be inside the range of y. */
  readonly include?: readonly number[]
  /** Caption of the y axis, above the plot. */
  readonly unit?: string
  /** Marks the area for the pointer readout. */
  readonly follow?: boolean
}

const at = (v: number): string => String(Math.round(v * 100) / 100)

/** Round instants between two, about `most` at the most, with the text of their step. */
export function timeTicks(from: number, to: number, most = 6): { readonly at: number; readonly text: string }[] {
  const day = 86_400_000
  const span = Math.max(1, to - from)
  const iso = (ms: number, a: number, b: number): string => new Date(ms).toISOString().slice(a, b)
  const steps = [3_600_000, 3 * 3_600_000, 6 * 3_600_000, 12 * 3_600_000, day, 2 * day, 5 * day, 10 * day]
  const step = steps.find((s) => span / s <= most)
  if (step !== undefined) {
    const first = Math.ceil(from / step) * step
    return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, k) => first + k * step).map((ms) => ({
      at: ms,
      text: step < day ? iso(ms, 5, 16).replace('T', ' ') : iso(ms, 5, 10),
    }))
  }
  const months = span / (30.4 * day)
  const every = [1, 2, 3, 6, 12, 24, 60, 120].find((m) => months / m <= most) ?? 240
  const out: { at: number; text: string }[] = []
  const start = new Date(from)
  for (let k = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / every) * every; ; k += every) {
    const ms = Date.UTC(Math.floor(k / 12), k % 12, 1)
    if (ms > to) return out
    if (ms >= from) out.push({ at: ms, text: every < 12 ? iso(ms, 0, 7) : iso(ms, 0, 4) })
  }
}

/** 1, 2, 5 × powers of ten between two positive numbers; every second or only powers when there are many. */
function logTicks(low: number, high: number): number[] {
  const all: number[] = []
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const m of [1, 2, 5]) all.push(m * 10 ** p)
  }
  const inside = all.filter((v) => v >= low && v <= high)
  if (inside.length < 2) return ticks(low, high, 4).filter((v) => v > 0)
  return inside.length <= 7 ? inside : inside.filter((v) => Math.abs(Math.log10(v) % 1) < 1e-9)
}

function extent(series: readonly Series[], include: readonly number[], logarithmic: boolean): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const v of include) {
    low = Math.min(low, v)
    high = Math.max(high, v)
  }
  for (const s of series) {
    for (let i = 0; i < s.count; i++) {
      const v = s.y[i]
      if (!Number.isFinite(v) || (logarithmic && v <= 0)) continue
      if (v < low) low = v
      if (v > high) high = v
    }
  }
  if (low > high) return logarithmic ? [1, 10] : [0, 1]
  if (logarithmic) return low === high ? [low / 2, high * 2] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04]
  if (low === high) return [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2]
  const pad = (high - low) * 0.04
  return [low === 0 ? 0 : low - pad, high === 0 ? 0 : high + pad]
}

interface Scale {
  readonly x: (v: number) => number
  readonly y: (v: number) => number
  readonly low: number
  readonly high: number
}

/** Labels at the left: y values that are not too near each other. */
function yAxis(values: readonly number[], scale: Scale, height: number, text: (y: number) => string): string {
  return values
    .map((v) => `<span style="top:${at((scale.y(v) / height) * 100)}%">${escapeHtml(text(v))}</span>`)
    .join('')
}

function xAxis(marks: readonly { at: number; text: string }[], scale: Scale): string {
  return marks
    .map((m) => {
      const share = (scale.x(m.at) / WIDTH) * 100
      const edge = share < 4 ? ' class="first"' : share > 96 ? ' class="last"' : ''
      return `<span${edge} style="left:${at(share)}%">${escapeHtml(m.text)}</span>`
    })
    .join('')
}

interface Frame {
  readonly label: string
  readonly height: number
  readonly unit?: string | undefined
  readonly follow?: boolean | undefined
  readonly y: string
  readonly x: string
  readonly drawing: string
}

function frame(f: Frame): string {
  const unit = f.unit === undefined ? '' : `<div class="unit">${escapeHtml(f.unit)}</div>`
  return (
    `<div class="plot" style="--h:${f.height}px">${unit}<div class="y" aria-hidden="true">${f.y}</div>` +
    `<div class="area${f.follow === true ? ' follow' : ''}"><svg viewBox="0 0 ${WIDTH} ${f.height}" preserveAspectRatio="none" role="img" ` +
    `aria-label="${escapeHtml(f.label)}"><title>${escapeHtml(f.label)}</title>${f.drawing}</svg></div>` +
    `<div class="x" aria-hidden="true">${f.x}</div></div>`
  )
}

function gridLines(values: readonly number[], scale: Scale): string {
  return values
    .map((v) => {
      const y = at(scale.y(v))
      return `<line class="${v === 0 && scale.low < 0 ? 'zero' : 'gridline'}" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`
    })
    .join('')
}

/** Lines and areas over x. Text `nothing to show` without a value. */
export function lineChart(spec: ChartSpec): string {
  const { height, series, include = [], logarithmic = false } = spec
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const s of series) {
    if (s.count === 0) continue
    from = Math.min(from, s.x[0])
    to = Math.max(to, s.x[s.count - 1])
  }
  if (spec.range !== undefined) [from, to] = spec.range
  if (!(to >= from)) return '<p class="muted">nothing to show</p>'
  const [low, high] = extent(series, include, logarithmic)
  const f = logarithmic ? Math.log10 : (v: number): number => v
  const span = to - from || 1
  const scale: Scale = {
    x: (v) => ((v - from) / span) * WIDTH,
    y: (v) => height - ((f(v) - f(low)) / (f(high) - f(low))) * height,
    low,
    high,
  }
  const yValues = logarithmic
    ? logTicks(low, high)
    : ticks(low, high, height < 150 ? 3 : 5).filter((v) => v >= low && v <= high)
  const marks =
    spec.x === 'times'
      ? timeTicks(from, to)
      : ticks(from, to, 5)
          .filter((v) => v >= from && v <= to)
          .map((v) => ({ at: v, text: (spec.x as (x: number) => string)(v) }))
  const drawing = gridLines(yValues, scale) + series.map((s) => path(s, scale, height, logarithmic)).join('')
  return frame({
    label: spec.label,
    height,
    unit: spec.unit,
    follow: spec.follow,
    y: yAxis(yValues, scale, height, spec.yText),
    x: xAxis(marks, scale),
    drawing,
  })
}

function path(s: Series, scale: Scale, height: number, logarithmic: boolean): string {
  const rows = minMaxPerColumn(s.x, s.y, s.count, COLUMNS)
  let d = ''
  let pen = false
  for (const i of rows) {
    const v = s.y[i]
    if (!Number.isFinite(v) || (logarithmic && v <= 0)) {
      pen = false
      continue
    }
    d += `${pen ? 'L' : 'M'}${at(scale.x(s.x[i]))} ${at(scale.y(v))}`
    pen = true
  }
  if (d === '') return ''
  let area = ''
  if (s.filled === true && rows.length > 0) {
    const base = at(Math.min(height, Math.max(0, scale.y(0))))
    area = `<path class="fill f${s.tone}" d="M${at(scale.x(s.x[rows[0]]))} ${base}${d.replace('M', 'L')}L${at(scale.x(s.x[rows[rows.length - 1]]))} ${base}Z"/>`
  }
  return `${area}<path class="line ${s.tone}${s.dashed === true ? ' dash' : ''}" d="${d}"/>`
}

export interface Bar {
  readonly from: number
  readonly to: number
  readonly value: number
}

/** Histogram bars; those wholly below `split` get the losing colour. */
export function barChart(spec: {
  readonly label: string
  readonly height: number
  readonly bars: readonly Bar[]
  readonly split?: number
  readonly xText: (x: number) => string
  readonly unit?: string
  /** A vertical line with a name for the legend. */
  readonly mark?: number
}): string {
  const { bars, height, split = Number.NEGATIVE_INFINITY } = spec
  if (bars.length === 0) return '<p class="muted">nothing to show</p>'
  const from = Math.min(bars[0].from, spec.mark ?? bars[0].from)
  const to = Math.max(bars[bars.length - 1].to, spec.mark ?? bars[0].from)
  const high = Math.max(1, ...bars.map((b) => b.value)) * 1.04
  const scale: Scale = {
    x: (v) => ((v - from) / (to - from || 1)) * WIDTH,
    y: (v) => height - (v / high) * height,
    low: 0,
    high,
  }
  const yValues = ticks(0, high, 4).filter((v) => v <= high && Number.isInteger(v))
  const rects = bars
    .filter((b) => b.value > 0)
    .map((b) => {
      const x = scale.x(b.from) + 1
      const width = Math.max(1, scale.x(b.to) - scale.x(b.from) - 2)
      const tone = (b.from + b.to) / 2 < split ? 'fdown' : 'fup'
      const name = `${spec.xText(b.from)} to ${spec.xText(b.to)}: ${b.value}`
      return `<rect class="bars ${tone}" x="${at(x)}" width="${at(width)}" y="${at(scale.y(b.value))}" height="${at(height - scale.y(b.value))}"><title>${escapeHtml(name)}</title></rect>`
    })
  const mark =
    spec.mark === undefined
      ? ''
      : `<line class="line b" x1="${at(scale.x(spec.mark))}" x2="${at(scale.x(spec.mark))}" y1="0" y2="${height}"/>`
  const marks = ticks(from, to, 5)
    .filter((v) => v >= from && v <= to)
    .map((v) => ({ at: v, text: spec.xText(v) }))
  return frame({
    label: spec.label,
    height,
    unit: spec.unit,
    y: yAxis(yValues, scale, height, String),
    x: xAxis(marks, scale),
    drawing: gridLines(yValues, scale) + rects.join('') + mark,
  })
}

export interface Cloud {
  readonly tone: Tone
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
}

/** Dots; those that would fall on one pixel are drawn once, so that ten thousand trades stay a small page. */
export function scatterChart(spec: {
  readonly label: string
  readonly height: number
  readonly clouds: readonly Cloud[]
  readonly xText: (x: number) => string
  readonly yText: (y: number) => string
  readonly unit?: string
}): string {
  const { height, clouds } = spec
  const filled = clouds.filter((c) => c.x.length > 0)
  if (filled.length === 0) return '<p class="muted">nothing to show</p>'
  const wide = extent(
    filled.map((c) => ({ ...c, y: c.x, count: c.x.length })),
    [0],
    false,
  )
  const tall = extent(
    filled.map((c) => ({ ...c, count: c.y.length })),
    [0],
    false,
  )
  const scale: Scale = {
    x: (v) => ((v - wide[0]) / (wide[1] - wide[0])) * WIDTH,
    y: (v) => height - ((v - tall[0]) / (tall[1] - tall[0])) * height,
    low: tall[0],
    high: tall[1],
  }
  const dots = filled.map((c) => {
    const seen = new Set<string>()
    for (let i = 0; i < c.x.length; i++) {
      if (!Number.isFinite(c.x[i]) || !Number.isFinite(c.y[i])) continue
      seen.add(`M${Math.round(scale.x(c.x[i]) / 2) * 2} ${Math.round(scale.y(c.y[i]))}h0`)
    }
    return `<path class="dots ${c.tone}" d="${[...seen].join('')}"/>`
  })
  const yValues = ticks(tall[0], tall[1], 5).filter((v) => v >= tall[0] && v <= tall[1])
  const marks = ticks(wide[0], wide[1], 5)
    .filter((v) => v >= wide[0] && v <= wide[1])
    .map((v) => ({ at: v, text: spec.xText(v) }))
  return frame({
    label: spec.label,
    height,
    unit: spec.unit,
    y: yAxis(yValues, scale, height, spec.yText),
    x: xAxis(marks, scale),
    drawing: gridLines(yValues, scale) + dots.join(''),
  })
}

/** Names of the tones used in a chart. */
export function legend(entries: readonly { readonly tone: Tone; readonly name: string }[]): string {
  return `<p class="legend">${entries.map((e) => `<span><i class="key ${e.tone}"></i>${escapeHtml(e.name)}</span>`).join('')}</p>`
}

/** A chart with its title and caption. */
export function figure(title: string, body: string, caption = ''): string {
  return `<figure><h3>${escapeHtml(title)}</h3>${body}${caption === '' ? '' : `<figcaption>${escapeHtml(caption)}</figcaption>`}</figure>`
}
