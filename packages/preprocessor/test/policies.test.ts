import { DEFECT_KINDS, type Defect } from '@cointrader/core'
import {
  allowedPolicies,
  DEFAULT_POLICIES,
  type PolicyTable,
  policyText,
  RESEARCH_POLICIES,
  readPolicies,
  requirePolicies,
  sumUnpoliced,
  unpoliced,
} from '@cointrader/preprocessor'
import { describe, expect, it } from 'vitest'
import { at } from './support.js'

const defect = (kind: Defect['kind'], minute: number, symbol = 'AAAUSDT'): Defect => ({
  ...{ kind, symbol, source: 'klines', column: '', fromMs: at(minute), toMs: at(minute + 1), count: 1, detail: '' },
})
const message = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

describe('policies', () => {
  it('have a valid default for every kind of defect', () => {
    for (const table of [DEFAULT_POLICIES, RESEARCH_POLICIES]) {
      expect(Object.keys(table)).toEqual(Object.keys(DEFECT_KINDS))
      for (const [kind, policy] of Object.entries(table))
        expect(allowedPolicies(kind as Defect['kind'])).toContain(policy.name)
    }
    expect(Object.values(DEFAULT_POLICIES).map((p) => p.name)).not.toContain('research')
  })

  it('are overridden by a file and by flags, the flag last', () => {
    const file =
      '{"policies": {"missing_premium": {"policy": "forward-fill", "maxAgeMinutes": 2}, "blank_cell": "forward-fill", "missing_bars": "none"}}'
    const table = readPolicies(file, ['missing_bars=exclude-symbol', 'stale_metrics=forward-fill:7'])
    const texts = Object.fromEntries(Object.entries(table).map(([kind, p]) => [kind, policyText(p)]))
    expect(texts).toMatchObject({
      missing_premium: 'forward-fill:2',
      blank_cell: 'forward-fill:10',
      missing_bars: 'exclude-symbol',
      stale_metrics: 'forward-fill:7',
      impossible_bar: 'mask',
    })
  })

  it('without defaults when strict', () => {
    expect(readPolicies('{"strict": true, "policies": {"blank_cell": "none"}}')).toEqual({
      blank_cell: { name: 'none', maxAgeMinutes: 0 },
    })
  })

  it('report all problems of a configuration at once, with the nearest valid spelling', () => {
    const text = message(() =>
      readPolicies(
        '{"polices": {}, "strict": 1, "policies": {"missing_premum": "none", "blank_cell": "forward_fill", "missing_bars": "forward-fill", "missing_premium": "forward-fill:0", "stale_metrics": {"policy": "none", "maxAge": 3}}}',
        ['nonsense'],
        'p.json',
      ),
    )
    expect(text).toMatch(/^E_CONFIG: p\.json/)
    for (const part of [
      'polices: not a known entry (did you mean "policies"?)',
      'strict: must be true or false',
      '"missing_premum" is not a kind of defect (did you mean "missing_premium"?)',
      '"forward_fill" is not a policy (did you mean "forward-fill"?)',
      '"forward-fill" cannot be applied to missing_bars',
      'policies.missing_premium: the maximum age must be a whole number',
      'maxAge: not a known entry (did you mean "maxAgeMinutes"?)',
      '--policy nonsense: must be KIND=POLICY',
    ]) {
      expect(text).toContain(part)
    }
    expect(message(() => readPolicies('{'))).toMatch(/E_CONFIG.*not JSON/)
    expect(message(() => readPolicies('[]'))).toMatch(/E_CONFIG.*JSON object/)
  })

  it('stop the run with kind × count × first place when one is missing', () => {
    const table: PolicyTable = { ...DEFAULT_POLICIES, missing_bars: undefined as never, blank_cell: undefined as never }
    const days = [
      unpoliced([defect('missing_bars', 9), defect('missing_bars', 5, 'ZZZUSDT'), defect('extra_bar', 1)], table),
      unpoliced([defect('missing_bars', 1), defect('blank_cell', 2)], table),
    ]
    const text = message(() => requirePolicies(sumUnpoliced(days)))
    expect(text).toMatch(/^E_NO_POLICY/)
    expect(text).toContain('missing_bars × 3, first ZZZUSDT klines from 2026-02-01 00:05:00')
    expect(text).toContain('blank_cell × 1, first AAAUSDT klines from 2026-02-01 00:02:00')
    expect(message(() => requirePolicies(unpoliced([defect('extra_bar', 1)], table)))).toBe('no error')
  })
})
