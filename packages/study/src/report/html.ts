/** The study report: one HTML file that works offline, without JavaScript, on a phone and on paper. Pure: same facts, same bytes. */
import { escapeHtml } from '@cointrader/models/evaluation/svg'
import type { StudyFacts } from './facts.js'
import { findings } from './findings.js'
import { hash } from './format.js'
import { frame, type StudySection } from './frame.js'
import { backtestSection, sensitivitySection } from './sections/backtests.js'
import { dataSection, universeSection } from './sections/data.js'
import { findingList, head, TITLES } from './sections/head.js'
import { healthSection } from './sections/health.js'
import { lineageSection, trialsSection } from './sections/lineage.js'
import { modelSection } from './sections/models.js'
import { importanceSection, quantileSection } from './sections/quantiles.js'

/** The page of a study. */
export function studyHtml(facts: StudyFacts): string {
  const all = findings(facts)
  const sections: StudySection[] = [
    {
      id: 'findings',
      title: TITLES.findings,
      lead: 'What the figures support, the weightiest first, each with the section it rests on.',
      html: findingList(all),
    },
    dataSection(facts),
    universeSection(facts),
    healthSection(facts),
    modelSection(facts),
    quantileSection(facts),
    importanceSection(facts),
    backtestSection(facts),
    sensitivitySection(facts),
    trialsSection(facts),
    lineageSection(facts),
  ]
  const foot = escapeHtml(
    `${facts.study}, made by cointrader ${facts.codeVersion} at commit ${hash(facts.commit)}, seed ${facts.seed}. ` +
      'A study of past prices; no advice. Costs, fills and funding are assumptions that the settings name.',
  )
  return frame(facts.title, head(facts, all), sections, foot)
}
