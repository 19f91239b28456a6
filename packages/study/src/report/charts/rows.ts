/**
 * A chart of rows: name, a strip with marks on one common scale, and the figure in words. Serves dot plots with error bars, bars
 * with dots, waterfalls and calendars. Marks are placed in percent of the strip, so that circles stay round and text readable at
 * every width.
 */
import { escapeHtml, ticks } from '@cointrader/models/evaluation/svg'

export type Tone = 'a' | 'b' | 'c' | 'd' | 'soft' | 'good' | 'bad'

export type Mark =
  /** A soft rectangle over the height of the row. */
  | { readonly kind: 'band'; readonly from: number; readonly to: number }
  /** An interval with ends. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly tone: Tone }
  | { readonly kind: 'bar'; readonly from: number; readonly to: number; readonly tone: Tone; readonly faint?: boolean }
  | {
      readonly kind: 'dot'
      readonly at: number
      readonly tone: Tone
      readonly hollow?: boolean
      readonly small?: boolean
    }
  | { readonly kind: 'tick'; readonly at: number; readonly tone: Tone }

export interface PlotRow {
  readonly name: string
  /** Small print under the name. */
  readonly sub?: string
  /** The figure, at the right. */
  readonly value?: string
  readonly valueTone?: 'pos' | 'neg' | 'muted' | undefined
  readonly marks: readonly Mark[]
  /** A line above this row. */
  readonly rule?: boolean
  /** What a pointer over the strip shows. */
  readonly title?: string
}

export interface RowsSpec {
  /** What it shows, for screen readers; the figures should also be in a table. */
  readonly label: string
  readonly rows: readonly PlotRow[]
  readonly xText: (x: number) => string
  readonly unit?: string
  /** Values that must lie inside the scale. */
  readonly include?: readonly number[]
  /** A dashed line at this value (0 by default where the scale has it). */
  readonly zero?: number | null
  /** Named lines over all rows. */
  readonly guides?: readonly { readonly at: number; readonly name: string }[]
  /** Values to write under the strips. Default: round numbers. */
  readonly marksAt?: readonly { readonly at: number; readonly text: string }[]
  /** Ends of the scale; default from the marks. */
  readonly range?: readonly [number, number]
  /** Height of a row in CSS pixels. Default 30. */
  readonly height?: number
  /** Names, strips and figures stay side by side on a phone: for short names. */
  readonly tight?: boolean
}

const places = (m: Mark): number[] => ('at' in m ? [m.at] : [m.from, m.to])

function scaleOf(spec: RowsSpec): [number, number] {
  if (spec.range !== undefined) return [spec.range[0], spec.range[1]]
  const all = [
    ...spec.rows.flatMap((r) => r.marks.flatMap(places)),
    ...(spec.include ?? []),
    ...(spec.guides ?? []).map((g) => g.at),
  ].filter(Number.isFinite)
  if (all.length === 0) return [0, 1]
  const low = all.reduce((a, b) => Math.min(a, b))
  const high = all.reduce((a, b) => Math.max(a, b))
  return low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : [low, high]
}

const at = (v: number): string => `${Math.round(v * 100) / 100}%`

/** Text `nothing to show` when no row has a mark. */
export function rowPlot(spec: RowsSpec): string {
  if (!spec.rows.some((r) => r.marks.length > 0)) return '<p class="muted">nothing to show</p>'
  const [low, high] = scaleOf(spec)
  // Two percent at both ends keep dots whole.
  const x = (v: number): number => 2 + ((v - low) / (high - low)) * 96
  const height = spec.height ?? 30
  const zero = spec.zero === undefined ? (low <= 0 && high >= 0 ? 0 : null) : spec.zero
  const labels =
    spec.marksAt ??
    ticks(low, high, 4)
      .filter((v) => v >= low && v <= high)
      .map((v) => ({ at: v, text: spec.xText(v) }))
  const ground =
    labels.map((l) => line(x(l.at), height, 'gridline')).join('') + (zero === null ? '' : line(x(zero), height, 'zero'))
  const guides = (spec.guides ?? []).map((g) => line(x(g.at), height, 'guide')).join('')
  const body = spec.rows
    .map((row) => {
      const sub = row.sub === undefined || row.sub === '' ? '' : `<small>${escapeHtml(row.sub)}</small>`
      const title = row.title === undefined ? '' : `<title>${escapeHtml(row.title)}</title>`
      const tone = row.valueTone === undefined ? '' : ` ${row.valueTone}`
      return (
        `<div class="rp-row${row.rule === true ? ' rule' : ''}${row.marks.length === 0 ? ' bare' : ''}"><div class="rp-name"><span>${escapeHtml(row.name)}</span>${sub}</div>` +
        `<div class="rp-value${tone}">${escapeHtml(row.value ?? '')}</div>` +
        `<svg class="rp-plot" width="100%" height="${height}">${title}${ground}${drawn(row.marks, x, height)}${guides}</svg></div>`
      )
    })
    .join('')
  const axis = labels
    .map((l, k) => {
      const share = x(l.at)
      const edge = share < 6 ? ' first' : share > 94 ? ' last' : ''
      return `<span class="${k % 2 === 1 && labels.length > 3 ? 'alt' : ''}${edge}" style="left:${at(share)}">${escapeHtml(l.text)}</span>`
    })
    .join('')
  const named = (spec.guides ?? [])
    .map((g) => {
      const share = x(g.at)
      return `<span class="${share < 30 ? 'first' : share > 70 ? 'last' : ''}" style="left:${at(share)}">${escapeHtml(g.name)}</span>`
    })
    .join('')
  const top = named === '' ? '' : `<div class="rp-row rp-guides"><div class="rp-axis">${named}</div></div>`
  const unit = spec.unit === undefined ? '' : `<div class="rp-unit">${escapeHtml(spec.unit)}</div>`
  return (
    `<div class="rp${spec.tight === true && spec.rows.every((r) => emWidth(r.name) <= 13) ? ' tight' : ''}" role="img" aria-label="${escapeHtml(spec.label)}" style="${columnWidths(spec.rows)}">${top}${body}` +
    `<div class="rp-row rp-foot"><div class="rp-axis">${axis}</div></div>${unit}</div>`
  )
}

/** About how wide a text is, in em of its font; on the wide side. */
function emWidth(text: string): number {
  let sum = 0
  for (const c of text)
    sum += /[mwMW@]/.test(c) ? 0.98 : /[A-Z0-9%+_]/.test(c) ? 0.68 : /[fijlrt.,:;' ]/.test(c) ? 0.42 : 0.62
  return sum
}

/** Widths of the columns of names and figures from their longest text, so that the strips of all rows begin and end alike. */
export function columnWidths(
  rows: readonly { readonly name: string; readonly sub?: string; readonly value?: string }[],
): string {
  const widest = (texts: readonly string[]): number => texts.reduce((a, t) => Math.max(a, emWidth(t)), 0)
  const names = Math.min(17, Math.max(4, widest(rows.map((r) => r.name)), 0.9 * widest(rows.map((r) => r.sub ?? ''))))
  const values = widest(rows.map((r) => r.value ?? ''))
  return `--n:${(names + 0.4).toFixed(1)}em;--v:${values.toFixed(1)}em`
}

function line(share: number, height: number, kind: string): string {
  return `<line class="${kind}" x1="${at(share)}" x2="${at(share)}" y1="0" y2="${height}"/>`
}

function drawn(marks: readonly Mark[], x: (v: number) => number, height: number): string {
  const middle = height / 2
  return marks
    .filter((m) => places(m).every(Number.isFinite))
    .map((m): string => {
      if (m.kind === 'dot') {
        const look = m.hollow === true ? `hollow ${m.tone}` : `f${m.tone}`
        return `<circle class="${look}" cx="${at(x(m.at))}" cy="${middle}" r="${m.small === true ? 3 : 5}"/>`
      }
      if (m.kind === 'tick')
        return `<line class="mark ${m.tone}" x1="${at(x(m.at))}" x2="${at(x(m.at))}" y1="${middle - 6}" y2="${middle + 6}"/>`
      const from = Math.min(x(m.from), x(m.to))
      const to = Math.max(x(m.from), x(m.to))
      if (m.kind === 'range') {
        const end = (v: number): string =>
          `<line class="error ${m.tone}" x1="${at(v)}" x2="${at(v)}" y1="${middle - 4}" y2="${middle + 4}"/>`
        return `<line class="error ${m.tone}" x1="${at(from)}" x2="${at(to)}" y1="${middle}" y2="${middle}"/>${end(from)}${end(to)}`
      }
      const [top, tall] = m.kind === 'band' ? [0, height] : [height * 0.22, height * 0.56]
      const look = m.kind === 'band' ? 'band' : `solid f${m.tone}${m.faint === true ? ' faint' : ''}`
      return `<rect class="${look}" x="${at(from)}" width="${at(Math.max(0.35, to - from))}" y="${Math.round(top * 10) / 10}" height="${Math.round(tall * 10) / 10}"/>`
    })
    .join('')
}
