/** The days that a causality proof is about: from a data folder, or made up where a plug-in comes without data. */
import { join } from 'node:path'
import { addDays, byCodeUnit, fail, parseDate, paths, sha256, type UtcDate } from '@cointrader/core'
import { DAY_MINUTES, type DayBars, dayBars, dayRow, loadDay } from '@cointrader/features'
import { type UniverseFacts, type UniverseRule, volumesOfBars } from '@cointrader/features/causality/index'
import { makePanel } from '@cointrader/features/contract/panel'
import { dayTablePath } from '@cointrader/preprocessor'
import { type Disk, decodeParquet, readDatedJson } from '@cointrader/store'
import { type BansByDate, type Contracts, type DayVolumes, dayVolumes } from '@cointrader/universe'

export interface ProofData {
  readonly date: UtcDate
  readonly facts: UniverseFacts
  /** Members of the universe file; undefined: the rule's. */
  readonly listed: readonly string[] | undefined
  /** Raw blocks of the members: as many days before and after as are asked for and there. */
  readonly load: (members: readonly string[], before: number, after: number) => Promise<DayBars[]>
  /** Path → SHA-256 of everything that was read. */
  readonly ids: () => Readonly<Record<string, string>>
}

/** Dates with a day table, ascending: of a data folder, or of a folder of `{date}.parquet`. */
export async function tableDates(disk: Disk, dataDir: string): Promise<UtcDate[]> {
  const sample = paths.dayTable('2026-01-01' as UtcDate)
  const folder = join(dataDir, sample.slice(0, sample.lastIndexOf('/')))
  const names = [...(await disk.list(folder)), ...(await disk.list(dataDir))]
  const dates = names.flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.parquet$/.exec(name)?.[1] ?? [])
  return [...new Set(dates)].sort(byCodeUnit).map((d) => parseDate(d))
}

export interface FolderOptions {
  readonly disk: Disk
  readonly dataDir: string
  /** Default: the last day that has a day before it. */
  readonly date: UtcDate | undefined
  readonly universeFile: string | undefined
  readonly rule: UniverseRule
}

/** Errors `E_FILE_MISSING` without a day table of the date, `E_NOTHING_FOUND` without any day that has context. */
export async function folderData({ disk, dataDir, date, universeFile, rule }: FolderOptions): Promise<ProofData> {
  const dates = await tableDates(disk, dataDir)
  const day = date ?? dates.findLast((d) => dates.includes(addDays(d, -1)))
  if (day === undefined)
    fail('E_NOTHING_FOUND', {
      subject: dataDir,
      detail: 'no day table with the day before it',
      next: 'fetch two days, or give --date',
    })
  if (!dates.includes(day))
    fail('E_FILE_MISSING', { subject: `day table of ${day}`, next: 'fetch it, or give another --date' })
  const ids: Record<string, string> = {}
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const bytes = await disk.read(path)
    if (bytes !== undefined) ids[path.slice(dataDir.length + 1)] = sha256(bytes)
    return bytes
  }
  const before = new Map<UtcDate, DayVolumes>()
  for (let d = addDays(day, -rule.bufferDays); d < day; d = addDays(d, 1)) {
    const path = await dayTablePath(disk, dataDir, d)
    const volumes = path === undefined ? undefined : await dayVolumes(disk, path, d, join(dataDir, paths.cache))
    if (volumes !== undefined) before.set(d, volumes)
  }
  const after: DayBars[] = []
  const path = (await dayTablePath(disk, dataDir, day))!
  const { table } = await decodeParquet((await read(path))!, path, ['symbol', 'start_time_ms', 'quote_volume'])
  after.push(dayBars(table, day))
  const bans = (await readDatedJson(disk, join(dataDir, paths.bannedSymbols))) as BansByDate
  await read(join(dataDir, paths.bannedSymbols))
  const contracts = await contractFacts(disk, join(dataDir, paths.contracts))
  await read(join(dataDir, paths.contracts))
  const file = universeFile === undefined ? undefined : await readDatedJson(disk, universeFile)
  if (universeFile !== undefined && file?.[day] === undefined)
    fail('E_NOTHING_FOUND', {
      subject: universeFile,
      detail: `no entry of ${day}`,
      next: 'check --universe and --date',
    })
  return {
    date: day,
    facts: { date: day, before, after, bans, contracts },
    listed: file?.[day] as readonly string[] | undefined,
    load: async (members, back, ahead) => {
      const days: DayBars[] = []
      for (let k = -back; k <= ahead; k++) {
        const d = addDays(day, k)
        const at = await dayTablePath(disk, dataDir, d)
        if (at === undefined) continue
        await read(at)
        const loaded = await loadDay(disk, at, d, members, true)
        if (loaded !== undefined) days.push(loaded)
      }
      return days
    },
    ids: () => ids,
  }
}

async function contractFacts(disk: Disk, path: string): Promise<Contracts> {
  const bytes = await disk.read(path)
  if (bytes === undefined) return {}
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Contracts
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
}

/** Members of a made-up market. */
const MADE_UP_SYMBOLS = 8

/** A made-up market with every defect of real ones; the same seed gives the same numbers. */
export function madeUpData(seed: string, before: number, after: number): ProofData {
  const date = parseDate('2026-02-10')
  const back = Math.max(1, before)
  const rows = (back + 1 + after) * DAY_MINUTES
  const bars = makePanel({ seed, symbols: MADE_UP_SYMBOLS, firstRow: dayRow(addDays(date, -back)), rows })
  const n = bars.symbols.length
  const days = Array.from({ length: back + 1 + after }, (_, d): DayBars => {
    const cells = n * DAY_MINUTES
    const present = new Uint8Array(new SharedArrayBuffer(cells))
    const fields: Record<string, Float64Array> = {}
    for (const [name, data] of Object.entries(bars.fields)) {
      if (data === undefined) continue
      const out = new Float64Array(new SharedArrayBuffer(8 * cells))
      for (let s = 0; s < n; s++)
        out.set(data.subarray(s * rows + d * DAY_MINUTES, s * rows + (d + 1) * DAY_MINUTES), s * DAY_MINUTES)
      out.forEach((v, i) => {
        if (!Number.isNaN(v)) present[i] = 1
      })
      fields[name] = out
    }
    return { date: addDays(date, d - back), symbols: bars.symbols, fields, present, offGrid: 0 }
  })
  const earlier = days.filter((d) => d.date < date)
  return {
    date,
    facts: {
      date,
      before: new Map(earlier.map((d) => [d.date, volumesOfBars(d)])),
      after: days.filter((d) => d.date >= date),
      bans: {},
      contracts: {},
    },
    listed: undefined,
    load: async () => days,
    ids: () => ({ 'made-up market': seed }),
  }
}
