/** Where the shared data is, and temp folders. Tests that need shared data skip with a printed reason without it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manualClock, silentProgress } from '@cointrader/core'
import { type FetchRequest, fetchPool, fetchRange, folderArchive } from '@cointrader/fetcher'
import { nodeDisk } from '@cointrader/store'
import { afterAll } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')

/** A path below the shared folder, or undefined (and a printed line) when it is not on this machine. */
export function shared(path: string): string | undefined {
  const full = resolve(root, process.env.COINTRADER_SHARED ?? '../shared', path)
  if (existsSync(full)) return full
  console.log(`skipped: no ${full} (set COINTRADER_SHARED to the folder with the shared data)`)
  return undefined
}

const made: string[] = []
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-test-'))
  made.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export const requestDefaults: Omit<FetchRequest, 'startDate' | 'endDate'> = {
  symbols: null,
  kinds: ['klines'],
  route: 'auto',
  interval: '1m',
  market: 'um',
  allowUnverified: false,
  compat: null,
  maxMetricsAgeMs: 600_000,
}

/** Fetches from a folder in this thread, at an instant long after the data. */
export function fetchFolder(request: FetchRequest, archive: string, dataDir: string) {
  return fetchRange(request, {
    disk: nodeDisk,
    clock: manualClock(Date.UTC(2026, 10, 1)),
    nowMs: Date.UTC(2026, 10, 1),
    source: folderArchive(nodeDisk, archive),
    rest: undefined,
    pool: fetchPool(0),
    workers: 1,
    progress: silentProgress,
    log: { write: async () => {} },
    signal: new AbortController().signal,
    dataDir,
    codeVersion: 'test',
  })
}
