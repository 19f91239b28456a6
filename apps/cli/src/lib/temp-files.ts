/** Temporary folders, and unfinished writes on the real disk (the store's listing hides those from readers). */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RUN_FOLDER, TEMP_SUFFIX } from '@cointrader/store'

/** Paths of `*.tmp` files below `folder`, relative to it, sorted; scratch of `.run/` aside. */
export async function tempFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(TEMP_SUFFIX) && !name.startsWith(`${RUN_FOLDER}/`))
    .sort()
}

/** A new folder of the system's temporary folder. */
export const makeTempFolder = (prefix: string): Promise<string> => mkdtemp(join(tmpdir(), prefix))

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
