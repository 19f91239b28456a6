/** The nearest of some valid words, for messages about misspelt ones. */

/** Levenshtein distance (insertions, deletions, substitutions of one character). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** The word of `valid` nearest to `word` (one that starts with it is near); of equally near ones the first. */
export function nearest(word: string, valid: readonly string[]): string {
  const far = (w: string): number => (w.startsWith(word) ? 1 : distance(word, w))
  return valid.reduce((best, w) => (far(w) < far(best) ? w : best), valid[0] ?? '')
}

/** ` (did you mean "…"?)` */
export function didYouMean(word: string, valid: readonly string[]): string {
  return ` (did you mean "${nearest(word, valid)}"?)`
}
