/** What was tried, and where everything came from. */
import { figure } from '@cointrader/backtest/report/chart'
import { decimal, probability, signed } from '@cointrader/backtest/report/format'
import { type Cell, htmlTable, number, text } from '@cointrader/backtest/report/html-table'
import { list } from '@cointrader/backtest/report/page'
import { expectedMaximum } from '@cointrader/models'
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import { inOrder, river } from '../charts/river.js'
import { modelBacktests, modelEntries } from '../derive.js'
import type { StudyFacts } from '../facts.js'
import { bytes, count, hash } from '../format.js'
import { details, type StudySection, words } from '../frame.js'
import { TITLES } from './head.js'

export function trialsSection(facts: StudyFacts): StudySection {
  const { here, before, list: tried } = facts.trials
  const all = Math.max(1, here + before)
  const hurdle = expectedMaximum(all)
  const said =
    all === 1
      ? 'One thing was tried. If others were tried before on the same days and not stated, the luck of the best is not accounted for.'
      : `Of ${all} things without any skill the best reaches a t of ${decimal(hurdle, 1)} on average, by luck alone. A t near that is what trying gives, not what a model has.`
  const rows = modelEntries(facts).map((e): Cell[] => {
    const d = e.deflated
    const verdict =
      d === null || d.excess === null || d.pAdjusted === null
        ? 'no t: too short'
        : d.excess > 0 && d.pAdjusted <= 0.05
          ? 'beats the luck of the best'
          : 'does not beat the luck of the best'
    return [
      text(e.name),
      number(d?.t ?? null, signed(d?.t, 2)),
      number(d?.hurdle ?? null, decimal(d?.hurdle, 2)),
      number(d?.pAdjusted ?? null, probability(d?.pAdjusted ?? null)),
      text(verdict),
    ]
  })
  const sharpes = modelBacktests(facts).map((b): Cell[] => {
    const { sharpe, deflatedSharpe } = b.document.statistics
    return [
      text(b.title),
      sharpe.value === null
        ? { text: `n/a: ${sharpe.reason ?? ''}`, sort: null, tone: 'muted' }
        : number(sharpe.value, decimal(sharpe.value)),
      deflatedSharpe.value === null
        ? { text: `n/a: ${deflatedSharpe.reason ?? ''}`, sort: null, tone: 'muted' }
        : number(deflatedSharpe.value, probability(deflatedSharpe.value)),
    ]
  })
  return {
    id: 'trials',
    title: TITLES.trials,
    lead: `${count(here, 'thing')} in this study, ${before} before it on the same test ranges, as the study file states.`,
    html:
      words(said) +
      htmlTable({
        caption: 'Scores against the luck of the best',
        columns: [
          { title: 'model', kind: 't' },
          { title: 't', kind: 'n' },
          { title: 'hurdle', kind: 'n' },
          { title: 'chance of such a best', kind: 'n' },
          { title: 'verdict', kind: 't' },
        ],
        rows,
      }) +
      (sharpes.length === 0
        ? ''
        : htmlTable({
            caption: 'Deflated Sharpe ratio: chance that the true one is above the luck of the best',
            columns: [
              { title: 'backtest', kind: 't' },
              { title: 'Sharpe ratio', kind: 'n' },
              { title: 'deflated', kind: 'n' },
            ],
            rows: sharpes,
          })) +
      (tried.length === 0 ? '' : details(`What was tried here (${tried.length})`, list(tried))),
  }
}

export function lineageSection(facts: StudyFacts): StudySection {
  const { stages } = facts
  const order = inOrder(stages)
  const files = stages.reduce((a, s) => a + s.outputs, 0)
  const picture =
    stages.length === 0
      ? words('Left out: no stage is recorded.')
      : figure(
          'From the archive to this page',
          river(
            `Stages and what they read: ${order.map((s) => s.title).join(', ')}`,
            order.map((s) => ({
              id: s.id,
              title: s.title,
              needs: s.needs,
              notes: [hash(s.content), count(s.outputs, 'file'), bytes(s.bytes)],
              command: s.command,
              incomplete: s.missing.length > 0,
            })),
          ),
          'Each stage flows into those that read from it. The digits begin the hash over all files of the stage.',
        )
  const rows = order.map((s): Cell[] => [
    text(s.id),
    { text: s.command, long: true },
    text(hash(s.key)),
    text(hash(s.content)),
    number(s.outputs, decimal(s.outputs, 0)),
    number(s.bytes, bytes(s.bytes)),
    { text: s.missing.join('; '), long: s.missing.length > 0 },
  ])
  const table =
    stages.length === 0
      ? ''
      : htmlTable({
          caption: 'Stages',
          tall: rows.length > 15,
          columns: [
            { title: 'stage', kind: 't' },
            { title: 'command', kind: 't' },
            { title: 'key', kind: 't' },
            { title: 'content', kind: 't' },
            { title: 'files', kind: 'n' },
            { title: 'size', kind: 'n' },
            { title: 'missing', kind: 't' },
          ],
          rows,
        })
  return {
    id: 'lineage',
    title: TITLES.lineage,
    lead: `${count(stages.length, 'stage')}, ${count(files, 'file')}. Code version ${facts.codeVersion}, commit ${facts.commit}, seed ${facts.seed}. The same study on the same commit gives the same bytes.`,
    html:
      picture +
      table +
      details('Full hashes', list(order.map((s) => `${s.id}: key ${s.key}, content ${s.content}`))) +
      details(
        'The study file, every default stated',
        `<pre tabindex="0"><code>${escapeHtml(facts.config)}</code></pre>`,
      ),
  }
}
