/** `cointrader verify causality`: certificates, leaks, the refusal of the research pipeline, plug-ins, and resuming. */
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addDays, DAY_COLUMNS, MINUTE_MS, parseDate } from '@cointrader/core'
import { dayRow } from '@cointrader/features'
import type { Proof } from '@cointrader/features/causality/index'
import { makePanel } from '@cointrader/features/contract/panel'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Row, writeDay } from './folder.js'
import { cointrader, type Ended, tempFolder } from './helpers.js'

const FIRST = parseDate('2026-02-09')
const folder = tempFolder()
const plugins = tempFolder()
const FIELDS = DAY_COLUMNS.flatMap(([name, type]) => (type === 'string' || name === 'start_time_ms' ? [] : [name]))

/** Three days of three symbols: `1m_raw_data/2026-02-09 … 11`. */
beforeAll(async () => {
  const first = dayRow(FIRST)
  const bars = makePanel({ seed: 'cli', symbols: 3, firstRow: first, rows: 3 * 1440, defects: 0 })
  for (let d = 0; d < 3; d++) {
    const rows: Row[] = []
    for (let t = d * 1440; t < (d + 1) * 1440; t++) {
      bars.symbols.forEach((symbol, s) => {
        // The premium begins five minutes after midnight: something to fill backwards.
        const late = t % 1440 < 5
        const cell = (name: string) =>
          late && name.startsWith('pm_') ? Number.NaN : bars.fields[name]![s * bars.rows + t]!
        const values = Object.fromEntries(FIELDS.map((name) => [name, cell(name)]))
        rows.push({ symbol, ms: (first + t) * MINUTE_MS, values })
      })
    }
    await writeDay(folder, addDays(FIRST, d), rows)
  }
  await writeFile(
    join(plugins, 'good.ts'),
    `import { defineFeature, type FeatureBuilder } from '@cointrader/features'
    export default defineFeature({
      type: 'Gap', title: 'close against its mean', unit: 'bp', inputs: ['close'],
      build: (x: FeatureBuilder, w: number) => x.change(x.input('close'), x.mean(x.input('close'), w), 1e4),
    })`,
  )
  // Its kernel reads one value more than it is given: NaN in every row.
  await writeFile(
    join(plugins, 'short.mjs'),
    `export default [{ type: 'Short', title: 'reads past its look-back', unit: 'price', inputs: ['close'],
      build: (x, w) => x.kernel({ name: 'short', args: [x.input('close')], lookback: w, at: ([close]) => close[w] }) }]`,
  )
  await writeFile(
    join(plugins, 'peek.mjs'),
    `const peek = ([a], o, from, to) => { for (let t = from; t < to; t++) o.data[o.off + t] = a.data[a.off + t + 2] }
    export default [{ type: 'Peek', title: 'two rows ahead', unit: 'price', inputs: ['close'],
      build: (x) => x.kernel({ name: 'peek', args: [x.raw('close')], lookback: 1, range: peek }) }]`,
  )
})

const verify = (...more: string[]): Promise<Ended> =>
  cointrader(['verify', 'causality', '--data-dir', folder, '--windows', '1', '--y-windows', '5', ...more])
const proofOf = (ended: Ended): Proof => JSON.parse(ended.stdout) as Proof

test('a folder: a certificate per column, the same id whatever the workers', async () => {
  const one = await verify('--date', '2026-02-10', '--json', '--workers', '1')
  expect(one.code, one.stderr).toBe(0)
  const proof = proofOf(one)
  expect(proof).toMatchObject({ verdict: 'proven', date: '2026-02-10', universe: { verdict: 'proven', leaks: [] } })
  expect(proof.members).toHaveLength(3)
  expect(proof.certificates).toHaveLength(2 * 18 + 1)
  expect(proof.certificates.every((c) => c.verdict === 'proven' && c.rows === 1440 && c.instants === 69)).toBe(true)
  expect(proof.certificates.at(-1)).toMatchObject({ column: 'y_5m', kind: 'label', knownAtMinutes: 6 })
  const two = await verify('--date', '2026-02-10', '--workers', '2')
  expect(two.code, two.stderr).toBe(0)
  expect(two.stdout).toContain(`certificate ${proof.id.slice(0, 16)}: proven, 37 of 37 columns`)
  expect(two.stdout).toMatch(/^x_1m_O2C +feature +1,440 +[\d,]+ +4,320 +1 +\+1m +69 +proven$/m)
  expect(readdirSync(join(folder, '.run/cache')).filter((n) => n.startsWith('causality'))).toEqual([])
})

test('--compat research is refused: RP-D02 and RP-D03, with symbol, row and column', async () => {
  const ended = await verify(
    '--date',
    '2026-02-10',
    '--compat',
    'research',
    '--top',
    '2',
    '--summary',
    '--workers',
    '1',
  )
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(/^E_VERIFY: causality of 2026-02-10/m)
  for (const text of [ended.stdout, ended.stderr]) {
    expect(text).toMatch(/RP-D02: the universe of 2026-02-10 uses the day's own table: AA[ABC]USDT is /)
    expect(text).toMatch(
      /RP-D03: pm_close at 2026-02-10 00:00:00, AA[ABC]USDT: [-\d.e]+ as built, NaN from what was known; found by truncation; it sees 5 min after its bar/,
    )
  }
})

describe('plug-ins', () => {
  test('on the folder: the default date, exit 1 for a leak', async () => {
    const files = ['good.ts', 'peek.mjs'].flatMap((f) => ['--plugin', join(plugins, f)])
    const ended = await verify(...files, '--workers', '1')
    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/^x_1m_Gap +feature .* proven$/m)
    expect(ended.stdout).toMatch(/^x_1m_Peek +feature .* REFUSED$/m)
    expect(ended.stderr).toMatch(
      /E_VERIFY.*x_1m_Peek at 2026-02-11 00:00:00, AAAUSDT: .*it sees 2 min after its bar, 0 are/,
    )
  })

  test('a column without a value is not called proven: nothing is shown of it', async () => {
    const alone = await verify('--plugin', join(plugins, 'short.mjs'))
    expect(alone.code).toBe(1)
    expect(alone.stdout).toMatch(/^x_1m_Short +feature .* empty$/m)
    expect(alone.stdout).toMatch(/certificate .*: empty, 0 of 2 columns/)
    expect(alone.stderr).toMatch(/E_VERIFY.*no column holds a value on this day: x_1m_Short/)
    const files = ['good.ts', 'short.mjs'].flatMap((f) => ['--plugin', join(plugins, f)])
    const both = await verify(...files, '--json')
    expect(both.code, both.stderr).toBe(3)
    expect(proofOf(both).verdict).toBe('proven')
    expect(
      proofOf(both)
        .certificates.map((c) => c.verdict)
        .sort(),
    ).toEqual(['empty', 'empty', 'proven', 'proven'])
  })

  test('--all-columns proves the shipped columns too', async () => {
    const one = proofOf(await verify('--plugin', join(plugins, 'good.ts'), '--all-columns', '--json'))
    const without = proofOf(await verify('--json'))
    const names = (p: Proof) => p.certificates.map((c) => c.column)
    expect(names(one)).toEqual(expect.arrayContaining([...names(without), 'x_1m_Gap', 'x_1m_Gap_neut']))
    expect(names(one)).toHaveLength(names(without).length + 2)
  })

  test('without data: on a made-up market, and nothing is written', async () => {
    const none = join(tempFolder(), 'none')
    const args = ['verify', 'causality', '--plugin', join(plugins, 'good.ts'), '--windows', '5', '--y-windows', '1']
    const ended = await cointrader([...args, '--data-dir', none, '--json', '--workers', '1'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stderr).toContain('a made-up market serves')
    expect(proofOf(ended).certificates.map((c) => [c.column, c.verdict])).toEqual([
      ['x_5m_Gap', 'proven'],
      ['x_5m_Gap_neut', 'proven'],
    ])
    expect(existsSync(none)).toBe(false)
  })
})

test('Ctrl-C keeps finished parts, --resume goes on, the certificate is the same', async () => {
  const cache = join(folder, '.run/cache')
  const kept = () =>
    existsSync(cache)
      ? readdirSync(cache)
          .filter((n) => n.startsWith('causality'))
          .map((n) => join(cache, n))
      : []
  let timer: ReturnType<typeof setInterval> | undefined
  const cut = await cointrader(
    ['verify', 'causality', '--data-dir', folder, '--windows', '1', '--y-windows', '5'],
    (kill) => {
      timer = setInterval(() => {
        if (kept().some((f) => readdirSync(f).length >= 5)) {
          clearInterval(timer)
          kill('SIGINT')
        }
      }, 5)
    },
  )
  clearInterval(timer)
  expect(cut.code).toBe(1)
  expect(cut.stderr).toContain('E_INTERRUPTED')
  expect(cut.stderr).toContain('--resume')
  const [parts] = kept()
  expect(readdirSync(parts!).length).toBeGreaterThanOrEqual(5)
  const resumed = await verify('--json', '--resume')
  expect(resumed.code, resumed.stderr).toBe(0)
  expect(kept()).toEqual([])
  const whole = await verify('--json')
  expect(proofOf(whole)).toEqual(proofOf(resumed))
})

test('wrong usage is named', async () => {
  const of = async (...args: string[]) => {
    const { code, stderr } = await verify(...args)
    return [code, stderr.split(':')[0]]
  }
  expect(await of('--compat', 'research', '--plugin', join(plugins, 'good.ts'))).toEqual([2, 'E_USAGE'])
  expect(await of('--compat', 'research', '--generator', 'both')).toEqual([2, 'E_USAGE'])
  await writeFile(join(plugins, 'empty.js'), 'export default []')
  expect(await of('--plugin', join(plugins, 'empty.js'))).toEqual([2, 'E_CONFIG'])
  expect(await of('--date', '2026-03-01')).toEqual([1, 'E_FILE_MISSING'])
  expect(await of('--date', '2026-02-09')).toEqual([3, 'E_NOTHING_FOUND'])
  expect(await of('--plugin', join(plugins, 'none.ts'))).toEqual([1, 'E_FILE_MISSING'])
})
