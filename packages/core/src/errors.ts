/**
 * The error catalogue. Each error has a stable code, says what happened to what, and what to do next.
 * Call sites throw by code with {@link fail}; `docs/errors.md` is generated from this table.
 */

/** Process exit codes (design, section 5). */
export const EXIT = { done: 0, failed: 1, usage: 2, partly: 3 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

interface Entry {
  readonly exit: ExitCode
  readonly what: string
  readonly next: string
}

export const CATALOGUE = {
  E_USAGE: { exit: 2, what: 'wrong usage', next: 'run the command with --help for a working example' },
  E_USAGE_DATE: { exit: 2, what: 'not a date', next: 'write dates as YYYY-MM-DD (UTC), for example 2026-02-01' },
  E_USAGE_RANGE: { exit: 2, what: 'empty date range', next: 'give --start-date on or before --end-date' },
  E_USAGE_INTERVAL: { exit: 2, what: 'unknown interval', next: 'choose one of the listed intervals' },
  E_CONFIG: { exit: 2, what: 'a configuration file is not valid', next: 'mend the named entries and run again' },
  E_INTERNAL: { exit: 1, what: 'a defect of cointrader itself', next: 'report it with the command line and this text' },
  E_LOCKED: { exit: 1, what: 'another run is writing to this folder', next: 'wait for it, or give --wait SECONDS' },
  E_INTERRUPTED: { exit: 1, what: 'interrupted', next: 'run the same command again: it goes on where it stopped' },
  E_DISK: { exit: 1, what: 'the disk refused', next: 'check free space and permissions, then run again' },
  E_FILE_MISSING: {
    exit: 1,
    what: 'a file is not there',
    next: 'make it with the command that writes it, or check --data-dir',
  },
  E_FILE_CORRUPT: {
    exit: 1,
    what: 'a file is damaged or not of the expected kind',
    next: 'run cointrader verify, then rebuild the file',
  },
  E_NOT_ZIP: {
    exit: 3,
    what: 'the answer is not a ZIP file (a page of a proxy or captive portal?)',
    next: 'check --archive and the network, then run again',
  },
  E_ZIP_DAMAGED: { exit: 3, what: 'a ZIP file is truncated or damaged', next: 'run again: it is downloaded anew' },
  E_CHECKSUM: {
    exit: 3,
    what: 'the file does not match its .CHECKSUM, also after a second download',
    next: 'the archive may be regenerating it: run again later',
  },
  E_UNVERIFIED: {
    exit: 3,
    what: 'the source has no .CHECKSUM for this file',
    next: 'give --allow-unverified to accept it; it is then marked unverified',
  },
  E_CSV: { exit: 3, what: 'a CSV file cannot be read', next: 'look at the named row; nothing of this file was stored' },
  E_MIXED_TIME_UNITS: {
    exit: 3,
    what: 'a file mixes milliseconds and microseconds',
    next: 'look at the named row; nothing of this file was stored',
  },
  E_WRONG_DAY: {
    exit: 3,
    what: 'a file holds rows of another day',
    next: 'the archive file is wrong; nothing of it was stored',
  },
  E_NETWORK: {
    exit: 3,
    what: 'the network failed after every retry',
    next: 'check the connection and run again: what was fetched is kept',
  },
  E_HTTP: { exit: 3, what: 'the server answered with an error', next: 'run again later' },
  E_RATE_LIMITED: {
    exit: 3,
    what: 'the venue asked us to slow down (429)',
    next: 'wait as long as it says; the next run goes on from here',
  },
  E_BANNED: {
    exit: 3,
    what: 'the venue has banned this address for a while (418)',
    next: 'wait until the named time; sending earlier makes the ban longer',
  },
  E_BAD_PAYLOAD: {
    exit: 3,
    what: 'an answer of the venue does not have the documented shape',
    next: 'check --archive or --rest-url; report it if the venue changed',
  },
  E_REST_TOO_OLD: {
    exit: 3,
    what: 'the venue keeps this history for 30 days only',
    next: 'use the archive for older days, and run cointrader collect from cron',
  },
  E_NOTHING_FOUND: { exit: 3, what: 'nothing was found', next: 'check symbols, dates, kinds and --archive' },
  E_NO_POLICY: {
    exit: 1,
    what: 'defects without a policy',
    next: 'name a policy for each kind with --policy KIND=POLICY',
  },
  E_ROW_COUNT: { exit: 1, what: 'a symbol does not have the required rows', next: 'exclude or refetch the symbol' },
  E_UNFILLED: { exit: 1, what: 'cells are still missing after filling', next: 'exclude or ban the named symbols' },
  E_TRAINING: {
    exit: 1,
    what: 'a model cannot be trained on this data',
    next: 'mend what is named: a constant label, too few rows, infinite values',
  },
  E_SCHEMA: {
    exit: 1,
    what: 'the data is not what the model was trained on',
    next: 'build the tables with the settings of the training, or train again',
  },
  E_AVAILABILITY: {
    exit: 1,
    what: 'a column would be used before it is known',
    next: 'leave it out, decide later, or purge the rows whose labels look across the border',
  },
  E_STALE: {
    exit: 1,
    what: 'the data is too old',
    next: 'fetch the newest days (or give --rest-url), or allow more age',
  },
  E_VERIFY: { exit: 1, what: 'verification failed', next: 'rebuild the named files with the command that writes them' },
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof CATALOGUE

export interface ErrorFacts {
  /** File, row, symbol or URL the error is about. */
  readonly subject: string
  /** What exactly was seen. */
  readonly detail?: string
  /** Overrides the catalogue's next step where the place knows better. */
  readonly next?: string
  readonly cause?: unknown
}

/** An error of the catalogue. `message` is one line fit for a person. */
export class CointraderError extends Error {
  override readonly name = 'CointraderError'
  readonly exit: ExitCode
  readonly subject: string
  readonly detail: string
  readonly next: string

  constructor(
    readonly code: ErrorCode,
    facts: ErrorFacts,
  ) {
    const entry: Entry = CATALOGUE[code]
    const next = facts.next ?? entry.next
    super(`${code}: ${facts.subject}: ${entry.what}${facts.detail ? ` (${facts.detail})` : ''}. Next: ${next}.`, {
      cause: facts.cause,
    })
    this.exit = entry.exit
    this.subject = facts.subject
    this.detail = facts.detail ?? ''
    this.next = next
  }

  toJSON(): { code: ErrorCode; subject: string; what: string; detail: string; next: string } {
    return {
      code: this.code,
      subject: this.subject,
      what: CATALOGUE[this.code].what,
      detail: this.detail,
      next: this.next,
    }
  }
}

/** Throws the catalogue error `code`. */
export function fail(code: ErrorCode, facts: ErrorFacts): never {
  throw new CointraderError(code, facts)
}

/** True for a catalogue error, of the given code if one is given. Works across worker boundaries and copies of this package. */
export function isError(error: unknown, code?: ErrorCode): error is CointraderError {
  const e = error as { name?: unknown; code?: unknown } | null
  return typeof e === 'object' && e !== null && e.name === 'CointraderError' && (code === undefined || e.code === code)
}
