/** The stages of a run as a river that flows down: a dot per stage, an arc from each stage to those that read from it. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'

export interface RiverStage {
  readonly id: string
  readonly title: string
  readonly needs: readonly string[]
  /** Small print, in the order of importance. */
  readonly notes: readonly string[]
  /** Shown beside it where there is room. */
  readonly command?: string
  readonly incomplete: boolean
}

const ROW = 44
const WIDTH = 96
const RIGHT = WIDTH - 10

/** Stages after all they need, else in the given order. Needs that are no stage are left out; a circle keeps its given order. */
export function inOrder<T extends { readonly id: string; readonly needs: readonly string[] }>(
  stages: readonly T[],
): T[] {
  const known = new Set(stages.map((s) => s.id))
  const done = new Set<string>()
  const out: T[] = []
  let left = [...stages]
  while (left.length > 0) {
    const ready = left.filter((s) => s.needs.every((n) => done.has(n) || !known.has(n)))
    const next = ready.length > 0 ? ready : left
    for (const s of next) {
      out.push(s)
      done.add(s.id)
    }
    left = left.filter((s) => !done.has(s.id))
  }
  return out
}

export function river(label: string, stages: readonly RiverStage[]): string {
  const order = inOrder(stages)
  if (order.length === 0) return '<p class="muted">nothing to show</p>'
  const place = new Map(order.map((s, i) => [s.id, i]))
  const y = (i: number): number => i * ROW + ROW / 2
  const arcs: { d: string; span: number }[] = []
  order.forEach((s, to) => {
    for (const need of s.needs) {
      const from = place.get(need)
      if (from === undefined || from === to) continue
      const span = Math.abs(to - from)
      // The further it reaches, the further it bows out; the square root keeps long arcs inside.
      const bow = RIGHT - Math.min(1, Math.sqrt(span / Math.max(4, order.length - 1))) * (RIGHT - 6)
      arcs.push({
        span,
        d:
          span === 1
            ? `M${RIGHT} ${y(from)}V${y(to)}`
            : `M${RIGHT} ${y(from)}C${bow.toFixed(1)} ${y(from) + 10} ${bow.toFixed(1)} ${y(to) - 10} ${RIGHT} ${y(to)}`,
      })
    }
  })
  arcs.sort((a, b) => b.span - a.span)
  const drawing =
    arcs.map((a) => `<path class="stream" d="${a.d}"/>`).join('') +
    order
      .map((s, i) => `<circle class="${s.incomplete ? 'spring bad' : 'spring'}" cx="${RIGHT}" cy="${y(i)}" r="6"/>`)
      .join('')
  const rows = order
    .map(
      (s) =>
        `<li><b>${escapeHtml(s.title)}</b><span>${s.notes.map((n) => `<i>${escapeHtml(n)}</i>`).join('')}${s.incomplete ? '<i class="neg">not complete</i>' : ''}</span>${s.command === undefined ? '' : `<code>${escapeHtml(s.command)}</code>`}</li>`,
    )
    .join('')
  const height = order.length * ROW
  return (
    `<div class="river${order.some((s) => s.command !== undefined) ? ' told' : ''}"><svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}">` +
    `<title>${escapeHtml(label)}</title>${drawing}</svg><ol style="--row:${ROW}px">${rows}</ol></div>`
  )
}
