/** Columns with error bars over categories or days, drawn upward and downward from zero. Stretches with the page; text is HTML. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { axisMarks } from './axis.js'
import type { Tone } from './rows.js'

export interface Column {
  readonly value: number | null
  /** Half length of the error bar. */
  readonly error?: number | null
  readonly title?: string
}

export interface ColumnsSpec {
  readonly label: string
  readonly columns: readonly Column[]
  /** Text under a column; empty for none. */
  readonly names: readonly string[]
  readonly tone: Tone
  readonly height?: number
  /** `digits` are the decimals that the distance of two marks needs. */
  readonly yText: (y: number, digits: number) => string
  readonly unit?: string
  /** Ends of y, so that several plots share one scale. */
  readonly range?: readonly [number, number]
}

const WIDTH = 1000
const at = (v: number): string => String(Math.round(v * 100) / 100)

/** Smallest and largest value of columns with their errors, 0 included. */
export function columnRange(columns: readonly Column[]): [number, number] {
  let low = 0
  let high = 0
  for (const { value, error } of columns) {
    if (value === null) continue
    low = Math.min(low, value - (error ?? 0))
    high = Math.max(high, value + (error ?? 0))
  }
  return low === high ? [-1, 1] : [low, high]
}

export function columnPlot(spec: ColumnsSpec): string {
  const { columns, names } = spec
  if (!columns.some((c) => c.value !== null)) return '<p class="muted">nothing to show</p>'
  const height = spec.height ?? 170
  const [from, to] = spec.range ?? columnRange(columns)
  const pad = (to - from) * 0.05
  const low = from < 0 ? from - pad : 0
  const high = to > 0 ? to + pad : 0
  const y = (v: number): number => height - ((v - low) / (high - low)) * height
  const step = WIDTH / columns.length
  const { marks: yTicks, digits } = axisMarks(low, high, 4)
  const grid = yTicks
    .map(
      (v) => `<line class="${v === 0 ? 'base' : 'gridline'}" x1="0" x2="${WIDTH}" y1="${at(y(v))}" y2="${at(y(v))}"/>`,
    )
    .join('')
  const bars = columns
    .map((c, i) => {
      if (c.value === null) return ''
      const top = Math.min(y(c.value), y(0))
      const title = c.title === undefined ? '' : `<title>${escapeHtml(c.title)}</title>`
      const bar = `<rect class="solid f${spec.tone}" x="${at(i * step + step * 0.16)}" width="${at(step * 0.68)}" y="${at(top)}" height="${at(Math.max(0.6, Math.abs(y(c.value) - y(0))))}">${title}</rect>`
      if (c.error === null || c.error === undefined) return bar
      const middle = at((i + 0.5) * step)
      return `${bar}<line class="whisker" x1="${middle}" x2="${middle}" y1="${at(y(c.value - c.error))}" y2="${at(y(c.value + c.error))}"/>`
    })
    .join('')
  const left = yTicks
    .map((v) => `<span style="top:${at((y(v) / height) * 100)}%">${escapeHtml(spec.yText(v, digits))}</span>`)
    .join('')
  const shown = names.flatMap((name, i) => (name === '' ? [] : [{ name, share: ((i + 0.5) / columns.length) * 100 }]))
  const under = shown
    .map(
      ({ name, share }, k) =>
        `<span class="${k % 2 === 1 && shown.length > 4 ? 'alt' : ''}" style="left:${at(share)}%">${escapeHtml(name)}</span>`,
    )
    .join('')
  const unit = spec.unit === undefined ? '' : `<div class="unit">${escapeHtml(spec.unit)}</div>`
  return (
    `<div class="plot" style="--h:${height}px">${unit}<div class="y" aria-hidden="true">${left}</div>` +
    `<div class="area"><svg viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(spec.label)}">` +
    `<title>${escapeHtml(spec.label)}</title>${grid}${bars}</svg></div><div class="x" aria-hidden="true">${under}</div></div>`
  )
}
