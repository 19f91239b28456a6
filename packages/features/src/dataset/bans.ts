/**
 * `global_ban_dates.json` (RP-21, RP-43): dates without a table, and per date the features with a NaN or infinite cell.
 * Our loaders do not need it (a bad cell is treated where it is, an absent file is absent); it is kept for comparison and
 * for people. Unlike the original's, a refreshed file lets a date recover (RP-D20).
 */
import { fail, parseDate, type UtcDate } from '@cointrader/core'
import { type Disk, datedJsonText } from '@cointrader/store'

export interface GlobalBanDates {
  readonly missing_dates: readonly UtcDate[]
  readonly nan_dates: Readonly<Record<UtcDate, readonly string[]>>
}

export const GLOBAL_BAN_DATES = 'global_ban_dates.json'

/** Checks the shape. Error `E_FILE_CORRUPT` naming the entry. */
export function parseBanDates(text: string, subject: string): GlobalBanDates {
  const bad = (detail: string): never => fail('E_FILE_CORRUPT', { subject, detail })
  let value: { missing_dates?: unknown; nan_dates?: unknown } | null
  try {
    value = JSON.parse(text)
  } catch (error) {
    return bad((error as Error).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('not a JSON object')
  const { missing_dates: missing, nan_dates: nan } = value
  if (!Array.isArray(missing)) return bad('missing_dates is not a list')
  if (typeof nan !== 'object' || nan === null || Array.isArray(nan)) return bad('nan_dates is not an object')
  const date = (text: unknown, place: string): UtcDate => {
    try {
      return parseDate(String(text))
    } catch {
      return bad(`${place}: ${JSON.stringify(text)} is not a date YYYY-MM-DD`)
    }
  }
  const missingDates = missing.map((text, i) => date(text, `missing_dates[${i}]`))
  const nanDates: Record<UtcDate, readonly string[]> = {}
  for (const [key, columns] of Object.entries(nan as Record<string, unknown>)) {
    if (!Array.isArray(columns) || !columns.every((c) => typeof c === 'string')) {
      bad(`nan_dates["${key}"] is not a list of column names`)
    }
    nanDates[date(key, 'nan_dates')] = columns as string[]
  }
  return { missing_dates: [...new Set(missingDates)].sort(), nan_dates: nanDates }
}

/** Dates ascending, columns in the order given. Equal content gives equal bytes. */
export function banDatesText(bans: GlobalBanDates): string {
  return datedJsonText({ missing_dates: [...bans.missing_dates].sort(), nan_dates: { ...bans.nan_dates } })
}

/** Reads the file; undefined when it is not there. */
export async function readBanDates(disk: Disk, path: string): Promise<GlobalBanDates | undefined> {
  const bytes = await disk.read(path)
  return bytes === undefined ? undefined : parseBanDates(new TextDecoder().decode(bytes), path)
}

/**
 * `before` with everything known about the `audited` dates replaced by what the audit found: a date whose table has come
 * since, or was rebuilt clean, leaves the lists. Other dates keep their entries.
 */
export function refreshBanDates(
  before: GlobalBanDates | undefined,
  found: GlobalBanDates,
  audited: readonly UtcDate[],
): GlobalBanDates {
  const fresh = new Set<string>(audited)
  const kept = (before?.missing_dates ?? []).filter((date) => !fresh.has(date))
  const nan = Object.entries(before?.nan_dates ?? {}).filter(([date]) => !fresh.has(date))
  return {
    missing_dates: [...new Set([...kept, ...found.missing_dates])].sort(),
    nan_dates: { ...Object.fromEntries(nan), ...found.nan_dates },
  }
}

/** Refreshes the file with an audit's result and returns its new content. */
export async function updateBanDates(
  disk: Disk,
  path: string,
  found: GlobalBanDates,
  audited: readonly UtcDate[],
): Promise<GlobalBanDates> {
  const after = refreshBanDates(await readBanDates(disk, path), found, audited)
  await disk.writeAtomic(path, banDatesText(after))
  return after
}
