import { backtestHtml } from '@cointrader/backtest/report/backtest-html'
import { sweepHtml } from '@cointrader/backtest/report/sweep-html'
import { statistics } from '@cointrader/backtest/statistics/statistics'
import { judgeSweep } from '@cointrader/backtest/statistics/sweep'
import { validate } from '@cointrader/backtest/statistics/validate'
import { expect, test } from 'vitest'
import { equityResult, syntheticResult } from '../statistics/fixture.js'
import { HOSTILE, sampleCells, sampleReport, sampleSweep } from './sample.js'

const { html, result, stats, validation } = sampleReport()
const sweep = sampleSweep()

/** Every element is closed in order; void elements apart. Enough to catch a forgotten tag or quote. */
function unbalanced(page: string): string | null {
  const body = page.replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, '')
  const open: string[] = []
  for (const [tag, end, name] of body.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>/g)) {
    if (['meta', 'input', 'br'].includes(name) || tag.endsWith('/>')) continue
    if (end === '') open.push(name)
    else if (open.pop() !== name) return `${tag} after ${open.slice(-3).join(' ')}`
  }
  return open.length === 0 ? null : `left open: ${open.join(' ')}`
}

/** The page without its script and style: what a reader and the charts see. */
const words = (page: string): string => page.replace(/<script>[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, '')
const has = (page: string, text: string): boolean => words(page).includes(text)

test('the page has every section, is balanced and the same each time', () => {
  for (const id of [
    'equity',
    'months',
    'folds',
    'compare',
    'chance',
    'risk',
    'costs',
    'distribution',
    'groups',
    'decisions',
    'trades',
    'numbers',
    'settings',
  ]) {
    expect(has(html, `<section id="${id}"`), `<section id="${id}"`).toBe(true)
    expect(has(html, `href="#${id}"`), `href="#${id}"`).toBe(true)
  }
  expect(unbalanced(html)).toBeNull()
  expect(unbalanced(sweep)).toBeNull()
  expect(sampleReport().html === html).toBe(true)
  expect(sampleSweep() === sweep).toBe(true)
})

test('nothing is loaded from outside, and nothing is evaluated', () => {
  for (const page of [html, sweep]) {
    expect(/\b(?:src|href)\s*=\s*["']?(?:https?:|\/\/|file:)/i.exec(page)?.[0]).toBeUndefined()
    expect(/@import|url\(|<link|<iframe|\beval\(|new Function/.exec(page)?.[0]).toBeUndefined()
    expect(has(page, "default-src 'none'"), "default-src 'none'").toBe(true)
    expect(has(page, 'NaN')).toBe(false)
    expect(has(page, 'Infinity')).toBe(false)
    expect(has(page, 'undefined')).toBe(false)
  }
})

test('text from outside is escaped everywhere', () => {
  for (const page of [html, sweep]) {
    expect(has(page, '<img')).toBe(false)
    expect(
      has(page, '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;'),
      '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;',
    ).toBe(true)
  }
  expect(html.includes('<script>alert')).toBe(false)
  // The readout's data and the page's own lines.
  expect(html.split('<script').length - 1).toBe(2)
  const named = { ...result, symbols: [HOSTILE, 'B', 'C'], strategy: { name: HOSTILE, params: {} } }
  expect(backtestHtml(named, stats, { validation }).includes('<img')).toBe(false)
})

test('what a reader must know is said: absent funding, assumptions, refusals, doubts', () => {
  expect(has(html, 'no funding rates for ADAUSDT'), 'no funding rates for ADAUSDT').toBe(true)
  expect(has(html, 'stops at the worse of level and open'), 'stops at the worse of level and open').toBe(true)
  expect(has(html, 'filter: probability below the threshold'), 'filter: probability below the threshold').toBe(true)
  expect(has(html, 'PASS WITH WARNINGS'), 'PASS WITH WARNINGS').toBe(true)
  expect(/After 324 trials/.test(html), String(/After 324 trials/)).toBe(true)
  expect(/Entries at random moments/.test(html), String(/Entries at random moments/)).toBe(true)
  expect(has(html, 'a'.repeat(64)), 'a'.repeat(64)).toBe(true)
})

test('small and empty results say n/a with reasons', () => {
  for (const small of [equityResult([1010, 990]), equityResult([]), syntheticResult({ bars: 40 }).result]) {
    const s = statistics(small, { resamples: 20 })
    const page = backtestHtml(small, s, { validation: validate(small, s) })
    expect(unbalanced(page)).toBeNull()
    expect(
      /n\/a<\/div><div class="range">\d+ days, at least 30 are needed/.test(page),
      String(/n\/a<\/div><div class="range">\d+ days, at least 30 are needed/),
    ).toBe(true)
    expect(/NaN|Infinity/.exec(words(page))?.[0]).toBeUndefined()
  }
})

test('ruin is drawn, not hidden', () => {
  const ruined = equityResult([...new Array(40).fill(900), -20, -20])
  const s = statistics(ruined, { resamples: 20 })
  const page = backtestHtml({ ...ruined, stopped: { reason: 'ruin', time: ruined.endMs } }, s, {
    validation: validate(ruined, s),
  })
  expect(has(page, 'Validation: FAIL'), 'Validation: FAIL').toBe(true)
  expect(has(page, 'trading stopped for good'), 'trading stopped for good').toBe(true)
  expect(/NaN|Infinity/.exec(words(page))?.[0]).toBeUndefined()
})

test('long lists stay small: trades are cut by size of result, series by pixel column', () => {
  const page = sampleReport({ maxTrades: 10 }).html
  expect(
    has(page, `The 10 trades with the largest net results of ${result.trades.count}`),
    `The 10 trades with the largest net results of ${result.trades.count}`,
  ).toBe(true)
  const path = [...html.matchAll(/ d="([^"]*)"/g)].map((m) => m[1].length)
  // 500 columns of at most 4 points of at most 16 characters.
  expect(Math.max(...path)).toBeLessThan(2 * 500 * 4 * 16)
  expect(html.length).toBeLessThan(900_000)
})

test('a sweep never ranks below the minimum, quotes test, and says when there is none', () => {
  expect(has(sweep, 'not ranked'), 'not ranked').toBe(true)
  expect(has(sweep, 'on train,'), 'on train,').toBe(true)
  expect(/Probability of overfitting/.test(sweep), String(/Probability of overfitting/)).toBe(true)
  expect(
    has(sampleSweep(false), 'chosen on the very range it is quoted on'),
    'chosen on the very range it is quoted on',
  ).toBe(true)
  const none = sweepHtml({
    title: 'none',
    metric: 'profit factor',
    neutral: 1,
    judgement: judgeSweep(sampleCells(), { minimumTrades: 1000, resamples: 50 }),
    facts: [],
  })
  expect(
    has(none, 'no cell has 1000 trades on train: nothing is ranked'),
    'no cell has 1000 trades on train: nothing is ranked',
  ).toBe(true)
  expect(unbalanced(none)).toBeNull()
})
