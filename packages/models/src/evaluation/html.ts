/**
 * The report as one HTML page: self-contained, offline, no script, light and dark, readable on a phone. Plots are those of
 * RP-42 (rank IC, decile means, residuals, monthly RMSE) and those that judge the score itself (intervals, null band, decay).
 */
import { classifierPlots, decayPlot, icPlots, quantilePlots, residualPlots, sideBySide } from './plots.js'
import type { EvaluationReport, ReportEntry } from './report.js'
import { escapeHtml } from './svg.js'
import { plain, reportFacts, signed, summaryColumns } from './table.js'

const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#59636e;--line:#d9dee4;--card:#f6f8fa;--a:#1f6feb;--b:#bc4c00;
--c:#1a7f37;--d:#8250df;--soft:#9aa4af;--band:#8c959f33}
@media(prefers-color-scheme:dark){:root{--bg:#0e1116;--fg:#e6edf3;--muted:#9198a1;--line:#30363d;--card:#161b22;--a:#58a6ff;
--b:#f0883e;--c:#3fb950;--d:#bc8cff;--soft:#6e7681;--band:#8b949e40}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:16px;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.4rem;margin:.2em 0 .4em}h2{font-size:1.15rem;margin:1.6em 0 .4em}h3{font-size:1rem;margin:.2em 0 .3em}
.muted,.legend,figcaption{color:var(--muted);font-size:.86rem}ul{padding-left:1.2em}
.wrap{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.86rem;white-space:nowrap;width:100%}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line)}
th{background:var(--card)}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tr.baseline td{color:var(--muted)}tr:last-child td{border-bottom:0}
.plots{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
figure{margin:0;padding:10px;background:var(--card);border:1px solid var(--line);border-radius:6px;min-width:0}
svg{display:block;width:100%;height:auto}.tick,.axis{fill:var(--muted);font-size:12px}.grid{stroke:var(--line)}
.zero{stroke:var(--muted);stroke-dasharray:4 3}.band{fill:var(--band)}.error{stroke:var(--fg);stroke-width:1.2;fill:none}
.line{fill:none;stroke-width:2}.line.a{stroke:var(--a)}.line.b{stroke:var(--b)}.line.c{stroke:var(--c)}.line.d{stroke:var(--d)}
.line.soft{stroke:var(--soft)}.a{--tone:var(--a)}.b{--tone:var(--b)}.c{--tone:var(--c)}.d{--tone:var(--d)}
.soft{--tone:var(--soft)}.bar,.dot{fill:var(--tone)}.bar{fill-opacity:.75}
.legend{margin:.2em 0 0}.legend span{margin-right:1em;white-space:nowrap}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;background:var(--tone)}
.key.bandkey{background:var(--band);border:1px solid var(--line)}
`

/** The whole page. */
export function evaluationHtml(report: EvaluationReport): string {
  const models = report.entries.filter((entry) => entry.role === 'model')
  const shown = models.length > 0 ? models : report.entries.slice(0, 1)
  const notes =
    report.notes.length === 0 ? '' : `<ul>${report.notes.map((n) => `<li>${escapeHtml(n)}</li>`).join('')}</ul>`
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(report.title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(report.title)}</h1>`,
    reportFacts(report)
      .map((fact) => `<p class="muted">${escapeHtml(fact)}</p>`)
      .join(''),
    notes,
    '<h2>Side by side</h2>',
    summaryTable(report),
    `<div class="plots">${sideBySide(report).join('')}</div>`,
    ...shown.map((entry) => entrySection(report, entry)),
    '<h2>How to read it</h2>',
    `<ul class="muted"><li>IC: correlation of prediction and outcome. Pooled mixes instants and symbols; cross-sectional (xs) compares
symbols at one instant and averages over instants. t: Newey-West, Bartlett kernel. Intervals: stationary block bootstrap over
instants.</li><li>Grey band: the same score with shuffled labels (in blocks of time for pooled scores, between the symbols of an
instant for cross-sectional ones). A score inside the band is what chance gives.</li><li>Spread: mean outcome of the highest
minus the lowest predicted group, before costs. Turnover: sum of weight changes of the rank portfolio per horizon, 2 at
most.</li></ul>`,
    '</body></html>',
  ].join('\n')
}

function summaryTable(report: EvaluationReport): string {
  const columns = summaryColumns(report)
  const ordered = [...report.entries].sort((a, b) => Number(a.role === 'baseline') - Number(b.role === 'baseline'))
  const head = columns.map((c) => `<th scope="col">${escapeHtml(c.title)}</th>`).join('')
  const rows = ordered.map(
    (e) => `<tr class="${e.role}">${columns.map((c) => `<td>${escapeHtml(c.cell(e))}</td>`).join('')}</tr>`,
  )
  return `<div class="wrap"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function entrySection(report: EvaluationReport, entry: ReportEntry): string {
  const plots = report.task === 'binary' ? classifierPlots(entry) : []
  plots.push(...icPlots(report, entry))
  if (report.task === 'regression') plots.push(...quantilePlots(report, entry))
  if (entry.decay.length > 0) plots.push(decayPlot(entry))
  plots.push(...residualPlots(report, entry))
  return `<h2>${escapeHtml(entry.name)}</h2>${entryFacts(report, entry)}<div class="plots">${plots.join('')}</div>`
}

function entryFacts(report: EvaluationReport, entry: ReportEntry): string {
  const facts: string[] = []
  const { deflated: luck, portfolio, sections } = entry
  if (sections !== null) {
    const { rank } = sections
    facts.push(
      `Cross-sectional rank IC ${signed(rank.value, 4)} over ${rank.n} instants (deviation ${plain(rank.deviation)}), ` +
        `t ${signed(rank.t, 2)} with lag ${rank.lag}, positive at ${plain(rank.sharePositive === null ? null : rank.sharePositive * 100, 0)} %; ` +
        `daily means t ${signed(rank.daily.t, 2)} over ${rank.daily.n} days.`,
    )
  }
  if (portfolio !== null) {
    const p = portfolio.perHorizon
    facts.push(
      `Rank portfolio held ${p.every} steps: turnover ${plain(p.turnover, 2)}, rank autocorrelation ${signed(p.rankAutocorrelation)}, ` +
        `mean return ${signed(p.meanReturn, 3)} ${report.unit}, break-even cost ${signed(p.breakEvenCost, 3)} ${report.unit} per unit traded.`,
    )
  }
  if (luck !== null && luck.t !== null) {
    facts.push(
      `After ${luck.trials} ${luck.trials === 1 ? 'try' : 'tries'}: ${luck.of} ${signed(luck.t, 2)} against ${plain(luck.hurdle, 2)} that the best reaches by luck ` +
        `(chance ${plain(luck.pAdjusted, 4)}).`,
    )
  }
  return `<ul>${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('')}</ul>`
}
