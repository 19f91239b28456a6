/** The page: complete, balanced, escaped, offline, the same each time; and the terminal summary. */
import { seededRandom } from '@cointrader/core'
import { type StudyFacts, studyHtml, studyText } from '@cointrader/study'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptySample, HOSTILE, sample } from './sample.js'

const SECTIONS = 'findings data universe health models quantiles importance backtests sensitivity trials lineage'.split(
  ' ',
)
const VOID = new Set(['meta', 'br', 'input'])

/** The page without its style and script: what a reader sees. */
const body = (page: string): string => page.replace(/<script>[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, '')

/** Every element is closed in order; enough to catch a forgotten tag or quote. */
function unbalanced(page: string): string | null {
  const open: string[] = []
  for (const [tag, end, name] of body(page).matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>/g)) {
    if (VOID.has(name) || tag.endsWith('/>')) continue
    if (end === '') open.push(name)
    else if (open.pop() !== name) return `${tag} after ${open.slice(-3).join(' ')}`
  }
  return open.length === 0 ? null : `left open: ${open.join(' ')}`
}

const pages = {
  medium: studyHtml(sample()),
  skilled: studyHtml(sample({ skill: 0.1, symbols: 9, days: 20 })),
  oneFold: studyHtml(sample({ days: 8, folds: 1, models: ['trees'] })),
  untraded: studyHtml(sample({ days: 8, folds: 2, backtests: false })),
  delayed: studyHtml(sample({ skill: 0.1, days: 8, folds: 1, models: ['trees', 'ridge'], delays: [15, 60] })),
  delayedPooled: studyHtml(sample({ days: 8, symbols: 3, folds: 1, models: ['trees'], delays: [15] })),
  pooled: studyHtml(sample({ days: 8, symbols: 3, folds: 1 })),
  empty: studyHtml(emptySample()),
  hostile: studyHtml(sample({ days: 8, folds: 2, prefix: HOSTILE })),
}

test.each(Object.entries(pages))('%s: every section is there, balanced, without a number that is none', (_, page) => {
  const places = SECTIONS.map((id) => page.indexOf(`<section id="${id}"`))
  expect(places.every((p) => p > 0)).toBe(true)
  expect(places).toEqual([...places].sort((a, b) => a - b))
  for (const id of SECTIONS) expect(page).toContain(`<a href="#${id}">`)
  expect(unbalanced(page)).toBeNull()
  expect(/\bNaN\b|Infinity|undefined|\[object/.exec(body(page))?.[0]).toBeUndefined()
})

test.each(Object.entries(pages))('%s: nothing is loaded or run from outside', (_, page) => {
  expect(page).toContain("default-src 'none'")
  expect(
    /https?:|\b(?:src|href)\s*=\s*["']?(?:\/\/|file:|data:)/i.exec(page.replaceAll(HOSTILE, ''))?.[0],
  ).toBeUndefined()
  expect(/@import|url\(|<link|<iframe|<img|\beval\(|new Function|fetch\(|XMLHttp/.exec(page)?.[0]).toBeUndefined()
  expect(page.split('<script').length - 1).toBe(1)
})

test('names from outside are escaped wherever they stand', () => {
  const { hostile } = pages
  expect(hostile).not.toContain('<img src=x')
  expect(hostile).not.toContain('<script>alert')
  expect(hostile).toContain('&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt;&quot;&#39;&amp;')
  // Free text too: what the author wrote, reasons, commands, the study file.
  const facts = sample({ days: 8, folds: 1, models: ['trees'], variants: 1 })
  const page = studyHtml({
    ...facts,
    about: HOSTILE,
    config: HOSTILE,
    commit: HOSTILE,
    codeVersion: HOSTILE,
    data: {
      ...facts.data,
      xy: { ...facts.data.xy, empty: { [HOSTILE]: HOSTILE } },
      kinds: [HOSTILE],
      universe: facts.data.universe.map((u) => ({ ...u, note: HOSTILE, excluded: { [HOSTILE]: HOSTILE } })),
      days: facts.data.days.map((d) => ({
        ...d,
        defects: { [HOSTILE]: 1 },
        banned: [{ symbol: HOSTILE, reason: HOSTILE }],
      })),
    },
    stages: facts.stages.map((s) => ({ ...s, command: HOSTILE, missing: [HOSTILE] })),
    models: facts.models.map((m) => ({ ...m, settings: [[HOSTILE, HOSTILE]] })),
    trials: { ...facts.trials, list: [HOSTILE] },
  })
  expect(unbalanced(page)).toBeNull()
  expect(page).not.toContain('<img src=x')
  expect(page.split('<script').length - 1).toBe(1)
})

test('same facts, same bytes', () => {
  expect(studyHtml(sample()) === pages.medium).toBe(true)
  expect(studyText(sample())).toEqual(studyText(sample()))
})

test('what is left out says why', () => {
  expect(pages.untraded).toContain('Left out: this study traded nothing.')
  expect(pages.untraded).toContain('Left out: no setting was varied.')
  expect(pages.pooled).toContain('Cross-sectional figures are left out:')
  for (const words of [
    'Left out: no universe was selected.',
    'Left out: no feature was measured.',
    'Left out: no label was measured.',
    'Causality: not asked for.',
    'Left out: no model tells what it looks at.',
    'Left out: no stage is recorded.',
    'No model was trained.',
  ]) {
    expect(pages.empty).toContain(words)
  }
})

test('the scores used later stand in a table, beside those at once; without delays there is none', () => {
  const table = (page: string): string | undefined =>
    /<table[^>]*><caption><span>Used later[\s\S]*?<\/table>/.exec(page)?.[0]
  for (const [name, page] of Object.entries(pages))
    expect(table(page) !== undefined, name).toBe(name.startsWith('delayed'))
  const cells = (row: string): string[] => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map((m) => m[1]!)
  const rows = (page: string): string[][] =>
    table(page)!
      .match(/<tr[\s\S]*?<\/tr>/g)!
      .map(cells)
  const [head, trees, ridge, ...rest] = rows(pages.delayed)
  expect(table(pages.delayed)).toContain('<caption><span>Used later: cross-sectional rank IC</span></caption>')
  expect(head).toEqual(['model', 'at once', '15 min later', 't', '60 min later', 't'])
  expect([trees![0], ridge![0], rest]).toEqual(['trees', 'ridge', []])
  expect(trees![1]).toMatch(/^\+0\.\d{3}$/)
  expect(trees![2]).toMatch(/^[+-]0\.\d{3} ± 0\.\d{3}$/)
  expect(trees![3]).toMatch(/^[+-]\d+\.\d$/)
  expect(pages.delayed).toContain('the bounce of the last trade price')
  // Where cross-sections are refused: pooled, without an error and a t.
  const [poolHead, one] = rows(pages.delayedPooled)
  expect(table(pages.delayedPooled)).toContain('<caption><span>Used later: pooled rank IC</span></caption>')
  expect(poolHead).toEqual(['model', 'at once', '15 min later', 't'])
  expect(one![2]).toMatch(/^[+-]0\.\d{3}$/)
  expect(one![3]).toBe('n/a')
})

test('every picture has a text alternative, every table a caption and headers', () => {
  for (const page of Object.values(pages)) {
    for (const [svg] of page.matchAll(/<svg [^>]*>/g)) {
      // Strips of rows belong to a picture that is described as a whole.
      if (!/class="(?:rp-plot|hm )/.test(svg)) expect(svg).toMatch(/role="img" aria-label="[^"]+"/)
    }
    for (const [rows] of page.matchAll(/<div class="rp[ "][^>]*>/g))
      expect(rows).toMatch(/role="img" aria-label="[^"]+"/)
    for (const [table] of page.matchAll(/<table[\s\S]*?<\/table>/g)) {
      expect(table).toMatch(/^<table[^>]*><caption>/)
      expect(table).toMatch(/<th scope="col"/)
    }
    expect(page.match(/<figure>/g)?.length ?? 0).toBe(page.match(/<figure><h3>/g)?.length ?? 0)
  }
})

test('figures are quoted with their doubt, costs beside what is earned', () => {
  const { skilled } = pages
  expect(skilled).toMatch(/\+0\.\d{3} ± 0\.\d{3}/)
  expect(skilled).toContain('assumed 6.0')
  expect(skilled).toMatch(/Below the 6\.0 bps \(fee 5\.0, slippage 1\.0\) assumed for a fill/)
  expect(skilled).toContain('the best reaches a t of')
  expect(skilled).toContain('No Sharpe ratio (n/a): 10 days, at least 30 are needed.')
})

test('a study of 60 days and 50 symbols stays a small page', () => {
  const page = studyHtml(sample({ days: 60, symbols: 50, stepMinutes: 120, models: ['trees', 'ridge'] }))
  expect(page.length).toBeLessThan(600_000)
  expect(unbalanced(page)).toBeNull()
})

test('the terminal summary keeps 100 columns and says the main things', () => {
  for (const facts of [
    sample(),
    emptySample(),
    sample({ days: 8, folds: 1, prefix: 'a-very-long-name-without-any-blank-in-it-'.repeat(3) }),
  ]) {
    const lines = studyText(facts)
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100)
    expect(lines.some((l) => l.startsWith('Findings'))).toBe(true)
  }
  const lines = studyText(sample())
  expect(lines.length).toBeLessThan(36)
  const text = lines.join('\n')
  for (const words of [
    'Range ',
    'Data ',
    'Universe ',
    'Features ',
    'Judged on',
    'Models ',
    'Backtests ',
    'momentum',
    'Nothing here beats chance',
  ]) {
    expect(text).toContain(words)
  }
})

/** The facts with a share of everything that may be null set to null, and lists emptied. */
function worn(facts: StudyFacts, seed: number, share: number): StudyFacts {
  const random = seededRandom(seed)
  const gone = (): boolean => random.next() < share
  const or = <T>(value: T): T | null => (gone() ? null : value)
  const cut = <T>(list: readonly T[]): readonly T[] => (gone() ? [] : list)
  const score = <T extends { value: number | null; interval: unknown; band: unknown }>(s: T): T => ({
    ...s,
    value: or(s.value),
    interval: or(s.interval),
    band: or(s.band),
  })
  return {
    ...facts,
    data: {
      ...facts.data,
      days: cut(facts.data.days),
      universe: cut(facts.data.universe),
      features: cut(facts.data.features).map((f) => ({
        ...f,
        mean: or(f.mean),
        shift: or(f.shift),
        p99: or(f.p99),
        median: or(f.median),
      })),
      labels: cut(facts.data.labels),
      causality: or(facts.data.causality),
    },
    folds: cut(facts.folds),
    models: cut(facts.models).map((m) => ({
      ...m,
      importance: cut(m.importance),
      folds: cut(m.folds).map((f) => ({
        ...f,
        trees: or(f.trees),
        test: { rankIc: or(f.test.rankIc), error: or(f.test.error) },
      })),
    })),
    judged: {
      ...facts.judged,
      entries: cut(facts.judged.entries).map(({ delays, ...e }) => ({
        ...e,
        pooled: { pearson: score(e.pooled.pearson), rank: score(e.pooled.rank) },
        sections:
          gone() || e.sections === null
            ? null
            : {
                pearson: e.sections.pearson,
                rank: {
                  ...score(e.sections.rank),
                  t: or(e.sections.rank.t),
                  standardError: or(e.sections.rank.standardError),
                },
              },
        spread: or(e.spread),
        pooledQuantiles: { buckets: cut(e.pooledQuantiles.buckets), monotonicity: or(e.pooledQuantiles.monotonicity) },
        portfolio: or(e.portfolio),
        deflated: or(e.deflated),
        ...(delays === undefined || gone()
          ? {}
          : {
              delays: delays.map((d) => ({
                ...d,
                rank: or(d.rank),
                sectionRank: or(d.sectionRank),
                sectionRankError: or(d.sectionRankError),
                sectionRankT: or(d.sectionRankT),
              })),
            }),
        days: cut(e.days).map((d) => ({
          ...d,
          rank: or(d.rank),
          sectionRank: or(d.sectionRank),
          sectionRankError: or(d.sectionRankError),
        })),
        cumulative: cut(e.cumulative),
      })),
    },
    backtests: cut(facts.backtests).map((b) => {
      const measures = Object.entries(b.document.statistics).map(([key, m]) => [
        key,
        gone() ? { value: null, n: 0, reason: 'not available here', standardError: null, low: null, high: null } : m,
      ])
      return {
        ...b,
        model: or(b.model),
        costBps: or(b.costBps),
        equity: cut(b.equity),
        symbols: cut(b.symbols),
        folds: cut(b.folds).map((f) => ({ ...f, totalReturn: or(f.totalReturn) })),
        document: { ...b.document, statistics: Object.fromEntries(measures) },
      }
    }),
    stages: cut(facts.stages),
  }
}

test('whatever is missing, the page and the summary are whole', () => {
  const facts = sample({ days: 8, folds: 2, variants: 2, delays: [15, 60] })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0.05, 0.2, 0.5, 0.9), (seed, share) => {
      const part = worn(facts, seed, share)
      const page = studyHtml(part)
      expect(unbalanced(page)).toBeNull()
      expect(/\bNaN\b|Infinity|undefined|\[object|>null</.exec(body(page))?.[0]).toBeUndefined()
      const lines = studyText(part)
      expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100)
      expect(/NaN|Infinity|undefined|null/.exec(lines.join('\n'))?.[0]).toBeUndefined()
    }),
    { numRuns: 80 },
  )
})
