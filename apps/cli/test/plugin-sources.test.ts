/** A plug-in is its file and what that imports: read, hashed, prepared, copied and watched as one. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '@cointrader/core'
import { nodeDisk } from '@cointrader/store'
import { planStudy, readStudy, type Study } from '@cointrader/study'
import { describe, expect, it } from 'vitest'
import { pluginSources, sourcesHash } from '../dist/lib/plugin-sources.js'
import { pluginModules } from '../dist/lib/plugins.js'
import { portable, withImports, withPaths } from '../dist/lib/study-open.js'
import { tempFolder } from './helpers.js'
import { SMALL } from './study.js'

const ENTRY = `// import nothing from './not-there.js'
import { defineFeature } from '@cointrader/features'
import type { Never } from './types-only.js'
import { TWICE } from './lib/twice.js'
const text: string = "import x from './nor-this.js'"
export default defineFeature({
  type: 'Twice', title: text, unit: '1', windows: (w: number) => w > 1, inputs: ['close'],
  build: (x, w) => x.map('twice', [x.mean(x.input('close'), w)], (v) => TWICE(v)),
})
`
const FILES: Record<string, string> = {
  'mine/entry.ts': ENTRY,
  'mine/lib/twice.ts':
    "import { TWO } from '../../shared/two.mjs'\nexport const TWICE = (v: number): number => TWO * v\n",
  'shared/two.mjs': 'export const TWO = 2\n',
}

function written(files: Record<string, string>, folder = tempFolder()): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const hashOf = async (folder: string) => sourcesHash(await pluginSources(nodeDisk, join(folder, 'mine/entry.ts')))

describe('the sources of a plug-in', () => {
  it('are its file and what it imports, imported first; words in comments and texts import nothing', async () => {
    const folder = written(FILES)
    const sources = await pluginSources(nodeDisk, join(folder, 'mine/entry.ts'))
    expect(sources.map((s) => s.path)).toEqual(
      ['shared/two.mjs', 'mine/lib/twice.ts', 'mine/entry.ts'].map((name) => join(folder, name)),
    )
  })

  it('have the hash of the text when it is one file, and one that any of the files changes when there are more', async () => {
    const alone = written({ 'mine/entry.ts': 'export default []\n' })
    expect(await hashOf(alone)).toBe(sha256('export default []\n'))
    const first = await hashOf(written(FILES))
    // Where they lie does not count, how they lie to each other does.
    expect(await hashOf(written(FILES))).toBe(first)
    const hashes = [first]
    for (const name of Object.keys(FILES))
      hashes.push(await hashOf(written({ ...FILES, [name]: `${FILES[name]}// changed\n` })))
    expect(new Set(hashes).size).toBe(4)
  })

  it('refuses what is not there and what imports itself, by name', async () => {
    const circle = { 'mine/entry.ts': "import './other.js'\n", 'mine/other.ts': "import './entry.js'\n" }
    await expect(hashOf(written(circle))).rejects.toThrow(
      /E_CONFIG: .*other\.ts.*\.\/entry\.js, which imports it again/,
    )
    const { 'shared/two.mjs': _, ...without } = FILES
    await expect(hashOf(written(without))).rejects.toThrow(
      /E_FILE_MISSING: .*twice\.ts.*shared\/two\.mjs, which is not there/,
    )
    await expect(hashOf(written({ 'mine/entry.ts': 'const = 1\n' }))).rejects.toThrow(/E_CONFIG: .*entry\.ts:1/)
  })
})

it('a prepared module runs with what it imports, and sees a change in it', async () => {
  const apply = async (folder: string): Promise<unknown> => {
    const [module] = await pluginModules(nodeDisk, [join(folder, 'mine/entry.ts')])
    const feature = (await import(module!.url)).default
    let map: ((v: number) => number) | undefined
    feature.build({ map: (_: string, __: unknown, f: typeof map) => (map = f), mean: () => 0, input: () => 0 }, 5)
    return map!(21)
  }
  expect(await apply(written(FILES))).toBe(42)
  const thrice = { ...FILES, 'shared/two.mjs': 'export const TWO = 3\n' }
  expect(await Promise.all([apply(written(thrice)), apply(written(thrice))])).toEqual([63, 63])
})

describe('a study with such a plug-in', () => {
  const study = (plugins: string[]): Study => {
    const { study } = readStudy(SMALL, 'study.yaml')
    return { ...study, features: { ...study.features, plugins } }
  }

  it('is copied with what the plug-in imports, and copied onto itself changes nothing', async () => {
    const folder = written(FILES)
    const root = tempFolder()
    const kept = await portable(nodeDisk, study(['mine/entry.ts']), folder, root)
    expect(kept.features.plugins).toEqual(['files/entry/mine/entry.ts'])
    expect(readdirSync(join(root, 'files/entry'), { recursive: true }).sort()).toEqual([
      ...['mine', 'mine/entry.ts', 'mine/lib', 'mine/lib/twice.ts', 'shared', 'shared/two.mjs'],
    ])
    const copy = join(root, 'files/entry/mine/entry.ts')
    expect(sourcesHash(await pluginSources(nodeDisk, copy))).toBe(await hashOf(folder))
    expect((await portable(nodeDisk, kept, root, root)).features.plugins).toEqual(kept.features.plugins)
    // One file by itself stays what it was: a file beside the others.
    const alone = await portable(nodeDisk, study(['shared/two.mjs']), folder, tempFolder())
    expect(alone.features.plugins).toEqual(['files/two.mjs'])
  })

  it('counts the imported files among those a stage depends on', async () => {
    const folder = written(FILES)
    const plan = planStudy(withPaths(study(['mine/entry.ts']), folder), { workers: 1, wait: 0 })
    const stages = await withImports(nodeDisk, plan)
    const files = (id: string) => stages.find((s) => s.id === id)!.files
    expect(files('build-xy')).toEqual(
      ['mine/entry.ts', 'shared/two.mjs', 'mine/lib/twice.ts'].map((name) => join(folder, name)),
    )
    expect(files('fetch')).toEqual([])
  })
})
