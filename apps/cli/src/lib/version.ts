/** The version of the program, and the commit its checkout is at: read from files, git is not run. */
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const VERSION = '0.1.0'

/** The checkout this file is part of (`apps/cli/dist/lib` lies four folders below). */
export const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** Text of a file, or undefined where it cannot be read. */
export type ReadText = (path: string) => Promise<string | undefined>

export const readTextFile: ReadText = (path) => readFile(path, 'utf8').catch(() => undefined)

/** SHA-1 or SHA-256 object names. */
const OBJECT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/
/** HEAD points to a branch, and a branch may point on; git follows no longer chains either. */
const MOST_LINKS = 5

/**
 * The full commit id of the checkout at `root`, or undefined where there is none (an unpacked archive, a branch without
 * a commit, a store of another format). Knows loose and packed references, detached heads, and the `.git` file of
 * worktrees and submodules (gitrepository-layout(5)). Changes that are not committed cannot be seen this way.
 */
export async function sourceCommit(read: ReadText, root: string): Promise<string | undefined> {
  const dotGit = join(root, '.git')
  const pointer = /^gitdir: (.+)$/m.exec((await read(dotGit)) ?? '')?.[1]?.trim()
  const gitDir = pointer === undefined ? dotGit : isAbsolute(pointer) ? pointer : join(root, pointer)
  // A worktree has a HEAD of its own and shares the branches.
  const common = (await read(join(gitDir, 'commondir')))?.trim()
  const commonDir = common === undefined ? gitDir : isAbsolute(common) ? common : join(gitDir, common)
  let text = (await read(join(gitDir, 'HEAD')))?.trim()
  for (let i = 0; i < MOST_LINKS && text !== undefined; i++) {
    if (OBJECT.test(text)) return text
    const name = /^ref: (refs\/\S+)$/.exec(text)?.[1]
    if (name === undefined || name.includes('..')) return undefined
    text = ((await read(join(gitDir, name))) ?? (await read(join(commonDir, name))))?.trim()
    if (text === undefined) {
      const packed = (await read(join(commonDir, 'packed-refs'))) ?? ''
      text = packed
        .split('\n')
        .find((line) => line.endsWith(` ${name}`))
        ?.split(' ')[0]
    }
  }
  return undefined
}

export interface VersionFacts {
  readonly version: string
  /** Full commit id, or null where the checkout has none. */
  readonly commit: string | null
  readonly node: string
}

export async function versionFacts(): Promise<VersionFacts> {
  const commit = (await sourceCommit(readTextFile, CHECKOUT)) ?? null
  return { version: VERSION, commit, node: process.version }
}

/** `cointrader 0.1.0 (commit abc1234, node v20.19.0)` */
export function versionText({ version, commit, node }: VersionFacts): string {
  return `cointrader ${version} (commit ${commit?.slice(0, 7) ?? 'unknown'}, node ${node})`
}
