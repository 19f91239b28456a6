/** Facts about the data: coverage, defects, universe, features and labels, the proof of causality. */
import { join } from 'node:path'
import { dateRange, parseDate, paths, type UtcDate } from '@cointrader/core'
import type { Health } from '@cointrader/features'
import { decodeParquet, readDatedJson, readManifest, strings } from '@cointrader/store'
import { xyDates } from '../plan/dates.js'
import { type CollectRequest, readJson } from './artefacts.js'
import type { ColumnHealth, CoverageDay, DataFacts, UniverseDay } from './facts.js'

const MINUTES = 1440

interface FetchDetails {
  readonly symbols?: readonly string[]
  readonly absent?: readonly { readonly kind: string }[]
  readonly refused?: readonly { readonly kind: string }[]
}

export async function dataFacts(request: CollectRequest, health: Health): Promise<DataFacts> {
  const { disk, roots, study } = request
  const top = study.universe.size
  const days: CoverageDay[] = []
  const seen = new Set<string>()
  const bans = (await readDatedJson(disk, join(roots.study, 'data/banned_symbols_reasons.json'))) as Record<
    string,
    Record<string, string>
  >
  for (const date of dateRange(parseDate(study.range.start), parseDate(study.range.end)))
    days.push(await coverageDay(request, date, bans[date] ?? {}, seen))
  const universeFile = join(roots.study, 'data', `top${top}_universe.json`)
  const members = (await readDatedJson(disk, universeFile)) as Record<string, readonly string[]>
  const reasons = (await readDatedJson(disk, universeFile.replace('.json', '_reasons.json'))) as Record<
    string,
    { daysUsed?: number; excluded?: Record<string, string>; note?: string }
  >
  const universe = Object.keys(members)
    .sort()
    .map(
      (date): UniverseDay => ({
        date,
        symbols: members[date]!,
        daysUsed: reasons[date]?.daysUsed ?? 0,
        excluded: reasons[date]?.excluded ?? {},
        note: reasons[date]?.note ?? null,
      }),
    )
  const proofs = []
  for (const date of study.proof.causality)
    proofs.push(
      await readJson<{ certificates: readonly { cells: number; verdict: string }[] }>(
        disk,
        join(roots.study, `proof/${date}.json`),
      ),
    )
  const column = (c: Health['columns'][number]): ColumnHealth => ({
    name: c.column,
    rows: c.rows,
    missing: c.missing,
    mean: c.mean,
    deviation: c.deviation,
    p01: c.p01,
    median: c.median,
    p99: c.p99,
    shift: c.shift,
  })
  return {
    symbols: [...seen].sort(),
    kinds: study.source.kinds,
    days,
    universe,
    historyDays: study.universe.buffer_days,
    xy: await xyFacts(request, health),
    features: health.columns.filter((c) => c.role === 'feature').map(column),
    labels: health.columns.filter((c) => c.role === 'label').map(column),
    causality:
      proofs.length === 0
        ? null
        : {
            dates: study.proof.causality,
            columns: Math.min(...proofs.map((p) => p.certificates.filter((c) => c.verdict === 'proven').length)),
            cells: proofs.reduce(
              (n, p) => n + p.certificates.reduce((m, c) => m + (c.verdict === 'proven' ? c.cells : 0), 0),
              0,
            ),
          },
  }
}

async function coverageDay(
  { disk, roots }: CollectRequest,
  date: UtcDate,
  banned: Readonly<Record<string, string>>,
  seen: Set<string>,
): Promise<CoverageDay> {
  const manifest = await readManifest(disk, join(roots.raw, paths.dayTable(date)))
  const details = (manifest?.details ?? {}) as FetchDetails
  const count = (list: readonly { readonly kind: string }[] = []) => {
    const out: Record<string, number> = {}
    for (const { kind } of list) out[kind] = (out[kind] ?? 0) + 1
    return out
  }
  const symbols = details.symbols ?? []
  for (const s of symbols) seen.add(s)
  const ledger = join(roots.study, 'data', paths.ledger(date))
  const bytes = await disk.read(ledger)
  const kinds = bytes === undefined ? [] : strings((await decodeParquet(bytes, ledger, ['kind'])).table, 'kind', ledger)
  const defects: Record<string, number> = {}
  for (const kind of kinds) defects[kind] = (defects[kind] ?? 0) + 1
  return {
    date,
    symbols: symbols.length,
    rows: manifest?.rows ?? 0,
    complete: symbols.length * MINUTES,
    absent: count(details.absent),
    refused: count(details.refused),
    defects,
    banned: Object.entries(banned).map(([symbol, reason]) => ({ symbol, reason })),
  }
}

async function xyFacts({ disk, roots, study }: CollectRequest, health: Health): Promise<DataFacts['xy']> {
  const excluded: Record<string, number> = {}
  const dead = new Map<string, { why: string; days: number }>()
  let rows = 0
  let days = 0
  let cells = 0
  let missing = 0
  for (const date of xyDates(study)) {
    const manifest = await readManifest(disk, join(roots.study, `data/xy/${date}_xy_top${study.universe.size}.parquet`))
    if (manifest === undefined) continue
    days++
    rows += manifest.rows
    const details = manifest.details as {
      cells: number
      missing: number
      empty: Record<string, string>
      excluded: Record<string, string>
    }
    cells += details.cells
    missing += details.missing
    for (const symbol of Object.keys(details.excluded)) excluded[symbol] = (excluded[symbol] ?? 0) + 1
    for (const [name, why] of Object.entries(details.empty)) {
      const before = dead.get(name)
      dead.set(name, { why, days: (before?.days ?? 0) + 1 })
    }
  }
  return {
    rows,
    days,
    features: health.columns.filter((c) => c.role === 'feature').length,
    missing: cells === 0 ? 0 : missing / cells,
    empty: Object.fromEntries([...dead].filter(([, d]) => d.days === days).map(([name, d]) => [name, d.why])),
    excluded,
  }
}
