/** `run --dry-run`: the plan with sizes and estimated times, and which stages would be kept as far as that can be known. */
import { durationText, type Json } from '@cointrader/core'
import type { Disk } from '@cointrader/store'
import { estimate, readRecord, type Stage, type Study } from '@cointrader/study'
import { bytesText, textTable } from '../table.js'
import type { StudyPlace } from './study-open.js'

/** ` (about 12 s)`, for stages that take a while. */
export function estimateText(stage: Stage): string {
  const { seconds } = estimate(stage.work)
  return seconds < 5 ? '' : ` (about ${durationText(seconds * 1000)})`
}

export async function planTable(
  disk: Disk,
  study: Study,
  { roots, stages }: StudyPlace,
): Promise<{ text: string; json: Json }> {
  const rows: (string | number)[][] = []
  const out: Json[] = []
  let seconds = 0
  let bytes = 0
  for (const [i, stage] of stages.entries()) {
    const one = estimate(stage.work)
    const record = await readRecord(disk, roots.study, stage.id)
    seconds += one.seconds
    bytes += one.bytes
    rows.push([
      i + 1,
      stage.id,
      stage.title,
      durationText(one.seconds * 1000),
      one.bytes === 0 ? '' : bytesText(one.bytes),
      record === undefined ? '' : 'done before',
    ])
    out.push({
      id: stage.id,
      command: ['cointrader', ...stage.argv, ...stage.extra].map((a) => a.replaceAll('{raw}', roots.raw)),
      needs: [...stage.needs],
      seconds: one.seconds,
      bytes: one.bytes,
      doneBefore: record !== undefined,
    })
  }
  const text = [
    `study ${study.study}: ${study.range.start} to ${study.range.end}, ${study.folds.length} folds, ${study.models.length} models`,
    `folder: ${roots.study}`,
    '',
    textTable(['', 'stage', '', 'time, about', 'disk, about', ''], rows),
    '',
    `about ${durationText(seconds * 1000)} and ${bytesText(bytes)} on two cores, when everything is made; what did not change is kept`,
    '"{version:…}" and "{members}" in the commands of --json are filled in when they are known.',
  ].join('\n')
  return { text, json: { study: study.study, folder: roots.study, seconds, bytes, stages: out } }
}
