/** `backtest --compat seed|published`: the original bot's own backtester, its document and its defects. */
import { join, resolve } from 'node:path'
import {
  PUBLISHED_SWITCHES,
  SEED_SWITCHES,
  type SeedMarket,
  type SeedProfile,
  type SeedWalkForwardConfig,
  seedBacktest,
  seedBarsOf,
  seedJson,
  seedWalkForward,
} from '@cointrader/backtest/compat/index'
import { EXIT, type ExitCode, fail, sha256 } from '@cointrader/core'
import { decodeParquet } from '@cointrader/store'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

export interface SeedRequest {
  readonly config: SeedWalkForwardConfig
  readonly walkForward: boolean
  readonly published: boolean
  readonly profile: SeedProfile
  readonly killSwitch: boolean
  /** Folder of `{SYMBOL}_15m.parquet`. */
  readonly data: string
  readonly out: string | undefined
}

/** Reads the bars of the symbols. Error `E_FILE_MISSING`. */
export async function readSeedMarket(ctx: Context, folder: string, symbols: readonly string[]): Promise<SeedMarket> {
  const out: Record<string, SeedMarket[string]> = {}
  for (const symbol of symbols) {
    const path = join(resolve(folder), `${symbol}_15m.parquet`)
    const bytes = await ctx.disk.read(path)
    if (bytes === undefined)
      fail('E_FILE_MISSING', { subject: path, next: 'make it with cointrader data export, or check --data' })
    out[symbol] = seedBarsOf((await decodeParquet(bytes, path)).table, path)
  }
  return out
}

export async function runSeedBacktest(request: SeedRequest, ctx: Context): Promise<ExitCode> {
  const { config, walkForward, published, profile, killSwitch } = request
  if (config.use_ml)
    fail('E_USAGE', { subject: '--compat', detail: 'the ML filter is not run under compat', next: 'give --no-ml' })
  const market = await readSeedMarket(ctx, request.data, config.symbols)
  const switches = { ...(published ? PUBLISHED_SWITCHES : SEED_SWITCHES), ...(killSwitch ? {} : { killSwitch: false }) }
  const { train_months: _, test_months: __, time_weight_decay: ___, negative_ratio: ____, ...single } = config
  const document = walkForward
    ? seedWalkForward(config, market, { profile, switches })
    : seedBacktest(single, market, { profile, switches }).document
  const text = seedJson(document)
  const folder = resolve(request.out ?? join('results', 'backtest-seed', config.symbols.join('-')))
  const path = join(folder, `${walkForward ? 'wf_' : ''}backtest_${sha256(text).slice(0, 12)}.json`)
  await ctx.disk.writeAtomic(path, `${text}\n`)
  const rows = Object.entries(document.summary).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
  ctx.print(textTable(['summary', ''], rows))
  ctx.print(`validation: ${document.validation.overall}\ndocument: ${path}`)
  if (ctx.json) process.stdout.write(`${text}\n`)
  return EXIT.done
}
