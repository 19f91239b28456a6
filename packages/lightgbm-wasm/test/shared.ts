/** Where the shared data is. Tests that need it skip with a printed reason without it. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

type Reader = {
  asyncBufferFromFile(path: string): Promise<unknown>
  parquetReadObjects(options: { file: unknown; columns?: string[] }): Promise<Record<string, unknown>[]>
}

/** Rows of a Parquet file, by the reader of the store package (this package has no dependency); undefined without it. */
export async function readParquet(path: string): Promise<Record<string, unknown>[] | undefined> {
  const module = join(root, 'packages/store/node_modules/hyparquet/src/node.js')
  if (!existsSync(module)) {
    console.log(`skipped: no ${module} to read Parquet with`)
    return undefined
  }
  const { asyncBufferFromFile, parquetReadObjects } = (await import(pathToFileURL(module).href)) as Reader
  return parquetReadObjects({ file: await asyncBufferFromFile(path) })
}
