/** Checks of `cointrader doctor` that ask the archive and the venue, once each and without retries. */
import { type Http, type HttpAnswer, kindFolder, parseListing } from '@cointrader/binance'
import { type Clock, isError } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import type { Finding, State } from './doctor-machine.js'

/** Offsets of our clock, ms: late data and refused orders begin here. */
const OFFSET = { warn: 1000, fail: 5000 }

export interface NetworkOptions {
  readonly http: Http
  readonly clock: Clock
  readonly disk: Disk
  readonly archive: string
  readonly listingUrl: string
  readonly restUrl: string
  readonly timeoutMs: number
  /** State of what cannot be reached. */
  readonly unreachable: State
  readonly signal?: AbortSignal
}

/** What a server said about the time. `uncertainMs` is half the round trip, and the coarseness of the stamp. */
interface Stamp {
  readonly from: string
  readonly offsetMs: number
  readonly uncertainMs: number
}

interface Asked {
  readonly answer: HttpAnswer
  readonly sentMs: number
  readonly gotMs: number
}

/** The archive and the clock, in this order: the archive's `Date` header serves where the venue's time does not answer. */
export async function checkNetwork(options: NetworkOptions): Promise<Finding[]> {
  const archive = await checkArchive(options)
  const venue = await venueStamp(options)
  return [archive.finding, clockFinding('stamp' in venue ? venue.stamp : archive.stamp, venue, options)]
}

async function ask(url: string, { http, clock, timeoutMs, signal }: NetworkOptions): Promise<Asked> {
  const sentMs = clock.now()
  const answer = await http.get(url, signal === undefined ? { timeoutMs } : { timeoutMs, signal })
  return { answer, sentMs, gotMs: clock.now() }
}

/** Why a request failed, in a few words. */
function reason(error: unknown): string {
  if (isError(error)) return error.detail
  const { cause, name, message } = error as Error & { cause?: { code?: string } }
  if (name === 'TimeoutError') return 'no answer in time'
  return cause?.code ?? message
}

const trimmed = (url: string): string => url.replace(/\/$/, '')

/** Lists the first files of one symbol and gets one of them: proxies' pages and empty mirrors are told from an archive. */
async function checkArchive(options: NetworkOptions): Promise<{ finding: Finding; stamp?: Stamp }> {
  const { archive, listingUrl, disk, unreachable, signal } = options
  const check = 'archive'
  const folder = `${kindFolder('um', 'daily', 'klines')}BTCUSDT/1m/`
  if (!/^https?:\/\//.test(archive)) return { finding: await folderFinding(archive, disk, unreachable) }
  const bad = (found: string, stamp?: Stamp) => ({
    finding: {
      check,
      state: unreachable,
      found,
      next: 'check --archive, the network and its proxy',
      facts: { archive },
    },
    ...(stamp === undefined ? {} : { stamp }),
  })
  let stamp: Stamp | undefined
  try {
    const listing = await ask(`${trimmed(listingUrl)}/?delimiter=/&prefix=${folder}&max-keys=2`, options)
    stamp = headerStamp(listing, listingUrl)
    if (listing.answer.status !== 200) return bad(`${listingUrl} answers HTTP ${listing.answer.status}`, stamp)
    const key = parseListing(listing.answer.body, listingUrl).keys.find((k) => k.endsWith('.CHECKSUM'))
    if (key === undefined) return bad(`${listingUrl} lists no file of BTCUSDT`, stamp)
    const file = await ask(`${trimmed(archive)}/${key}`, options)
    stamp = headerStamp(file, archive) ?? stamp
    const text = new TextDecoder().decode(file.answer.body)
    if (file.answer.status !== 200) return bad(`${archive}/${key} answers HTTP ${file.answer.status}`, stamp)
    if (!/^[0-9a-f]{64}\s/.test(text)) return bad(`${archive}/${key} is not a checksum (a page of a proxy?)`, stamp)
    const finding: Finding = { check, state: 'ok', found: `${archive} lists and serves files`, facts: { archive } }
    return { finding, ...(stamp === undefined ? {} : { stamp }) }
  } catch (error) {
    signal?.throwIfAborted()
    return bad(`${archive} cannot be reached: ${reason(error)}`, stamp)
  }
}

async function folderFinding(folder: string, disk: Disk, unreachable: State): Promise<Finding> {
  const check = 'archive'
  const facts = { archive: folder }
  const next = 'check --archive; a folder has data/futures/um/… below it, as the public archive'
  if (!(await disk.exists(folder)))
    return { check, state: unreachable, found: `the folder ${folder} does not exist`, next, facts }
  const names = await disk.list(`${folder}/data/futures/um`)
  if (names.length === 0)
    return { check, state: unreachable, found: `${folder} is not in the archive's layout`, next, facts }
  return { check, state: 'ok', found: `the folder ${folder}: ${names.join(' ').replaceAll('/', '')}`, facts }
}

/** `GET /fapi/v1/time` (market-data REST, ms since the epoch). */
async function venueStamp(options: NetworkOptions): Promise<{ stamp: Stamp } | { why: string }> {
  const { restUrl, signal } = options
  try {
    const { answer, sentMs, gotMs } = await ask(`${trimmed(restUrl)}/fapi/v1/time`, options)
    if (answer.status !== 200) return { why: `${restUrl} answers HTTP ${answer.status}` }
    const { serverTime } = JSON.parse(new TextDecoder().decode(answer.body)) as { serverTime?: unknown }
    if (typeof serverTime !== 'number') return { why: `${restUrl} does not say the time` }
    return {
      stamp: { from: restUrl, offsetMs: (sentMs + gotMs) / 2 - serverTime, uncertainMs: (gotMs - sentMs) / 2 },
    }
  } catch (error) {
    signal?.throwIfAborted()
    return { why: error instanceof SyntaxError ? `${restUrl} does not say the time` : `${restUrl}: ${reason(error)}` }
  }
}

/** The `Date` header is cut to whole seconds (RFC 9110, 6.6.1): its middle is taken. */
function headerStamp({ answer, sentMs, gotMs }: Asked, from: string): Stamp | undefined {
  const text = answer.header('date')
  const ms = text === null ? Number.NaN : Date.parse(text)
  if (Number.isNaN(ms)) return undefined
  return {
    from: `${from} (Date header)`,
    offsetMs: (sentMs + gotMs) / 2 - (ms + 500),
    uncertainMs: 500 + (gotMs - sentMs) / 2,
  }
}

function clockFinding(stamp: Stamp | undefined, venue: object, { unreachable, restUrl }: NetworkOptions): Finding {
  const check = 'clock'
  if (stamp === undefined) {
    const why = 'why' in venue ? String(venue.why) : restUrl
    return {
      check,
      state: unreachable,
      found: `not compared, as nobody told the time (${why})`,
      next: "check the network, or give --rest-url; until then fetch takes this machine's clock",
    }
  }
  const { from, offsetMs, uncertainMs } = stamp
  const facts = { from, offsetMs: Math.round(offsetMs), uncertainMs: Math.round(uncertainMs) }
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  // Only what is off for certain is held against the clock: a slow line is not a wrong clock.
  const sure = Math.max(0, Math.abs(offsetMs) - uncertainMs)
  if (sure <= OFFSET.warn)
    return { check, state: 'ok', found: `within ${seconds(Math.abs(offsetMs) + uncertainMs)} of ${from}`, facts }
  return {
    check,
    state: sure > OFFSET.fail ? 'fail' : 'warn',
    found: `${seconds(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} ${from}`,
    next: 'set the clock and keep it with NTP (timedatectl set-ntp true)',
    facts,
  }
}
