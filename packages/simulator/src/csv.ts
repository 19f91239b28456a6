/** Rows of the archive's CSV files, cell by cell as text. The same cells serve the REST klines. */
import { dateMs, parseDate, type UtcDate, utcText } from '@cointrader/core'
import type { Bars } from './bars.js'
import { decimal, padded } from './decimal.js'
import { FIVE_MINUTES, type FundingRow, type MetricsRow } from './metrics.js'

export type Cells = string[]

export const KLINE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore'
export const METRICS_HEADER =
  'create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio'
export const FUNDING_HEADER = 'calc_time,funding_interval_hours,last_funding_rate'

/** Futures files carry a header from this day on (BX-01). */
export const HEADER_FROM: UtcDate = parseDate('2022-05-01')
/** Spot files are in microseconds from this day on (BX-02). */
export const SPOT_MICROS_FROM: UtcDate = parseDate('2025-01-01')
/** `create_time` is the end of its period before this instant and the start from it on (BX-05). */
export const METRICS_SWITCH_MS = dateMs(parseDate('2026-06-25'))

/** 12 cells per bar. `micros` writes microseconds, `shownPrice` pads decimals (spot files show eight). */
export function klineCells(bars: Bars, style: { micros: boolean; eight: boolean }): Cells[] {
  const { traded, priceDecimals: pd, stepMs } = bars
  const rows: Cells[] = []
  const price = (units: number): string => (style.eight ? padded(units, pd, 8) : decimal(units, pd))
  for (let i = bars.from; i < bars.to; i++) {
    const openMs = bars.startMs + i * stepMs
    const time = (ms: number, last: string): string => (style.micros ? `${ms}${last}` : String(ms))
    const cells = [
      time(openMs, '000'),
      price(bars.open[i]!),
      price(bars.high[i]!),
      price(bars.low[i]!),
      price(bars.close[i]!),
      '0',
      time(openMs + stepMs - 1, '999'),
      '0',
      String(bars.count[i]!),
      '0',
      '0',
      '0',
    ]
    if (traded !== null) {
      const vd = traded.volumeDecimals
      const volume = (units: number): string => (style.eight ? padded(units, vd, 8) : decimal(units, vd))
      const quote = (units: number): string => (style.eight ? padded(units, pd + vd, 8) : decimal(units, pd + vd))
      cells[5] = volume(traded.volume[i]!)
      cells[7] = quote(traded.quote[i]!)
      cells[9] = volume(traded.takerVolume[i]!)
      cells[10] = quote(traded.takerQuote[i]!)
    }
    rows.push(cells)
  }
  return rows
}

/** The `create_time` the archive gives a period that ended at `instantMs` (BX-05). */
export function metricsStampMs(instantMs: number): number {
  return instantMs - FIVE_MINUTES >= METRICS_SWITCH_MS ? instantMs - FIVE_MINUTES : instantMs
}

/** Eight cells; open interest is padded to 16 decimals, as the archive does. */
export function metricsCells(row: MetricsRow, symbol: string): Cells {
  return [
    utcText(metricsStampMs(row.instantMs)),
    symbol,
    padded(row.openInterest, row.openInterestDecimals, 16),
    padded(row.openInterestValue, row.valueDecimals, 16),
    decimal(row.topAccounts, 8),
    decimal(row.topPositions, 8),
    decimal(row.accounts, 8),
    decimal(row.takerRatio, 8),
  ]
}

export function fundingCells(row: FundingRow): Cells {
  return [String(row.calcMs), String(row.intervalHours), decimal(row.rate, 8)]
}

/** The file: optional header, one line per row, a newline at the end. */
export function csvText(header: string | null, rows: readonly Cells[]): string {
  const lines = rows.map((cells) => cells.join(','))
  if (header !== null) lines.unshift(header)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
