/** The tables of a retraining: the newest day, and the rows that both models are compared on. */
import { join } from 'node:path'
import { addDays, dateMs, MINUTE_MS, parseDate } from '@cointrader/core'
import { diskDays, loadMatrix } from '@cointrader/features'
import { schemaHash } from '@cointrader/models'
import { readManifest } from '@cointrader/store'
import { type Study, xyDates } from '@cointrader/study'
import type { Context } from '../context.js'

/** The newest XY table of the days asked for. */
export async function newestTable(study: Study, root: string, ctx: Context) {
  const days = diskDays(ctx.disk, join(root, 'data/xy'), study.universe.size)
  for (const date of xyDates(study).reverse()) {
    const day = await days.open(date)
    if (day === undefined) continue
    const manifest = await readManifest(ctx.disk, day.subject)
    if (manifest === undefined || manifest.rows === 0) continue
    return { names: day.names, subject: day.subject, endMs: manifest.timeRange![1] + MINUTE_MS }
  }
  return undefined
}

/** The rows both are compared on: the test days, as far as there are tables. */
export async function readWindow(study: Study, root: string, ctx: Context) {
  const days = diskDays(ctx.disk, join(root, 'data/xy'), study.universe.size)
  const { test } = study.folds[0]!
  const from = parseDate(test.start)
  const to = addDays(parseDate(test.end), 1)
  let newestRowEndMs = 0
  let names: readonly string[] | undefined
  let facts: Parameters<typeof schemaHash>[1] = () => undefined
  for (let date = from; date < to; date = addDays(date, 1)) {
    const day = await days.open(date)
    if (day === undefined) continue
    names ??= day.names
    facts = (column) => day.facts(column)
    const manifest = await readManifest(ctx.disk, day.subject)
    newestRowEndMs = Math.max(
      newestRowEndMs,
      manifest?.timeRange == null ? dateMs(date) : manifest.timeRange[1] + MINUTE_MS,
    )
  }
  return {
    newestRowEndMs,
    async rows(features: readonly string[]) {
      if (names === undefined || features.some((f) => !names!.includes(f))) return undefined
      const matrix = await loadMatrix({
        days,
        range: { from, to },
        label: study.labels.target,
        features,
        missingFeatures: 'keep',
        missingLabel: 'keep',
        layout: 'column',
        maxBytes: 8 * 2 ** 30,
      })
      return { matrix, schemaHash: schemaHash(features, facts) }
    },
  }
}
