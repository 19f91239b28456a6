/** Shared data and the comparison with golden documents. Tests that need the data skip with a printed reason without it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SeedBars, type SeedConfig, seedBarsOf } from '@cointrader/backtest/compat/index'
import { decodeParquet } from '@cointrader/store'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** Bars of a file in the layout of `data/binance-15m`. */
export async function barsFrom(folder: string, symbol: string): Promise<SeedBars> {
  const file = `${symbol}_15m.parquet`
  const { table } = await decodeParquet(readFileSync(join(folder, file)), file)
  return seedBarsOf(table, file)
}

/** JSON with the original's text for infinities read as numbers. */
export function readJson<T>(path: string): T {
  const revive = (_: string, v: unknown): unknown =>
    v === 'Infinity' ? Number.POSITIVE_INFINITY : v === '-Infinity' ? Number.NEGATIVE_INFINITY : v
  return JSON.parse(readFileSync(path, 'utf8'), revive) as T
}

/** What a golden document has besides ours. */
export interface GoldenDocument {
  readonly meta?: { readonly killed_at_end: boolean | null; readonly equity?: Record<string, number> }
  readonly config: SeedConfig
  readonly [field: string]: unknown
}

/**
 * Every difference between two JSON values, by path; order of keys counts. Numbers under a path that `tolerance` gives a
 * relative bound for may differ by it, all others must be equal.
 */
export function differences(
  seen: unknown,
  wanted: unknown,
  tolerance: (path: string) => number = () => 0,
  path = '',
): string[] {
  if (typeof seen === 'number' && typeof wanted === 'number') {
    if (Object.is(seen, wanted) || seen === wanted) return []
    const bound = tolerance(path)
    return Math.abs(seen - wanted) <= bound * Math.abs(wanted) ? [] : [`${path}: ${seen}, golden ${wanted}`]
  }
  if (typeof seen !== 'object' || typeof wanted !== 'object' || seen === null || wanted === null) {
    return seen === wanted ? [] : [`${path}: ${JSON.stringify(seen)}, golden ${JSON.stringify(wanted)}`]
  }
  const [a, b] = [seen as Record<string, unknown>, wanted as Record<string, unknown>]
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (Array.isArray(seen) !== Array.isArray(wanted)) return [`${path}: one of two is a list`]
  const found: string[] = []
  if (keys.join() !== others.join()) {
    found.push(
      Array.isArray(seen) ? `${path}: ${keys.length} entries, golden ${others.length}` : `${path}: ${keys} / ${others}`,
    )
  }
  for (const key of keys) {
    if (key in b) found.push(...differences(a[key], b[key], tolerance, path === '' ? key : `${path}.${key}`))
  }
  return found
}

/** Values of indicators may differ by 1e-9 (golden README); everything else of a document is rounded and must be equal. */
export const documentTolerance = (path: string): number => (path.includes('.indicators.') ? 1e-9 : 0)

/** A document without the validator's messages, which are ours. */
export function withoutMessages(document: object): object {
  const { validation, ...rest } = document as { validation: { overall: string; checks: { message: string }[] } }
  const checks = validation.checks.map(({ message: _, ...check }) => check)
  return { ...rest, validation: { overall: validation.overall, checks } }
}

/** The first trade and field in which two documents differ, as one line for a person; undefined when none does. */
export function firstDifference(seen: object, wanted: object): string | undefined {
  const all = differences(withoutMessages(seen), withoutMessages(wanted), documentTolerance)
  if (all.length === 0) return undefined
  const trade = all.find((line) => line.startsWith('trades.'))
  const others = `${all.length} differences`
  if (trade === undefined) return `${others}, first: ${all[0]}`
  const [, number, field] = /^trades\.(\d+)\.?(.*)$/.exec(trade)!
  const of = (document: object): unknown => (document as { trades: Record<string, unknown>[] }).trades[Number(number)]
  return `${others}; first trade ${number}, field ${field}\n  seen   ${JSON.stringify(of(seen))}\n  golden ${JSON.stringify(of(wanted))}`
}
