/**
 * `GET /fapi/v1/exchangeInfo`
 * (developers.binance.com, USDⓈ-M Futures, Market Data, "Exchange Information").
 */
import { type Contract, contractFromName, fail } from '@cointrader/core'
import { z } from 'zod'

// Loose on purpose: unknown fields and enum values appear without notice (BX-47).
const symbolSchema = z.looseObject({
  symbol: z.string().min(1),
  status: z.string().optional(),
  contractStatus: z.string().optional(),
  contractType: z.string().optional(),
  baseAsset: z.string().optional(),
  quoteAsset: z.string().optional(),
  marginAsset: z.string().optional(),
  underlyingType: z.string().optional(),
  onboardDate: z.number().optional(),
  deliveryDate: z.number().optional(),
})
const schema = z.looseObject({
  symbols: z.array(symbolSchema),
  rateLimits: z
    .array(
      z.looseObject({ rateLimitType: z.string(), interval: z.string(), intervalNum: z.number(), limit: z.number() }),
    )
    .optional(),
})

export interface ExchangeInfo {
  readonly contracts: readonly Contract[]
  /** Request weight per minute, from `rateLimits` (BX-25: never a constant); null when absent. */
  readonly weightPerMinute: number | null
}

/** Perpetuals carry a delivery date of the year 2100. */
const FAR_FUTURE_MS = Date.UTC(2099, 0, 1)

/** Error `E_BAD_PAYLOAD` names the first wrong field. */
export function parseExchangeInfo(bytes: Uint8Array, subject: string): ExchangeInfo {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    fail('E_BAD_PAYLOAD', { subject, detail: 'not JSON', cause: error })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    fail('E_BAD_PAYLOAD', { subject, detail: `${issue.path.join('.')}: ${issue.message}` })
  }
  const contracts = parsed.data.symbols.map((s): Contract => {
    const named = contractFromName(s.symbol)
    return {
      symbol: s.symbol,
      status: s.status ?? s.contractStatus ?? 'UNKNOWN',
      contractType: s.contractType || named.contractType,
      baseAsset: s.baseAsset ?? named.baseAsset,
      quoteAsset: s.quoteAsset ?? named.quoteAsset,
      marginAsset: s.marginAsset ?? named.marginAsset,
      underlyingType: s.underlyingType ?? '',
      onboardMs: s.onboardDate ?? null,
      deliveryMs: s.deliveryDate !== undefined && s.deliveryDate < FAR_FUTURE_MS ? s.deliveryDate : null,
      origin: 'exchangeInfo',
    }
  })
  const weight = parsed.data.rateLimits?.find((r) => r.rateLimitType === 'REQUEST_WEIGHT' && r.interval === 'MINUTE')
  return { contracts, weightPerMinute: weight ? weight.limit / weight.intervalNum : null }
}
