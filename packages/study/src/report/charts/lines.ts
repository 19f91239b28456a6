/** Lines over time with their names at their ends, and bands for the test ranges of folds. Text is HTML, so it keeps its size. */
import { timeTicks } from '@cointrader/backtest/report/chart'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { axisMarks } from './axis.js'
import type { Tone } from './rows.js'

export interface Line {
  readonly name: string
  readonly tone: Tone
  readonly dashed?: boolean
  readonly points: readonly { readonly ms: number; readonly y: number }[]
}

export interface LinesSpec {
  readonly label: string
  readonly lines: readonly Line[]
  /** `digits` are the decimals that the distance of two marks needs. */
  readonly yText: (y: number, digits: number) => string
  readonly unit?: string
  readonly height?: number
  /** A dashed line: 0 of a sum, the initial balance of an equity. */
  readonly base?: number
  /** Spans of time with a name, drawn as alternating bands. */
  readonly bands?: readonly { readonly from: number; readonly to: number; readonly name: string }[]
}

const WIDTH = 1000
/** Least distance of two names at the right, CSS pixels. */
const APART = 16
const at = (v: number): string => String(Math.round(v * 100) / 100)

export function linePlot(spec: LinesSpec): string {
  const lines = spec.lines.filter((l) => l.points.some((p) => Number.isFinite(p.y)))
  if (lines.length === 0) return '<p class="muted">nothing to show</p>'
  const height = spec.height ?? 260
  const all = lines.flatMap((l) => l.points.filter((p) => Number.isFinite(p.y)))
  const from = all.reduce((a, p) => Math.min(a, p.ms), Number.POSITIVE_INFINITY)
  const to = Math.max(
    from + 1,
    all.reduce((a, p) => Math.max(a, p.ms), from),
  )
  const base = spec.base === undefined ? [] : [spec.base]
  let low = [...base, ...all.map((p) => p.y)].reduce((a, b) => Math.min(a, b))
  let high = [...base, ...all.map((p) => p.y)].reduce((a, b) => Math.max(a, b))
  const pad = (high - low || Math.abs(high) || 1) * 0.05
  low -= pad
  high += pad
  const x = (ms: number): number => ((ms - from) / (to - from)) * WIDTH
  const y = (v: number): number => height - ((v - low) / (high - low)) * height
  const { marks: yTicks, digits } = axisMarks(low, high, 5)
  const bands = (spec.bands ?? [])
    .map((b, k) => ({ a: Math.max(0, x(b.from)), b: Math.min(WIDTH, x(b.to)), name: b.name, k }))
    .filter((b) => b.b > b.a)
  const drawing =
    bands
      .map(
        (b) =>
          `<rect class="foldband ${b.k % 2 === 0 ? 'even' : 'odd'}" x="${at(b.a)}" width="${at(b.b - b.a)}" y="0" height="${height}"/>`,
      )
      .join('') +
    yTicks.map((v) => `<line class="gridline" x1="0" x2="${WIDTH}" y1="${at(y(v))}" y2="${at(y(v))}"/>`).join('') +
    base.map((v) => `<line class="zero" x1="0" x2="${WIDTH}" y1="${at(y(v))}" y2="${at(y(v))}"/>`).join('') +
    // Models last, on top.
    [...lines]
      .sort((a, b) => Number(a.tone !== 'soft') - Number(b.tone !== 'soft'))
      .map((l) => `<path class="line ${l.tone}${l.dashed === true ? ' dash' : ''}" d="${path(l, x, y)}"/>`)
      .join('')
  const left = yTicks
    .map((v) => `<span style="top:${at((y(v) / height) * 100)}%">${escapeHtml(spec.yText(v, digits))}</span>`)
    .join('')
  const times = timeTicks(from, to, 6)
  const under = times
    .map((t, k) => {
      const share = (x(t.at) / WIDTH) * 100
      const edge = share < 4 ? ' first' : share > 96 ? ' last' : ''
      // Within days: the date at midnight, the hour elsewhere.
      const text = t.text.length < 11 ? t.text : t.text.endsWith('00:00') ? t.text.slice(0, 5) : t.text.slice(6)
      return `<span class="${k % 2 === 1 && times.length > 3 ? 'alt' : ''}${edge}" style="left:${at(share)}%">${escapeHtml(text)}</span>`
    })
    .join('')
  const above =
    bands.length < 2
      ? ''
      : `<div class="bandnames" aria-hidden="true">${bands
          .filter((b) => b.b - b.a > WIDTH * 0.06)
          .map((b) => `<span style="left:${at((b.a + b.b) / 2 / (WIDTH / 100))}%">${escapeHtml(b.name)}</span>`)
          .join('')}</div>`
  const ends = endLabels(lines, y, height)
  const unit = spec.unit === undefined ? '' : `<div class="unit">${escapeHtml(spec.unit)}</div>`
  const legend = `<p class="legend narrow">${lines.map((l) => `<span><i class="key ${l.tone}${l.dashed === true ? ' dash' : ''}"></i>${escapeHtml(l.name)}</span>`).join(' ')}</p>`
  return (
    `<div class="plot lines" style="--h:${height}px">${unit}${above}<div class="y" aria-hidden="true">${left}</div>` +
    `<div class="area"><svg viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(spec.label)}">` +
    `<title>${escapeHtml(spec.label)}</title>${drawing}</svg></div><div class="ends" aria-hidden="true">${ends}</div>` +
    `<div class="x" aria-hidden="true">${under}</div></div>${legend}`
  )
}

function path(line: Line, x: (ms: number) => number, y: (v: number) => number): string {
  let d = ''
  let pen = false
  for (const p of line.points) {
    if (!Number.isFinite(p.y)) {
      pen = false
      continue
    }
    d += `${pen ? 'L' : 'M'}${at(x(p.ms))} ${at(y(p.y))}`
    pen = true
  }
  return d
}

/** Names at the height of the last point, moved apart so that none covers another. */
function endLabels(lines: readonly Line[], y: (v: number) => number, height: number): string {
  const ends = lines
    .map((l) => ({ l, top: y(l.points.filter((p) => Number.isFinite(p.y)).at(-1)!.y) }))
    .sort((a, b) => a.top - b.top)
  for (let i = 1; i < ends.length; i++) ends[i].top = Math.max(ends[i].top, ends[i - 1].top + APART)
  let most = height
  for (let i = ends.length - 1; i >= 0; i--) {
    ends[i].top = Math.min(ends[i].top, most)
    most = ends[i].top - APART
  }
  return ends
    .map(
      ({ l, top }) =>
        `<span class="t${l.tone}" style="top:${at(top)}px" title="${escapeHtml(l.name)}">${escapeHtml(l.name)}</span>`,
    )
    .join('')
}
