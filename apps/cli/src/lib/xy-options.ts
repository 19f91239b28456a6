/** Options that build-xy, x and y share. Definitions only: `xy-run.ts` holds what they lead to. */
import type { Generator } from '@cointrader/features'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_HORIZONS, DEFAULT_WINDOWS } from './choices.js'
import {
  compatOption,
  coresDefault,
  jsonOption,
  minutes,
  outDirOption,
  pluginOption,
  tablesDirOption,
  topOption,
  waitOption,
  workersOption,
} from './flags.js'

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

export interface DayOptions extends XyOptions {
  date: string
}

export interface RangeOptions extends XyOptions {
  startDate?: string
  endDate?: string
  xOnly?: boolean
  yOnly?: boolean
  kind: 'panel' | 'bot'
  symbols?: string
  data?: string
  interval: string
  decay?: number
  negativeRatio?: number
  seed: number
}

const bits = (text: string): 32 | 64 => {
  if (text === '32') return 32
  if (text === '64') return 64
  throw new InvalidArgumentError('give 32 or 64')
}

export const windowsOption = (): Option =>
  new Option('--windows <list>', 'feature windows in minutes; "all" for the ten of the research pipeline')
    .argParser(minutes)
    .default([...DEFAULT_WINDOWS], DEFAULT_WINDOWS.join(','))

export const horizonsOption = (): Option =>
  new Option('--y-windows <list>', 'label horizons in minutes')
    .argParser(minutes)
    .default([...DEFAULT_HORIZONS], DEFAULT_HORIZONS.join(','))

/** With `unset`, what its absence means in words, it has no default. */
export function generatorOption(unset?: string): Option {
  const more = unset ?? 'with "both" the added ones are named xa_*'
  const option = new Option('--generator <name>', `feature definitions; ${more}`).choices(['base', 'added', 'both'])
  return unset === undefined ? option.default('base') : option
}

export const floatOption = (more: string): Option =>
  new Option('--float <bits>', `precision of features, 32 or 64; ${more}`).argParser(bits).default(32)

export const universeFileOption = (more = ''): Option =>
  new Option('--universe <file>', `universe file; ${more}default: top{N}_universe.json of the data folder`)

/** Adds the shared options. */
export function addXyOptions(command: Command, top: number): Command {
  return command
    .addOption(topOption(top, 'names the universe file and the outputs'))
    .addOption(windowsOption())
    .addOption(horizonsOption())
    .addOption(
      new Option('--how <join>', 'rows to keep: with features and a label price, with features, with a label price')
        .choices(['inner', 'left', 'right'])
        .default('inner'),
    )
    .option('--price-col <field>', 'price of the labels', 'close')
    .addOption(generatorOption())
    .addOption(pluginOption())
    .addOption(universeFileOption())
    .addOption(tablesDirOption())
    .addOption(outDirOption('default: xy, x or y in the data folder'))
    .addOption(floatOption('and of labels, in the file'))
    .addOption(coresDefault(workersOption('one day each, the result does not depend on them'), 4))
    .addOption(compatOption(['research', 'seed'], 'research looks ahead; seed with build-xy --kind bot'))
    .addOption(waitOption())
    .addOption(jsonOption())
}
