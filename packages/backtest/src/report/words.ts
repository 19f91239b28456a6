/** What the numbers say, in plain words, with their doubt. No word here is stronger than its number. */
import type { BacktestStatistics } from '../statistics/statistics.js'
import type { Validation } from '../statistics/validate.js'
import { decimal, percent, probability, pValue, signedPercent } from './format.js'

/** Sentences for the head of a report, weightiest doubt included. */
export function plainWords(statistics: BacktestStatistics, validation: Validation): string[] {
  const { measures: m, range, settings, benchmark, random } = statistics
  const out: string[] = []
  const level = percent(settings.level, 0)
  out.push(
    `${signedPercent(m.totalReturn.value)} in ${decimal(range.days, 0)} days with ${m.trades.value} trades, ` +
      `after fees and slippage${m.funding.value === null ? ' (funding was NOT charged: no rates were there)' : ', and funding where its rates were there'}; ` +
      `largest drawdown ${percent(m.maxDrawdown.value)}.`,
  )
  if (validation.overall === 'fail') {
    const failed = validation.checks.filter((c) => c.level === 'fail' && !c.passed).length
    out.push(
      `${failed} ${failed === 1 ? 'check' : 'checks'} failed: do not rest anything on these numbers before it is mended.`,
    )
  }
  const { sharpe } = m
  if (sharpe.value === null) out.push(`No Sharpe ratio: ${sharpe.reason}.`)
  else if (sharpe.low !== null && sharpe.high !== null) {
    const span = `${level} interval of the Sharpe ratio ${decimal(sharpe.low)} to ${decimal(sharpe.high)}`
    if (sharpe.low > 0) out.push(`The ${span} lies above 0.`)
    else if (sharpe.high < 0) out.push(`The ${span} lies below 0: it loses.`)
    else out.push(`The ${span} includes 0: this may be luck.`)
  }
  const { deflatedSharpe } = m
  if (deflatedSharpe.value !== null) {
    out.push(
      settings.trials === 1
        ? 'One trial was stated. If more settings were tried before this one, state their number: the luck of the best is not accounted for.'
        : `After ${settings.trials} trials the chance that its Sharpe ratio beats the luck of the best is ${probability(deflatedSharpe.value)}.`,
    )
  }
  if (benchmark !== null) {
    const p = benchmark.pValue
    const tell =
      p === null
        ? `no test: ${benchmark.excess.reason ?? 'the difference does not vary'}`
        : `difference ${signedPercent(benchmark.excess.value)} a year, p ${pValue(p)}`
    out.push(`${benchmark.name}: ${signedPercent(benchmark.totalReturn)}; ${tell}.`)
  }
  if (random !== null) {
    const share = percent(random.pValue, 1)
    out.push(
      random.pValue < 0.05
        ? `Entries at random moments, all else equal, did as well in ${share} of ${random.resamples} draws.`
        : `Entries at random moments, all else equal, did as well in ${share} of ${random.resamples} draws: no timing is shown.`,
    )
  }
  if (m.trades.value !== null && m.trades.value < 30)
    out.push(`${m.trades.value} trades are too few for averages to mean much.`)
  const without = m.netWithoutBest.value
  if (without !== null && without < 0 && (m.netProfit.value ?? 0) > 0) {
    out.push('Without its five best trades it loses: the result hangs on few.')
  }
  return out
}
