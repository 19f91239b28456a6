/** The report of a study, from its artefacts. */
import { join } from 'node:path'
import { type Json, sha256, stableJson } from '@cointrader/core'
import {
  collectFacts,
  type Finding,
  findings,
  type StageRecord,
  type Study,
  studyHtml,
  studyText,
} from '@cointrader/study'
import type { Context } from '../context.js'
import type { StudyPlace } from './study-open.js'
import { CHECKOUT, readTextFile, sourceCommit } from './version.js'

export interface WrittenReport {
  readonly path: string
  readonly sha256: string
  readonly findings: readonly Finding[]
  /** For the terminal. */
  readonly text: readonly string[]
}

/** Writes report.html, findings.json and study.json, in this order: the last one marks a finished run. */
export async function writeReport(
  study: Study,
  { roots, stages }: StudyPlace,
  finished: ReadonlyMap<string, StageRecord>,
  ctx: Context,
): Promise<WrittenReport> {
  // In the order of the plan: which of two stages ended first is of no interest.
  const records = stages.flatMap((s) => finished.get(s.id) ?? [])
  const commit = (await sourceCommit(readTextFile, CHECKOUT)) ?? 'unknown'
  const facts = await collectFacts({
    disk: ctx.disk,
    roots,
    study,
    stages,
    records,
    codeVersion: ctx.codeVersion,
    commit,
  })
  const html = studyHtml(facts)
  const found = findings(facts)
  const path = join(roots.study, 'report.html')
  await ctx.disk.writeAtomic(path, html)
  await ctx.disk.writeAtomic(join(roots.study, 'findings.json'), `${stableJson(found as unknown as Json, 1)}\n`)
  const record = {
    version: 1,
    study: study.study,
    commit,
    codeVersion: ctx.codeVersion,
    report: sha256(html),
    stages: records,
  }
  await ctx.disk.writeAtomic(join(roots.study, 'study.json'), `${stableJson(record as unknown as Json, 1)}\n`)
  return { path, sha256: sha256(html), findings: found, text: studyText(facts) }
}
