/** Query parameters of the REST interface, refused in the venue's words. */

/** An answer that is an error: HTTP status, Binance code and text (page "Error Code" of the USD-M documentation). */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message)
  }
}

export interface Query {
  readonly symbol: string | undefined
  text(name: string): string | undefined
  /** Milliseconds; -1100 when it is not a whole number. */
  time(name: string): number | undefined
}

export function queryOf(search: URLSearchParams): Query {
  const text = (name: string): string | undefined => search.get(name) || undefined
  return {
    symbol: text('symbol'),
    text,
    time(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!/^\d{1,20}$/.test(value)) illegal(name)
      return Number(value)
    },
  }
}

/** A whole number from 1 to `max`; -1100 for other text, -1130 for other numbers. */
export function whole(query: Query, name: string, otherwise: number, max: number): number {
  const value = query.time(name)
  if (value === undefined) return otherwise
  if (value < 1 || value > max) throw new RestError(400, -1130, `Data sent for parameter '${name}' is not valid.`)
  return value
}

function illegal(name: string): never {
  throw new RestError(400, -1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`)
}

export function badSymbol(): never {
  throw new RestError(400, -1121, 'Invalid symbol.')
}
