/** User modules with feature definitions: TypeScript or JavaScript, from anywhere on this disk. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, sha256 } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { pluginSources, type SourceFile, sourcesHash } from './plugin-sources.js'

/** The last line of a prepared module: whose text it is. An error inside names the prepared file (`userCode`). */
const MADE_FROM = '// made from '

/** The user's file and line (of the text without types) an error comes from, or undefined when it is ours. */
export async function userCode(error: unknown): Promise<string | undefined> {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = /file:\/\/(\S*cointrader-plugins-[^:\s]+\.mjs):(\d+)/.exec(stack)
  if (at === null) return undefined
  const text = await readFile(decodeURIComponent(at[1]!), 'utf8').catch(() => '')
  const from = text.split('\n').findLast((l) => l.startsWith(MADE_FROM))
  return from === undefined ? undefined : `${from.slice(MADE_FROM.length)}, near line ${at[2]}`
}

/** A module that any thread can import, and the hash of its source (and of what it imports). */
export interface PluginModule {
  readonly url: string
  readonly sha256: string
}

/**
 * Prepares plug-in files for import, with what they import: types are stripped, and imports are made absolute, so that the
 * files may lie outside this installation. Errors: those of `pluginSources`.
 */
export async function pluginModules(disk: Disk, files: readonly string[], flag = '--plugin'): Promise<PluginModule[]> {
  const folder = join(tmpdir(), `cointrader-plugins-${process.getuid?.() ?? 0}`)
  const out: PluginModule[] = []
  for (const file of files) {
    const sources = await pluginSources(disk, file, flag)
    const urls = new Map<string, string>()
    for (const one of sources) urls.set(one.path, await prepared(one, urls, folder))
    out.push({ url: urls.get(sources.at(-1)!.path)!, sha256: sourcesHash(sources) })
  }
  return out
}

/** Writes the module unless it is there: its name tells its content, and other processes may be importing it. */
async function prepared(file: SourceFile, urls: ReadonlyMap<string, string>, folder: string): Promise<string> {
  let code = file.code
  for (const { name, at, file: target } of [...file.imports].sort((a, b) => b.at - a.at))
    code =
      code.slice(0, at) +
      (target === undefined ? import.meta.resolve(name) : urls.get(target)!) +
      code.slice(at + name.length)
  code = `${code}\n${MADE_FROM}${file.path}\n`
  const path = join(folder, `${sha256(code).slice(0, 32)}.mjs`)
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== code) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const scratch = `${path}.${process.pid}.${scratches++}`
      await writeFile(scratch, code)
      await rename(scratch, path)
    } catch (error) {
      fail('E_DISK', { subject: path, detail: (error as Error).message, cause: error })
    }
  }
  return pathToFileURL(path).href
}

let scratches = 0
