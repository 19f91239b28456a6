/** Tables of scores as `predict` writes them, or as anybody else does: symbol, start_time_ms, prediction. */
import { resolve } from 'node:path'
import { fail, utcText } from '@cointrader/core'
import { decodeParquet, numbers, strings } from '@cointrader/store'
import type { Context } from '../context.js'

/** Rows of several tables by symbol and start of the minute (ms). */
export type Scores = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Reads and joins tables. Errors `E_FILE_MISSING` naming the flag, `E_CONFIG` for a second score of the same row. */
export async function readScores(files: readonly string[], flag: string, ctx: Context): Promise<Scores> {
  const out = new Map<string, Map<number, number>>()
  for (const file of files) {
    const bytes = await ctx.disk.read(resolve(file))
    if (bytes === undefined)
      fail('E_FILE_MISSING', { subject: file, next: `make it with cointrader predict, or check ${flag}` })
    const { table } = await decodeParquet(bytes, file, ['symbol', 'start_time_ms', 'prediction'])
    const symbol = strings(table, 'symbol', file)
    const time = numbers(table, 'start_time_ms', file)
    const score = numbers(table, 'prediction', file)
    for (let i = 0; i < table.rows; i++) {
      const rows = out.get(symbol[i]!) ?? new Map<number, number>()
      out.set(symbol[i]!, rows)
      if (rows.has(time[i]!))
        fail('E_CONFIG', {
          subject: file,
          detail: `a second score for ${symbol[i]} at ${utcText(time[i]!)}`,
          next: 'give tables that do not overlap',
        })
      rows.set(time[i]!, score[i]!)
    }
  }
  return out
}
