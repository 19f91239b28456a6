/** Progress of long work: counts in, one line out. Where it is drawn is the caller's business. */

export interface Progress {
  /** Sets the total (it may grow while planning). */
  total(count: number): void
  /** Reports `count` finished items and optionally what was last done. */
  advance(count: number, label?: string): void
  /** A line for the reader that must not be overwritten. */
  note(text: string): void
  end(): void
}

export const silentProgress: Progress = { total() {}, advance() {}, note() {}, end() {} }

/** `3m 20s`, `12s`, `1h 05m`. */
export function durationText(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, '0')}s`
  return `${Math.floor(s / 3600)}h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`
}

/** Remaining time by the mean speed so far; empty text before anything is done. */
export function etaText(done: number, total: number, elapsedMs: number): string {
  if (done <= 0 || total <= done) return ''
  return `ETA ${durationText((elapsedMs / done) * (total - done))}`
}
