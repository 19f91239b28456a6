// The data of bench/features: complete 1-minute bars of 50 made-up symbols over consecutive days, the same for every run,
// as raw float64 files (for the Python peers and the kernel benches) and as day tables (for the whole command).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addDays, DAY_COLUMNS, dateMs, seededRandom, utcText } from '../packages/core/dist/index.js'
import { BAR_FIELDS, DAY_MINUTES } from '../packages/features/dist/index.js'
import { encodeParquet, makeTable } from '../packages/store/dist/index.js'

export const MINUTE_MS = 60_000
export const WINDOWS = [1, 5, 15, 30, 60]
export const TOP = 50

/** `fields[name][s * rows + t]`, every cell filled, from midnight of `date` on. */
export function makeBars(seed, days, date = '2026-03-01') {
  const symbols = Array.from({ length: TOP }, (_, s) => `C${String(s).padStart(2, '0')}USDT`)
  const rows = days * DAY_MINUTES
  const fields = Object.fromEntries(BAR_FIELDS.map((f) => [f, new Float64Array(TOP * rows)]))
  const random = seededRandom(`bench-features/${seed}`)
  const market = Float64Array.from({ length: rows }, () => 4e-4 * random.normal())
  symbols.forEach((symbol, s) => {
    fillSymbol(fields, s * rows, rows, market, random.fork(symbol))
  })
  const dates = Array.from({ length: days }, (_, d) => addDays(date, d))
  return { symbols, dates, firstRow: dateMs(date) / MINUTE_MS, rows, fields }
}

const rounded = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits

function fillSymbol(f, at, rows, market, random) {
  let price = 10 ** (7 * random.next() - 3)
  const digits = Math.max(0, 3 - Math.floor(Math.log10(price)))
  const beta = 0.5 + random.next()
  const noise = 3e-4 + 1e-3 * random.next()
  // A tenth of the symbols is thin: some of its minutes are without a trade.
  const idle = random.next() < 0.1 ? 0.2 : 0.002
  const size = (10 ** (5 + 2 * random.next()) / price) * 1
  let close = rounded(price, digits)
  let interest = 1e7 / price
  const ratios = [1.5, 1.2, 1.8, 1]
  let premium = 0
  for (let t = 0; t < rows; t++) {
    const i = at + t
    const quiet = random.next() < idle
    let [open, high, low] = [close, close, close]
    if (!quiet) {
      open = rounded(price, digits)
      high = low = open
      for (let k = 0; k < 4; k++) {
        price *= Math.exp((beta * market[t]) / 4 + (noise / 2) * random.normal())
        close = rounded(price, digits)
        high = Math.max(high, close)
        low = Math.min(low, close)
      }
    }
    const volume = quiet ? 0 : rounded(size * Math.exp(0.8 * random.normal()), 3)
    const taker = rounded(volume * (0.2 + 0.6 * random.next()), 3)
    const typical = (open + high + low + close) / 4
    const values = { open, high, low, close, volume_base: volume, quote_volume: rounded(volume * typical, 6) }
    values.num_trades = volume === 0 ? 0 : 1 + Math.floor(200 * random.next())
    values.taker_buy_base = Math.min(taker, volume)
    values.taker_buy_quote = Math.min(rounded(values.taker_buy_base * typical, 6), values.quote_volume)
    const before = premium
    premium = rounded(0.95 * premium + 1e-4 * random.normal(), 8)
    values.pm_open = before
    values.pm_close = premium
    values.pm_high = rounded(Math.max(before, premium) + 2e-5 * random.next(), 8)
    values.pm_low = rounded(Math.min(before, premium) - 2e-5 * random.next(), 8)
    if (t % 5 === 0) {
      interest *= Math.exp(1e-3 * random.normal())
      for (let k = 0; k < ratios.length; k++) ratios[k] *= Math.exp(5e-3 * random.normal())
    }
    values.mt_oi = rounded(interest, 3)
    const names = ['mt_top_ls_ratio_cnt', 'mt_top_ls_ratio', 'mt_ls_ratio_cnt', 'mt_ls_vol_ratio']
    for (let k = 0; k < names.length; k++) values[names[k]] = rounded(ratios[k], 8)
    for (const [name, value] of Object.entries(values)) f[name][i] = value
  }
}

/** One float64 file a field, symbol-major, and `bars.json` that says what they hold. */
export function writeRaw(folder, bars) {
  mkdirSync(folder, { recursive: true })
  const { symbols, dates, firstRow, rows, fields } = bars
  const about = { symbols, dates, firstRow, rows, fields: Object.keys(fields), windows: WINDOWS, target: DAY_MINUTES }
  writeFileSync(join(folder, 'bars.json'), JSON.stringify(about))
  for (const [name, data] of Object.entries(fields)) writeFileSync(join(folder, `${name}.f64`), bytesOf(data))
}

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

export function readRaw(folder) {
  const about = JSON.parse(readFileSync(join(folder, 'bars.json'), 'utf8'))
  const fields = Object.fromEntries(about.fields.map((name) => [name, readDoubles(join(folder, `${name}.f64`))]))
  return { ...about, fields }
}

function readDoubles(path) {
  const bytes = readFileSync(path)
  const out = new Float64Array(bytes.byteLength / 8)
  bytesOf(out).set(bytes)
  return out
}

/** A data folder: day tables as `fetch` lays them, sorted by (time, symbol), and a universe of all symbols on the last day. */
export function writeTables(folder, { symbols, dates, firstRow, rows, fields }) {
  mkdirSync(join(folder, '1m_raw_data'), { recursive: true })
  dates.forEach((date, d) => {
    const cells = Int32Array.from({ length: symbols.length * DAY_MINUTES }, (_, i) => {
      const t = d * DAY_MINUTES + Math.floor(i / symbols.length)
      return (i % symbols.length) * rows + t
    })
    const ms = (cell) => (firstRow + (cell % rows)) * MINUTE_MS
    const column = ([name, type]) => {
      if (name === 'symbol') return [name, { type, data: Array.from(cells, (c) => symbols[Math.floor(c / rows)]) }]
      if (name === 'start_time_utc') return [name, { type, data: Array.from(cells, (c) => utcText(ms(c))) }]
      if (name === 'start_time_ms') return [name, { type, data: Float64Array.from(cells, ms) }]
      const array = type === 'int32' ? Int32Array : Float64Array
      return [name, { type, data: array.from(cells, (c) => fields[name][c]) }]
    }
    writeFileSync(join(folder, '1m_raw_data', `${date}.parquet`), encodeParquet(makeTable(DAY_COLUMNS.map(column))))
  })
  writeFileSync(join(folder, `top${TOP}_universe.json`), JSON.stringify({ [dates.at(-1)]: symbols }))
}
