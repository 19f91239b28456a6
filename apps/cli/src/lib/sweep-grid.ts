/** The grid of a sweep, from a file or the built-in one. */
import { resolve } from 'node:path'
import {
  combinations,
  gridProblems,
  SWEEP_GRID,
  type SweepGrid,
  type SweepParams,
} from '@cointrader/backtest/sweep/index'
import { fail, nearest } from '@cointrader/core'
import type { Context } from '../context.js'

/** Combinations beyond which a grid is more likely a slip of the pen, and luck more likely than skill. */
const MOST_CELLS = 20_000

/**
 * Reads `{"parameter": [values…], …}`; the first parameter is outermost. Without a file the 324 combinations of TB-05.13.
 * Errors `E_FILE_MISSING`; `E_CONFIG` naming everything that is wrong, misspelt names with the nearest known one.
 */
export async function readGrid(
  ctx: Context,
  path: string | undefined,
  known: readonly string[],
): Promise<{ readonly grid: SweepGrid; readonly cells: readonly SweepParams[] }> {
  const grid =
    path === undefined
      ? Object.fromEntries(Object.entries(SWEEP_GRID).filter(([name]) => known.includes(name)))
      : await parsed(ctx, path, known)
  const size = Object.values(grid).reduce((n, values) => n * values.length, 1)
  if (size > MOST_CELLS)
    fail('E_CONFIG', { subject: path ?? 'grid', detail: `${size} combinations, at most ${MOST_CELLS}` })
  return { grid, cells: combinations(grid) }
}

async function parsed(ctx: Context, path: string, known: readonly string[]): Promise<SweepGrid> {
  const bytes = await ctx.disk.read(resolve(path))
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path, next: 'check --grid' })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    fail('E_CONFIG', { subject: path, detail: (error as Error).message, cause: error })
  }
  const wrong: string[] = []
  const grid: Record<string, readonly number[]> = {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('E_CONFIG', { subject: path, detail: 'not an object of lists', next: 'write {"atr_sl_mult": [1, 1.5], …}' })
  }
  for (const [name, values] of Object.entries(value)) {
    if (!known.includes(name)) wrong.push(`${name}: not a parameter (did you mean "${nearest(name, known)}"?)`)
    else if (!Array.isArray(values) || !values.every((v) => typeof v === 'number' && Number.isFinite(v)))
      wrong.push(`${name}: not a list of numbers`)
    else grid[name] = values as number[]
  }
  if (Object.keys(value).length === 0) wrong.push('no parameter')
  wrong.push(...gridProblems(grid))
  if (wrong.length > 0) {
    fail('E_CONFIG', { subject: path, detail: wrong.join('; '), next: `parameters are ${known.join(', ')}` })
  }
  return grid
}
