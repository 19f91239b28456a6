/**
 * predict --latest as a user runs it: that the live row is the stored row, bit for bit, is the proof that what is served is
 * what was trained on. One market with every defect that real ones have been seen to have: holes, late listings, early
 * ends, contradictory bars, a universe that changes at midnight. One file because every case is a question to this market.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  addDays,
  DAY_COLUMNS,
  DAY_MS,
  dateMs,
  MINUTE_MS,
  manualClock,
  parseDate,
  paths,
  seededRandom,
  sha256,
  stableJson,
  type UtcDate,
  utcText,
} from '@cointrader/core'
import { makePanel } from '@cointrader/features/contract/panel'
import { loadModel } from '@cointrader/models'
import { type Simulator, startSimulator, syntheticMarket, syntheticSource } from '@cointrader/simulator'
import { type Column, decodeParquet, encodeParquet, makeTable, nodeDisk, numbers, strings } from '@cointrader/store'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cointrader, type Ended, tempFolder } from './helpers.js'

const FIRST = parseDate('2026-02-01')
const DAYS = 5
const DATES: readonly UtcDate[] = Array.from({ length: DAYS }, (_, d) => addDays(FIRST, d))
const START = dateMs(FIRST)
/** With ten windows of 30 behind one another: more than a quarter of a day of look-back. */
const WINDOWS = '1,5,30'
const bars = makePanel({ seed: 'latest', symbols: 12, firstRow: START / MINUTE_MS, rows: DAYS * 1440, defects: 0.002 })
/** Minutes in which nobody has a bar: the venue was down. */
const GAP = { from: START + 3 * DAY_MS + 600 * MINUTE_MS, to: START + 3 * DAY_MS + 607 * MINUTE_MS }
/** Nine of twelve, others every day. */
const members = (d: number) => bars.symbols.filter((_, s) => (s + d) % 4 !== 0)

const value = (field: string, s: number, row: number): number => bars.fields[field]![s * bars.rows + row]!
const FIELDS = DAY_COLUMNS.map(([name]) => name).filter((n) => bars.fields[n] !== undefined)
const hasBar = (s: number, row: number): boolean => {
  const ms = START + row * MINUTE_MS
  return !(ms >= GAP.from && ms < GAP.to) && FIELDS.some((f) => !Number.isNaN(value(f, s, row)))
}

function writeDays(folder: string): void {
  mkdirSync(join(folder, '1m_raw_data'), { recursive: true })
  DATES.forEach((date, d) => {
    const cells: [number, number][] = []
    for (let m = 0; m < 1440; m++)
      for (let s = 0; s < bars.symbols.length; s++) if (hasBar(s, d * 1440 + m)) cells.push([s, d * 1440 + m])
    const table = makeTable(
      DAY_COLUMNS.map(([name, type]): [string, Column] => {
        const ms = (row: number) => START + row * MINUTE_MS
        if (name === 'symbol') return [name, { type: 'string', data: cells.map(([s]) => bars.symbols[s]!) }]
        if (name === 'start_time_utc') return [name, { type: 'string', data: cells.map(([, r]) => utcText(ms(r))) }]
        if (name === 'start_time_ms') return [name, { type: 'int64', data: Float64Array.from(cells, ([, r]) => ms(r)) }]
        const data = cells.map(([s, r]) => value(name, s, r))
        return [
          name,
          type === 'int32' ? { type, data: Int32Array.from(data) } : { type: 'float64', data: Float64Array.from(data) },
        ]
      }),
    )
    writeFileSync(join(folder, paths.dayTable(date)), encodeParquet(table))
  })
  const universe = Object.fromEntries(DATES.map((date, d) => [date, [...members(d)].reverse()]))
  writeFileSync(join(folder, 'top9_universe.json'), JSON.stringify(universe))
}

/** `symbol time` → score. */
async function scores(path: string): Promise<Map<string, number>> {
  const { table } = await decodeParquet(readFileSync(path), path)
  const symbol = strings(table, 'symbol')
  const time = numbers(table, 'start_time_ms')
  const score = numbers(table, 'prediction')
  return new Map(symbol.map((s, i) => [`${s} ${time[i]}`, score[i]!]))
}

/** Every row of `live` is that of `stored` bit for bit, and all of the stored rows in `[from, to]` are there. */
function expectSame(live: Map<string, number>, stored: Map<string, number>, from: number, to: number): number {
  for (const [key, score] of live)
    if (!Object.is(score, stored.get(key))) expect.fail(`${key}: live ${score}, stored ${stored.get(key)}`)
  const wanted = [...stored.keys()].filter((key) => {
    const time = Number(key.split(' ')[1])
    return time >= from && time <= to
  })
  expect(live.size).toBe(wanted.length)
  return live.size
}

const ok = (done: Ended): Ended => {
  expect(done.code, done.stderr).toBe(0)
  return done
}

describe('predict --latest on a market with defects', () => {
  const data = tempFolder()
  const models = join(data, 'models')
  const xy = join(data, 'xy')
  const at = (row: number) => utcText(START + row * MINUTE_MS)
  let stored: Record<string, Map<string, number>>
  let n = 0

  const latest = (model: string, ...more: string[]) =>
    cointrader(['predict', '--latest', '--model', model, '--data-dir', data, '--models-dir', models, ...more])
  /** The minutes that end with `row`, as scored live. */
  const live = async (model: string, row: number, repeat: number, ...more: string[]) => {
    const out = join(data, `live-${n++}.parquet`)
    const done = await latest(model, '--at', at(row), '--repeat', String(repeat), '--output', out, '--json', ...more)
    ok(done)
    return { scores: await scores(out), result: JSON.parse(done.stdout) }
  }
  const compare = async (model: string, row: number, repeat: number) => {
    const { scores: found, result } = await live(model, row, repeat)
    const end = START + row * MINUTE_MS
    return { same: expectSame(found, stored[model]!, end - (repeat - 1) * MINUTE_MS, end), result }
  }

  beforeAll(async () => {
    writeDays(data)
    const build = (...more: string[]) =>
      cointrader([
        ...['build-xy', '--start-date', DATES[0]!, '--end-date', DATES.at(-1)!, '--top', '9', '--data-dir', data],
        ...['--windows', WINDOWS, '--y-windows', '5', '--how', 'left', '--workers', '1', ...more],
      ])
    ok(await build())
    ok(await build('--float', '64', '--out-dir', join(data, 'xy64'), '--start-date', DATES[4]!))
    const train = (family: string, ...more: string[]) =>
      cointrader([
        ...['train', family, '--train-start', DATES[0]!, '--train-end', DATES[0]!, '--valid-start', DATES[1]!],
        ...['--valid-end', DATES[1]!, '--y-name', 'y_5m', '--topn', '9', '--data-dir', xy],
        ...['--models-dir', models, ...more],
      ])
    const trees = ['--num-boost-round', '40', '--early-stopping-rounds', '0', '--num-leaves', '16', '--threads', '2']
    ok(await train('lgbm', ...trees, '--min-data-in-leaf', '20', '--name', 'trees'))
    ok(await train('linear', '--family', 'ridge', '--alpha', '10', '--name', 'ridge'))
    ok(await train('linear', '--family', 'ridge', '--alpha', '10', '--missing', 'zero', '--name', 'zeroed'))
    stored = {}
    for (const model of ['trees', 'ridge', 'zeroed']) {
      const out = join(data, `${model}.parquet`)
      ok(
        await cointrader([
          ...['predict', '--model', model, '--infer-start', DATES[0]!, '--infer-end', DATES.at(-1)!, '--topn', '9'],
          ...['--data-dir', xy, '--models-dir', models, '--output', out],
        ]),
      )
      stored[model] = await scores(out)
    }
  }, 180_000)

  it('equals predict over XY files bit for bit: across midnight, where the universe changes too', async () => {
    for (const model of ['trees', 'ridge']) {
      const { same, result } = await compare(model, 4 * 1440 + 90, 180)
      expect(same).toBeGreaterThan(1000)
      expect(result.settings).toBe(`the manifest of ${model}/${versionOf(model)}`)
      expect(result.top).toBe(9)
      expect(result.replay.minutes).toBe(180)
    }
  })

  it('equals it in the first minutes after midnight, one at a time', async () => {
    for (const minute of [0, 1, 2]) {
      const { same, result } = await compare('trees', 4 * 1440 + minute, 1)
      expect(same).toBe(result.rows.length)
      expect(result.replay).toBe(null)
    }
  })

  it('equals it at random minutes', async () => {
    const random = seededRandom('minutes')
    for (let i = 0; i < 4; i++) {
      const model = i % 2 === 0 ? 'trees' : 'ridge'
      const row = 1440 + random.int((DAYS - 1) * 1440)
      expect((await compare(model, row, 20)).same).toBeGreaterThan(0)
    }
  })

  it('equals it for a symbol that was just listed, whose features have no history', async () => {
    const listed = bars.symbols.map((_, s) => {
      for (let row = 0; row < bars.rows; row++) if (hasBar(s, row)) return row
      return -1
    })
    // The first minutes of a late one, on a day on which it is a member.
    const s = listed.findIndex((row, i) => row > 60 && members(Math.floor(row / 1440)).includes(bars.symbols[i]!))
    expect(s).toBeGreaterThanOrEqual(0)
    const row = listed[s]! + 2
    const { result } = await compare('trees', row, 3)
    const own = result.rows.find((r: { symbol: string }) => r.symbol === bars.symbols[s])
    expect(own.missing).toBeGreaterThan(result.features / 2)

    // A model that was trained with 0 for what is missing is asked with 0, by both forms of the command.
    await compare('zeroed', row, 3)
    const model = await loadModel(nodeDisk, models, 'zeroed')
    const path = join(xy, `${DATES[Math.floor(row / 1440)]}_xy_top9.parquet`)
    const { table } = await decodeParquet(readFileSync(path), path, ['symbol', 'start_time_ms', ...model.features])
    const time = numbers(table, 'start_time_ms')
    const i = strings(table, 'symbol').findIndex((x, k) => x === bars.symbols[s] && time[k] === START + row * MINUTE_MS)
    const one = (fill: number) =>
      model.predict({
        rows: 1,
        columns: model.features.map((f) => {
          const cell = numbers(table, f)[i]!
          return Float32Array.of(Number.isFinite(cell) ? cell : fill)
        }),
      })[0]
    const score = stored.zeroed!.get(`${bars.symbols[s]} ${START + row * MINUTE_MS}`)
    expect(score).toBe(one(0))
    expect(score).not.toBe(one(Number.NaN))
  })

  it('equals it after minutes in which nobody had a bar; such a minute itself is refused by name', async () => {
    const after = (GAP.to - START) / MINUTE_MS
    await compare('trees', after, 1)
    await compare('trees', after + 10, 30)
    const done = await latest('trees', '--at', at(after - 1))
    expect(done.code).toBe(3)
    expect(done.stderr).toMatch(/E_NOTHING_FOUND: minute 2026-02-04 10:06:00/)
  })

  it('with --float 64: the bits of float64 features, and how far float32 rounding moves a score', async () => {
    const row = 4 * 1440 + 700
    const repeat = 300
    for (const name of ['trees', 'ridge']) {
      const wide = (await live(name, row, repeat, '--float', '64')).scores
      const narrow = (await live(name, row, repeat)).scores
      const model = await loadModel(nodeDisk, models, name)
      const path = join(data, `xy64/${DATES[4]}_xy_top9.parquet`)
      const { table } = await decodeParquet(readFileSync(path), path, ['symbol', 'start_time_ms', ...model.features])
      const columns = model.features.map((f) => numbers(table, f) as Float64Array)
      expect(columns.every((c) => c instanceof Float64Array)).toBe(true)
      const batch = model.predict({ rows: table.rows, columns })
      const time = numbers(table, 'start_time_ms')
      const exact = new Map(strings(table, 'symbol').map((s, i) => [`${s} ${time[i]}`, batch[i]!]))
      const end = START + row * MINUTE_MS
      expectSame(wide, exact, end - (repeat - 1) * MINUTE_MS, end)
      let moved = 0
      let largest = 0
      let size = 0
      for (const [key, score] of narrow) {
        const off = Math.abs(score - wide.get(key)!)
        if (off > 0) moved++
        largest = Math.max(largest, off)
        size = Math.max(size, Math.abs(score))
      }
      console.log(
        `${name}: float32 against float64 features: ${moved} of ${narrow.size} scores differ, at most ${largest.toPrecision(3)} bp (largest score ${size.toPrecision(3)} bp)`,
      )
      // Rounding is 6e-8 of a feature: a linear score moves by about that share of its terms; a tree's only where a value
      // lies within rounding of a threshold, which is rare, but then from one leaf to another.
      if (name === 'ridge') expect(largest).toBeLessThan(1e-4)
      else expect(moved).toBeLessThan(narrow.size / 20)
    }
  })

  it('--now is the clock: the newest minute that is over, its age, and what is called too old', async () => {
    const now = (text: string) => ['--now', text, '--json']
    const one = JSON.parse(ok(await latest('trees', ...now('2026-02-04T12:00:30Z'))).stdout)
    expect([one.minute, one.ageMs, one.warnings]).toEqual(['2026-02-04 11:59:00', 30_000, []])
    // At midnight sharp the newest bar is yesterday's last.
    const midnight = JSON.parse(ok(await latest('trees', ...now('2026-02-04T00:00Z'))).stdout)
    expect([midnight.minute, midnight.ageMs]).toEqual(['2026-02-03 23:59:00', 0])
    const end = JSON.parse(ok(await latest('trees', ...now('2026-02-06T00:04:59Z'))).stdout)
    expect([end.minute, end.warnings]).toEqual(['2026-02-05 23:59:00', []])
    expect(end.rows.map((r: { rank: number }) => r.rank)).toEqual(end.rows.map((_: unknown, i: number) => i + 1))
    const ranked = end.rows.map((r: { score: number }) => r.score)
    expect(ranked).toEqual([...ranked].sort((a, b) => b - a))
    for (const { symbol, close } of end.rows)
      expect(close).toBe(value('close', bars.symbols.indexOf(symbol), DAYS * 1440 - 1))

    const old = ok(await latest('trees', '--now', '2026-02-06T00:10Z'))
    expect(old.stderr).toMatch(/warning: the newest minute is 10 min old/)
    expect(old.stdout).toMatch(/rank +symbol +score/)
    expect(old.stdout).toMatch(/latency .*warm-up of [\d,]+ minutes/)
    const refused = await latest('trees', '--now', '2026-02-06T00:10Z', '--max-age', '9')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/E_STALE: minute 2026-02-05 23:59:00: .*10 min ago/)
    ok(await latest('trees', '--now', '2026-02-06T00:10Z', '--max-age', '10'))
    const early = await latest('trees', '--at', '2026-02-04T12:00Z', '--now', '2026-02-04T12:00:59Z')
    expect(early.code).toBe(1)
    expect(early.stderr).toMatch(/E_AVAILABILITY.*2026-02-04 12:01:00/)
  })

  it('reads the days that the look-back needs and no others', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, '1m_raw_data'), { recursive: true })
    // The middle of the last day: the day before is not touched when the look-back ends after midnight.
    for (const d of [3, 4])
      writeFileSync(join(folder, paths.dayTable(DATES[d]!)), readFileSync(join(data, paths.dayTable(DATES[d]!))))
    writeFileSync(join(folder, paths.dayTable(DATES[2]!)), 'no parquet')
    const args = ['--data-dir', folder, '--universe', join(data, 'top9_universe.json'), '--json']
    const run = (row: number) => latest('trees', ...args, '--at', at(row))
    const noon = JSON.parse(ok(await run(4 * 1440 + 720)).stdout)
    expect(noon.warmupMinutes).toBeLessThan(720 + 1440)
    expect(noon.absentDays).toEqual([])
    const damaged = await run(3 * 1440 + 10)
    expect(damaged.code).toBe(1)
    expect(damaged.stderr).toMatch(/E_FILE_CORRUPT.*2026-02-03/)
    const short = tempFolder()
    mkdirSync(join(short, '1m_raw_data'), { recursive: true })
    writeFileSync(join(short, paths.dayTable(DATES[4]!)), readFileSync(join(data, paths.dayTable(DATES[4]!))))
    const alone = ok(
      await latest(
        'trees',
        '--data-dir',
        short,
        '--universe',
        join(data, 'top9_universe.json'),
        '--at',
        at(4 * 1440 + 5),
      ),
    )
    expect(alone.stderr).toMatch(/warning: no day table of 2026-02-04/)
    expect(alone.stdout).toMatch(/\d+ of \d+\n/)
  })

  it('--model active is the only one that is', async () => {
    const pointer = (name: string) => join(models, name, 'active.json')
    const version = JSON.parse(readFileSync(join(models, 'ridge/latest.json'), 'utf8'))
    const none = await latest('active', '--at', at(5000))
    expect(none.code).toBe(1)
    expect(none.stderr).toMatch(/E_FILE_MISSING.*no model .* is active/)
    writeFileSync(pointer('ridge'), JSON.stringify(version))
    const one = JSON.parse(ok(await latest('active', '--at', at(5000), '--json')).stdout)
    expect(one.model.name).toBe('ridge')
    writeFileSync(pointer('trees'), readFileSync(join(models, 'trees/latest.json')))
    const two = await latest('active', '--at', at(5000))
    expect(two.code).toBe(2)
    expect(two.stderr).toMatch(/E_USAGE.*2 models are active: ridge, trees/)
  })

  it('refuses by name what it cannot serve', async () => {
    /** The ridge model with another manifest. */
    const changed = (name: string, change: Record<string, unknown>) => {
      const version = JSON.parse(readFileSync(join(models, 'ridge/latest.json'), 'utf8')).version
      const from = join(models, 'ridge', version)
      const to = join(models, name)
      mkdirSync(to, { recursive: true })
      const manifest = { ...JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')), name, ...change }
      const text = readFileSync(join(from, 'model.json'), 'utf8')
      const model = change.rename === undefined ? text : text.replaceAll('"x_5m_O2C"', `"${change.rename}"`)
      writeFileSync(join(to, 'model.json'), model)
      manifest.files = { 'model.json': sha256(model) }
      writeFileSync(join(to, 'manifest.json'), stableJson(manifest, 1))
    }
    const refusal = async (name: string, expected: RegExp, code = 1) => {
      const done = await latest(name, '--at', at(5000))
      expect(done.code).toBe(code)
      expect(done.stderr).toMatch(expected)
    }
    changed('other-schema', { schemaHash: 'f'.repeat(64) })
    await refusal('other-schema', /E_SCHEMA: other-schema .*units or availability/)
    changed('plugged', { rename: 'x_5m_Mine' })
    await refusal('plugged', /E_SCHEMA: x_5m_Mine: .*--plugin FILE/)
    changed('foreign', { rename: 'rsi_14' })
    await refusal('foreign', /E_SCHEMA: rsi_14: .*build-xy/)
    changed('bot', { family: 'bot' })
    writeFileSync(join(models, 'bot/model.txt'), readFileSync(join(models, 'trees', versionOf('trees'), 'model.txt')))
    const manifest = JSON.parse(readFileSync(join(models, 'bot/manifest.json'), 'utf8'))
    manifest.files['model.txt'] = sha256(readFileSync(join(models, 'bot/model.txt')))
    writeFileSync(join(models, 'bot/manifest.json'), stableJson(manifest, 1))
    await refusal('bot', /E_SCHEMA: bot: .*signal bot/)
    await refusal('nobody', /E_FILE_MISSING: nobody/)

    const generator = await latest('ridge', '--at', at(5000), '--generator', 'added')
    expect(generator.stderr).toMatch(/E_SCHEMA: --generator added: .*--generator base/)
    const stray = await latest('ridge', '--infer-start', '2026-02-01')
    expect([stray.code, stray.stderr]).toEqual([2, expect.stringMatching(/E_USAGE: --infer-start \(--start-date\): /)])
    const lost = await cointrader(['predict', '--model', 'ridge', '--models-dir', models, '--max-age', '3'])
    expect([lost.code, lost.stderr]).toEqual([2, expect.stringMatching(/E_USAGE: --max-age: .*--latest/)])
    const nowhere = await latest('ridge', '--topn', '5')
    expect(nowhere.stderr).toMatch(/E_FILE_MISSING.*top5_universe/)
    const outside = await latest('ridge', '--at', '2026-02-20T00:00Z')
    expect([outside.code, outside.stderr]).toEqual([
      3,
      expect.stringMatching(/E_NOTHING_FOUND: universe of 2026-02-20/),
    ])
  })

  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(models, name, 'latest.json'), 'utf8')).version
})

describe('predict --latest with a plug-in', () => {
  it('serves its columns with the file of the training, and refuses another text', async () => {
    const data = tempFolder()
    writeDays(data)
    const plugin = join(data, 'mine.mjs')
    const text = (factor: number) =>
      `export default { type: 'Mine', title: 'range over open', unit: 'fraction', inputs: ['open', 'high', 'low'], knownAtMinutes: 2,
        build: (x, w) => x.scale(x.mean(x.div(x.sub(x.input('high'), x.input('low')), x.input('open')), w), ${factor}) }\n`
    writeFileSync(plugin, text(1))
    const models = join(data, 'models')
    const list = join(data, 'list.json')
    writeFileSync(list, JSON.stringify(['x_5m_Mine_neut', 'x_15m_O2C', 'x_5m_Mine', 'close']))
    ok(
      await cointrader([
        ...['build-xy', '--start-date', DATES[0]!, '--end-date', DATES[2]!, '--top', '9', '--data-dir', data],
        ...['--windows', '5,15', '--y-windows', '5', '--how', 'left', '--workers', '1', '--plugin', plugin],
      ]),
    )
    const trained = await cointrader([
      ...['train', 'lgbm', '--train-start', DATES[0]!, '--train-end', DATES[0]!, '--valid-start', DATES[1]!],
      ...['--valid-end', DATES[1]!, '--y-name', 'y_5m', '--topn', '9', '--data-dir', join(data, 'xy')],
      ...['--models-dir', models, '--features', list, '--num-boost-round', '20', '--threads', '1', '--name', 'p'],
    ])
    // Known two minutes after the start of its bar: no model may take it for granted at the end of the bar.
    expect(trained.code).toBe(1)
    expect(trained.stderr).toMatch(/E_AVAILABILITY.*Mine/)
    writeFileSync(plugin, text(1).replace('knownAtMinutes: 2', 'knownAtMinutes: 1'))
    ok(
      await cointrader([
        ...['build-xy', '--start-date', DATES[0]!, '--end-date', DATES[2]!, '--top', '9', '--data-dir', data],
        ...['--windows', '5,15', '--y-windows', '5', '--how', 'left', '--workers', '1', '--plugin', plugin],
      ]),
    )
    ok(
      await cointrader([
        ...['train', 'lgbm', '--train-start', DATES[0]!, '--train-end', DATES[0]!, '--valid-start', DATES[1]!],
        ...['--valid-end', DATES[1]!, '--y-name', 'y_5m', '--topn', '9', '--data-dir', join(data, 'xy')],
        ...['--models-dir', models, '--features', list, '--num-boost-round', '20', '--threads', '1', '--name', 'p'],
      ]),
    )
    const out = join(data, 'rows.parquet')
    ok(
      await cointrader([
        ...['predict', '--model', 'p', '--infer-start', DATES[1]!, '--infer-end', DATES[2]!, '--topn', '9'],
        ...['--data-dir', join(data, 'xy'), '--models-dir', models, '--output', out],
      ]),
    )
    const args = ['predict', '--latest', '--model', 'p', '--data-dir', data, '--models-dir', models]
    const time = START + (2 * 1440 + 30) * MINUTE_MS
    const served = join(data, 'served.parquet')
    const minute = ['--at', utcText(time), '--repeat', '40', '--output', served]
    ok(await cointrader([...args, ...minute, '--plugin', plugin]))
    const all = await scores(out)
    expectSame(await scores(served), all, time - 39 * MINUTE_MS, time)
    const without = await cointrader([...args, ...minute])
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringMatching(/E_SCHEMA: 2 of 4 features.*--plugin FILE/),
    ])
    writeFileSync(plugin, text(2))
    const other = await cointrader([...args, ...minute, '--plugin', plugin])
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/E_SCHEMA: --plugin: .*another text/)])
  })
})

describe('predict --latest with --rest-url', () => {
  let simulator: Simulator | undefined
  afterEach(() => simulator?.close())

  it('fills the days since the folder from the venue, in memory: the scores of the folder when it has them', async () => {
    const NOW = Date.UTC(2026, 1, 4, 13, 37, 20)
    const market = syntheticMarket({ seed: 'latest-rest', symbols: 8, startDate: '2026-02-01', days: 6 })
    const clock = manualClock(NOW)
    simulator = await startSimulator({ source: syntheticSource(market), clock })
    const { url } = simulator
    const data = tempFolder()
    const models = join(data, 'models')
    const chosen = market.specs
      .filter((s) => s.contractType === 'PERPETUAL' && s.onboardMs <= START && s.endMs === null)
      .map((s) => s.symbol)
      .slice(0, 5)
    const fetch = (from: string, to: string) =>
      cointrader([
        ...['fetch', '--start-date', from, '--end-date', to, '--archive', url, '--rest-url', url],
        ...['--symbols', chosen.join(), '--workers', '1', '--data-dir', data],
      ])
    ok(await fetch('2026-02-01', '2026-02-03'))
    const dates = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04']
    writeFileSync(join(data, 'top5_universe.json'), JSON.stringify(Object.fromEntries(dates.map((d) => [d, chosen]))))
    ok(
      await cointrader([
        ...['build-xy', '--start-date', '2026-02-01', '--end-date', '2026-02-03', '--top', '5', '--data-dir', data],
        ...['--windows', '1,5,15', '--y-windows', '5', '--workers', '1'],
      ]),
    )
    ok(
      await cointrader([
        ...['train', 'linear', '--family', 'ridge', '--alpha', '10', '--train-start', '2026-02-01', '--train-end'],
        ...[
          '2026-02-02',
          '--valid-start',
          '2026-02-03',
          '--valid-end',
          '2026-02-03',
          '--y-name',
          'y_5m',
          '--topn',
          '5',
        ],
        ...['--data-dir', join(data, 'xy'), '--models-dir', models, '--name', 'm'],
      ]),
    )
    const args = ['predict', '--latest', '--model', 'm', '--data-dir', data, '--models-dir', models, '--json']
    const now = ['--now', '2026-02-04T13:37:20Z']
    const behind = ok(await cointrader([...args, ...now]))
    expect(JSON.parse(behind.stdout).minute).toBe('2026-02-03 23:59:00')
    expect(behind.stderr).toMatch(/warning: the newest minute is 13\.6 h old.*--rest-url/)
    const asked = simulator.requests.length
    // Without --now the venue's clock counts.
    const asRest = join(data, 'rest.parquet')
    const replay = ['--repeat', '30', '--output']
    const fresh = JSON.parse(ok(await cointrader([...args, '--rest-url', url, ...replay, asRest])).stdout)
    expect([fresh.minute, fresh.ageMs, fresh.warnings]).toEqual(['2026-02-04 13:36:00', 20_000, []])
    expect(fresh.rows.map((r: { symbol: string }) => r.symbol).sort()).toEqual([...chosen].sort())
    const requests = simulator.requests.slice(asked).map((r) => r.path)
    expect(requests.filter((p) => p.startsWith('/fapi/v1/klines'))).toHaveLength(chosen.length)

    expect(requests.filter((p) => p.startsWith('/futures/data/openInterestHist'))).toHaveLength(chosen.length)

    // Past midnight, before the archive has the day, fetch stores what the venue answers: the same scores.
    await clock.sleep(Date.UTC(2026, 1, 5, 0, 10) - NOW)
    ok(await fetch('2026-02-04', '2026-02-04'))
    const asStored = join(data, 'stored.parquet')
    ok(await cointrader([...args, '--at', '2026-02-04T13:36Z', ...replay, asStored]))
    const both = await Promise.all([asRest, asStored].map(scores))
    expect(both[0]!.size).toBe(30 * chosen.length)
    expect([...both[0]!]).toEqual([...both[1]!])
  })
})
