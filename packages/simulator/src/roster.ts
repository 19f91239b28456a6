/** The default cast of the synthetic market: real-looking names with plausible sizes. */
import { addDays, DAY_MS, dateMs, fail, MINUTE_MS, type UtcDate } from '@cointrader/core'
import type { SymbolSpec } from './spec.js'

type Row = readonly [
  base: string,
  price: number,
  priceDecimals: number,
  quantityDecimals: number,
  sector: string,
  beta: number,
  idioDaily: number,
  quoteVolumePerMinute: number,
  tradeUsd: number,
  openInterestUsd: number,
  fundingHours: 1 | 2 | 4 | 8,
]

const ROWS: readonly Row[] = [
  ['BTC', 78_250, 1, 3, 'Layer-1', 1, 0.006, 9_000_000, 3500, 6_500_000_000, 8],
  ['ETH', 2_420, 2, 3, 'Layer-1', 1.2, 0.011, 7_500_000, 2200, 4_200_000_000, 8],
  ['SOL', 104.5, 2, 2, 'Layer-1', 1.35, 0.018, 2_600_000, 1100, 1_100_000_000, 8],
  ['XRP', 1.62, 4, 1, 'Payment', 1.2, 0.017, 1_400_000, 900, 800_000_000, 8],
  ['DOGE', 0.1043, 5, 0, 'Meme', 1.4, 0.02, 900_000, 650, 420_000_000, 8],
  ['BNB', 771.4, 2, 2, 'Layer-1', 0.8, 0.012, 650_000, 950, 360_000_000, 8],
  ['ADA', 0.2941, 4, 0, 'Layer-1', 1.3, 0.018, 300_000, 520, 170_000_000, 8],
  ['LINK', 9.81, 3, 2, 'Oracle', 1.3, 0.018, 230_000, 480, 150_000_000, 8],
  ['1000PEPE', 0.00421, 7, 0, 'Meme', 1.7, 0.028, 340_000, 420, 120_000_000, 4],
  ['AVAX', 10.02, 3, 0, 'Layer-1', 1.4, 0.02, 160_000, 430, 90_000_000, 8],
  ['LTC', 59.98, 2, 3, 'Payment', 1.05, 0.016, 140_000, 460, 85_000_000, 8],
  ['SUI', 1.124, 4, 1, 'Layer-1', 1.6, 0.024, 280_000, 450, 160_000_000, 8],
  ['WLD', 0.4312, 4, 0, 'AI', 1.6, 0.03, 90_000, 330, 60_000_000, 4],
  ['NEAR', 1.211, 3, 0, 'AI', 1.5, 0.024, 60_000, 300, 45_000_000, 8],
  ['DOT', 1.546, 3, 1, 'Layer-1', 1.3, 0.02, 45_000, 280, 42_000_000, 8],
  ['FIL', 0.982, 3, 1, 'Storage', 1.4, 0.022, 32_000, 240, 30_000_000, 8],
  ['ALGO', 0.1047, 4, 1, 'Layer-1', 1.3, 0.022, 9_000, 180, 14_000_000, 4],
  ['ICP', 2.61, 3, 0, 'AI', 1.4, 0.026, 11_000, 190, 16_000_000, 8],
  ['CTK', 0.2144, 4, 0, 'DeFi', 1.2, 0.03, 900, 130, 2_600_000, 4],
  ['PIPPIN', 0.3127, 5, 0, 'AI', 1.1, 0.075, 420, 110, 1_900_000, 1],
  ['AAVE', 128.4, 2, 1, 'DeFi', 1.4, 0.024, 70_000, 420, 70_000_000, 8],
  ['UNI', 3.91, 3, 0, 'DeFi', 1.4, 0.024, 50_000, 300, 48_000_000, 8],
  ['TRX', 0.2871, 5, 0, 'Payment', 0.5, 0.01, 60_000, 350, 75_000_000, 8],
  ['XLM', 0.1742, 5, 0, 'Payment', 1.2, 0.019, 34_000, 260, 33_000_000, 8],
  ['HYPE', 30.6, 3, 2, 'DeFi', 1.5, 0.035, 700_000, 700, 650_000_000, 4],
  ['ENA', 0.1361, 4, 0, 'DeFi', 1.8, 0.032, 95_000, 310, 80_000_000, 4],
  ['1000BONK', 0.00612, 6, 0, 'Meme', 1.7, 0.03, 48_000, 260, 28_000_000, 4],
  ['WIF', 0.2214, 4, 1, 'Meme', 1.8, 0.034, 42_000, 250, 26_000_000, 4],
  ['1000SHIB', 0.00671, 6, 0, 'Meme', 1.3, 0.019, 38_000, 280, 36_000_000, 8],
  ['TAO', 171.2, 2, 3, 'AI', 1.6, 0.034, 62_000, 380, 52_000_000, 4],
  ['FET', 0.1592, 4, 0, 'AI', 1.6, 0.031, 26_000, 230, 24_000_000, 8],
  ['APT', 1.093, 4, 1, 'Layer-1', 1.5, 0.025, 31_000, 240, 27_000_000, 8],
  ['ATOM', 1.921, 3, 2, 'Layer-1', 1.2, 0.021, 19_000, 210, 21_000_000, 8],
  ['ARB', 0.1147, 4, 1, 'Layer-2', 1.6, 0.026, 36_000, 240, 34_000_000, 8],
  ['OP', 0.1893, 4, 1, 'Layer-2', 1.6, 0.027, 27_000, 230, 25_000_000, 8],
  ['JTO', 0.2811, 4, 0, 'DeFi', 1.5, 0.036, 7_000, 170, 9_000_000, 4],
  ['AXS', 1.413, 3, 0, 'Gaming', 1.3, 0.045, 21_000, 200, 16_000_000, 4],
  ['SAND', 0.0931, 5, 0, 'Gaming', 1.4, 0.024, 8_000, 160, 11_000_000, 8],
  ['GALA', 0.00491, 5, 0, 'Gaming', 1.5, 0.026, 12_000, 170, 13_000_000, 8],
  ['COS', 0.001471, 6, 0, 'Gaming', 1.1, 0.06, 600, 110, 1_500_000, 1],
]

export interface RosterOptions {
  /** How many ordinary USDT perpetuals. */
  readonly symbols: number
  readonly startDate: UtcDate
  readonly days: number
  /** Adds a stablecoin, a quarterly, a TradFi perpetual and a non-ASCII symbol. */
  readonly extras: boolean
}

/**
 * The first `symbols` ordinary perpetuals, then the extras. With more than 12 symbols and more than 3 days one is
 * listed and one delisted inside the range; with more than 3 days one changes its funding interval.
 */
export function defaultRoster(options: RosterOptions): SymbolSpec[] {
  const { symbols, startDate, days } = options
  if (!Number.isInteger(symbols) || symbols < 1 || symbols > 500) {
    fail('E_USAGE', { subject: '--symbols', detail: `${symbols} is not a whole number from 1 to 500` })
  }
  const startMs = dateMs(startDate)
  const eventful = symbols > 12 && days > 3
  const specs: SymbolSpec[] = []
  for (let i = 0; i < symbols; i++) {
    const row = ROWS[i] ?? generated(i)
    const spec = fromRow(row, startMs - (400 + 37 * i) * DAY_MS)
    if (row[0] === 'DOGE' && days > 3) {
      specs.push({ ...spec, fundingChange: { date: addDays(startDate, Math.ceil(days / 2)), hours: 4 } })
    } else if (eventful && i === 11) {
      // Trading starts at 09:30 UTC of a middle day, as new contracts do: not at midnight.
      specs.push({ ...spec, onboardMs: startMs + Math.floor(days / 3) * DAY_MS + 570 * MINUTE_MS })
    } else if (eventful && i === 12) {
      specs.push({ ...spec, endMs: startMs + Math.floor((days * 2) / 3) * DAY_MS + 540 * MINUTE_MS })
    } else specs.push(spec)
  }
  if (options.extras) specs.push(...extras(startDate, startMs))
  return specs
}

function fromRow(row: Row, onboardMs: number): SymbolSpec {
  const [base, price, priceDecimals, quantityDecimals, sector, beta, idioDaily, volume, tradeUsd, oi, fundingHours] =
    row
  return {
    symbol: `${base}USDT`,
    baseAsset: base,
    quoteAsset: 'USDT',
    sector,
    price,
    priceDecimals,
    quantityDecimals,
    beta,
    sectorBeta: 0.6 * beta,
    idioDaily: 1.6 * idioDaily,
    quoteVolumePerMinute: volume,
    tradeUsd,
    openInterestUsd: oi,
    fundingHours,
    fundingChange: null,
    onboardMs: Math.floor(onboardMs / DAY_MS) * DAY_MS + 8 * 3_600_000,
    endMs: null,
    contractType: 'PERPETUAL',
    underlyingType: 'COIN',
    underlyingSubType: [sector],
    pegged: false,
    follows: null,
    session: false,
  }
}

/** Beyond the table: numbered coins of falling size. */
function generated(i: number): Row {
  const sectors = ['Layer-1', 'DeFi', 'Meme', 'AI', 'Gaming', 'Layer-2', 'Payment', 'Storage']
  const size = 40_000 / (1 + (i - ROWS.length) / 12)
  const price = [0.04213, 1.713, 12.61, 0.3917][i % 4]!
  const decimals = [5, 4, 3, 4][i % 4]!
  const beta = 1 + ((i * 7) % 9) / 10
  return [
    `SIM${i + 1}`,
    price,
    decimals,
    i % 2,
    sectors[i % 8]!,
    beta,
    0.02 + ((i * 5) % 7) / 250,
    size,
    220,
    size * 700,
    8,
  ]
}

function extras(startDate: UtcDate, startMs: number): SymbolSpec[] {
  const stable = fromRow(
    ['USDC', 1.0002, 4, 0, 'Stablecoin', 0, 0.00015, 90_000, 2400, 90_000_000, 8],
    startMs - 700 * DAY_MS,
  )
  const stock = fromRow(['TSLA', 428.6, 2, 2, 'Equity', 0.35, 0.02, 60_000, 700, 40_000_000, 8], startMs - 60 * DAY_MS)
  const chinese = fromRow(
    ['币安人生', 0.1382, 4, 0, 'Meme', 1.2, 0.05, 24_000, 230, 18_000_000, 4],
    startMs - 110 * DAY_MS,
  )
  const delivery = quarterEnd(startDate)
  const quarterly = fromRow(
    ['ETH', 2_420, 2, 3, 'Layer-1', 1.2, 0.0005, 70_000, 1800, 90_000_000, 8],
    delivery - 180 * DAY_MS,
  )
  const stamp = new Date(delivery).toISOString().slice(2, 10).replaceAll('-', '')
  return [
    { ...stable, pegged: true, sectorBeta: 0 },
    {
      ...quarterly,
      symbol: `ETHUSDT_${stamp}`,
      contractType: 'CURRENT_QUARTER',
      endMs: delivery,
      follows: 'ETHUSDT',
    },
    {
      ...stock,
      contractType: 'TRADIFI_PERPETUAL',
      underlyingType: 'EQUITY',
      underlyingSubType: ['TradFi'],
      sectorBeta: 0,
      session: true,
    },
    chinese,
  ]
}

/** Last Friday 08:00 UTC of the quarter that is at least 30 days after `date`: Binance's delivery instant. */
function quarterEnd(date: UtcDate): number {
  const from = dateMs(date) + 30 * DAY_MS
  for (let month = new Date(from).getUTCMonth() + 1, year = new Date(from).getUTCFullYear(); ; month++) {
    if (month % 3 !== 0) continue
    const last = Date.UTC(year + Math.floor(month / 12), month % 12, 1) - DAY_MS
    const friday = last - ((new Date(last).getUTCDay() + 2) % 7) * DAY_MS
    if (friday >= from) return friday + 8 * 3_600_000
  }
}
