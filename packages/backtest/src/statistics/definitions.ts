/**
 * Every headline number: its name, unit, smallest sample and definition. The report prints these words beside the number, and
 * {@link statistics} fills exactly these keys, so that a number without a definition does not compile.
 */

/** `share` is a fraction (0.12 is printed 12 %). */
export type Unit = 'share' | 'ratio' | 'money' | 'count' | 'bps' | 'hours' | 'days' | 'probability' | 'perYear'

export interface Definition {
  readonly title: string
  readonly unit: Unit
  /** Smallest sample; below it the number is n/a. */
  readonly minimum: number
  /** What the sample counts. */
  readonly of: 'days' | 'trades' | 'bars'
  /** Formula in words, and its source. */
  readonly text: string
}

const define = (title: string, unit: Unit, minimum: number, of: Definition['of'], text: string): Definition => ({
  title,
  unit,
  minimum,
  of,
  text,
})

/** Days: returns of whole UTC days of the marked-to-market equity. Years: 365 days. Risk-free rate: 0. */
export const DEFINITIONS = {
  totalReturn: define('Total return', 'share', 1, 'bars', 'final equity / initial balance − 1, marked to market'),
  netProfit: define('Net profit', 'money', 1, 'bars', 'final equity − initial balance, quote currency'),
  annualReturn: define(
    'Annual return',
    'share',
    90,
    'days',
    'compound: (final equity / initial balance)^(365 / days of the range) − 1; interval: stationary block bootstrap of days',
  ),
  volatility: define(
    'Volatility',
    'share',
    20,
    'days',
    'deviation of daily returns (divisor n − 1) · √365; interval: stationary block bootstrap',
  ),
  sharpe: define(
    'Sharpe ratio',
    'ratio',
    30,
    'days',
    'mean / deviation of daily returns · √365 (Sharpe 1994); error: Lo 2002, independent normal; interval: stationary block bootstrap',
  ),
  sortino: define(
    'Sortino ratio',
    'ratio',
    30,
    'days',
    'mean daily return / √(mean of squared negative returns over all days) · √365 (Sortino and Price 1994); needs 5 losing days',
  ),
  calmar: define(
    'Calmar ratio',
    'ratio',
    90,
    'days',
    'annual return / largest drawdown over the whole range (after Young 1991)',
  ),
  maxDrawdown: define(
    'Largest drawdown',
    'share',
    1,
    'bars',
    'largest fall of marked-to-market equity from its peak, the initial balance being the first peak',
  ),
  ulcerIndex: define(
    'Ulcer index',
    'share',
    20,
    'days',
    'root of the mean squared drawdown over bars (Martin and McCann 1989)',
  ),
  timeUnderWater: define('Time under water', 'share', 1, 'bars', 'share of bars at which equity was below its peak'),
  longestUnderWater: define(
    'Longest under water',
    'days',
    1,
    'bars',
    'longest time from a peak until equity was back, or to the end',
  ),
  skewness: define('Skewness', 'ratio', 30, 'days', 'third standardised moment of daily returns'),
  kurtosis: define('Kurtosis', 'ratio', 30, 'days', 'fourth standardised moment of daily returns; a normal has 3'),
  bestDay: define('Best day', 'share', 2, 'days', 'largest daily return'),
  worstDay: define('Worst day', 'share', 2, 'days', 'smallest daily return'),
  probabilisticSharpe: define(
    'Probabilistic Sharpe',
    'probability',
    30,
    'days',
    'probability that the true Sharpe ratio is above 0, given length, skewness and kurtosis (Bailey and Lopez de Prado 2012)',
  ),
  deflatedSharpe: define(
    'Deflated Sharpe',
    'probability',
    30,
    'days',
    'probability that the true Sharpe ratio is above what the best of all trials reaches by luck (Bailey and Lopez de Prado 2014)',
  ),
  minimumTrackRecord: define(
    'Minimum track record',
    'days',
    30,
    'days',
    'days needed until such a Sharpe ratio is above 0 with 95 % confidence (Bailey and Lopez de Prado 2012)',
  ),
  timeInMarket: define('Time in market', 'share', 1, 'bars', 'share of bars at whose end a position was open'),
  grossExposure: define('Gross exposure', 'ratio', 1, 'bars', 'mean over bars of Σ |notional| / equity'),
  netExposure: define('Net exposure', 'ratio', 1, 'bars', 'mean over bars of Σ signed notional / equity'),
  maxGrossExposure: define(
    'Largest gross exposure',
    'ratio',
    1,
    'bars',
    'largest Σ |notional| / equity at the end of a bar',
  ),
  turnover: define(
    'Turnover',
    'perYear',
    30,
    'days',
    'Σ |notional| of all fills / mean equity, per year: one round trip counts twice',
  ),
  trades: define('Trades', 'count', 0, 'trades', 'closed round trips, from flat to flat'),
  tradesPerMonth: define(
    'Trades per month',
    'ratio',
    1,
    'trades',
    'trades / months of 365/12 days of the tested range',
  ),
  winRate: define('Win rate', 'share', 5, 'trades', 'share of trades with a net result above 0; interval: Wilson 1927'),
  averageWin: define('Average win', 'money', 5, 'trades', 'mean net result of the trades above 0'),
  averageLoss: define('Average loss', 'money', 5, 'trades', 'mean net result of the trades below 0'),
  payoff: define('Payoff ratio', 'ratio', 10, 'trades', 'average win / |average loss|; n/a without a win or a loss'),
  expectancy: define('Expectancy', 'money', 10, 'trades', 'mean net result per trade; error: deviation / √n'),
  averageTradeBps: define(
    'Average trade',
    'bps',
    10,
    'trades',
    'mean of net result / notional of all its entries; error: deviation / √n',
  ),
  profitFactor: define(
    'Profit factor',
    'ratio',
    10,
    'trades',
    'Σ net gains / Σ |net losses|; n/a without a losing trade; interval: stationary block bootstrap over trades',
  ),
  maxConsecutiveLosses: define(
    'Losses in a row',
    'count',
    1,
    'trades',
    'longest run of net results below 0, in order of exit',
  ),
  averageDuration: define('Mean holding time', 'hours', 1, 'trades', 'mean time from first entry to last exit'),
  medianDuration: define('Median holding time', 'hours', 1, 'trades', 'median time from first entry to last exit'),
  netWithoutBest: define('Net without best 5', 'money', 20, 'trades', 'Σ net result without the five best trades'),
  fees: define('Fees', 'money', 0, 'bars', 'Σ fees paid'),
  funding: define('Funding', 'money', 0, 'bars', 'funding paid − funding received; positive is a cost'),
  slippage: define(
    'Slippage',
    'money',
    0,
    'bars',
    'Σ lost to slippage and price rounding, already inside the gross result',
  ),
  costShare: define(
    'Costs of gross gain',
    'share',
    10,
    'trades',
    '(fees + funding + slippage) / (net result of trades + these costs); n/a when there was nothing to take from',
  ),
} as const satisfies Record<string, Definition>

export type MeasureKey = keyof typeof DEFINITIONS
export const MEASURE_KEYS = Object.keys(DEFINITIONS) as MeasureKey[]
