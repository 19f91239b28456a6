/** Progress on a terminal (one line, redrawn) or as plain lines elsewhere (at most one every ten seconds). */
import { type Clock, etaText, type Progress } from '@cointrader/core'

const TERMINAL_EVERY_MS = 100
const PLAIN_EVERY_MS = 10_000

export function terminalProgress(out: NodeJS.WriteStream, clock: Clock): Progress {
  const live = out.isTTY === true
  const start = clock.now()
  let total = 0
  let done = 0
  let drawnAt = live ? 0 : start
  let shown = false
  const draw = (label: string): void => {
    const eta = etaText(done, total, clock.now() - start)
    const text = `${done}/${total}${total ? ` (${Math.floor((100 * done) / total)} %)` : ''} ${eta} ${label}`.trimEnd()
    out.write(live ? `\r\x1b[2K${text.slice(0, (out.columns || 80) - 1)}` : `${text}\n`)
    drawnAt = clock.now()
    shown = true
  }
  const clear = (): void => {
    if (live && shown) out.write('\r\x1b[2K')
    shown = false
  }
  return {
    total(count) {
      total = count
    },
    advance(count, label = '') {
      done += count
      if (clock.now() - drawnAt >= (live ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) draw(label)
    },
    note(text) {
      clear()
      out.write(`${text}\n`)
    },
    end: clear,
  }
}
