/** GET with the venue's manners: limits, Retry-After, bounded retries with back-off, named errors. */
import { type Clock, fail, isError } from '@cointrader/core'
import type { Http, HttpAnswer } from './http.js'
import type { Limiter } from './limiter.js'

export interface ClientOptions {
  readonly http: Http
  readonly clock: Clock
  readonly limiter: Limiter
  readonly timeoutMs?: number
  /** Further attempts after a transport failure, 5xx or 429. */
  readonly retries?: number
  /** Longest ban (418) or Retry-After that is waited out instead of reported. */
  readonly maxWaitMs?: number
  readonly signal?: AbortSignal
  readonly onWait?: (text: string) => void
}

export interface Client {
  /** The answer with status 200, or undefined for 404. Errors E_NETWORK, E_HTTP, E_RATE_LIMITED, E_BANNED. */
  get(url: string, weight: number): Promise<HttpAnswer | undefined>
}

const DEFAULT_BACKOFF_SECONDS = { 429: 30, 418: 120 } as const

export function createClient(options: ClientOptions): Client {
  const { http, clock, limiter, timeoutMs = 60_000, retries = 4, maxWaitMs = 5 * 60_000, signal } = options
  const name = (url: string) => decodeURI(url.replace(/[?#].*$/, ''))

  async function once(url: string, weight: number): Promise<HttpAnswer> {
    await limiter.acquire(weight, signal)
    const answer = await http.get(url, signal ? { timeoutMs, signal } : { timeoutMs })
    const used = answer.header('x-mbx-used-weight-1m')
    limiter.report(used === null ? null : Number(used))
    return answer
  }

  return {
    async get(url, weight) {
      for (let attempt = 0; ; attempt++) {
        signal?.throwIfAborted()
        let answer: HttpAnswer
        try {
          answer = await once(url, weight)
        } catch (error) {
          if (signal?.aborted || isError(error)) throw error
          if (attempt >= retries) {
            const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
            fail('E_NETWORK', { subject: name(url), detail: `${attempt + 1} attempts, last: ${cause}`, cause: error })
          }
          await clock.sleep(1000 * 2 ** attempt, signal)
          continue
        }
        if (answer.status === 200) return answer
        if (answer.status === 404) return undefined
        if (answer.status === 429 || answer.status === 418) {
          const waitMs = retryAfterMs(answer, clock) ?? DEFAULT_BACKOFF_SECONDS[answer.status] * 1000
          limiter.block(waitMs)
          const code = answer.status === 418 ? 'E_BANNED' : 'E_RATE_LIMITED'
          const until = new Date(limiter.blockedUntil()).toISOString()
          if (waitMs > maxWaitMs || attempt >= retries)
            fail(code, { subject: name(url), detail: `HTTP ${answer.status}, free again at ${until}` })
          options.onWait?.(`HTTP ${answer.status}: waiting until ${until}`)
          continue
        }
        if (answer.status >= 500 && attempt < retries) {
          await clock.sleep(1000 * 2 ** attempt, signal)
          continue
        }
        const text = new TextDecoder().decode(answer.body.subarray(0, 200)).replace(/\s+/g, ' ')
        fail('E_HTTP', { subject: name(url), detail: `HTTP ${answer.status}: ${text}` })
      }
    },
  }
}

/** `Retry-After` as seconds or an HTTP date (RFC 9110, 10.2.3), in ms. */
function retryAfterMs(answer: HttpAnswer, clock: Clock): number | undefined {
  const text = answer.header('retry-after')
  if (text === null) return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return Math.max(0, seconds) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now())
}
