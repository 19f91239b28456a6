/** What `cointrader sim` does: serves a market, or writes its archive. */
import { addDays, EXIT, fail, KINDS, type Kind, parseDate } from '@cointrader/core'
import {
  folderSource,
  parseFault,
  parsePlant,
  type SyntheticMarket,
  startSimulator,
  syntheticMarket,
  syntheticSource,
  writeArchiveFolder,
} from '@cointrader/simulator'
import type { SimFlags } from '../commands/sim.js'
import type { Context } from '../context.js'

export async function runSim(flags: SimFlags, context: Context): Promise<0> {
  const market = flags.folder === undefined ? synthetic(flags) : undefined
  return flags.writeArchive === undefined
    ? serve(flags, market, context)
    : write(flags, market, context, flags.writeArchive)
}

function synthetic(flags: SimFlags): SyntheticMarket {
  return syntheticMarket({
    seed: flags.seed,
    symbols: flags.symbols,
    startDate: flags.startDate,
    days: flags.days,
    extras: flags.extras ?? false,
  })
}

async function serve(flags: SimFlags, market: SyntheticMarket | undefined, context: Context): Promise<0> {
  const { clock, signal } = context
  const defects = flags.defect.map(parsePlant)
  if (market === undefined && defects.length > 0)
    fail('E_USAGE', { subject: '--defect', detail: 'a folder is served as it is' })
  const startedMs = clock.now()
  const venueStartMs = flags.now === undefined ? (market?.defaultNowMs ?? startedMs) : venueTime(flags.now)
  const simulator = await startSimulator({
    source: market === undefined ? folderSource(flags.folder!, context.disk) : syntheticSource(market, { defects }),
    clock,
    now: () => (flags.freeze ? venueStartMs : venueStartMs + clock.now() - startedMs),
    faults: flags.fault.map(parseFault),
    port: flags.port,
  })
  const { url, port } = simulator
  line(flags.json ? JSON.stringify({ url, port, now: new Date(venueStartMs).toISOString() }) : `listening on ${url}`)
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
  await simulator.close()
  return EXIT.done
}

async function write(flags: SimFlags, market: SyntheticMarket | undefined, context: Context, dir: string): Promise<0> {
  if (market === undefined)
    fail('E_USAGE', { subject: '--write-archive', detail: 'it writes the synthetic market, not --folder' })
  const from = parseDate(flags.startDate)
  const written = await writeArchiveFolder(market, dir, context.disk, {
    kinds: kindsOf(flags.kinds),
    routes: ['daily', 'monthly'],
    from,
    to: addDays(from, flags.days - 1),
    defects: flags.defect.map(parsePlant),
  })
  line(
    flags.json
      ? JSON.stringify({ folder: dir, ...written })
      : `wrote ${written.files} files, ${written.bytes} bytes, to ${dir}`,
  )
  return EXIT.done
}

function kindsOf(text: string): Kind[] {
  const names = text.split(',').map((k) => k.trim())
  const unknown = names.find((k) => !(KINDS as readonly string[]).includes(k))
  if (unknown !== undefined)
    fail('E_USAGE', { subject: '--kinds', detail: `"${unknown}": known kinds are ${KINDS.join(', ')}` })
  return KINDS.filter((k) => names.includes(k))
}

function line(text: string): void {
  process.stdout.write(`${text}\n`)
}

function venueTime(text: string): number {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : `${text}Z`
  const ms = Date.parse(zoned)
  if (Number.isNaN(ms))
    fail('E_USAGE', {
      subject: '--now',
      detail: `"${text}" is not an ISO 8601 time`,
      next: 'write it like 2026-02-06T12:00:00Z',
    })
  return ms
}
