/** Values of command-line flags to facts. */
import { DAY_MS, fail, HOUR_MS, MINUTE_MS } from '@cointrader/core'
import { type Command, InvalidArgumentError } from 'commander'

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

/** Seconds of `--wait`; refused by commander (exit 2) when it is not a number of zero or more. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds >= 0)) throw new InvalidArgumentError('give a number of seconds')
  return seconds
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
