/** Settings of the trading core: plain data, checked once, stored in every snapshot and result. */
import { fail } from '@cointrader/core'
import { LOOSE_RULES, type SymbolRules } from './rules.js'

/** Margin shrinks as equity grows above the initial balance (TB-05.4). */
export interface DynamicMargin {
  readonly kind: 'dynamic-margin'
  /** ratio = clamp(max − (equity − initial) · decay, min, max); margin = min(equity / symbols, free) · ratio. */
  readonly max: number
  readonly min: number
  readonly decay: number
}

/** Lose this share of equity when the stop fills at its level, both fees included. Needs a stop. */
export interface FixedRisk {
  readonly kind: 'fixed-risk'
  readonly risk: number
}

/** Notional = equity · share. */
export interface FixedShare {
  readonly kind: 'fixed-share'
  readonly share: number
}

export type Sizing = DynamicMargin | FixedRisk | FixedShare

export interface KillRule {
  /** Entries stop after this many losing trades in a row; 0 = off. */
  readonly losses: number
  /** … or when gains / |losses| of the last `trades` trades is below `profitFactor` (0 trades = off). */
  readonly trades: number
  readonly profitFactor: number
  /** Re-arms by itself after this time, with an empty history; null = only an operator resets it. */
  readonly rearmAfterMs: number | null
}

export interface TradingConfig {
  /** In ascending order; events name a symbol by its place here. */
  readonly symbols: readonly string[]
  readonly initialBalance: number
  readonly leverage: number
  readonly marginMode: 'isolated' | 'cross'
  readonly sizing: Sizing
  /** Open positions and entries under way; null = no limit. */
  readonly maxPositions: number | null
  readonly maxSameDirection: number | null
  /** Share of the equity at 00:00 UTC; realised and unrealised loss together stop entries until the next day. null = off. */
  readonly maxDailyLoss: number | null
  /** Share below the highest equity at which everything is closed and trading stops for good; null = off. */
  readonly maxDrawdown: number | null
  /** Ruin: trading stops for good when equity is at or below this share of the initial balance (D-03). */
  readonly ruinBelow: number
  readonly killSymbol: KillRule | null
  readonly killPortfolio: KillRule | null
  /** Entries need at least this probability where the intent brings one. */
  readonly mlThreshold: number
  /** An intent whose probability is NaN (D-22). */
  readonly mlMissing: 'refuse' | 'allow'
  /** No entry in a symbol for this long after its last exit. */
  readonly cooldownMs: number
  /** No entry when the symbol's last closed bar ended longer ago. */
  readonly maxDataAgeMs: number
  /** A reverse re-entry that could not start within this time of its signal is dropped. */
  readonly reentryExpiryMs: number
  /** Target orders: market when touched (taker), or a resting limit (maker). */
  readonly targetOrder: 'take-profit-market' | 'limit'
  /** Times a refused or lost protective order is placed before the position is closed at market. */
  readonly protectionAttempts: number
  /** Refuse entries whose stop lies beyond the liquidation price (isolated). */
  readonly refuseStopBeyondLiquidation: boolean
  /** Fee assumed when margin and risk are computed; what is really paid comes with the fills. */
  readonly takerFee: number
  /** Changes of a target smaller than this share of equity are not traded. */
  readonly minWeightChange: number
  /** Rules by index of `symbols`. */
  readonly rules: readonly SymbolRules[]
}

export const DEFAULT_KILL: KillRule = Object.freeze({ losses: 8, trades: 15, profitFactor: 0.75, rearmAfterMs: null })

/** The one source of the defaults (TB-05.1, TB-06; D-26). */
export const TRADING_DEFAULTS: Omit<TradingConfig, 'symbols' | 'rules'> = Object.freeze({
  initialBalance: 1000,
  leverage: 10,
  marginMode: 'isolated',
  sizing: Object.freeze({ kind: 'dynamic-margin', max: 0.5, min: 0.2, decay: 0.0006 }),
  maxPositions: 3,
  maxSameDirection: 2,
  maxDailyLoss: 0.05,
  maxDrawdown: null,
  ruinBelow: 0.1,
  killSymbol: DEFAULT_KILL,
  killPortfolio: DEFAULT_KILL,
  mlThreshold: 0.55,
  mlMissing: 'refuse',
  cooldownMs: 0,
  maxDataAgeMs: 3_600_000,
  reentryExpiryMs: 3_600_000,
  targetOrder: 'take-profit-market',
  protectionAttempts: 3,
  refuseStopBeyondLiquidation: true,
  takerFee: 0.0005,
  minWeightChange: 0,
})

/** What a book of many symbols with exits by time changes: no position counts, a drawdown limit in place of stops. */
export const PORTFOLIO_DEFAULTS: Omit<TradingConfig, 'symbols' | 'rules'> = Object.freeze({
  ...TRADING_DEFAULTS,
  leverage: 2,
  marginMode: 'cross',
  maxPositions: null,
  maxSameDirection: null,
  maxDrawdown: 0.3,
  // Eight losers in a row are an ordinary evening in a book of many names.
  killSymbol: null,
  killPortfolio: null,
  minWeightChange: 0.0005,
})

/**
 * A checked configuration. Rules not given are {@link LOOSE_RULES}. `E_CONFIG` names every wrong field at once.
 */
export function makeConfig(
  symbols: readonly string[],
  overrides: Partial<Omit<TradingConfig, 'symbols'>> = {},
  base: Omit<TradingConfig, 'symbols' | 'rules'> = TRADING_DEFAULTS,
): TradingConfig {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, v]) => v !== undefined))
  const config: TradingConfig = { ...base, rules: symbols.map(() => LOOSE_RULES), ...given, symbols: [...symbols] }
  const wrong: string[] = []
  const need = (ok: boolean, text: string): void => {
    if (!ok) wrong.push(text)
  }
  const share = (x: number): boolean => x > 0 && x <= 1
  for (const name of Object.keys(config))
    need(name in base || name === 'symbols' || name === 'rules', `${name}: not a setting`)
  need(symbols.length > 0, 'symbols: at least one')
  for (let i = 1; i < symbols.length; i++) {
    need(symbols[i - 1]! < symbols[i]!, `symbols: ${symbols[i - 1]} and ${symbols[i]} are not in ascending order`)
  }
  need(config.rules.length === symbols.length, 'rules: one per symbol')
  need(config.initialBalance > 0 && Number.isFinite(config.initialBalance), 'initialBalance: above 0')
  need(config.leverage >= 1 && config.leverage <= 125, 'leverage: 1 … 125')
  const s = config.sizing
  if (s.kind === 'dynamic-margin') {
    need(share(s.max) && share(s.min) && s.min <= s.max, 'sizing: 0 < min <= max <= 1')
    need(s.decay >= 0, 'sizing.decay: at least 0')
  } else if (s.kind === 'fixed-risk') need(share(s.risk), 'sizing.risk: in (0, 1]')
  else need(s.share > 0, 'sizing.share: above 0')
  for (const key of ['maxPositions', 'maxSameDirection'] as const) {
    need(
      config[key] === null || (Number.isInteger(config[key]) && config[key] >= 1),
      `${key}: a whole number of at least 1, or null`,
    )
  }
  for (const key of ['maxDailyLoss', 'maxDrawdown'] as const) {
    need(config[key] === null || share(config[key]), `${key}: in (0, 1], or null`)
  }
  need(config.ruinBelow >= 0 && config.ruinBelow < 1, 'ruinBelow: in [0, 1)')
  for (const key of ['killSymbol', 'killPortfolio'] as const) {
    const rule = config[key]
    need(
      rule === null || (rule.losses >= 0 && rule.trades >= 0 && rule.profitFactor >= 0),
      `${key}: numbers of at least 0`,
    )
  }
  need(config.mlThreshold >= 0 && config.mlThreshold <= 1, 'mlThreshold: in [0, 1]')
  for (const key of ['cooldownMs', 'reentryExpiryMs', 'takerFee', 'minWeightChange'] as const) {
    need(config[key] >= 0 && Number.isFinite(config[key]), `${key}: at least 0`)
  }
  need(config.maxDataAgeMs > 0, 'maxDataAgeMs: above 0')
  need(Number.isInteger(config.protectionAttempts) && config.protectionAttempts >= 1, 'protectionAttempts: at least 1')
  if (wrong.length > 0) fail('E_CONFIG', { subject: 'trading configuration', detail: wrong.join('; ') })
  return Object.freeze(config)
}
