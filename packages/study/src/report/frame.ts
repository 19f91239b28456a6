/** The frame of the study report: one file, offline, no request of any kind (the page's own policy forbids it). */
import type { Section } from '@cointrader/backtest/report/page'
import { SCRIPT } from '@cointrader/backtest/report/script'
import { STYLE } from '@cointrader/backtest/report/style'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { STUDY_STYLE } from './style.js'

export interface StudySection extends Section {
  /** What the section answers, in a sentence. */
  readonly lead?: string
}

/** The whole page; `head`, `foot` and the sections are HTML already. */
export function frame(title: string, head: string, sections: readonly StudySection[], foot: string): string {
  const nav = sections.map((s) => `<a href="#${s.id}">${escapeHtml(s.title)}</a>`).join('')
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">",
    `<title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}${STUDY_STYLE}</style></head><body>`,
    `<a class="skip" href="#main">Skip to the sections</a><header>${head}</header>`,
    `<nav aria-label="Sections" tabindex="0">${nav}</nav><main id="main">`,
    ...sections.map(
      (s) =>
        `<section id="${s.id}" aria-labelledby="h-${s.id}"><h2 id="h-${s.id}">${escapeHtml(s.title)}</h2>` +
        `${s.lead === undefined ? '' : `<p class="lead">${escapeHtml(s.lead)}</p>`}${s.html}</section>`,
    ),
    `</main><footer>${foot}</footer><script>${SCRIPT}</script></body></html>`,
    '',
  ].join('\n')
}

/** A paragraph of plain text. */
export const words = (text: string, className = ''): string =>
  `<p${className === '' ? '' : ` class="${className}"`}>${escapeHtml(text)}</p>`

/** Text that opens on demand. */
export const details = (summary: string, html: string): string =>
  `<details><summary>${escapeHtml(summary)}</summary>${html}</details>`

/** Figures side by side: two beside each other, three for three, five and six. */
export function gridOf(figures: readonly string[]): string {
  const n = figures.length
  if (n === 0) return ''
  if (n === 1) return figures[0]
  return `<div class="grid${n === 3 || n > 4 ? ' three' : ''}">${figures.join('')}</div>`
}

/** Coloured squares with names, for categories. */
export function swatches(entries: readonly { readonly colour: string; readonly name: string }[]): string {
  return `<p class="legend">${entries.map((e) => `<span><i class="swatch" style="background:${e.colour}"></i>${escapeHtml(e.name)}</span>`).join(' ')}</p>`
}
