/** Collects defects as runs: neighbours of the same kind and column become one entry. */
import type { Defect, DefectKind } from '@cointrader/core'

type Open = { -readonly [K in keyof Defect]: Defect[K] }

export interface DefectCollector {
  /** One row or cell at `ms` that spans `stepMs`. */
  add(kind: DefectKind, column: string, ms: number, stepMs: number, detail?: string): void
  done(): Defect[]
}

export function collectDefects(symbol: string, source: string): DefectCollector {
  const open = new Map<string, Open>()
  const closed: Open[] = []
  return {
    add(kind, column, ms, stepMs, detail = '') {
      const key = `${kind}|${column}`
      const last = open.get(key)
      // Neighbours may come in either direction: unordered files run backwards.
      if (last && last.detail === detail && (last.toMs === ms || last.fromMs === ms + stepMs)) {
        last.toMs = Math.max(last.toMs, ms + stepMs)
        last.fromMs = Math.min(last.fromMs, ms)
        last.count++
        return
      }
      const fresh: Open = { kind, symbol, source, column, fromMs: ms, toMs: ms + stepMs, count: 1, detail }
      open.set(key, fresh)
      closed.push(fresh)
    },
    done: () =>
      closed.sort(
        (a, b) => a.fromMs - b.fromMs || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.column < b.column ? -1 : 1),
      ),
  }
}
