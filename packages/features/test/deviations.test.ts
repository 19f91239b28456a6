/** The default differs from the research pipeline in the ways that docs/features.md lists, and in no other. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UtcDate } from '@cointrader/core'
import {
  BASE_FEATURES,
  DAY_MINUTES,
  type DayBars,
  DEFAULT_WINDOWS,
  dayBars,
  dayFeatures,
  dayRow,
  dayX,
  joinDays,
  makeFeatureSet,
  shippedFeatures,
} from '@cointrader/features'
import { researchDays } from '@cointrader/features/compat/research-days'
import { researchBase } from '@cointrader/features/compat/research-features'
import { decodeParquet } from '@cointrader/store'
import { describe, expect, it } from 'vitest'
import { shared } from './shared.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const page = readFileSync(join(root, 'docs/features.md'), 'utf8')
/** `| RP-D08 | what | columns |` → types per id. */
const listed = new Map(
  [...page.matchAll(/^\| (RP-D\d+) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, id, columns]) => [
    id!,
    columns!.split(/[,\s]+/).filter((w) => BASE_FEATURES.some((f) => f.type === w)),
  ]),
)
const mayDiffer = new Set([...listed.values()].flat())

const folder = shared('data/golden/research')
describe.skipIf(folder === undefined)('default against research', () => {
  it('has equal bits for every type that is not listed, wherever no input was filled', async () => {
    const { scenario } = JSON.parse(readFileSync(join(folder!, 'scenario.json'), 'utf8')) as {
      scenario: { x_universe: string[] }
    }
    const members = [...scenario.x_universe].sort()
    const days: DayBars[] = []
    for (const date of ['2024-02-01', '2024-02-02']) {
      const path = join(folder!, `raw/${date}.parquet`)
      days.push(dayBars((await decodeParquet(readFileSync(path), path)).table, date as UtcDate, members))
    }
    const date = '2024-02-02' as UtcDate
    const ours = dayX(dayFeatures(shippedFeatures(DEFAULT_WINDOWS)), days, date, members)
    const set = makeFeatureSet({
      groups: [{ prefix: 'x', definitions: researchBase(() => true) }],
      windows: DEFAULT_WINDOWS,
      flat: 0,
    })
    const theirs = dayX(dayFeatures(set), researchDays(days, members), date, members)
    const warm = Math.max(...ours.set.columns.map((c) => c.lookback))
    const row = dayRow(date)
    const raw = joinDays(days, members, row - warm, row + DAY_MINUTES)
    const differing = new Set<string>()
    let compared = 0
    ours.set.columns.forEach((column, k) => {
      expect(theirs.set.columns[k]!.name).toBe(column.name)
      for (let s = 0; s < members.length; s++) {
        // Minutes since the last missing input of this column.
        let clean = 0
        for (let r = row - warm; r < row + DAY_MINUTES; r++) {
          const holes = column.inputs.some((f) => Number.isNaN(raw.fields[f]![s * raw.rows + r - raw.firstRow]!))
          const zero = column.inputs.includes('mt_oi') && raw.fields.mt_oi![s * raw.rows + r - raw.firstRow] === 0
          clean = holes || zero ? 0 : clean + 1
          if (r < row || clean < column.lookback) continue
          const i = s * DAY_MINUTES + r - row
          compared++
          if (!Object.is(ours.base[k]![i]! + 0, theirs.base[k]![i]! + 0)) differing.add(column.type)
        }
      }
    })
    expect(compared).toBeGreaterThan(1_000_000)
    expect([...differing].filter((t) => !mayDiffer.has(t))).toEqual([])
    // The list is not empty talk: what it names does differ here, or only in the cells left out above.
    expect(listed.get('RP-D08')).toContain('CrowdingPressure')
    expect([...differing]).toContain('CrowdingPressure')
  })
})
