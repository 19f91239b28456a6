/** How much of the account was at work. */
import type { EquityColumns } from './source.js'

export interface Exposure {
  readonly bars: number
  readonly timeInMarket: number
  /** Means of Σ |notional| / equity and Σ signed notional / equity over the bars with equity above 0. */
  readonly gross: number
  readonly net: number
  readonly maxGross: number
  readonly meanEquity: number
}

/** From the equity rows; NaN without rows. */
export function exposure(rows: EquityColumns): Exposure {
  let held = 0
  let gross = 0
  let net = 0
  let maxGross = 0
  let sum = 0
  let solvent = 0
  for (let i = 0; i < rows.count; i++) {
    if (rows.positions[i] > 0) held++
    sum += rows.equity[i]
    if (!(rows.equity[i] > 0)) continue
    solvent++
    const share = rows.grossExposure[i] / rows.equity[i]
    gross += share
    net += rows.netExposure[i] / rows.equity[i]
    if (share > maxGross) maxGross = share
  }
  return {
    bars: rows.count,
    timeInMarket: held / rows.count,
    gross: gross / solvent,
    net: net / solvent,
    maxGross: solvent === 0 ? Number.NaN : maxGross,
    meanEquity: sum / rows.count,
  }
}
