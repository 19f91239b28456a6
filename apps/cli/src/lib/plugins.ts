/** User modules with feature definitions: TypeScript or JavaScript, from anywhere on this disk. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, sha256 } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

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

/** A module that any thread can import, and the hash of its source. */
export interface PluginModule {
  readonly url: string
  readonly sha256: string
}

/**
 * Prepares plug-in files for import: types are stripped (checking them is the author's compiler's business), and imports
 * of `@cointrader/…` and of relative files are made absolute, so that the file may lie outside this installation. Errors
 * `E_FILE_MISSING`, `E_CONFIG` for text that is not TypeScript.
 */
export async function pluginModules(disk: Disk, files: readonly string[], flag = '--plugin'): Promise<PluginModule[]> {
  const out: PluginModule[] = []
  for (const file of files) {
    const path = resolve(file)
    const bytes = await disk.read(path)
    if (bytes === undefined) fail('E_FILE_MISSING', { subject: file, next: `check ${flag}` })
    const source = new TextDecoder().decode(bytes)
    const code = `${rewriteImports(await stripTypes(source, path), path)}\n${MADE_FROM}${path}\n`
    const id = sha256(source)
    const folder = join(tmpdir(), `cointrader-plugins-${process.getuid?.() ?? 0}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const made = join(folder, `${sha256(code).slice(0, 32)}.mjs`)
    await writeFile(made, code)
    out.push({ url: pathToFileURL(made).href, sha256: id })
  }
  return out
}

async function stripTypes(source: string, path: string): Promise<string> {
  if (extname(path) !== '.ts' && extname(path) !== '.mts') return source
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

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])((?:@cointrader\/|\.{1,2}\/)[^'"]+)\2/g

function rewriteImports(code: string, path: string): string {
  return code.replace(SPECIFIER, (_, before: string, quote: string, name: string) => {
    const target = name.startsWith('.') ? pathToFileURL(join(dirname(path), name)).href : import.meta.resolve(name)
    return `${before}${quote}${target}${quote}`
  })
}
