/** Plain text tables for people. Numbers are right-aligned. */

export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [
    head.map(String),
    ...rows.map((r) => r.map((c) => (typeof c === 'number' ? c.toLocaleString('en-US') : c))),
  ]
  const right = head.map((_, k) => rows.length > 0 && rows.every((r) => typeof r[k] === 'number'))
  const width = head.map((_, k) => Math.max(...cells.map((r) => r[k]!.length)))
  const line = (r: readonly string[]): string =>
    r
      .map((c, k) => (right[k] ? c.padStart(width[k]!) : c.padEnd(width[k]!)))
      .join('  ')
      .trimEnd()
  return [line(cells[0]!), width.map((w) => '-'.repeat(w)).join('  '), ...cells.slice(1).map(line)].join('\n')
}

/** `12.3 MB` and the like (decimal units). */
export function bytesText(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}
