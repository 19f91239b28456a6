/** Where the shared data is. Tests that need it skip with a printed reason without it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** The columns of a gzipped CSV as text. */
export function csvText(path: string): Map<string, string[]> {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split(/\r?\n/)
  const cells = lines.slice(1).map((line) => line.split(','))
  return new Map(lines[0]!.split(',').map((name, c) => [name, cells.map((row) => row[c]!)]))
}

/** Text of a golden cell as a number; an empty cell is NaN. */
export const cell = (text: string): number => (text === '' ? Number.NaN : Number(text))
