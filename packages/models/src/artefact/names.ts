/** Names of the models below a root, and what to say when a wanted one is not among them. */
import { join } from 'node:path'
import { didYouMean, fail } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

const VERSION = /^[0-9a-f]{12}$/

/** Whether the text can be a version: the first 12 hexadecimal digits of a model's id. */
export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

/** Names below the root that hold a version or a pointer. Sorted. */
export async function modelNames(disk: Disk, root: string): Promise<string[]> {
  const out: string[] = []
  for (const entry of await disk.list(root)) {
    if (!entry.endsWith('/') || entry.startsWith('.')) continue
    const inside = await disk.list(join(root, entry))
    if (inside.some((one) => one === 'active.json' || one === 'latest.json' || isVersion(one.replace(/\/$/, ''))))
      out.push(entry.slice(0, -1))
  }
  return out
}

/** Ends with `E_FILE_MISSING`: no model of this name, and which one was perhaps meant. */
export async function failNoModel(disk: Disk, root: string, name: string): Promise<never> {
  // One whose pointer is there and whose versions are gone is no help.
  const names = (await modelNames(disk, root)).filter((one) => one !== name)
  fail('E_FILE_MISSING', {
    subject: name,
    detail: `no model ${name} in ${root}${names.length === 0 ? '' : didYouMean(name, names)}`,
    next:
      names.length === 0
        ? 'train one, or check --models-dir'
        : 'cointrader models list shows what is there; check --models-dir',
  })
}
