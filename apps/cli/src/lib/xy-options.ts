/** Options that build-xy, x and y share, and how they become a build. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, paths, type UtcDate } from '@cointrader/core'
import {
  ALL_WINDOWS,
  type BuildSpec,
  buildXy,
  type DayReport,
  DEFAULT_HORIZONS,
  DEFAULT_WINDOWS,
  type Generator,
  readRules,
} from '@cointrader/features'
import { dayTablePath } from '@cointrader/preprocessor'
import { readDatedJson } from '@cointrader/store'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'
import { pluginModules } from './plugins.js'

export interface XyOptions {
  top: number
  windows: readonly number[]
  yWindows: readonly number[]
  how: 'inner' | 'left' | 'right'
  priceCol: string
  generator: Generator
  universe?: string
  dataDir: string
  outDir?: string
  workers: number
  float: 32 | 64
  plugin: string[]
  compat?: 'research' | 'seed'
  wait: number
  json?: boolean
}

export const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('give a whole number from 1')
  return n
}

const seconds = (text: string): number => {
  const n = Number(text)
  if (!(n >= 0)) throw new InvalidArgumentError('give a number of zero or more')
  return n
}

/** `1,5,15` or `all`. */
export const minutes = (text: string): number[] => {
  if (text === 'all') return [...ALL_WINDOWS]
  const list = text.split(',').map(Number)
  if (list.some((n) => !Number.isInteger(n) || n < 1) || new Set(list).size !== list.length)
    throw new InvalidArgumentError('give distinct whole minutes, for example 1,5,15')
  return list.sort((a, b) => a - b)
}

const float = (text: string): 32 | 64 => {
  if (text === '32') return 32
  if (text === '64') return 64
  throw new InvalidArgumentError('give 32 or 64')
}

const collect = (text: string, before: string[]): string[] => [...before, text]

/** Adds the shared options. */
export function addXyOptions(command: Command, top: number): Command {
  return command
    .option('--top <n>', 'size of the universe (names the universe file and the outputs)', count, top)
    .option('--windows <list>', 'feature windows in minutes, or "all" for the ten of the research pipeline', minutes, [
      ...DEFAULT_WINDOWS,
    ])
    .option('--y-windows <list>', 'label horizons in minutes', minutes, [...DEFAULT_HORIZONS])
    .addOption(
      new Option('--how <join>', 'rows to keep: with features and a label price, with features, with a label price')
        .choices(['inner', 'left', 'right'])
        .default('inner'),
    )
    .option('--price-col <field>', 'price of the labels', 'close')
    .addOption(
      new Option('--generator <name>', 'feature definitions; with "both" the added ones are named xa_*')
        .choices(['base', 'added', 'both'])
        .default('base'),
    )
    .option('--plugin <file>', 'TypeScript or JavaScript file with your own features (repeatable)', collect, [])
    .option('--universe <file>', 'universe file; default: top{N}_universe.json of the data folder')
    .option('--data-dir <folder>', 'a data folder, or a folder of {date}.parquet', 'data')
    .option('--out-dir <folder>', 'where the tables go; default: xy, x or y in the data folder')
    .option('--float <bits>', 'precision of features and labels in the file', float, 32)
    .option(
      '--workers <n>',
      'worker threads, one day each; the result does not depend on it',
      count,
      Math.min(availableParallelism(), 4),
    )
    .addOption(
      new Option('--compat <mode>', "the originals' own rules: research (looks ahead); seed, with --kind bot").choices([
        'research',
        'seed',
      ]),
    )
    .option('--wait <seconds>', 'wait for another run on the same folder instead of refusing', seconds, 0)
    .option('--json', 'one machine-readable result')
}

/** Runs the build and shows it. */
export async function runXy(
  options: XyOptions,
  part: BuildSpec['part'],
  dates: readonly UtcDate[],
  ctx: Context,
  fallback?: (date: UtcDate) => Promise<readonly string[] | undefined>,
): Promise<ExitCode> {
  if (options.compat === 'seed') fail('E_USAGE', { subject: '--compat seed', detail: 'it belongs to --kind bot' })
  const dataDir = resolve(options.dataDir)
  const universePath = resolve(options.universe ?? join(dataDir, paths.universe(options.top)))
  const universe: Record<string, readonly string[]> = {
    ...((await readDatedJson(ctx.disk, universePath)) as Record<string, string[]>),
  }
  if (fallback !== undefined)
    for (const date of dates) {
      const found = universe[date] ?? (await fallback(date))
      if (found !== undefined) universe[date] = found
    }
  else if (!(await ctx.disk.exists(universePath)))
    fail('E_FILE_MISSING', { subject: universePath, next: 'make it with cointrader universe, or give --universe' })
  const spec: BuildSpec = {
    top: options.top,
    windows: options.windows,
    horizons: options.yWindows,
    generator: options.generator,
    price: options.priceCol,
    how: options.how,
    part,
    float: options.float,
    rules: readRules(),
    research: options.compat === 'research',
    plugins: await pluginModules(ctx.disk, options.plugin),
  }
  const days = await buildXy({
    disk: ctx.disk,
    spec,
    dates,
    universe,
    locate: (date) => dayTablePath(ctx.disk, dataDir, date),
    outDir: resolve(options.outDir ?? join(dataDir, part)),
    workers: Math.min(options.workers, dates.length),
    codeVersion: ctx.codeVersion,
    progress: ctx.progress,
    signal: ctx.signal,
  })
  ctx.progress.end()
  show(days, ctx)
  ctx.printJson({ days })
  for (const { date, error } of days) if (error !== null) ctx.progress.note(`${date}: ${error.message}`)
  return days.some((d) => d.state === 'failed') ? EXIT.partly : EXIT.done
}

function show(days: readonly DayReport[], ctx: Context): void {
  const rows = days.map(({ date, state, built, path }) =>
    built === null
      ? [date, state, '', '', '', '', '', '']
      : [
          date,
          state,
          built.rows.toLocaleString('en-US'),
          built.columns,
          `${((100 * built.missing) / Math.max(1, built.cells)).toFixed(2)} %`,
          Object.keys(built.empty).length,
          Object.keys(built.excluded).join(' '),
          `${bytesText(built.bytes)}  ${path}`,
        ],
  )
  ctx.print(textTable(['date', '', 'rows', 'columns', 'missing', 'empty', 'excluded', 'file'], rows))
  const reasons = new Map<string, number>()
  for (const { built } of days)
    for (const why of Object.values(built?.empty ?? {})) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  for (const [why, n] of reasons) ctx.print(`empty: ${n} columns: ${why}`)
}
