/**
 * The one place where statistics and reports touch the engine: its result shapes. When `replay/result.ts` changes, this
 * file is where it is met.
 */
export {
  type BacktestResult,
  type CostSplit,
  type EquityColumns,
  type EventRecord,
  EXIT_REASONS,
  type ExitReason,
  type FillRecord,
  type Note,
  type OrderRecord,
  type SymbolCoverage,
  type Trade,
  type TradeColumns,
  tradeAt,
  tradeRows,
} from '../replay/result.js'
