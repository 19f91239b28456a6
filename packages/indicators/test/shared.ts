/** Where the shared data is. Tests that need it skip with a printed reason without it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

/** The numeric columns of a gzipped CSV; an empty cell is NaN. */
export function csvColumns(path: string): Map<string, Float64Array> {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split(/\r?\n/)
  const names = lines[0]!.split(',')
  const columns = names.map(() => new Float64Array(lines.length - 1))
  for (let i = 1; i < lines.length; i++) {
    const cells = lines[i]!.split(',')
    for (let c = 0; c < names.length; c++) columns[c]![i - 1] = cells[c] === '' ? Number.NaN : Number(cells[c])
  }
  return new Map(names.map((name, c) => [name, columns[c]!]))
}
