/** The plan against what is on disk: which days are complete, which must be fetched or looked at again. */
import { addDays, dateOf, fail, type UtcDate } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { sameConfig, stateOf, storedDay, tablePath } from './day-store.js'
import { type DayState, type FetchPlan, planFetch } from './plan.js'
import { dayConfig, type FetchRequest } from './request.js'
import type { ArchiveSource } from './source.js'
import { chooseSymbols, type SymbolChoice } from './symbols.js'

export interface PlanDeps {
  readonly disk: Disk
  readonly dataDir: string
  readonly source: ArchiveSource
  /** The venue's time where it is known. */
  readonly nowMs: number
}

/** Chooses symbols and plans; downloads nothing but listings. Errors `E_USAGE_RANGE` (day not over), `E_CONFIG`, `E_NOTHING_FOUND`. */
export async function makePlan(
  request: FetchRequest,
  deps: PlanDeps,
): Promise<{ plan: FetchPlan; choice: SymbolChoice }> {
  const choice = await chooseSymbols(request, deps.source)
  const config = dayConfig(request)
  const today = dateOf(deps.nowMs)
  if (request.endDate >= today) {
    fail('E_USAGE_RANGE', {
      subject: `--end-date ${request.endDate}`,
      detail: 'that day has not ended (UTC)',
      next: `give ${addDays(today, -1)} or earlier`,
    })
  }
  const states = new Map<UtcDate, DayState>()
  const tables = [
    request.kinds.some((k) => k !== 'mark' && k !== 'funding') ? 'day' : null,
    request.kinds.includes('mark') ? 'mark' : null,
  ] as const
  for (let date = request.startDate; date <= request.endDate; date = addDays(date, 1)) {
    const found: DayState[] = []
    for (const table of tables) {
      if (table === null) continue
      const stored = await storedDay(deps.disk, deps.dataDir, config, date, table)
      if (!stored) continue
      if (!sameConfig(stored.manifest, config)) {
        fail('E_CONFIG', {
          subject: tablePath(config, date, table),
          detail: 'made with other settings (--compat or the age limit of metrics)',
          next: 'use another --data-dir for the other settings',
        })
      }
      found.push(stateOf(stored, date, deps.nowMs))
    }
    const wanted = tables.filter((t) => t !== null).length
    if (found.length > 0) {
      const symbols = [...new Set(found.flatMap((f) => f.symbols))]
      states.set(date, {
        symbols,
        kinds: [...new Set(found.flatMap((f) => f.kinds))],
        complete: found.length === wanted && found.every((f) => f.complete),
      })
    }
  }
  return { plan: planFetch(request, choice.symbols, states, today), choice }
}
