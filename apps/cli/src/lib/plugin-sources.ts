/** The text of a user's module and of every file it imports: together they are the plug-in. */
import { dirname, extname, join, relative, resolve } from 'node:path'
import { contentId, fail, sha256 } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

/** An import of a relative file or of a package of ours, by its place in {@link SourceFile.code}. */
interface Import {
  readonly name: string
  /** Of the first letter of the name. */
  readonly at: number
  /** The file it means; undefined for a package. */
  readonly file: string | undefined
}

export interface SourceFile {
  /** Absolute. */
  readonly path: string
  readonly sha256: string
  /** Without types. */
  readonly code: string
  readonly imports: readonly Import[]
}

const TYPED = ['.ts', '.mts']

/** Whether a setting names a module, not one of our own by its name. */
export const isModule = (name: string): boolean => /\.(ts|mts|js|mjs)$/.test(name)

/**
 * The file and what it imports by relative paths, each once, imported before importing; the file itself is last. Types are
 * stripped: checking them is the author's compiler's business. `flag` is named when the file is not there. Errors
 * `E_FILE_MISSING`, `E_CONFIG` for text that is not TypeScript or files that import each other in a circle.
 */
export async function pluginSources(disk: Disk, file: string, flag = '--plugin'): Promise<SourceFile[]> {
  const done = new Map<string, SourceFile>()
  const open: string[] = []
  const visit = async (path: string, bytes: Uint8Array): Promise<void> => {
    open.push(path)
    const source = new TextDecoder().decode(bytes)
    const code = await stripTypes(source, path)
    const imports: Import[] = []
    for (const { name, at } of await importsOf(code)) {
      if (!/^\.{1,2}\//.test(name)) {
        imports.push({ name, at, file: undefined })
        continue
      }
      const target = await findImport(disk, join(dirname(path), name))
      if (target === undefined)
        fail('E_FILE_MISSING', { subject: path, detail: `it imports ${name}, which is not there` })
      if (open.includes(target.path))
        fail('E_CONFIG', { subject: path, detail: `it imports ${name}, which imports it again` })
      if (!done.has(target.path)) await visit(target.path, target.bytes)
      imports.push({ name, at, file: target.path })
    }
    open.pop()
    done.set(path, { path, sha256: sha256(source), code, imports })
  }
  const path = resolve(file)
  const bytes = await disk.read(path)
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: file, next: `check ${flag}` })
  await visit(path, bytes)
  return [...done.values()]
}

/** Hash of a plug-in: that of its text, or of all its texts by their places to each other. */
export function sourcesHash(sources: readonly SourceFile[]): string {
  const entry = sources.at(-1)!
  if (sources.length === 1) return entry.sha256
  const place = (path: string) => relative(dirname(entry.path), path).replaceAll('\\', '/')
  return contentId(sources.map((s): [string, string] => [place(s.path), s.sha256]).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `./x.js` may mean `x.ts`, as TypeScript has it written. */
async function findImport(disk: Disk, path: string): Promise<{ path: string; bytes: Uint8Array } | undefined> {
  for (const candidate of [path, path.replace(/\.(m?)js$/, '.$1ts')]) {
    const bytes = isModule(candidate) ? await disk.read(candidate) : undefined
    if (bytes !== undefined) return { path: candidate, bytes }
  }
  return undefined
}

async function stripTypes(source: string, path: string): Promise<string> {
  if (!TYPED.includes(extname(path))) return source
  const { default: ts } = await import('typescript')
  const { outputText, diagnostics } = ts.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  })
  const first = diagnostics?.[0]
  if (first !== undefined) {
    const line = first.file?.getLineAndCharacterOfPosition(first.start ?? 0).line ?? 0
    fail('E_CONFIG', {
      subject: `${path}:${line + 1}`,
      detail: ts.flattenDiagnosticMessageText(first.messageText, ' '),
    })
  }
  return outputText
}

/** Imports of relative files and of our packages. */
async function importsOf(code: string): Promise<{ name: string; at: number }[]> {
  // Most plug-ins import one of our packages; one without any word of an import needs no compiler.
  if (!/\b(?:import|from)\b/.test(code)) return []
  const { default: ts } = await import('typescript')
  return ts
    .preProcessFile(code, true, true)
    .importedFiles.filter(({ fileName }) => /^(?:\.{1,2}\/|@cointrader\/)/.test(fileName))
    .map(({ fileName, pos }) => ({ name: fileName, at: code.indexOf(fileName, pos) }))
}
