/** Head of the page: what the study is, what it found, key figures. */
import { decimal, percent, signedPercent } from '@cointrader/backtest/report/format'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import {
  assumedCostBps,
  bestBaseline,
  breakEvenBps,
  detectable,
  evidenceSize,
  modelBacktests,
  modelEntries,
  netOf,
  primaryName,
  primaryOf,
} from '../derive.js'
import type { Finding, FindingTone, StudyFacts } from '../facts.js'
import { count, ic, minutes, range, withError } from '../format.js'
import { words } from '../frame.js'

const TAGS: Readonly<Record<FindingTone, string>> = { good: 'shown', plain: 'note', warn: 'caution', bad: 'problem' }

/** Titles of the sections, for links. */
export const TITLES: Readonly<Record<string, string>> = {
  findings: 'Findings',
  data: 'Data',
  universe: 'Universe',
  health: 'Features and labels',
  models: 'Models',
  quantiles: 'Quantiles and costs',
  importance: 'Importance',
  backtests: 'Backtests',
  sensitivity: 'Sensitivity',
  trials: 'What was tried',
  lineage: 'Lineage',
}

export function findingList(all: readonly Finding[]): string {
  const items = all.map((f) => {
    const link =
      f.section === 'findings' || TITLES[f.section] === undefined
        ? ''
        : ` <a href="#${f.section}">${escapeHtml(TITLES[f.section])}</a>`
    return `<li><span class="tag ${f.tone}">${TAGS[f.tone]}</span><span>${escapeHtml(f.text)}${link}</span></li>`
  })
  return `<ul class="found">${items.join('')}</ul>`
}

/** How many findings stand in the box at the head. */
const IN_HEAD = 4

export function head(facts: StudyFacts, all: readonly Finding[]): string {
  const [top, ...rest] = all
  const { range: span, label } = facts
  const symbols = facts.data.symbols.length
  const meta =
    `${span.start} to ${span.end} (UTC, both included), ${count(symbols, 'symbol')}; label ${label.name} in ${label.unit === '' ? 'its own unit' : label.unit}, ` +
    `${minutes(label.horizonMinutes)} ahead; ${count(facts.folds.length, 'fold')}`
  const more =
    rest.length > IN_HEAD ? `<p class="small"><a href="#findings">All ${rest.length + 1} findings</a></p>` : ''
  return (
    `<p class="eyebrow">Study report: ${escapeHtml(facts.study)}</p><h1>${escapeHtml(facts.title)}</h1>` +
    `${facts.about === '' ? '' : words(facts.about, 'about')}${words(meta, 'meta')}` +
    `<div class="verdict ${top.tone}"><h2>What it found</h2><p class="head">${escapeHtml(top.text)}</p>` +
    `${findingList(rest.slice(0, IN_HEAD))}${more}</div>${cards(facts)}`
  )
}

function card(name: string, big: string, sub: string, tone = ''): string {
  return `<dl class="kpi"><dt>${escapeHtml(name)}</dt><dd class="big${tone}">${escapeHtml(big)}</dd><dd class="sub">${escapeHtml(sub)}</dd></dl>`
}

function cards(facts: StudyFacts): string {
  const { days, symbols, blocks } = evidenceSize(facts)
  const out: string[] = []
  const rows = facts.data.days.reduce((a, d) => a + d.rows, 0)
  const complete = facts.data.days.reduce((a, d) => a + d.complete, 0)
  out.push(
    card(
      'Bars of one minute',
      decimal(rows, 0),
      `${complete > 0 ? `${percent(rows / complete, 1)} of complete, ` : ''}${count(facts.data.days.length, 'day')}`,
    ),
  )
  const used = facts.data.xy.features - Object.keys(facts.data.xy.empty).length
  out.push(card('Features with values', decimal(used, 0), `of ${facts.data.xy.features} columns`))
  out.push(
    card(
      'Judged on',
      count(days, 'test day'),
      `${count(symbols, 'symbol')}, about ${count(blocks, 'independent block')}`,
    ),
  )
  const name = primaryName(facts)
  const models = modelEntries(facts)
    .map((entry) => ({ entry, p: primaryOf(facts, entry) }))
    .filter((m) => m.p.value !== null)
  if (models.length > 0) {
    const best = models.reduce((a, m) => (m.p.value! > a.p.value! ? m : a))
    out.push(
      card(
        `Best model, ${name}`,
        withError(best.p.value, best.p.error),
        `${best.entry.name}${best.p.low === null ? '' : `, interval ${range(best.p.low, best.p.high)}`}${best.p.error === null ? '' : `; from ${decimal(detectable(best.p.error), 3)} on it could be told from chance`}`,
      ),
    )
  }
  const base = bestBaseline(facts)
  if (base !== null) out.push(card(`Best baseline, ${name}`, ic(base.primary.value), base.entry.name))
  const assumed = assumedCostBps(facts)
  const even = models
    .map((m) => ({ name: m.entry.name, at: breakEvenBps(facts, m.entry) }))
    .filter((m): m is { name: string; at: number } => m.at !== null)
  if (assumed !== null && even.length > 0) {
    const best = even.reduce((a, m) => (m.at > a.at ? m : a))
    out.push(
      card(
        'Break-even cost per unit traded',
        `${decimal(best.at, 1)} bps`,
        `${best.name}, the highest; ${decimal(assumed.total, 1)} bps are assumed`,
        best.at < assumed.total ? ' neg' : '',
      ),
    )
  }
  const traded = modelBacktests(facts)
  if (traded.length > 0) {
    const best = traded.reduce((a, b) => (netOf(b) > netOf(a) ? b : a))
    const { totalReturn, maxDrawdown } = best.document.statistics
    const tone = totalReturn.value === null ? '' : totalReturn.value > 0 ? ' pos' : ' neg'
    out.push(
      card(
        traded.length === 1 ? 'Return after costs' : `Best of ${traded.length} returns after costs`,
        signedPercent(totalReturn.value, 1),
        `${best.title}; largest drawdown ${percent(maxDrawdown.value, 1)}`,
        tone,
      ),
    )
  }
  out.push(
    card(
      'Things tried',
      decimal(facts.trials.here + facts.trials.before, 0),
      `${facts.trials.here} here, ${facts.trials.before} before`,
    ),
  )
  return `<div class="cards">${out.join('')}</div>`
}
