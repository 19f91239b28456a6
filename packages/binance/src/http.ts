/** HTTP as an interface, and its one implementation on the platform's fetch. */

export interface HttpAnswer {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly body: Uint8Array
}

export interface Http {
  /** GET, whole body. Throws for transport failures (reset, time-out, short body); HTTP errors are answers. */
  get(url: string, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<HttpAnswer>
}

export const fetchHttp: Http = {
  async get(url, { timeoutMs, signal }) {
    const limit = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(url, {
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      headers: { 'user-agent': 'cointrader/0.1 (market data client)' },
      redirect: 'follow',
    })
    const body = new Uint8Array(await answer.arrayBuffer())
    return { status: answer.status, header: (name) => answer.headers.get(name), body }
  },
}
