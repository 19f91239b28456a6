/** `run --dry-run`: the plan with sizes and estimated times, and which stages would be kept as far as that can be known. */
import { durationText, type Json } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { estimate, previewStages, type Stage, type Study, testDates } from '@cointrader/study'
import { bytesText, textTable } from '../table.js'
import { membersOf, type StudyPlace } from './study-open.js'

/** ` (about 12 s)`, for stages that take a while. */
export function estimateText(stage: Stage): string {
  const { seconds } = estimate(stage.work)
  return seconds < 5 ? '' : ` (about ${durationText(seconds * 1000)})`
}

const WORDS = { kept: 'kept', made: '', follows: '' } as const

export async function planTable(
  disk: Disk,
  study: Study,
  { roots, stages }: StudyPlace,
  codeVersion: string,
): Promise<{ text: string; json: Json }> {
  const members = () => membersOf(disk, roots.study, study.universe.size, testDates(study))
  const states = await previewStages(stages, { disk, roots, codeVersion, members })
  const rows: (string | number)[][] = []
  const out: Json[] = []
  let seconds = 0
  let bytes = 0
  for (const [i, stage] of stages.entries()) {
    const one = estimate(stage.work)
    const state = states.get(stage.id)!
    if (state !== 'kept') {
      seconds += one.seconds
      bytes += one.bytes
    }
    rows.push([
      i + 1,
      stage.id,
      stage.title,
      durationText(one.seconds * 1000),
      one.bytes === 0 ? '' : bytesText(one.bytes),
      WORDS[state],
    ])
    out.push({
      id: stage.id,
      command: ['cointrader', ...stage.argv, ...stage.extra].map((a) => a.replaceAll('{raw}', roots.raw)),
      needs: [...stage.needs],
      seconds: one.seconds,
      bytes: one.bytes,
      state,
    })
  }
  const text = [
    `study ${study.study}: ${study.range.start} to ${study.range.end}, ${study.folds.length} folds, ${study.models.length} models`,
    `folder: ${roots.study}`,
    '',
    textTable(['', 'stage', '', 'time, about', 'disk, about', ''], rows),
    '',
    `about ${durationText(seconds * 1000)} and ${bytesText(bytes)} on two cores for what is not kept`,
    '"{version:…}" and "{members}" in the commands of --json are filled in when they are known.',
  ].join('\n')
  return { text, json: { study: study.study, folder: roots.study, seconds, bytes, stages: out } }
}
