/** Name and value pairs, as the backtest report writes them; under a name that does not clash with the study's facts. */
export { facts } from '@cointrader/backtest/report/page'
