/** The frame of a report: one file, offline, no request of any kind (the page's own policy forbids it). */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { SCRIPT } from './script.js'
import { STYLE } from './style.js'

export interface Section {
  /** Anchor: letters and digits. */
  readonly id: string
  readonly title: string
  readonly html: string
}

/** Name and value pairs; values are text. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  return `<dl class="facts">${pairs.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`
}

export function list(items: readonly string[], className = ''): string {
  const kind = className === '' ? '' : ` class="${className}"`
  return `<ul${kind}>${items.map((i) => `<li>${escapeHtml(i)}</li>`).join('')}</ul>`
}

/** The whole page. `head` and the sections are HTML already; empty sections are left out. */
export function page(title: string, head: string, sections: readonly Section[]): string {
  const shown = sections.filter((s) => s.html !== '')
  const nav = shown.map((s) => `<a href="#${s.id}">${escapeHtml(s.title)}</a>`).join('')
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">",
    `<title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<header><h1>${escapeHtml(title)}</h1>${head}</header>`,
    `<nav aria-label="Sections">${nav}</nav><main>`,
    ...shown.map(
      (s) =>
        `<section id="${s.id}" aria-labelledby="h-${s.id}"><h2 id="h-${s.id}">${escapeHtml(s.title)}</h2>${s.html}</section>`,
    ),
    `</main><script>${SCRIPT}</script></body></html>`,
    '',
  ].join('\n')
}
