/** Putting an answer on the wire, whole or spoiled. */
import type { ServerResponse } from 'node:http'
import type { Clock } from '@cointrader/core'
import type { Fault, FaultKind } from './faults.js'
import { isRestPath } from './rest.js'

export interface Wire {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The answer of a fault that replaces the real one; also the venue's own 429 and 418. */
export function badAnswer(kind: FaultKind, path: string, retryAfterSec: number | undefined, nowMs: number): Wire {
  const json = (status: number, code: number, msg: string, headers = {}): Wire => ({
    status,
    type: 'application/json',
    headers,
    body: Buffer.from(JSON.stringify({ code, msg })),
  })
  const after = retryAfterSec ?? (kind === 'ban' ? 120 : 5)
  if (kind === 'ban') {
    const until = Math.ceil(nowMs + after * 1000)
    return json(
      418,
      -1003,
      `Way too many requests; IP(127.0.0.1) banned until ${until}. Please use the websocket for live updates to avoid bans.`,
      { 'retry-after': String(after) },
    )
  }
  if (kind === 'rate-limit') {
    return json(
      429,
      -1003,
      'Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute. Please use the websocket for live updates to avoid polling the API.',
      { 'retry-after': String(after) },
    )
  }
  if (kind === 'html') {
    const page =
      '<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Please accept the terms.</body></html>\n'
    return { status: 200, type: 'text/html; charset=utf-8', headers: {}, body: Buffer.from(page) }
  }
  if (isRestPath(path)) return json(404, -5000, `Path ${path}, Method GET is invalid`)
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>'
  return { status: 404, type: 'application/xml', headers: {}, body: Buffer.from(xml) }
}

/** Sends the answer; a fault cuts, slows, falsifies or resets it on the way. Waits go through `clock`. */
export async function send(response: ServerResponse, wire: Wire, clock: Clock, fault?: Fault): Promise<void> {
  let body = wire.body
  if (fault?.kind === 'wrong-checksum' && wire.status === 200) body = falsified(body)
  if (fault?.kind === 'truncated-zip' && wire.status === 200) {
    body = body.subarray(0, Math.min(body.byteLength, fault.afterBytes ?? Math.floor(body.byteLength / 2)))
  }
  response.writeHead(wire.status, { ...wire.headers, 'content-type': wire.type, 'content-length': body.byteLength })
  if (fault?.kind === 'reset') {
    // The promised length stays: the client must notice that the rest never comes.
    await new Promise<void>((resolve) => {
      response.write(body.subarray(0, fault.afterBytes ?? 0), () => resolve())
      if ((fault.afterBytes ?? 0) === 0) resolve()
    })
    response.socket?.resetAndDestroy()
    return
  }
  if (fault?.kind !== 'slow') {
    response.end(body)
    return
  }
  // Ten pieces a second at most, so that a fast "slow" is not all timer.
  const perSecond = Math.max(1, fault.bytesPerSec ?? 1000)
  const piece = Math.max(1, Math.ceil(perSecond / 10))
  for (let at = 0; at < body.byteLength && !response.destroyed; at += piece) {
    const part = body.subarray(at, at + piece)
    await clock.sleep((part.byteLength * 1000) / perSecond)
    response.write(part)
  }
  response.end()
}

/** The checksum text with its first digit changed. */
function falsified(body: Uint8Array): Uint8Array {
  const out = Buffer.from(body)
  out[0] = out[0] === 0x30 ? 0x31 : 0x30
  return out
}
