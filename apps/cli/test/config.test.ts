/** config explain, check and schema as a user runs them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { studyEntries, studyJsonSchema } from '@cointrader/study'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'

describe('config', () => {
  const tiny = join(import.meta.dirname, '../../../configs/studies/tiny.yaml')
  let bad: string
  beforeAll(() => {
    bad = join(tempFolder(), 'bad.yaml')
    writeFileSync(bad, `${readFileSync(tiny, 'utf8').replace('family: lgbm', 'family: lgmb')}\nunivers: { size: 3 }\n`)
  })

  it('explains every entry there is, and every value of a file with its source', async () => {
    const [entries, file] = await Promise.all([
      cointrader(['config', 'explain', '--json']),
      cointrader(['config', 'explain', tiny, '--set', 'seed=7', '--json']),
    ])
    expect([entries.code, file.code], file.stderr).toEqual([0, 0])
    expect(JSON.parse(entries.stdout)).toEqual(studyEntries())
    const values = JSON.parse(file.stdout) as { path: string; value: string; from: string }[]
    expect(values.find((v) => v.path === 'seed')).toMatchObject({ value: '7', from: '--set seed=7' })
    expect(values.find((v) => v.path === 'universe.size')).toMatchObject({ value: '5', from: /^line \d+$/ })
    expect(values.find((v) => v.path === 'universe.buffer_days')).toMatchObject({ value: '14', from: 'default' })
  })

  it('prints tables for people', async () => {
    const [entries, file] = await Promise.all([
      cointrader(['config', 'explain']),
      cointrader(['config', 'explain', tiny]),
    ])
    expect(entries.stdout).toMatch(/models\[lgbm\]\.rounds +whole number +1000 +Most trees/)
    expect(file.stdout).toMatch(/universe\.size +5 +line \d+ +Most symbols of a day/)
  })

  it('checks: nothing, or every problem at once, with exit 2', async () => {
    const [good, broken, absent] = await Promise.all([
      cointrader(['config', 'check', tiny, '--json']),
      cointrader(['config', 'check', bad, '--set', 'seed=x', '--json']),
      cointrader(['config', 'check', '/nowhere.yaml']),
    ])
    expect(good.code).toBe(0)
    expect(JSON.parse(good.stdout)).toEqual({ study: 'tiny', problems: [] })
    expect(broken.code).toBe(2)
    const { error } = JSON.parse(broken.stdout) as { error: { code: string; detail: string } }
    expect(error.code).toBe('E_CONFIG')
    expect(error.detail).toMatch(/^3 problems/)
    expect(error.detail).toMatch(
      /line \d+: models\.0\.family: "lgmb" is not one of lgbm, linear \(did you mean "lgbm"\?\)/,
    )
    expect(error.detail).toMatch(/line \d+: univers: not a known entry \(did you mean "universe"\?\)/)
    expect(error.detail).toMatch(/--set seed=x: seed: must be number, received string/)
    expect(broken.stderr).toContain('bad.yaml')
    expect(absent.code).toBe(1)
    expect(absent.stderr).toMatch(/E_FILE_MISSING.*nowhere/)
  })

  it('gives the JSON Schema, printed or written', async () => {
    const out = join(tempFolder(), 'study.schema.json')
    const [printed, written] = await Promise.all([
      cointrader(['config', 'schema']),
      cointrader(['config', 'schema', '--output', out]),
    ])
    expect([printed.code, written.code]).toEqual([0, 0])
    expect(JSON.parse(printed.stdout)).toEqual(studyJsonSchema())
    expect(readFileSync(out, 'utf8')).toBe(printed.stdout)
  })
})
