/** `build-xy --kind bot`: the trading bot's training set of each symbol, as a table like any other. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, type Interval, isError } from '@cointrader/core'
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import { BOT_TABLE_DEFAULTS, botTableMetadata, buildBotTable, readBars } from '@cointrader/features/bot/index'
import { encodeParquet, numbers, writeWithManifest } from '@cointrader/store'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'

export interface BotBuild {
  readonly symbols: readonly string[]
  /** Folder of `{SYMBOL}_{interval}.parquet`. */
  readonly folder: string
  readonly interval: Interval
  readonly outDir: string
  /** The original's rules, defects included. */
  readonly seedRules: boolean
  readonly decay: number | undefined
  readonly negativeRatio: number | undefined
  readonly seed: number
}

/** Builds `{symbol}_bot.parquet` for every symbol; one that fails is named and the others go on (exit 3). */
export async function runBotBuild(build: BotBuild, ctx: Context): Promise<ExitCode> {
  if (build.symbols.length === 0) fail('E_USAGE', { subject: '--symbols', detail: 'no symbol is named' })
  const given = {
    ...(build.decay === undefined ? {} : { decay: build.decay }),
    ...(build.negativeRatio === undefined ? {} : { negativeRatio: build.negativeRatio }),
    seed: build.seed,
  }
  const options = { ...(build.seedRules ? ORIGINAL_TABLE : BOT_TABLE_DEFAULTS), ...given }
  const done: Record<string, string | number>[] = []
  const failed: { symbol: string; code: string; message: string }[] = []
  ctx.progress.total(build.symbols.length)
  for (const symbol of build.symbols) {
    ctx.signal.throwIfAborted()
    try {
      const { bars, path, sha256 } = await readBars(ctx.disk, resolve(build.folder), symbol, build.interval)
      const table = buildBotTable({ symbol, bars, options })
      const metadata = botTableMetadata(bars, options)
      const out = join(build.outDir, `${symbol}_bot.parquet`)
      const time = numbers(table, 'start_time_ms')
      const manifest = await writeWithManifest(ctx.disk, out, encodeParquet(table, metadata), {
        kind: 'bot',
        command: 'build-xy --kind bot',
        codeVersion: ctx.codeVersion,
        seed: build.seed,
        config: JSON.parse(metadata['cointrader.bot']!),
        inputs: { [path]: sha256 },
        rows: table.rows,
        columns: [...table.columns.keys()],
        timeRange: table.rows === 0 ? null : [time[0]!, time[table.rows - 1]!],
        details: { empty: JSON.parse(metadata['cointrader.empty']!) },
      })
      const kind = table.columns.get('kind')!.data as readonly string[]
      const label = numbers(table, 'label')
      const signal = kind.filter((k) => k === 'signal').length
      const positive = (label as Float32Array).reduce((n, v) => n + (v === 1 ? 1 : 0), 0)
      done.push({
        symbol,
        rows: table.rows,
        signal,
        hold: table.rows - signal,
        positive,
        bytes: manifest.bytes,
        path: out,
      })
    } catch (error) {
      if (!isError(error) || error.exit === EXIT.usage || error.code === 'E_DISK') throw error
      failed.push({ symbol, code: error.code, message: error.message })
    }
    ctx.progress.advance(1, symbol)
  }
  ctx.progress.end()
  const rows = done.map((d) => [
    d.symbol!,
    d.rows!,
    d.signal!,
    d.hold!,
    d.positive!,
    bytesText(Number(d.bytes)),
    d.path!,
  ])
  ctx.print(textTable(['symbol', 'rows', 'signal', 'hold', 'won', 'size', 'file'], rows))
  ctx.printJson({ tables: done, failed })
  for (const f of failed) ctx.progress.note(f.message)
  return failed.length > 0 ? EXIT.partly : EXIT.done
}
