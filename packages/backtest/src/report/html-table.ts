/** HTML tables: a caption, headers with scope, cells that sort by their value. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'

export interface Cell {
  readonly text: string
  /** What sorting compares; null sorts below every number. Left out: the text. */
  readonly sort?: number | null
  readonly tone?: 'pos' | 'neg' | 'muted' | undefined
  /** Text may break and is kept wide. */
  readonly long?: boolean
  /** Length of a bar in front of the text, 0 to 1, signed. */
  readonly bar?: number
}

export interface HtmlTable {
  readonly caption: string
  /** `t`: text, left; `n`: number, right. */
  readonly columns: readonly { readonly title: string; readonly kind: 't' | 'n' }[]
  readonly rows: readonly (readonly Cell[])[]
  /** Headers sort the rows when clicked. */
  readonly sortable?: boolean
  /** Scrolls inside a part of the window. */
  readonly tall?: boolean
}

export const text = (value: string): Cell => ({ text: value })

/** A number with its text; its sign gives the colour when `toned`. */
export function number(value: number | null, shown: string, toned = false): Cell {
  const tone = toned && value !== null ? (value > 0 ? 'pos' : value < 0 ? 'neg' : undefined) : undefined
  return { text: shown, sort: value, tone }
}

export function htmlTable(table: HtmlTable): string {
  const { columns } = table
  const head = columns
    .map((c) => `<th scope="col"${c.kind === 't' ? ' class="t"' : ''}>${escapeHtml(c.title)}</th>`)
    .join('')
  const body = table.rows
    .map((row) => `<tr>${row.map((cell, c) => oneCell(cell, columns[c].kind)).join('')}</tr>`)
    .join('')
  const none = table.rows.length === 0 ? `<tr><td class="t muted" colspan="${columns.length}">none</td></tr>` : ''
  return (
    `<div class="wrap${table.tall === true ? ' tall' : ''}" role="region" aria-label="${escapeHtml(table.caption)}" tabindex="0">` +
    `<table${table.sortable === true && table.rows.length > 1 ? ' class="sort"' : ''}>${caption(table.caption)}` +
    `<thead><tr>${head}</tr></thead><tbody>${body}${none}</tbody></table></div>`
  )
}

/** Stays in view when a wide table is scrolled. */
export function caption(words: string): string {
  return `<caption><span>${escapeHtml(words)}</span></caption>`
}

function oneCell(cell: Cell, kind: 't' | 'n'): string {
  const classes = [kind === 't' ? 't' : '', cell.tone ?? '', cell.long === true ? 'long' : ''].filter((c) => c !== '')
  const value = cell.sort === undefined ? '' : ` data-v="${cell.sort === null ? '' : cell.sort}"`
  const bar =
    cell.bar === undefined
      ? ''
      : `<i class="bar ${cell.bar < 0 ? 'neg' : 'pos'}" style="width:${(Math.abs(cell.bar) * 7).toFixed(2)}em"></i> `
  return `<td${classes.length > 0 ? ` class="${classes.join(' ')}"` : ''}${value}>${bar}${escapeHtml(cell.text)}</td>`
}

/** A cell coloured by its value: `strength` from −1 (red) to 1 (green). The tint is light enough for the text on it. */
export function heatCell(shown: string, strength: number | null, below = '', label = ''): string {
  const title = label === '' ? '' : ` title="${escapeHtml(label)}"`
  const small = below === '' ? '' : `<small>${escapeHtml(below)}</small>`
  if (strength === null) return `<td class="heat none"${title}>${escapeHtml(shown)}${small}</td>`
  const s = Math.max(-1, Math.min(1, strength))
  const colour = s < 0 ? '207,34,46' : '26,127,55'
  return `<td class="heat" style="background:rgba(${colour},${(Math.abs(s) * 0.45).toFixed(3)})"${title}>${escapeHtml(shown)}${small}</td>`
}
