/** Small plots as SVG text, without a library. Colours are CSS variables of the page, so they follow light and dark. */

/** Text made safe for HTML and SVG, attributes included. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

const WIDTH = 640
const HEIGHT = 260
const LEFT = 62
const RIGHT = 14
const TOP = 14
const BOTTOM = 40

/** Round numbers about `count` apart that cover low to high. */
export function ticks(low: number, high: number, count = 5): number[] {
  if (!(high > low)) return [low]
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999)!
  const out: number[] = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(k * step + 0)
  return out
}

/** A number with as many digits as a tick of `step` needs. */
function tickText(x: number, step: number): string {
  if (x === 0) return '0'
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(Math.abs(step) || 1) - 1e-9)))
  return Math.abs(x) >= 1e5 ? x.toExponential(1) : x.toFixed(digits)
}

export interface Point {
  readonly x: number
  readonly y: number | null
  /** Half length of an error bar, or both ends. */
  readonly error?: number | readonly [number, number] | null
  readonly label?: string
}

export interface Layer {
  readonly kind: 'line' | 'bars' | 'points'
  readonly points: readonly Point[]
  /** CSS class that sets the colour: `a` to `d`, or `soft`. */
  readonly tone: 'a' | 'b' | 'c' | 'd' | 'soft'
  readonly name?: string
}

export interface PlotSpec {
  /** Said to screen readers; also the title when hovering. */
  readonly title: string
  readonly x: string
  readonly y: string
  readonly layers: readonly Layer[]
  /** A horizontal band. */
  readonly band?: { readonly low: number; readonly high: number; readonly name: string } | undefined
  /** Writes x values (for dates and names). Default: numbers. */
  readonly xText?: (x: number) => string
  /** Where to write x values. Default: round numbers. */
  readonly xTicks?: readonly number[]
  /** Draws y = x. */
  readonly diagonal?: boolean
}

function ends(point: Point): [number, number] {
  const y = point.y ?? 0
  const { error } = point
  if (error === null || error === undefined) return [y, y]
  return typeof error === 'number' ? [y - error, y + error] : [error[0], error[1]]
}

function extent(layers: readonly Layer[], band: PlotSpec['band']): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const layer of layers) {
    if (layer.kind === 'bars') {
      low = Math.min(low, 0)
      high = Math.max(high, 0)
    }
    for (const point of layer.points) {
      if (point.y === null) continue
      const [from, to] = ends(point)
      low = Math.min(low, from, point.y)
      high = Math.max(high, to, point.y)
    }
  }
  if (band !== undefined) {
    low = Math.min(low, band.low)
    high = Math.max(high, band.high)
  }
  if (!Number.isFinite(low)) return [0, 1]
  if (low === high) return [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2]
  const pad = (high - low) * 0.05
  return [low === 0 ? 0 : low - pad, high === 0 ? 0 : high + pad]
}

/** A plot with axes; text `nothing to show` when no layer has a value. */
export function plot(spec: PlotSpec): string {
  const drawn = spec.layers.filter((layer) => layer.points.some((p) => p.y !== null))
  if (drawn.length === 0) return '<p class="muted">nothing to show</p>'
  const [low, high] = extent(drawn, spec.band)
  const xs = drawn.flatMap((layer) => layer.points.map((p) => p.x))
  let from = xs.reduce((a, b) => Math.min(a, b))
  let to = xs.reduce((a, b) => Math.max(a, b))
  const distinct = [...new Set(xs)].sort((a, b) => a - b)
  const gap = distinct.slice(1).reduce((least, x, i) => Math.min(least, x - distinct[i]), Number.POSITIVE_INFINITY)
  const barSpan = Number.isFinite(gap) ? gap : 1
  if (drawn.some((layer) => layer.kind === 'bars') || from === to) {
    from -= barSpan * 0.6
    to += barSpan * 0.6
  }
  const px = (x: number): number => LEFT + ((x - from) / (to - from)) * (WIDTH - LEFT - RIGHT)
  const py = (y: number): number => HEIGHT - BOTTOM - ((y - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)
  const n = (v: number): string => v.toFixed(1)
  const parts: string[] = []
  const yTicks = ticks(low, high)
  const yStep = yTicks.length > 1 ? yTicks[1] - yTicks[0] : 1
  for (const y of yTicks) {
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(py(y))}" y2="${n(py(y))}"/>`)
    parts.push(`<text class="tick" x="${LEFT - 6}" y="${n(py(y) + 4)}" text-anchor="end">${tickText(y, yStep)}</text>`)
  }
  const xTicks = spec.xTicks ?? ticks(from, to, 6)
  const xStep = xTicks.length > 1 ? xTicks[1] - xTicks[0] : 1
  const write = spec.xText ?? ((x: number) => tickText(x, xStep))
  const every = Math.ceil(xTicks.length / 12)
  xTicks.forEach((x, i) => {
    if (i % every !== 0 || x < from || x > to) return
    const text = escapeHtml(write(x))
    // A label at the frame's edge grows inwards, so that it is not cut.
    const anchor = px(x) > WIDTH - RIGHT - 24 ? 'end' : 'middle'
    parts.push(`<text class="tick" x="${n(px(x))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="${anchor}">${text}</text>`)
  })
  if (spec.band !== undefined) {
    const top = py(spec.band.high)
    const height = Math.max(1, py(spec.band.low) - top)
    parts.push(
      `<rect class="band" x="${LEFT}" y="${n(top)}" width="${WIDTH - LEFT - RIGHT}" height="${n(height)}"><title>${escapeHtml(spec.band.name)}</title></rect>`,
    )
  }
  if (low < 0 && high > 0) {
    parts.push(`<line class="zero" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(py(0))}" y2="${n(py(0))}"/>`)
  }
  if (spec.diagonal === true) {
    const a = Math.max(from, low)
    const b = Math.min(to, high)
    parts.push(`<line class="zero" x1="${n(px(a))}" y1="${n(py(a))}" x2="${n(px(b))}" y2="${n(py(b))}"/>`)
  }
  const barLayers = drawn.filter((layer) => layer.kind === 'bars').length
  let barIndex = 0
  for (const layer of drawn) {
    const points = layer.points.filter((p): p is Point & { y: number } => p.y !== null)
    if (layer.kind === 'line') {
      const path = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${n(px(p.x))} ${n(py(p.y))}`).join('')
      parts.push(`<path class="line ${layer.tone}" d="${path}"/>`)
    } else {
      const full = Math.min(46, (px(from + barSpan) - px(from)) * 0.8)
      const width = layer.kind === 'bars' ? full / barLayers : 0
      const shift = layer.kind === 'bars' ? -full / 2 + width * barIndex++ : 0
      for (const p of points) {
        const centre = px(p.x) + shift + width / 2
        const y = py(p.y)
        const title = `<title>${escapeHtml(p.label ?? `${write(p.x)}: ${Number(p.y.toPrecision(5))}`)}</title>`
        if (layer.kind === 'bars') {
          const base = py(Math.max(low, Math.min(high, 0)))
          const top = Math.min(y, base)
          parts.push(
            `<rect class="bar ${layer.tone}" x="${n(centre - width / 2)}" y="${n(top)}" width="${n(Math.max(0.7, width))}" height="${n(Math.max(0.5, Math.abs(base - y)))}">${title}</rect>`,
          )
        } else parts.push(`<circle class="dot ${layer.tone}" cx="${n(centre)}" cy="${n(y)}" r="4">${title}</circle>`)
        if (p.error !== null && p.error !== undefined) {
          const [a, b] = ends(p)
          parts.push(`<path class="error" d="M${n(centre)} ${n(py(a))}V${n(py(b))}"/>`)
        }
      }
    }
  }
  parts.push(
    `<text class="axis" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(spec.x)}</text>`,
    `<text class="axis" transform="translate(13 ${(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(spec.y)}</text>`,
  )
  const named = [
    ...drawn.filter((layer) => layer.name !== undefined).map((layer) => ({ tone: layer.tone, name: layer.name! })),
    ...(spec.band === undefined ? [] : [{ tone: 'bandkey', name: spec.band.name }]),
  ]
  const legend =
    named.length === 0
      ? ''
      : `<p class="legend">${named.map((one) => `<span><i class="key ${one.tone}"></i>${escapeHtml(one.name)}</span>`).join(' ')}</p>`
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(spec.title)}">${parts.join('')}</svg>${legend}`
}
