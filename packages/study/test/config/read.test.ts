/** Reading a study: every problem at once with place and reason, overrides in their order, back and forth. */
import { isError, seededRandom } from '@cointrader/core'
import { environmentOverrides, flagOverride, readStudy, studyYaml } from '@cointrader/study/config/index'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CONFIGS, problemsOf, read, SMALL, shuffled, validStudy } from './studies.js'

const set = (...texts: string[]) => texts.map(flagOverride)

describe('a study file', () => {
  it.each(CONFIGS)('%s is sound', (_, text) => {
    expect(problemsOf(text)).toEqual([])
  })

  it('needs a name, a range, folds and models; everything else has a default', () => {
    expect(problemsOf('')).toEqual([
      'study: must be string, and is missing',
      'range: must be object, and is missing',
      'folds: must be array, and is missing',
      'models: must be array, and is missing',
    ])
    const { study, stated } = readStudy(SMALL, 'small.yaml')
    expect(study).toMatchObject({
      seed: 42,
      source: { archive: 'https://data.binance.vision', symbols: 'all', route: 'auto' },
      universe: { size: 30, buffer_days: 14, min_history_days: 1 },
      labels: { target: 'y_60m' },
      models: [{ name: 'trees', rounds: 1000, early_stopping: 100, missing: 'keep', params: {} }],
      backtest: { strategy: 'cross-section', fee_pct: 0.05, baselines: ['momentum', 'reversal', 'random'] },
      retrain: { keep_versions: 10 },
    })
    expect(Object.keys(stated as object)).toEqual(['study', 'range', 'folds', 'models'])
  })

  it('names every problem at once: line, path, reason, nearest spelling', () => {
    const text = `study: small
tilte: a word
seed: 1.5
source: { symbols: 5, kinds: [kline], archve: x }
range: { start: 2026-02-01, end: 2026-02-30 }
universe:
  size: 0
  buffer_day: 3
check: { policies: { missing_premum: none } }
features: { windows: [0, 5], generator: bse }
folds:
  - train: { start: 2026-2-2, end: 2026-02-02 }
    valid: { start: 2026-02-03 }
    test: { start: 2026-02-04, end: 2026-02-04 }
models:
  - name: a/b
    family: lgmb
  - name: linear
    family: linear
    alpha: -1
    rounds: 7
  - name: trees
backtest: [1]
retrain: { confidence: 0.2 }
`
    expect(problemsOf(text).sort()).toEqual(
      [
        'line 2: tilte: not a known entry (did you mean "title"?)',
        'line 3: seed: must be int, received number',
        'line 4: source.archve: not a known entry (did you mean "archive"?)',
        'line 4: source.kinds.0: "kline" is not one of klines, premium, metrics, funding, mark (did you mean "klines"?)',
        'line 4: source.symbols: is none of: expected "all"; or expected array, received number',
        'line 5: range.end: write a date as 2026-02-01',
        'line 7: universe.size: Too small: expected number to be >=1',
        'line 8: universe.buffer_day: not a known entry (did you mean "buffer_days"?)',
        'line 9: check.policies.missing_premum: not a known entry (did you mean "missing_premium"?)',
        'line 10: features.windows.0: Too small: expected number to be >=1',
        'line 10: features.generator: "bse" is not one of base, added, both (did you mean "base"?)',
        'line 12: folds.0.train.start: write a date as 2026-02-01',
        'line 13: folds.0.valid.end: must be string, and is missing',
        'line 17: models.0.family: "lgmb" is not one of lgbm, linear (did you mean "lgbm"?)',
        'line 20: models.1.alpha: Too small: expected number to be >0',
        'line 21: models.1.rounds: not a known entry (did you mean "kind"?)',
        'line 22: models.2.family: must be one of lgbm, linear, and is missing',
        'line 23: backtest: must be object, received array',
        'line 24: retrain.confidence: Too small: expected number to be >=0.5',
      ].sort(),
    )
  })

  it('says what is wrong with the YAML, and that an entry is there twice, by line', () => {
    expect(problemsOf(`${SMALL}study: other\n`)).toEqual(['line 10: "study" is there twice'])
    expect(problemsOf(SMALL.replace('end: 2026-02-04 }', 'start: 2026-02-01 }'))).toEqual([
      'line 2: "start" is there twice',
    ])
    expect(problemsOf(`${SMALL}universe: { size: 5\nseed: 1\n`)[0]).toMatch(/^line 1[01]: /)
    expect(problemsOf('- a\n- b\n')).toEqual(['line 1: not a list of "key: value" entries'])
    expect(problemsOf('hello')).toEqual(['line 1: not a list of "key: value" entries'])
    expect(problemsOf(`${SMALL}seed: *none\n`)).toEqual([
      'Unresolved alias (the anchor must be set before the alias): none',
    ])
    const laughs = 'abcdefghi'
      .split('')
      .map((k, i, all) => `${k}: &${k} [${Array(9).fill(i === 0 ? 'ha' : `*${all[i - 1]}`)}]`)
    expect(problemsOf(laughs.join('\n'))[0]).toMatch(/alias/)
    expect(problemsOf(`${SMALL}---\nx: 1\n`)[0]).toMatch(/^line 10: .*multiple documents/)
  })

  it('never ends in an error of another kind, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.anything().map((x) => String(x)),
        ),
        (text) => {
          expect(problemsOf(text).length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.nat(SMALL.length), fc.string({ maxLength: 4 }), (at, extra) => {
        problemsOf(SMALL.slice(0, at) + extra + SMALL.slice(at))
        problemsOf(SMALL.slice(0, at) + extra)
      }),
      { numRuns: 300 },
    )
  })

  it('takes a date only where the calendar has it', () => {
    for (const bad of ['2026-02-30', '2026-13-01', '2026-2-4', '2026-02-04T00:00', 'tomorrow'])
      expect(problemsOf(SMALL.replace('end: 2026-02-04 }\n', `end: ${bad} }\n`))).toEqual([
        'line 2: range.end: write a date as 2026-02-01',
      ])
    expect(problemsOf(SMALL.replace('end: 2026-02-04 }\n', 'end: 2028-02-29 }\n'))).toEqual([])
  })
})

describe('overrides', () => {
  it('win over the file, the later over the earlier, flags over the environment, and are named', () => {
    const environment = environmentOverrides({
      COINTRADER_STUDY__UNIVERSE__SIZE: '7',
      COINTRADER_STUDY__SEED: '8',
      COINTRADER_STUDY__TITLE: undefined,
      COINTRADER_OTHER: 'x',
      PATH: '/bin',
    })
    expect(environment.map((o) => o.path)).toEqual(['seed', 'universe.size'])
    const { study, sources } = readStudy(`${SMALL}seed: 1\nuniverse: { size: 3, buffer_days: 4 }\n`, 'f', [
      ...environment,
      ...set('universe.size=9', 'folds.0.train.end=2026-02-02', 'universe.size=10'),
    ])
    expect(study.universe).toMatchObject({ size: 10, buffer_days: 4 })
    expect(study.seed).toBe(8)
    expect(sources.get('seed')).toBe('environment COINTRADER_STUDY__SEED')
    expect(sources.get('universe.size')).toBe('--set universe.size=10')
    expect(sources.get('universe.buffer_days')).toBe('line 11')
    expect(sources.get('folds.0.train.end')).toBe('--set folds.0.train.end=2026-02-02')
    expect(sources.get('folds.0.train.start')).toBe('line 4')
  })

  it('set lists, whole sections, sections that are not in the file, and the next place of a list', () => {
    const { study } = readStudy(
      SMALL,
      'f',
      set(
        'source.symbols=[AUSDT, BUSDT]',
        'check.policies.missing_premium=forward-fill:3',
        'universe={size: 4}',
        'models.1={name: line, family: linear}',
        'models.0.params.num_leaves=7',
        'backtest=null',
        'source.archive=http://127.0.0.1:80/a=b',
      ),
    )
    expect(study.source).toMatchObject({ symbols: ['AUSDT', 'BUSDT'], archive: 'http://127.0.0.1:80/a=b' })
    expect(study.check.policies).toEqual({ missing_premium: 'forward-fill:3' })
    expect(study.models).toMatchObject([{ params: { num_leaves: 7 } }, { name: 'line', kind: 'ridge' }])
    expect(study.universe.size).toBe(4)
    expect(study.backtest).toBeNull()
  })

  it('change one place of what an alias shares', () => {
    const text = SMALL.replace('range: {', 'range: &days {').concat('proof: { causality: [] }\n')
    const twice = text.replace('valid: { start: 2026-02-03, end: 2026-02-03 }', 'valid: *days')
    const { study } = readStudy(
      twice,
      'f',
      set('folds.0.valid.start=2026-02-03', 'folds.0.valid.end=2026-02-03', 'range.end=2026-02-05'),
    )
    expect(study.folds[0]!.valid).toEqual({ start: '2026-02-03', end: '2026-02-03' })
    expect(study.range).toEqual({ start: '2026-02-01', end: '2026-02-05' })
  })

  it('are refused by their own name', () => {
    const refused = (...texts: string[]) => problemsOf(SMALL, set(...texts))
    expect(refused('universe.size=0')).toEqual([
      '--set universe.size=0: universe.size: Too small: expected number to be >=1',
    ])
    expect(refused('universe.sice=3')).toEqual([
      '--set universe.sice=3: universe.sice: not a known entry (did you mean "size"?)',
    ])
    expect(refused('study.foo=3')).toEqual(['--set study.foo=3: study.foo: study is a value and has no entries'])
    expect(refused('universe.size.x=3')[0]).toMatch(/^--set universe.size.x=3: universe.size: must be number/)
    expect(refused('universe.size=[1,')[0]).toMatch(/^--set universe.size=\[1,: universe.size: not YAML: /)
    expect(refused('models.5.rounds=3')).toEqual([
      '--set models.5.rounds=3: models.5.rounds: models is a list of 1; name a place from 0 to 1',
    ])
    expect(refused('models.first.rounds=3')[0]).toMatch(/name a place from 0 to 1$/)
    expect(refused('__proto__.x=3')[0]).toMatch(/__proto__: not a known entry/)
    expect(({} as { x?: unknown }).x).toBeUndefined()
    for (const text of ['universe.size', '=3', '']) {
      let error: unknown
      try {
        flagOverride(text)
      } catch (e) {
        error = e
      }
      expect(isError(error, 'E_USAGE'), text).toBe(true)
    }
  })

  it('never end in an error of another kind', () => {
    const part = fc.constantFrom('study', 'folds', 'models', '0', '1', '7', 'train', 'params', 'universe', 'size', '')
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.string({ maxLength: 8 }), (path, value) => {
        problemsOf(SMALL, [{ path: path.join('.'), value, from: 'test' }])
      }),
      { numRuns: 300 },
    )
  })
})

describe('back and forth', () => {
  it('any sound study is read back from its own YAML, and has one text whatever the order of its entries', () => {
    fc.assert(
      fc.property(validStudy, fc.string(), (stated, seed) => {
        const { study } = read(stated)
        const text = studyYaml(study)
        const again = readStudy(text, 'again')
        expect(again.study).toEqual(study)
        expect(studyYaml(again.study)).toBe(text)
        const random = seededRandom(seed)
        const other = shuffled(stated, () => random.next())
        expect(studyYaml(read(other).study)).toBe(text)
        // JSON is YAML, too.
        expect(readStudy(JSON.stringify(stated), 'json').study).toEqual(study)
      }),
      { numRuns: 60 },
    )
  })

  it.each(CONFIGS)('%s', (_, text) => {
    const { study } = readStudy(text, 'f')
    expect(readStudy(studyYaml(study), 'f').study).toEqual(study)
    expect(stringify(study)).not.toBe('')
  })
})
