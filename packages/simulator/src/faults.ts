/** Faults on demand: which answers go wrong, how, and how often. */
import { fail } from '@cointrader/core'

export const FAULTS = {
  'not-found': 'answers 404',
  html: 'answers 200 with a web page',
  'truncated-zip': 'answers 200 with the first half of a .zip (or the first `afterBytes` bytes)',
  'wrong-checksum': 'answers a .CHECKSUM with another sha256',
  slow: 'sends the body at `bytesPerSec` (default 1,000)',
  'rate-limit': 'answers 429 with Retry-After (default 5 s)',
  ban: 'answers 418 with Retry-After (default 120 s)',
  reset: 'resets the connection, after `afterBytes` bytes of the body if given',
} as const

export type FaultKind = keyof typeof FAULTS

export interface Fault {
  /** Regular expression on the decoded path with its query. */
  readonly match: string
  readonly kind: FaultKind
  /** How many answers it spoils; without it, all of them. */
  readonly times?: number
  readonly retryAfterSec?: number
  readonly afterBytes?: number
  readonly bytesPerSec?: number
}

/**
 * `kind:pattern[:times]` as the command line takes it. The pattern may contain colons; a number after the last colon
 * is `times`. Error `E_USAGE`.
 */
export function parseFault(text: string): Fault {
  const cut = text.indexOf(':')
  const kind = cut < 0 ? text : text.slice(0, cut)
  const rest = /^(.*?)(?::(\d+))?$/s.exec(cut < 0 ? '' : text.slice(cut + 1))!
  const match = rest[1]!
  if (!Object.hasOwn(FAULTS, kind) || match === '') {
    fail('E_USAGE', {
      subject: `--fault ${text}`,
      detail: `expected kind:pattern[:times] with a kind of ${Object.keys(FAULTS).join(', ')}`,
    })
  }
  pattern(match)
  return { match, kind: kind as FaultKind, ...(rest[2] === undefined ? {} : { times: Number(rest[2]) }) }
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u')
  } catch (error) {
    fail('E_USAGE', { subject: `fault pattern ${text}`, detail: (error as Error).message, cause: error })
  }
}

export interface FaultBook {
  /** The fault for a request, if one applies; its count goes down. */
  take(path: string): Fault | undefined
}

/** Counts the faults of a plan down; the first that applies wins. Error `E_USAGE` for a bad pattern. */
export function faultBook(plan: readonly Fault[]): FaultBook {
  const entries = plan.map((fault) => ({
    fault,
    pattern: pattern(fault.match),
    left: fault.times ?? Number.POSITIVE_INFINITY,
  }))
  return {
    take(path) {
      const file = path.split('?')[0]!
      for (const entry of entries) {
        if (entry.left <= 0 || !entry.pattern.test(path)) continue
        // These two spoil one kind of file only; on others they neither act nor count.
        if (entry.fault.kind === 'truncated-zip' && !file.endsWith('.zip')) continue
        if (entry.fault.kind === 'wrong-checksum' && !file.endsWith('.CHECKSUM')) continue
        entry.left--
        return entry.fault
      }
      return undefined
    },
  }
}
