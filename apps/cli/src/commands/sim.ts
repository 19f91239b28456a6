/** `cointrader sim`: a Binance-compatible archive and market-data REST on a loopback port. */
import { addDays, EXIT, fail, KINDS, type Kind, parseDate } from '@cointrader/core'
import {
  FAULTS,
  folderSource,
  PLANTS,
  parseFault,
  parsePlant,
  type SyntheticMarket,
  startSimulator,
  syntheticMarket,
  syntheticSource,
  writeArchiveFolder,
} from '@cointrader/simulator'
import { Command } from 'commander'
import { type Context, runCommand } from '../context.js'

interface Flags {
  readonly folder?: string
  readonly seed: string
  readonly symbols: string
  readonly startDate: string
  readonly days: string
  readonly extras?: boolean
  readonly port: string
  readonly now?: string
  readonly freeze?: boolean
  readonly fault: readonly string[]
  readonly defect: readonly string[]
  readonly writeArchive?: string
  readonly kinds: string
  readonly json?: boolean
}

export function simCommand(): Command {
  const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value]
  return new Command('sim')
    .description('serve a simulated Binance (archive files, listing, market-data REST) on 127.0.0.1 until Ctrl-C')
    .option('--folder <dir>', "serve a folder in the archive's layout instead of the synthetic market")
    .option('--seed <seed>', 'seed of the synthetic market: the same seed gives the same bytes', '1')
    .option('--symbols <count>', 'how many ordinary USDT perpetuals', '20')
    .option('--start-date <date>', 'first day of the market (UTC)', '2026-02-01')
    .option('--days <count>', 'days the listings and delistings are laid out for', '10')
    .option('--extras', 'add a stablecoin, a quarterly, a TradFi perpetual and a non-ASCII symbol')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', '0')
    .option(
      '--now <time>',
      "the venue's time at the start, ISO 8601 in UTC (default: 12 h after the last day; a folder: now)",
    )
    .option('--freeze', "the venue's time stands still")
    .option('--fault <kind:pattern[:times]>', `spoil answers; kinds: ${Object.keys(FAULTS).join(', ')}`, collect, [])
    .option(
      '--defect <kind:symbol:date[:minute[:count[:source]]]>',
      `plant a defect in archive files; kinds: ${Object.keys(PLANTS).join(', ')}`,
      collect,
      [],
    )
    .option('--write-archive <dir>', 'write the archive of all --days as a folder and end')
    .option('--kinds <list>', 'with --write-archive: these kinds only', KINDS.join(','))
    .option('--json', 'print one JSON line instead of text')
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  cointrader sim --symbols 20 --days 5 --port 8090 &',
        '  cointrader fetch --archive http://127.0.0.1:8090 --rest-url http://127.0.0.1:8090 --all --start-date 2026-02-01 --end-date 2026-02-05',
        'With trouble:',
        "  cointrader sim --fault 'truncated-zip:BTCUSDT-1m:1' --fault 'rate-limit:/fapi/v1/klines:2' --defect premium-gap:ETHUSDT:2026-02-03:600:90",
      ].join('\n'),
    )
    .action((flags: Flags) =>
      runCommand({ command: 'sim', lock: false, dataDir: '.', json: flags.json }, async (context) => {
        const market = flags.folder === undefined ? synthetic(flags) : undefined
        return flags.writeArchive === undefined
          ? serve(flags, market, context)
          : write(flags, market, context, flags.writeArchive)
      }),
    )
}

function synthetic(flags: Flags): SyntheticMarket {
  return syntheticMarket({
    seed: flags.seed,
    symbols: count(flags.symbols, '--symbols'),
    startDate: flags.startDate,
    days: count(flags.days, '--days'),
    extras: flags.extras ?? false,
  })
}

async function serve(flags: Flags, market: SyntheticMarket | undefined, context: Context): Promise<0> {
  const { clock, signal } = context
  const defects = flags.defect.map(parsePlant)
  if (market === undefined && defects.length > 0)
    fail('E_USAGE', { subject: '--defect', detail: 'a folder is served as it is' })
  const startedMs = clock.now()
  const venueStartMs = flags.now === undefined ? (market?.defaultNowMs ?? startedMs) : instant(flags.now)
  const simulator = await startSimulator({
    source: market === undefined ? folderSource(flags.folder!, context.disk) : syntheticSource(market, { defects }),
    clock,
    now: () => (flags.freeze ? venueStartMs : venueStartMs + clock.now() - startedMs),
    faults: flags.fault.map(parseFault),
    port: count(flags.port, '--port'),
  })
  const { url, port } = simulator
  line(flags.json ? JSON.stringify({ url, port, now: new Date(venueStartMs).toISOString() }) : `listening on ${url}`)
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
  await simulator.close()
  return EXIT.done
}

async function write(flags: Flags, market: SyntheticMarket | undefined, context: Context, dir: string): Promise<0> {
  if (market === undefined)
    fail('E_USAGE', { subject: '--write-archive', detail: 'it writes the synthetic market, not --folder' })
  const from = parseDate(flags.startDate)
  const written = await writeArchiveFolder(market, dir, context.disk, {
    kinds: kindsOf(flags.kinds),
    routes: ['daily', 'monthly'],
    from,
    to: addDays(from, count(flags.days, '--days') - 1),
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

function count(text: string, flag: string): number {
  if (!/^\d{1,6}$/.test(text)) fail('E_USAGE', { subject: flag, detail: `"${text}" is not a whole number` })
  return Number(text)
}

function instant(text: string): number {
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
