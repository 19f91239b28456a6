/**
 * Command-line flags: the parsers of their values, and the flags that several commands share. The same thing has the
 * same name, wording and default everywhere (`test/definitions.test.ts` goes over all commands); what a command has to
 * add stands behind a semicolon. Where commands grew up with two spellings, both are accepted: commander takes
 * `--other, --name <value>` and calls the value `name`.
 * Imports leaves only: every command's help loads this file.
 */
import { availableParallelism } from 'node:os'
import { DAY_MS, dateMs, HOUR_MS, MINUTE_MS, parseDate, parseUtcText } from '@cointrader/core/dates'
import { fail } from '@cointrader/core/errors'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ALL_WINDOWS } from './choices.js'

// ---- Parsers. What they refuse is wrong usage (exit 2).

function parser(what: string, accepts: (n: number) => boolean): (text: string) => number {
  return (text) => {
    const n = Number(text)
    if (text.trim() === '' || !Number.isFinite(n) || !accepts(n)) throw new InvalidArgumentError(`give ${what}`)
    return n
  }
}

export const number = parser('a number', () => true)
export const positive = parser('a number above zero', (n) => n > 0)
export const notNegative = parser('a number of zero or more', (n) => n >= 0)
/** From 1. */
export const count = parser('a whole number from 1', (n) => Number.isInteger(n) && n >= 1)
/** From 0. */
export const whole = parser('a whole number of zero or more', (n) => Number.isInteger(n) && n >= 0)
export const share = parser('a number from 0 to 1', (n) => n >= 0 && n <= 1)
export const seconds = parser('a number of seconds, zero or more', (n) => n >= 0)
export const port = parser('a port from 0 to 65535', (n) => Number.isInteger(n) && n >= 0 && n <= 65_535)

/** Repeatable flags: the values in their order. */
export const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text]

/** `1,5,15` or `all` (the ten windows of the research pipeline), ascending. */
export function minutes(text: string): number[] {
  if (text === 'all') return [...ALL_WINDOWS]
  const list = text.split(',').map(Number)
  if (list.some((n) => !Number.isInteger(n) || n < 1) || new Set(list).size !== list.length)
    throw new InvalidArgumentError('give distinct whole minutes, for example 1,5,15')
  return list.sort((a, b) => a - b)
}

/** The last instant that a date can hold (ECMA-262, time values and time range). */
const LAST_MS = 8.64e15

/**
 * A date or an instant (UTC) to ms: `2026-02-10`, `2026-02-10T12:00Z`, `2026-02-10 12:00:30 UTC`, or ms since 1970 (at
 * least twelve digits, so that no year is taken for one). As an end (`end`), a date is inclusive: the first ms after it.
 * Error `E_USAGE_DATE`.
 */
export function instant(text: string, end: boolean, flag = end ? '--end-date' : '--start-date'): number {
  const given = text.trim()
  if (/^\d{4}-\d{2}-\d{2}$/.test(given)) return dateMs(parseDate(given, flag)) + (end ? DAY_MS : 0)
  const ms = /^\d{12,}$/.test(given) ? Number(given) : parseUtcText(given.replace(/\s*(?:Z|UTC)$/, ''))
  if (!(ms <= LAST_MS))
    fail('E_USAGE_DATE', {
      subject: flag,
      detail: `"${text}"`,
      next: 'write a day as 2026-02-10 or an instant as 2026-02-10T12:00Z (UTC)',
    })
  return ms
}

const UNIT_MS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const
const VENUE_KEEPS_MS = 30 * DAY_MS
/** `2d`, `36h`, `90m` to ms. Errors `E_USAGE`, and `E_REST_TOO_OLD` beyond the 30 days the venue keeps. */
export function parseBack(text: string): number {
  const match = /^(\d+)([mhd])$/.exec(text.trim())
  if (match === null || Number(match[1]) === 0) {
    fail('E_USAGE', {
      subject: '--back',
      detail: `"${text}" is not a length of time`,
      next: 'write it like 2d, 36h or 90m',
    })
  }
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
  if (ms > VENUE_KEEPS_MS) fail('E_REST_TOO_OLD', { subject: `--back ${text}` })
  return ms
}

/** `A,B , C` to names; error `E_USAGE` when there is none. */
export function parseSymbols(text: string): string[] {
  const names = text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '')
  if (names.length === 0) fail('E_USAGE', { subject: '--symbols', detail: 'no symbol is named' })
  return names
}

/**
 * The flags of a subcommand, also those its parent took: commander gives `--data-dir` of `data export --data-dir x` to
 * whichever of the two knows the flag first, which depends on a setting of the program.
 */
export function flagsOf<T>(command: Command): T {
  const flags: Record<string, unknown> = { ...command.parent?.opts(), ...command.opts() }
  for (const name of Object.keys(flags)) {
    const given = (c: Command | null | undefined) => c?.getOptionValueSource(name) === 'cli'
    if (!given(command) && given(command.parent)) flags[name] = command.parent?.getOptionValue(name)
  }
  return flags as T
}

// ---- Flags that commands share.

/** `shared wording; what this command adds`. */
const worded = (wording: string, more?: string): string => (more === undefined ? wording : `${wording}; ${more}`)

export const jsonOption = (): Option => new Option('--json', 'print one machine-readable result')

export const waitOption = (fallback = 0): Option =>
  new Option('--wait <seconds>', 'longest wait for another run on the same folder; 0 refuses at once')
    .argParser(seconds)
    .default(fallback)

export const dataDirOption = (more?: string): Option =>
  new Option('--data-dir <folder>', worded('data folder', more)).default('data')

/** For commands that also take the flat folders of the research pipeline. */
export const tablesDirOption = (): Option => dataDirOption('also a folder of {date}.parquet')

export const xyDirOption = (): Option => new Option('--data-dir <folder>', 'folder of XY tables').default('data/xy')

/** Bars of one interval; the value is `data`. `alone` where `--data-dir` is another folder. */
export const barsOption = (more?: string, { alone = false } = {}): Option =>
  new Option(
    alone ? '--data <folder>' : '--data-dir, --data <folder>',
    worded('folder of {SYMBOL}_{interval}.parquet, as data export writes them', more),
  )

/** The value is `outDir`; a default in words is part of `more`. `alone` where `--out` names a file. */
export const outDirOption = (more: string, { alone = false } = {}): Option =>
  new Option(alone ? '--out-dir <folder>' : '--out, --out-dir <folder>', worded('folder for what is written', more))

/** Folder of results of the judging commands; the value is `out`. */
export const resultsOption = (): Option =>
  new Option('--out-dir, --out <folder>', worded('folder for what is written', 'default: results/…'))

/** One file that is written; the value is `out`. */
export const outFileOption = (more: string): Option =>
  new Option('--output, --out <file>', worded('file that is written', more))

export const modelsDirOption = (): Option => new Option('--models-dir <folder>', 'folder of models').default('models')

/** A range of days. `fallback` in words where the flag may be left out; mandatory without. */
export function dayOptions(command: Command, fallback?: { readonly start: string; readonly end: string }): Command {
  const one = (name: string, what: string, more: string | undefined): Option =>
    new Option(`--${name} <date>`, worded(`${what}, inclusive (UTC)`, more)).makeOptionMandatory(fallback === undefined)
  return command
    .addOption(one('start-date', 'first day', fallback?.start))
    .addOption(one('end-date', 'last day', fallback?.end))
}

/** A range of days or instants, the whole of the data without it; {@link instant} reads them. */
export const instantOptions = (command: Command): Command =>
  dayOptions(command, { start: 'or an instant, default: the first bar', end: 'or an instant, default: the last bar' })

/** The days to score; the values are `inferStart` and `inferEnd`. */
export const inferOptions = (command: Command, more: string): Command =>
  command
    .addOption(new Option('--start-date, --infer-start <date>', worded('first day, inclusive (UTC)', more)))
    .addOption(new Option('--end-date, --infer-end <date>', worded('last day, inclusive (UTC)', more)))

/** What is taken for now, so that nothing depends on the clock. */
export const nowOption = (more: string): Option => new Option('--now <instant>', worded('the present (UTC)', more))

/** The training range of a model or of a selection: mandatory. */
export const trainingOptions = (command: Command): Command =>
  command
    .requiredOption('--train-start <date>', 'first day of training, inclusive (UTC)')
    .requiredOption('--train-end <date>', 'last day of training, inclusive (UTC)')

export const labelOption = (): Option => new Option('--y-name <label>', 'label column').default('y_60m')

export const symbolsOption = (more?: string): Option =>
  new Option('--symbols <list>', worded('symbols, comma separated', more))

export const intervalOption = (fallback: string, more?: string): Option =>
  new Option('--interval <interval>', worded('interval of the bars', more)).default(fallback)

/** Size of a universe; the value is `top`. */
export const topOption = (fallback: number, more?: string): Option =>
  new Option('--topn, --top <n>', worded('size of the universe', more)).argParser(count).default(fallback)

export const bufferDaysOption = (): Option =>
  new Option('--buffer-days <n>', 'days before the date whose volume is ranked').argParser(count).default(14)

/** The same for the training commands; the value is `topn`. A default in words leaves it undefined. */
export function topnOption(fallback: number | string = 30): Option {
  const tables = 'of the tables {date}_xy_top{N}.parquet'
  const words = typeof fallback === 'string' ? `${tables}, ${fallback}` : tables
  const option = new Option('--top, --topn <n>', worded('size of the universe', words)).argParser(count)
  return typeof fallback === 'string' ? option : option.default(fallback)
}

export const seedOption = (more?: string): Option =>
  new Option('--seed <n>', worded('seed of every draw', more)).argParser(whole).default(42)

const THREADS = 'worker threads'

/** How many cores to use: all, or at most `most`. The help says so in words, as the number is the machine's. */
export function coresDefault(option: Option, most?: number): Option {
  const cores = availableParallelism()
  return most === undefined
    ? option.default(cores, 'one per core')
    : option.default(Math.min(cores, most), `one per core, at most ${most}`)
}

/** The value is `workers`. */
export const workersOption = (more = 'the result does not depend on them'): Option =>
  new Option('--threads, --workers <n>', worded(THREADS, more)).argParser(count)

/** The value is `threads`: threads of one training. `alone` where `--workers` counts trainings. */
export const threadsOption = ({ alone = false } = {}): Option =>
  new Option(
    alone ? '--threads <n>' : '--workers, --threads <n>',
    worded(THREADS, 'of one training, the model does not depend on them'),
  ).argParser(count)

/** Rules of one of the five original systems, kept for comparison. */
export const compatOption = (choices: readonly string[], more: string): Option =>
  new Option(
    '--compat <mode>',
    worded('rules of an original system, for comparison', `${more}; default: our own`),
  ).choices([...choices])

export const restUrlOption = (more?: string): Option =>
  new Option('--rest-url <url>', worded('address of the market-data REST API', more))

export const archiveOption = (): Option =>
  new Option('--archive <url-or-folder>', 'the archive, or a folder in its layout').default(PUBLIC_ARCHIVE)

export const pluginOption = (more?: string): Option =>
  new Option('--plugin <file>', worded('TypeScript or JavaScript file with your own features, repeatable', more))
    .argParser(collect)
    .default([], 'none')

/** Entries of a study file. `example` is a path and a value. */
export const setOption = (example?: string): Option =>
  new Option(
    '--set <path=value>',
    worded(
      'an entry of the study file for this run, repeatable',
      example === undefined ? undefined : `like --set ${example}`,
    ),
  )
    .argParser(collect)
    .default([], 'none')

/** Binance's public archive, the host that lists it, and its market-data REST. */
export const PUBLIC_ARCHIVE = 'https://data.binance.vision'
export const PUBLIC_LISTING = 'https://s3-ap-northeast-1.amazonaws.com/data.binance.vision'
export const PUBLIC_REST = 'https://fapi.binance.com'
