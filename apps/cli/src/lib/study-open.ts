/** From a study file to everything a run of it needs. */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '@cointrader/core'
import { type Disk, readDatedJson } from '@cointrader/store'
import {
  environmentOverrides,
  flagOverride,
  planStudy,
  type ReadStudy,
  type Roots,
  readStudy,
  type Stage,
  type Study,
} from '@cointrader/study'
import { isModule, pluginSources } from './plugin-sources.js'

/** The compiled program that stages run. */
export const MAIN = join(dirname(fileURLToPath(import.meta.url)), '../main.js')

/** Reads a study file; paths in it begin in the folder of the file. */
export async function openStudy(disk: Disk, file: string, set: readonly string[]): Promise<ReadStudy> {
  const path = resolve(file)
  const bytes = await disk.read(path)
  if (bytes === undefined)
    fail('E_FILE_MISSING', { subject: file, next: 'give a study file; configs/studies holds three to start from' })
  const overrides = [...environmentOverrides(process.env), ...set.map(flagOverride)]
  return readStudy(new TextDecoder().decode(bytes), file, overrides)
}

/** The study with the files it names as absolute paths. */
export function withPaths(study: Study, base: string): Study {
  const at = (path: string) => (isAbsolute(path) ? path : resolve(base, path))
  const { features, source, backtest } = study
  return {
    ...study,
    source: { ...source, ...(source.folder === undefined ? {} : { folder: at(source.folder) }) },
    features: {
      ...features,
      plugins: features.plugins.map(at),
      ...(features.list === undefined ? {} : { list: at(features.list) }),
    },
    backtest:
      backtest === null || !isModule(backtest.strategy) ? backtest : { ...backtest, strategy: at(backtest.strategy) },
  }
}

/**
 * Copies the files a study names into its folder, and gives the study that names the copies: the folder can be taken to
 * another machine and run there.
 */
export async function portable(disk: Disk, study: Study, base: string, root: string): Promise<Study> {
  const copied = new Map<string, string>()
  const copy = async (path: string): Promise<string> => {
    const from = isAbsolute(path) ? path : resolve(base, path)
    const known = copied.get(from)
    if (known !== undefined) return known
    const bytes = await disk.read(from)
    if (bytes === undefined)
      fail('E_FILE_MISSING', { subject: from, next: 'check the study file; paths in it begin in its folder' })
    const name = [...copied.values()].includes(`files/${basename(from)}`)
      ? `files/${copied.size}-${basename(from)}`
      : `files/${basename(from)}`
    if (resolve(root, name) !== from) await disk.writeAtomic(join(root, name), bytes)
    copied.set(from, name)
    return name
  }
  /** A module with what it imports, in a folder of its own where there is more than one file. */
  const copyModule = async (path: string): Promise<string> => {
    const from = isAbsolute(path) ? path : resolve(base, path)
    const known = copied.get(from)
    if (known !== undefined) return known
    const files = (await pluginSources(disk, from, 'the study file; paths in it begin in its folder')).map(
      (s) => s.path,
    )
    if (files.length === 1) return copy(path)
    const common = commonFolder(files)
    const stem = basename(from).replace(/\.m?[jt]s$/, '')
    const taken = [...copied.values()].some((name) => name.startsWith(`files/${stem}/`))
    const folder = taken ? `files/${copied.size}-${stem}` : `files/${stem}`
    for (const file of files) {
      const to = join(root, folder, relative(common, file))
      if (to !== file) await disk.writeAtomic(to, (await disk.read(file))!)
    }
    const name = `${folder}/${relative(common, from).split(sep).join('/')}`
    copied.set(from, name)
    return name
  }
  const { features, backtest } = study
  const plugins: string[] = []
  for (const p of features.plugins) plugins.push(await copyModule(p))
  return {
    ...study,
    features: { ...features, plugins, ...(features.list === undefined ? {} : { list: await copy(features.list) }) },
    backtest:
      backtest === null || !isModule(backtest.strategy)
        ? backtest
        : { ...backtest, strategy: await copyModule(backtest.strategy) },
  }
}

/** The deepest folder that holds all of them. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!)
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))) folder = dirname(folder)
  return folder
}

/** A change in what a stage's plug-in imports is a change of the plug-in. */
export async function withImports(disk: Disk, stages: readonly Stage[]): Promise<Stage[]> {
  const known = new Map<string, readonly string[]>()
  const importsOf = async (file: string): Promise<readonly string[]> => {
    if (!isModule(file) || !(await disk.exists(file))) return []
    if (!known.has(file))
      known.set(
        file,
        (await pluginSources(disk, file)).map((s) => s.path),
      )
    return known.get(file)!
  }
  const out: Stage[] = []
  for (const stage of stages) {
    const imports = (await Promise.all(stage.files.map(importsOf))).flat()
    out.push({ ...stage, files: [...new Set([...stage.files, ...imports])] })
  }
  return out
}

/** Inside a study's folder: the archive it was last made from, when that was not the study file's. */
export const ARCHIVE_NOTE = '.run/archive'

export interface StudyPlace {
  readonly roots: Roots
  readonly stages: readonly Stage[]
  /** In place of the study file's. */
  readonly archive?: string | undefined
}

/** A URL as it is; a folder as an absolute path, because stages run elsewhere. */
export const absoluteArchive = (archive: string): string => (/^https?:/.test(archive) ? archive : resolve(archive))

export async function placeStudy(
  disk: Disk,
  study: Study,
  out: string,
  flags: { archive?: string | undefined; workers: number },
): Promise<StudyPlace> {
  const root = resolve(out)
  const given = flags.archive ?? (/^https?:/.test(study.source.archive) ? undefined : study.source.archive)
  const archive = given === undefined ? undefined : absoluteArchive(given)
  return {
    roots: { study: root, raw: study.source.folder ?? join(root, 'data') },
    // A stage of a run that was killed may still be on its way out.
    stages: await withImports(disk, planStudy(study, { archive, workers: flags.workers, wait: 60 })),
    archive,
  }
}

/** Members of the universe over some days, sorted. */
export async function membersOf(disk: Disk, root: string, top: number, dates: readonly string[]): Promise<string[]> {
  const path = join(root, 'data', `top${top}_universe.json`)
  const universe = (await readDatedJson(disk, path)) as Readonly<Record<string, readonly string[]>>
  const out = new Set<string>()
  for (const date of dates) for (const symbol of universe[date] ?? []) out.add(symbol)
  if (out.size === 0)
    fail('E_NOTHING_FOUND', {
      subject: path,
      detail: 'no symbol is a member on any test day',
      next: 'see top…_universe_reasons.json for why; fetch more symbols or more days before',
    })
  return [...out].sort()
}
