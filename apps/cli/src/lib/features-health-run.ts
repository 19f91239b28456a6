/** `cointrader features health`. */
import { resolve } from 'node:path'
import { addDays, EXIT, type ExitCode, fail, type Json, parseDate, stableJson } from '@cointrader/core'
import { columnHealth, type DateSpan, diskDays } from '@cointrader/features'
import type { HealthOptions } from '../commands/features-health.js'
import type { Context } from '../context.js'
import { textTable } from '../table.js'

const SHOWN = 15

export async function runHealth(options: HealthOptions, ctx: Context): Promise<ExitCode> {
  const days = diskDays(ctx.disk, resolve(options.dataDir), options.top)
  const result = await columnHealth(days, span(options.startDate, options.endDate), options.against.map(laterSpan))
  if (result.days === 0)
    fail('E_NOTHING_FOUND', {
      subject: `${options.startDate} to ${options.endDate}`,
      detail: 'no XY table of these dates',
      next: 'check --data-dir and --top',
    })
  if (options.out !== undefined)
    await ctx.disk.writeAtomic(resolve(options.out), `${stableJson(result as unknown as Json, 1)}\n`)
  const number = (x: number | null) => (x === null ? '' : Number(x.toPrecision(3)).toString())
  const rows = [...result.columns]
    .sort((a, b) => b.missing - a.missing || Math.abs(b.shift ?? 0) - Math.abs(a.shift ?? 0))
    .slice(0, SHOWN)
    .map((c) => [
      c.column,
      `${(100 * c.missing).toFixed(2)} %`,
      ...[c.mean, c.deviation, c.p01, c.median, c.p99, c.shift].map(number),
    ])
  ctx.print(`${result.columns.length} columns over ${result.days} days, compared with ${result.laterDays} later days`)
  ctx.print(textTable(['column', 'missing', 'mean', 'deviation', '1 %', 'median', '99 %', 'shift'], rows))
  if (result.columns.length > SHOWN)
    ctx.print(`the ${SHOWN} with most missing cells, then the largest shift; --json has all`)
  ctx.printJson(result)
  return EXIT.done
}

function span(start: string, end: string): DateSpan {
  return { from: parseDate(start), to: addDays(parseDate(end), 1) }
}

function laterSpan(text: string): DateSpan {
  const [first, last, more] = text.split('..')
  if (first === undefined || last === undefined || more !== undefined)
    fail('E_USAGE', { subject: `--against ${text}`, detail: 'write it as 2026-02-06..2026-02-07' })
  return span(first, last)
}
