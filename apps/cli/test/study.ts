/** A small study, its archive, and runs of it with faults: for the tests of run, reproduce and retrain. */
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeDisk } from '@cointrader/store'
import { expect } from 'vitest'
import { cointrader, type Ended, tempFolder, treeOf } from './helpers.js'

const HOOK = join(dirname(fileURLToPath(import.meta.url)), 'faulty-disk.mjs')

/** An archive folder of a synthetic market. */
export async function archiveFolder(seed: string, symbols: number, days: number): Promise<string> {
  const folder = join(tempFolder(), 'archive')
  const made = await cointrader([
    ...['sim', '--seed', seed, '--symbols', String(symbols), '--start-date', '2026-02-01', '--days', String(days)],
    ...['--write-archive', folder, '--kinds', 'klines,premium,metrics'],
  ])
  expect(made.code, made.stderr).toBe(0)
  return folder
}

export const SMALL = `
study: small
title: Five symbols, four days
source: { kinds: [klines, premium, metrics] }
range: { start: 2026-02-01, end: 2026-02-04 }
universe: { size: 5 }
features: { windows: [1, 5] }
labels: { horizons: [5], target: y_5m }
folds:
  - train: { start: 2026-02-02, end: 2026-02-02 }
    valid: { start: 2026-02-03, end: 2026-02-03 }
    test: { start: 2026-02-04, end: 2026-02-04 }
models:
  - { name: trees, family: lgbm, params: { num_leaves: 7, min_data_in_leaf: 200 }, rounds: 20, early_stopping: 0 }
backtest: { holding_bars: 6, long: 1, short: 1, baselines: [momentum] }
retrain: { train_days: 2, valid_days: 1, test_days: 1, beat_baseline: false, confidence: 0.5, max_age_hours: 48 }
`

export function studyFile(text: string): string {
  const path = join(tempFolder(), 'study.yaml')
  writeFileSync(path, text)
  return path
}

export interface Fault {
  /** Number of the finished write at which the run is killed. */
  readonly killAt?: number
  /** Writes to paths like this find the disk full. */
  readonly full?: string
}

/** Runs the program with faults; `writes` is how many writes were finished, over all its processes. */
export async function faulty(args: readonly string[], fault: Fault): Promise<Ended & { writes: number }> {
  const counter = join(tempFolder(), 'writes')
  writeFileSync(counter, '')
  const ended = await cointrader(args, undefined, {
    NODE_OPTIONS: `--import=${HOOK}`,
    ...(fault.full === undefined ? {} : { FAULT_FULL: fault.full }),
    FAULT_COUNTER: counter,
    FAULT_KILL_AT: String(fault.killAt ?? -1),
  })
  return { ...ended, writes: existsSync(counter) ? statSync(counter).size : 0 }
}

/** Hash of every artefact below a folder; locks, logs and caches aside. */
export function artefactsOf(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(treeOf(folder)).filter(([path]) => !/(^|\/)\.run\//.test(path)))
}

export const readJson = async (path: string): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode((await nodeDisk.read(path))!))
