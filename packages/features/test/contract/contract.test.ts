import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { View } from '@cointrader/features'
import { ADDED_FEATURES, BASE_FEATURES } from '@cointrader/features/catalogue/base'
import type { FeatureBuilder, FeatureDefinition } from '@cointrader/features/catalogue/definition'
import { type Clause, CONTRACT, checkFeature, contractText } from '@cointrader/features/contract/contract'
import { makePanel } from '@cointrader/features/contract/panel'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../../../examples/features')
const files = readdirSync(examples).filter((name) => name.endsWith('.ts'))

describe('shipped features keep the contract', () => {
  it.each(BASE_FEATURES.map((f) => [f.type, f] as const))('%s', (_, definition) => {
    expect(contractText(checkFeature(definition))).toBe('')
  })
  it.each(ADDED_FEATURES.map((f) => [f.type, f] as const))('added %s', (_, definition) => {
    expect(contractText(checkFeature(definition))).toBe('')
  })

  it('notes columns that say nothing (RP-D22): the golden layout has them', () => {
    const notes = BASE_FEATURES.flatMap((f) => checkFeature(f, { windows: [1] }).notes)
    expect(notes).toEqual([
      'x_1m_RVol is always 0 on the made-up bars',
      'x_1m_PctB is always 0.5 on the made-up bars',
      'x_1m_Close_Diff_Rate is always 0 on the made-up bars',
    ])
  })
})

describe('example plug-ins', () => {
  it.each(files)('%s keeps the contract', async (file) => {
    // As `cointrader build-xy --plugin` does: strip types, point the import at this installation.
    const source = readFileSync(join(examples, file), 'utf8')
    expect(source.split('\n').length).toBeLessThanOrEqual(32)
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    })
    const index = join(examples, '../../packages/features/dist/index.js')
    const code = outputText.replace("'@cointrader/features'", JSON.stringify(`file://${index}`))
    const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
      default: FeatureDefinition
    }
    const report = checkFeature(module.default)
    expect(contractText(report)).toBe('')
    expect(report.columns).toHaveLength(3)
    expect(report.notes).toEqual([])
  })

  it('type-check as their tsconfig.json says', () => {
    const config = ts.getParsedCommandLineOfConfigFile(join(examples, 'tsconfig.json'), undefined, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (d) => expect.fail(String(d.messageText)),
    })!
    const program = ts.createProgram(config.fileNames, config.options)
    const problems = ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))
    expect(problems).toEqual([])
    expect(config.fileNames).toHaveLength(files.length)
  })
})

describe('the contract catches', () => {
  const close = (build: (x: FeatureBuilder, w: number) => number, more: Partial<FeatureDefinition> = {}) => ({
    type: 'Planted',
    title: 'planted',
    unit: '',
    inputs: ['close'],
    build,
    ...more,
  })
  /** A kernel over ranges of the close. */
  const range = (lookback: (w: number) => number, at: (v: View, t: number, from: number, to: number) => number) =>
    close((x, w) =>
      x.kernel({
        name: 'planted',
        args: [x.input('close')],
        lookback: lookback(w),
        range: ([v], out, from, to) => {
          for (let t = from; t < to; t++) out.data[out.off + t] = at(v!, t, from, to)
        },
      }),
    )
  const value = (v: View, t: number): number => v.data[v.off + t] ?? Number.NaN
  let counter = 0
  let last = 0

  const planted: readonly (readonly [string, FeatureDefinition, readonly Clause[]])[] = [
    ['a malformed definition', close((x) => x.input('close'), { type: 'No good' }), ['definition']],
    ['a definition without columns', close((x) => x.input('close'), { windows: () => false }), ['definition']],
    [
      'a build that fails',
      close(() => {
        throw new TypeError('planted')
      }),
      ['definition'],
    ],
    ['a field that is not declared', close((x) => x.sub(x.input('close'), x.input('open'))), ['inputs']],
    ['a field that is declared in vain', close((x) => x.input('close'), { inputs: ['close', 'open'] }), ['inputs']],
    ['an infinity', close((x) => x.map('inf', [x.input('close')], (v) => v / (v > 1e3 ? 0 : 1))), ['finite']],
    ['a constant for an absent input', close((x) => x.map('z0', [x.input('close')], (v) => v || 0)), ['absent']],
    [
      'a random element',
      range(
        () => 1,
        (v, t) => value(v, t) + counter++,
      ),
      ['repeats'],
    ],
    [
      'memory of the symbol before',
      range(
        () => 1,
        (v, t) => {
          const before = last
          last = value(v, t)
          return t % 2 === 0 ? value(v, t) : value(v, t) + Math.sign(before || 0) + (before > 500 ? 1 : 0)
        },
      ),
      ['chunks', 'symbols'],
    ],
    [
      'the next row',
      range(
        (w) => w,
        (v, t) => value(v, t + 1),
      ),
      ['future'],
    ],
    [
      'a centred window',
      range(
        (w) => w,
        (v, t) => value(v, t - 1) + value(v, t) + value(v, t + 2),
      ),
      ['future'],
    ],
    [
      'a normaliser over the whole range',
      range(
        (w) => w,
        (v, t, from, to) => {
          let most = 0
          for (let i = from; i < to; i++) most = Math.max(most, value(v, i) || 0)
          return value(v, t) / most
        },
      ),
      ['future'],
    ],
    [
      'a sum from the start of the range',
      range(
        (w) => w,
        (v, t, from) => value(v, t) - value(v, from),
      ),
      ['chunks'],
    ],
    [
      'a look-back beyond the declared one',
      range(
        (w) => w,
        (v, t) => value(v, t) - value(v, t - 90),
      ),
      ['lookback'],
    ],
  ]
  it.each(planted)('%s', (_, definition, clauses) => {
    const report = checkFeature(definition, { windows: [5, 15] })
    const broken = new Set(report.failures.map((f) => f.clause))
    for (const clause of clauses) expect([...broken], contractText(report)).toContain(clause)
  })

  it('nothing in a feature of the time of day, in one that reads carried values, or in a constant', () => {
    const hour = range(
      () => 1,
      (v, t) => value(v, t) * (1 + (t % 1440)),
    )
    const carried = close((x, w) => x.mean(x.input('mt_oi'), w), { inputs: ['mt_oi'] })
    const constant = close((x) => x.map('one', [x.input('close')], (v) => (Number.isNaN(v) ? v : 1)))
    for (const definition of [hour, carried, constant]) expect(contractText(checkFeature(definition))).toBe('')
    expect(checkFeature(constant, { windows: [5] }).notes).toEqual(['x_5m_Planted is always 1 on the made-up bars'])
    expect(Object.keys(CONTRACT)).toHaveLength(11)
  })
})

describe('made-up bars', () => {
  it('have every defect that the contract wants to see, and are the same for the same seed', () => {
    const panel = makePanel({ seed: 1, symbols: 8, firstRow: 29_000_000, rows: 3000 })
    const again = makePanel({ seed: 1, symbols: 8, firstRow: 29_000_000, rows: 3000 })
    expect(again).toEqual(panel)
    expect([...panel.symbols].sort()).toEqual(panel.symbols)
    const { close, high, low, mt_oi, pm_close } = panel.fields
    const count = (f: (i: number) => boolean) => Array.from({ length: 8 * 3000 }, (_, i) => i).filter(f).length
    expect(count((i) => Number.isNaN(close![i]))).toBeGreaterThan(500)
    expect(count((i) => high![i]! < low![i]!)).toBeGreaterThan(5)
    expect(count((i) => mt_oi![i] === 0)).toBeGreaterThan(5)
    expect(count((i) => Number.isNaN(pm_close![i]) && !Number.isNaN(close![i]))).toBeGreaterThan(20)
    expect(Object.values(panel.fields).some((f) => f!.includes(Number.POSITIVE_INFINITY))).toBe(true)
    const flawless = makePanel({ seed: 1, symbols: 8, firstRow: 29_000_000, rows: 100, defects: 0 })
    expect(Object.values(flawless.fields).every((f) => f!.every(Number.isFinite))).toBe(true)
  })
})
