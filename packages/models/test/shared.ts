/** The shared golden data: present on developers' machines, absent elsewhere. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const SHARED = resolve(process.env.COINTRADER_SHARED ?? '../shared')

/** Path below the shared folder, or undefined (with the reason printed) where it is absent. */
export function shared(path: string): string | undefined {
  const full = join(SHARED, path)
  if (existsSync(full)) return full
  console.log(`skipped: ${full} is not there (set COINTRADER_SHARED to the folder of shared data)`)
  return undefined
}
