/** Temp folders, the compiled command line, and tree comparison for the end-to-end tests. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

export const MAIN = join(dirname(fileURLToPath(import.meta.url)), '../dist/main.js')

const made: string[] = []
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-cli-'))
  made.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `cointrader …`; `onStart` may keep the process to kill it. */
export function cointrader(
  args: readonly string[],
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (d) => (stdout += d))
    child.stderr.on('data', (d) => (stderr += d))
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    onStart?.((signal) => child.kill(signal))
  })
}

/** Hash of every file below `folder` except the scratch folder `.run`. */
export function treeOf(folder: string): Record<string, string> {
  const out: Record<string, string> = {}
  const walk = (at: string): void => {
    for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
      const path = at ? `${at}/${entry.name}` : entry.name
      if (path === '.run') continue
      if (entry.isDirectory()) walk(path)
      else
        out[path] = createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex')
    }
  }
  walk('')
  return out
}
