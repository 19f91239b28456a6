/** The simulated venue on a loopback port: archive files, bucket listing and market-data REST from one server. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, fail } from '@cointrader/core'
import { type Fault, faultBook } from './faults.js'
import { type LimitOptions, venueLimits } from './limits.js'
import { bucketLister, escapeXml, etag } from './listing.js'
import { answerRest, isRestPath, requestCost } from './rest.js'
import type { SimulatorSource } from './source.js'
import { badAnswer, send, type Wire } from './wire.js'

export interface SimulatorOptions {
  readonly source: SimulatorSource
  /** Time of limits, waits and the request log: the same clock the client uses. */
  readonly clock: Clock
  /** The venue's time: what is published, which bar is running. Default: the clock. */
  readonly now?: () => number
  readonly faults?: readonly Fault[]
  readonly limits?: LimitOptions
  readonly host?: string
  /** 0 takes a free port. */
  readonly port?: number
}

export interface RequestRecord {
  /** Decoded path with query. */
  readonly path: string
  readonly atMs: number
  /** 0 when the connection was reset instead. */
  readonly status: number
}

export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Every request so far, in order of arrival. */
  readonly requests: readonly RequestRecord[]
  close(): Promise<void>
}

/** Starts serving. Error `E_NETWORK` when the port cannot be taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { source, clock, now = () => clock.now(), host = '127.0.0.1', port = 0 } = options
  const faults = faultBook(options.faults ?? [])
  const limits = venueLimits(clock, options.limits)
  const lister = bucketLister(source.archive)
  const requests: RequestRecord[] = []

  async function archive(path: string, search: URLSearchParams): Promise<Wire> {
    if (path === '/' && (search.has('prefix') || search.has('delimiter') || search.has('marker'))) {
      const keys = Number(search.get('max-keys') ?? 1000)
      const request = {
        prefix: search.get('prefix') ?? '',
        delimiter: search.get('delimiter') ?? '',
        marker: search.get('marker') ?? '',
        maxKeys: Number.isInteger(keys) && keys >= 0 ? keys : 1000,
      }
      return { status: 200, type: 'application/xml', headers: {}, body: Buffer.from(await lister(request, now())) }
    }
    const bytes =
      path === '/exchangeInfo.json'
        ? await source.archive.exchangeInfo(now())
        : await source.archive.read(path.slice(1), now())
    if (bytes === undefined) return noSuchKey(path)
    const modified = new Date(source.archive.publishedMs(path.slice(1))).toUTCString()
    const type = path.endsWith('.zip')
      ? 'application/zip'
      : path.endsWith('.json')
        ? 'application/json'
        : 'binary/octet-stream'
    return { status: 200, type, headers: { etag: etag(bytes), 'last-modified': modified }, body: bytes }
  }

  async function rest(path: string, search: URLSearchParams): Promise<Wire> {
    const { pool, weight } = requestCost(path, search)
    const verdict = limits.charge(pool, weight)
    const headers: Record<string, string> = { 'x-mbx-used-weight-1m': String(verdict.usedWeight) }
    if (verdict.status !== 200) {
      const wire = badAnswer(verdict.status === 418 ? 'ban' : 'rate-limit', path, verdict.retryAfterSec, clock.now())
      return { ...wire, headers: { ...wire.headers, ...headers } }
    }
    const answer = await answerRest(source.rest, path, search, now())
    return { status: answer.status, type: 'application/json', headers, body: Buffer.from(JSON.stringify(answer.body)) }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(request.url ?? '/', 'http://localhost')
    let path = target.pathname
    let full = path
    try {
      path = decodeURIComponent(target.pathname)
      full = path + decodeURIComponent(target.search)
    } catch {
      // A broken escape: the path stays as it came and names nothing.
    }
    const record = (status: number): void => void requests.push({ path: full, atMs: clock.now(), status })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      record(405)
      return send(
        response,
        { status: 405, type: 'text/plain', headers: { allow: 'GET, HEAD' }, body: Buffer.from(`GET only\n`) },
        clock,
      )
    }
    const fault = faults.take(full)
    if (fault?.kind === 'reset' && fault.afterBytes === undefined) {
      record(0)
      response.socket?.resetAndDestroy()
      return
    }
    let wire: Wire
    if (fault !== undefined && ['not-found', 'html', 'rate-limit', 'ban'].includes(fault.kind)) {
      wire = badAnswer(fault.kind, path, fault.retryAfterSec, clock.now())
    } else wire = isRestPath(path) ? await rest(path, target.searchParams) : await archive(path, target.searchParams)
    record(fault?.kind === 'reset' ? 0 : wire.status)
    await send(response, request.method === 'HEAD' ? { ...wire, body: new Uint8Array() } : wire, clock, fault)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that went away is not our trouble; anything else is answered, not swallowed.
      if (response.headersSent || response.destroyed) response.destroy()
      else
        void send(
          response,
          { status: 500, type: 'text/plain', headers: {}, body: Buffer.from(`${(error as Error).message}\n`) },
          clock,
        )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      fail('E_USAGE', {
        subject: `port ${port}`,
        detail: 'it is in use: perhaps another simulator is running',
        next: 'give another --port, or 0 for a free one',
        cause: error,
      })
    fail('E_NETWORK', { subject: `${host}:${port}`, detail: (error as Error).message, cause: error })
  })
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://${host}:${taken}`,
    port: taken,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function noSuchKey(path: string): Wire {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>${escapeXml(path.slice(1))}</Key></Error>`
  return { status: 404, type: 'application/xml', headers: {}, body: Buffer.from(xml) }
}
