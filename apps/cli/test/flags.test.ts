import * as flags from '@cointrader/cli/lib/flags'
import { isError } from '@cointrader/core'
import { Command, InvalidArgumentError, type Option } from 'commander'
import { describe, expect, it } from 'vitest'

describe('parsers of numbers', () => {
  const cases = [
    ['number', flags.number, ['0', '-1.5', '1e3', ' 7 '], ['', ' ', 'x', '1x', 'NaN', 'Infinity']],
    ['positive', flags.positive, ['0.1', '3'], ['0', '-1', '']],
    ['notNegative', flags.notNegative, ['0', '0.5'], ['-0.1', '', 'Infinity']],
    ['count', flags.count, ['1', '12'], ['0', '1.5', '-1', '', 'all']],
    ['whole', flags.whole, ['0', '12'], ['-1', '0.5', '']],
    ['share', flags.share, ['0', '1', '0.35'], ['1.01', '-0.1', '']],
    ['seconds', flags.seconds, ['0', '2.5'], ['-1', '', '1m']],
    ['port', flags.port, ['0', '65535'], ['65536', '-1', '80.5', '']],
  ] as const
  for (const [name, parse, good, bad] of cases)
    it(`${name}: takes ${good.join(' ')}, refuses ${bad.map((b) => JSON.stringify(b)).join(' ')}`, () => {
      for (const text of good) expect(parse(text)).toBe(Number(text))
      for (const text of bad) expect(() => parse(text), text).toThrow(InvalidArgumentError)
    })
})

it('minutes: distinct, ascending, or all', () => {
  expect(flags.minutes('15,1,5')).toEqual([1, 5, 15])
  expect(flags.minutes('all')).toHaveLength(10)
  for (const bad of ['', '1,1', '0', '1.5', '1,x']) expect(() => flags.minutes(bad), bad).toThrow(InvalidArgumentError)
})

it('instant: a date begins at midnight and as an end is inclusive; instants are themselves', () => {
  const day = Date.UTC(2026, 1, 3)
  expect(flags.instant('2026-02-03', false)).toBe(day)
  expect(flags.instant('2026-02-03', true)).toBe(day + 86_400_000)
  for (const end of [false, true]) expect(flags.instant('2026-02-03 12:30:00', end)).toBe(day + 45_000_000)
  const noon = ['2026-02-03T12:30Z', '2026-02-03 12:30 UTC', '2026-02-03 12:30:00Z', ' 2026-02-03 12:30:00 UTC ']
  for (const text of [...noon, String(day + 45_000_000)]) expect(flags.instant(text, true), text).toBe(day + 45_000_000)
  const bads = [
    '2026-02-30',
    'yesterday',
    '',
    '2026',
    '20260203',
    '2026-02-03T25:00Z',
    '2026-02-03T12:30+01:00',
    '1'.repeat(20),
  ]
  for (const bad of bads) {
    const error = (() => {
      try {
        flags.instant(bad, true, '--at')
      } catch (e) {
        return e
      }
    })()
    expect(isError(error, 'E_USAGE_DATE'), bad).toBe(true)
    expect((error as Error).message, bad).toContain('--at')
  }
})

describe('two spellings', () => {
  const parse = (make: (command: Command) => Command, ...args: string[]) =>
    make(new Command('x').exitOverride().configureOutput({ writeErr: () => {} }))
      .parse(args, { from: 'user' })
      .opts()
  const cases: [string, (c: Command) => Command, string, string[], unknown][] = [
    ['--top and --topn', (c) => c.addOption(flags.topOption(30)), 'top', ['--top', '--topn'], 7],
    ['--topn and --top', (c) => c.addOption(flags.topnOption()), 'topn', ['--topn', '--top'], 7],
    ['--topn without a default', (c) => c.addOption(flags.topnOption('default: x')), 'topn', ['--topn', '--top'], 7],
    ['--infer-start', (c) => flags.inferOptions(c, 'x'), 'inferStart', ['--infer-start', '--start-date'], '7'],
    ['--infer-end', (c) => flags.inferOptions(c, 'x'), 'inferEnd', ['--infer-end', '--end-date'], '7'],
    ['--workers', (c) => c.addOption(flags.workersOption()), 'workers', ['--workers', '--threads'], 7],
    ['--threads', (c) => c.addOption(flags.threadsOption()), 'threads', ['--threads', '--workers'], 7],
    ['--data', (c) => c.addOption(flags.barsOption()), 'data', ['--data', '--data-dir'], '7'],
    ['--out-dir', (c) => c.addOption(flags.outDirOption('here')), 'outDir', ['--out-dir', '--out'], '7'],
    ['--out <folder>', (c) => c.addOption(flags.resultsOption()), 'out', ['--out', '--out-dir'], '7'],
    ['--out <file>', (c) => c.addOption(flags.outFileOption('here')), 'out', ['--out', '--output'], '7'],
  ]
  for (const [name, make, key, spellings, value] of cases)
    it(`${name}: both give the same value, also with =`, () => {
      for (const flag of spellings) {
        expect(parse(make, flag, '7')[key]).toBe(value)
        expect(parse(make, `${flag}=7`)[key]).toBe(value)
      }
    })
})

it('--top has a default as a number or in words, --set gathers', () => {
  const of = (option: Option, ...args: string[]) =>
    new Command('x').addOption(option).parse(args, { from: 'user' }).opts()
  expect(of(flags.topnOption())).toEqual({ topn: 30 })
  expect(of(flags.topnOption('default: that of the training'))).toEqual({})
  expect(flags.topnOption('default: that of the training').description).toMatch(/, default: that of the training$/)
  expect(of(flags.setOption())).toEqual({ set: [] })
  expect(of(flags.setOption('a.b=1'), '--set', 'a=1', '--set', 'b=2')).toEqual({ set: ['a=1', 'b=2'] })
  expect(of(flags.setOption())).toEqual({ set: [] })
})

it('a mandatory flag is satisfied by its other spelling', () => {
  const command = new Command('x').exitOverride().addOption(flags.barsOption().makeOptionMandatory())
  expect(command.parse(['--data-dir', 'bars'], { from: 'user' }).opts()).toEqual({ data: 'bars' })
})
