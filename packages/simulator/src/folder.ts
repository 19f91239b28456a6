/** A folder in the archive's layout as a source: its files as they are, REST klines and metrics read out of them. */
import { join } from 'node:path'
import { archivePath, isPublished, kindFolder } from '@cointrader/binance'
import {
  DAY_MS,
  dateMs,
  dateOf,
  intervalMs,
  type Json,
  type Kind,
  monthOf,
  parseUtcText,
  type UtcDate,
  type UtcMonth,
} from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { ARCHIVE_INTERVALS } from './archive.js'
import { METRICS_SWITCH_MS } from './csv.js'
import { lru } from './lru.js'
import { FIVE_MINUTES } from './metrics.js'
import { byUtf8, type SimulatorSource } from './source.js'
import { unzipCsv } from './zip.js'

/**
 * Serves `dir`, whatever the time. REST knows what the files hold: klines, premium and mark from daily or else monthly
 * files of the asked interval, metrics and funding likewise; a damaged file makes the request fail with its name.
 */
export function folderSource(dir: string, disk: Disk): SimulatorSource {
  const rows = lru<readonly string[][]>(64)
  /** Only paths below the folder: no `..`, no empty or absolute segments. */
  const inside = (path: string): string | undefined =>
    path.split('/').some((s) => s === '' || s === '.' || s === '..' || s.includes('\\')) ? undefined : join(dir, path)
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const full = inside(path)
    return full === undefined ? undefined : disk.read(full)
  }

  async function csvRows(path: string): Promise<readonly string[][]> {
    const known = rows.get(path)
    if (known !== undefined) return known
    const zip = await read(path)
    if (zip === undefined) return []
    const lines = unzipCsv(zip, path).toString('utf8').split('\n')
    const cells = lines.filter((l) => /^\d/.test(l)).map((l) => l.trim().split(','))
    return rows.put(path, cells)
  }

  /** Rows of a day from the daily file, else from the month's. */
  async function dayRows(
    kind: Kind,
    symbol: string,
    interval: (typeof ARCHIVE_INTERVALS)[number],
    dayMs: number,
  ): Promise<string[][]> {
    const date = dateOf(dayMs)
    const time = (r: string[]): number => (kind === 'metrics' ? parseUtcText(r[0]!) : Number(r[0]))
    if (isPublished(kind, 'daily', 'um')) {
      const daily = await csvRows(archivePath('um', kind, symbol, interval, { route: 'daily', date }))
      if (daily.length > 0 || kind === 'metrics') return [...daily]
    }
    const monthly = await csvRows(archivePath('um', kind, symbol, interval, { route: 'monthly', month: monthOf(date) }))
    return monthly.filter((r) => time(r) >= dayMs && time(r) < dayMs + DAY_MS)
  }

  async function info(): Promise<Json | undefined> {
    const bytes = await read('exchangeInfo.json')
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Json)
  }

  async function symbolsOf(kind: Kind): Promise<Set<string>> {
    const names = new Set<string>()
    for (const route of ['daily', 'monthly'] as const) {
      if (!isPublished(kind, route, 'um')) continue
      for (const name of await disk.list(join(dir, kindFolder('um', route, kind)))) {
        if (name.endsWith('/')) names.add(name.slice(0, -1))
      }
    }
    return names
  }

  return {
    archive: {
      read,
      async list(folder) {
        const full = folder === '' ? dir : inside(folder.replace(/\/$/, ''))
        return full === undefined ? [] : (await disk.list(full)).sort(byUtf8)
      },
      publishedMs: () => 0,
      exchangeInfo: () => read('exchangeInfo.json'),
    },
    rest: {
      exchangeInfo: info,
      isListed: async (symbol) => (await symbolsOf('klines')).has(symbol),
      listed: async () => [...(await symbolsOf('klines'))].sort(byUtf8),
      async span(kind, symbol) {
        const dates: UtcDate[] = []
        for (const route of ['daily', 'monthly'] as const) {
          if (!isPublished(kind, route, 'um')) continue
          const base = join(dir, `${kindFolder('um', route, kind)}${symbol}/`)
          const folders = (await disk.list(base)).flatMap((n) => (n.endsWith('/') ? [`${base}${n}`] : [base]))
          for (const folder of new Set(folders)) {
            for (const name of await disk.list(folder)) {
              const stamp = /-(\d{4}-\d{2}(?:-\d{2})?)\.zip$/.exec(name)?.[1]
              if (stamp === undefined) continue
              if (stamp.length === 10) dates.push(stamp as UtcDate)
              else
                dates.push(
                  `${stamp}-01` as UtcDate,
                  dateOf(dateMs(`${nextMonth(stamp as UtcMonth)}-01` as UtcDate) - DAY_MS),
                )
            }
          }
        }
        dates.sort()
        return dates.length === 0 ? undefined : { fromMs: dateMs(dates[0]!), toMs: dateMs(dates.at(-1)!) }
      },
      async bars(kind, symbol, stepMs, dayMs, nowMs) {
        const interval = ARCHIVE_INTERVALS.find((i) => intervalMs(i) === stepMs)
        if (interval === undefined) return []
        return (await dayRows(kind, symbol, interval, dayMs)).filter((r) => Number(r[0]) <= nowMs)
      },
      async metrics(symbol, dayMs, nowMs) {
        const late = dayMs >= METRICS_SWITCH_MS ? FIVE_MINUTES : 0
        return (await dayRows('metrics', symbol, '5m', dayMs))
          .map((r) => ({
            // The file's stamp is the end of its period, from 2026-06-25 on the start (BX-05).
            instantMs: parseUtcText(r[0]!) + late,
            openInterest: r[2]!,
            openInterestValue: r[3]!,
            topAccounts: r[4]!,
            topPositions: r[5]!,
            accounts: r[6]!,
            taker: null,
          }))
          .filter((r) => r.instantMs <= nowMs)
      },
      async funding(symbol, dayMs, nowMs) {
        return (await dayRows('funding', symbol, '1m', dayMs))
          .filter((r) => Number(r[0]) <= nowMs)
          .map((r) => ({ fundingMs: Number(r[0]), rate: r[2]!, mark: '' }))
      },
      async fundingHours(symbol, nowMs) {
        for (let back = 0; back < 62; back++) {
          const last = (await dayRows('funding', symbol, '1m', Math.floor(nowMs / DAY_MS - back) * DAY_MS)).at(-1)
          if (last !== undefined) return Number(last[1])
        }
        return undefined
      },
    },
  }
}

function nextMonth(month: UtcMonth): UtcMonth {
  const [year, m] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, m, 1)).toISOString().slice(0, 7) as UtcMonth
}
