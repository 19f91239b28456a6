/** A map of rows over days: each cell a level or a category. Equal neighbours are one rectangle, so that large maps stay small. */
import { timeTicks } from '@cointrader/backtest/report/chart'
import { DAY_MS } from '@cointrader/core'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { columnWidths } from './rows.js'

/** `0` to `5`: nothing to everything of the row's colour; or a category. */
export type Cell = '0' | '1' | '2' | '3' | '4' | '5' | 'none' | 'banned' | 'out'

export interface HeatRow {
  readonly name: string
  /** The figure at the right. */
  readonly value?: string
  readonly cells: readonly Cell[]
  /** Colour of the levels. Default blue. */
  readonly tone?: 'a' | 'b' | 'bad'
  /** What a pointer over the row shows. */
  readonly title?: string
}

export interface HeatSpec {
  readonly label: string
  /** `YYYY-MM-DD`, ascending, one per cell. */
  readonly dates: readonly string[]
  readonly rows: readonly HeatRow[]
  readonly height?: number
  /** Dates at which a line is drawn: where folds begin. */
  readonly lines?: readonly string[]
}

export function heatMap(spec: HeatSpec): string {
  const { dates, rows } = spec
  if (dates.length === 0 || rows.length === 0) return '<p class="muted">nothing to show</p>'
  const height = spec.height ?? 18
  const n = dates.length
  const place = new Map(dates.map((d, i) => [d, i]))
  const lines = (spec.lines ?? [])
    .flatMap((d) => {
      const i = place.get(d)
      return i === undefined || i === 0 ? [] : [`<line class="foldline" x1="${i}" x2="${i}" y1="0" y2="1"/>`]
    })
    .join('')
  const body = rows
    .map((row) => {
      const title = row.title === undefined ? '' : `<title>${escapeHtml(row.title)}</title>`
      return (
        `<div class="rp-row hm-row"><div class="rp-name" title="${escapeHtml(row.name)}"><span>${escapeHtml(row.name)}</span></div>` +
        `<div class="rp-value">${escapeHtml(row.value ?? '')}</div>` +
        `<svg class="hm t${row.tone ?? 'a'}" width="100%" height="${height}" viewBox="0 0 ${n} 1" preserveAspectRatio="none">${title}${runs(row.cells)}${lines}</svg></div>`
      )
    })
    .join('')
  const from = Date.parse(`${dates[0]}T00:00:00Z`)
  const ticks = timeTicks(from, from + (n - 1) * DAY_MS, 6).filter((t) => t.at % DAY_MS === 0)
  const axis = ticks
    .map((t, k) => {
      const share = (((t.at - from) / DAY_MS + 0.5) / n) * 100
      const edge = share < 6 ? ' first' : share > 94 ? ' last' : ''
      return `<span class="${k % 2 === 1 && ticks.length > 3 ? 'alt' : ''}${edge}" style="left:${Math.round(share * 100) / 100}%">${escapeHtml(t.text)}</span>`
    })
    .join('')
  return (
    `<div class="rp hmap" role="img" aria-label="${escapeHtml(spec.label)}" style="${columnWidths(rows)}">${body}` +
    `<div class="rp-row rp-foot"><div class="rp-axis">${axis}</div></div></div>`
  )
}

function runs(cells: readonly Cell[]): string {
  let out = ''
  for (let i = 0; i < cells.length; ) {
    let to = i + 1
    while (to < cells.length && cells[to] === cells[i]) to++
    if (cells[i] !== 'none') out += `<rect class="k${cells[i]}" x="${i}" y="0" width="${to - i}" height="1"/>`
    i = to
  }
  return out
}

/** Level of a share 0..1; anything above 0 is at least 1, and only everything is 5. */
export function level(share: number): Cell {
  if (!(share > 0)) return '0'
  if (share >= 1) return '5'
  return String(Math.min(4, Math.max(1, Math.ceil(share * 5)))) as Cell
}
