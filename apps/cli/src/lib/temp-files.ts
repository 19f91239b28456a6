/** Unfinished writes on the real disk: the store's listing hides them from readers, so this looks for itself. */
import { readdir } from 'node:fs/promises'
import { RUN_FOLDER, TEMP_SUFFIX } from '@cointrader/store'

/** Paths of `*.tmp` files below `folder`, relative to it, sorted; scratch of `.run/` aside. */
export async function tempFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(TEMP_SUFFIX) && !name.startsWith(`${RUN_FOLDER}/`))
    .sort()
}
