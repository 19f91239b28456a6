/** The catalogue of reasons a decision record may name: gates that refuse, causes of exits, and things noted. */

/** Refusals, in the order the gates are asked; the gate is the word before the colon of the explanation. */
export const REASONS = {
  // gates of an entry
  'bad-intent': 'intent: its numbers make no sense',
  halted: 'operator: trading is halted',
  ruin: 'account: equity is at or below the ruin limit',
  drawdown: 'account: the drawdown limit was reached, trading stopped for good',
  'killed-portfolio': 'kill switch: of the portfolio',
  'killed-symbol': 'kill switch: of this symbol',
  'daily-loss': 'daily loss: the limit of this UTC day was reached',
  'no-price': 'data: no price of this symbol yet',
  'stale-data': 'data: the last closed bar is too old',
  'position-open': 'position: one is open in this direction already',
  'opposite-open': 'position: one is open in the other direction, and the intent does not reverse',
  'order-pending': 'position: an order of this symbol is under way',
  'unknown-outcome': 'position: an order of this symbol has an unknown outcome; only the venue can resolve it',
  cooldown: 'cooldown: too soon after the last exit',
  'reentry-expired': 're-entry: the exit took longer than a re-entry may wait',
  'ml-below': 'filter: probability below the threshold',
  'ml-missing': 'filter: the model gave no probability',
  'max-positions': 'limit: open positions',
  'same-direction': 'limit: positions in this direction',
  'no-protection': 'protection: no stop, and no drawdown limit that would stand in for it',
  'bad-protection': 'protection: a level would be at or below 0',
  'no-stop-for-risk': 'size: fixed risk needs a stop distance',
  margin: 'size: no free margin',
  'min-quantity': 'filter of the venue: below the smallest quantity',
  'min-notional': 'filter of the venue: below the smallest notional',
  'percent-price': 'filter of the venue: the target is too far from the mark',
  'stop-beyond-liquidation': 'protection: liquidation would come before the stop',
  'no-position': 'position: none to act on',
  'no-change': 'target: held already, or the difference is too small to trade',
  // sizes that were made smaller
  'capped-bracket': 'size: cut to the notional the leverage bracket allows',
  'capped-margin': 'size: cut to the free margin',
  'capped-quantity': 'size: cut to the largest market order',
  // exits
  reverse: 'exit: signal in the other direction',
  signal: 'exit: the strategy said so',
  time: 'exit: holding time over',
  target: 'resize: towards the target weight',
  'loss-limit': 'exit: drawdown or ruin limit of the account',
  operator: 'exit: the operator said so',
  emergency: 'exit: protection could not be placed',
  // noted
  accepted: 'accepted',
  moved: 'protection moved',
  'kill-losses': 'kill switch on: losses in a row',
  'kill-profit-factor': 'kill switch on: profit factor of the last trades',
  'kill-operator': 'kill switch on: by the operator',
  'kill-reset': 'kill switch off',
  'daily-loss-reached': 'daily loss limit reached: no entries until 00:00 UTC',
  'protection-refused': 'the venue refused or dropped a protective order',
  'target-refused': 'the venue refused the target: the stop stays',
  'close-refused': 'the venue refused a close: tried again at the next bar',
  stranded: 'position without protection that cannot be closed: an operator must act, tried again at every bar',
  'unknown-order': 'news of an order this core never placed',
  'stale-fill': 'fill of an order of an earlier position: reconcile with the venue',
  'excess-fill': 'more was closed than was open: reconcile with the venue',
  'order-refused': 'the venue refused an entry or a reduction',
  'bad-news': 'a fill whose numbers make no sense: ask the venue',
  reconciled: 'the venue holds another position than was known: adopted',
} as const

export type Reason = keyof typeof REASONS

/** Why a position ended, in the order of the codes used in result columns. */
export const EXIT_REASONS = [
  'stop',
  'target',
  'reverse',
  'signal',
  'time',
  'rebalance',
  'liquidation',
  'emergency',
  'loss-limit',
  'operator',
  'end-of-data',
  'delisted',
  'adl',
  'manual',
] as const
export type ExitReason = (typeof EXIT_REASONS)[number]

/** What an intent or event led to, in words that name gate, reason and numbers. */
export interface DecisionRecord {
  /** 1, 2, 3 … over the life of the state. */
  readonly id: number
  readonly time: number
  /** Index of the symbol; −1 for the whole account. */
  readonly symbol: number
  readonly action: 'enter' | 'exit' | 'resize' | 'protect' | 'note'
  readonly verdict: 'accepted' | 'refused' | 'noted'
  readonly reason: Reason
  /** 1, −1, or 0 where there is none. */
  readonly side: 1 | -1 | 0
  readonly qty: number
  /** Mark price at the decision, 0 when unknown. */
  readonly price: number
  readonly equity: number
  /** Probability handed in; NaN without one. */
  readonly probability: number
  /** The strategy's own words. */
  readonly text: string
}
