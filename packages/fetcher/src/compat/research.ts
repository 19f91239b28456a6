/** The research pipeline's own rules for a day's files (RP-01, RP-03, RP-05), for comparison with its results only. */

import type { KlineRows } from '@cointrader/binance'
import { type Contract, fail } from '@cointrader/core'
import type { KnownRows } from '../asof.js'

/** RP-01: what the original downloads. It looks at the margin asset, not at the quote asset. */
export function isResearchSymbol(contract: Contract): boolean {
  return contract.status === 'TRADING' && contract.contractType === 'PERPETUAL' && contract.marginAsset === 'USDT'
}

/** RP-03: of 1441 rows the last is dropped; then exactly 1440 are required, else the symbol is skipped. */
export function researchRows(rows: KlineRows, subject: string): KlineRows {
  const count = rows.rows === 1441 ? 1440 : rows.rows
  if (count !== 1440)
    fail('E_ROW_COUNT', { subject, detail: `${rows.rows} rows; --compat research needs exactly 1440` })
  return { ...rows, rows: count, columns: rows.columns.map((c) => c.subarray(0, count)) }
}

/** RP-05: of the day before only the last row in file order is used. */
export function lastRowOnly(rows: KnownRows): KnownRows {
  const n = rows.knownMs.length
  return {
    knownMs: rows.knownMs.slice(Math.max(0, n - 1)),
    values: rows.values.map((v) => v.slice(Math.max(0, n - 1))),
  }
}
