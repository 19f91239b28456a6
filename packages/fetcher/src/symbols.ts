/** Which symbols, and their contract facts. */
import { join } from 'node:path'
import { parseExchangeInfo } from '@cointrader/binance'
import { byCodeUnit, type Contract, contractFromName, fail, type Json, paths, stableJson } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { isResearchSymbol } from './compat/research.js'
import type { FetchRequest } from './request.js'
import type { ArchiveSource } from './source.js'

export interface SymbolChoice {
  readonly symbols: readonly string[]
  readonly contracts: readonly Contract[]
  /** Symbols whose facts had to be derived from their names. */
  readonly derived: readonly string[]
  /** Symbols of the source left out, by reason. */
  readonly left: Readonly<Record<string, number>>
}

/**
 * Named symbols as they are; else everything the source has ever listed (its tree and its exchangeInfo: the tree is the
 * only record of delisted symbols, BX-08) that is a USDT perpetual. `--compat research` takes today's listing (RP-01).
 */
export async function chooseSymbols(request: FetchRequest, source: ArchiveSource): Promise<SymbolChoice> {
  const bytes = request.market === 'um' ? await source.exchangeInfo() : undefined
  const known = new Map((bytes ? parseExchangeInfo(bytes, 'exchangeInfo').contracts : []).map((c) => [c.symbol, c]))
  const left: Record<string, number> = {}
  let symbols: string[]
  if (request.symbols !== null) symbols = [...new Set(request.symbols)]
  else if (request.compat === 'research') symbols = [...known.values()].filter(isResearchSymbol).map((c) => c.symbol)
  else {
    const kind = request.kinds.includes('klines') ? 'klines' : request.kinds[0]!
    const listed = new Set(known.keys())
    for (const route of ['daily', 'monthly'] as const) {
      for (const s of await source.symbols(request.market, route, kind, request.interval)) listed.add(s)
    }
    symbols = []
    for (const symbol of listed) {
      const contract = known.get(symbol) ?? contractFromName(symbol)
      const why =
        contract.contractType !== 'PERPETUAL'
          ? `contract type ${contract.contractType}`
          : contract.quoteAsset !== 'USDT'
            ? `quote ${contract.quoteAsset || 'unknown'}`
            : null
      if (why === null) symbols.push(symbol)
      else left[why] = (left[why] ?? 0) + 1
    }
  }
  symbols.sort(byCodeUnit)
  if (symbols.length === 0)
    fail('E_NOTHING_FOUND', { subject: source.name, detail: 'no symbols; the source lists none of this kind' })
  const contracts = new Map(known)
  const derived = symbols.filter((s) => !known.has(s))
  for (const s of derived) contracts.set(s, contractFromName(s))
  return { symbols, contracts: [...contracts.values()], derived, left }
}

/** Merges facts into `contracts.json`: the venue's word wins over a name's, and symbols that vanished stay. */
export async function saveContracts(disk: Disk, dataDir: string, contracts: readonly Contract[]): Promise<void> {
  const path = join(dataDir, paths.contracts)
  const before = await disk.read(path)
  const old = before ? (JSON.parse(new TextDecoder().decode(before)) as Record<string, Contract>) : {}
  const merged: Record<string, Contract> = { ...old }
  for (const c of contracts) if (c.origin === 'exchangeInfo' || merged[c.symbol] === undefined) merged[c.symbol] = c
  const text = `${stableJson(merged as unknown as Json, 1)}\n`
  if (before === undefined || new TextDecoder().decode(before) !== text) await disk.writeAtomic(path, text)
}
