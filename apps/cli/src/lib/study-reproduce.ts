/** `cointrader reproduce`. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, sha256 } from '@cointrader/core'
import { type Comparison, compareRuns, readStudy, type StageRecord } from '@cointrader/study'
import type { ReproduceFlags } from '../commands/reproduce.js'
import { type Context, runCommand } from '../context.js'
import { ARCHIVE_NOTE, placeStudy, portable, withPaths } from './study-open.js'
import { writeReport } from './study-report.js'
import { carryOut } from './study-run.js'
import { makeTempFolder, removeFolder } from './temp-files.js'
import { CHECKOUT, readTextFile, sourceCommit } from './version.js'

interface StudyRecord {
  readonly version: 1
  readonly study: string
  readonly commit: string
  readonly codeVersion: string
  /** SHA-256 of report.html. */
  readonly report: string
  readonly stages: readonly StageRecord[]
}

export async function runReproduce(folder: string, flags: ReproduceFlags): Promise<void> {
  const into = flags.into === undefined ? await makeTempFolder('cointrader-reproduce-') : resolve(flags.into)
  try {
    await runCommand({ command: 'reproduce', dataDir: into, json: flags.json, wait: flags.wait, lock: true }, (ctx) =>
      reproduce(resolve(folder), into, flags, ctx),
    )
  } finally {
    if (flags.into === undefined && flags.keep !== true) await removeFolder(into)
  }
}

async function reproduce(folder: string, into: string, flags: ReproduceFlags, ctx: Context): Promise<ExitCode> {
  if (folder === into) fail('E_USAGE', { subject: '--into', detail: 'that is the study itself' })
  const first = await readRun(folder, ctx)
  await sound(folder, first, ctx)
  const text = await ctx.disk.read(join(folder, 'study.yaml'))
  if (text === undefined) fail('E_FILE_MISSING', { subject: join(folder, 'study.yaml'), next: 'run the study again' })
  const { study: stated } = readStudy(new TextDecoder().decode(text), join(folder, 'study.yaml'))
  // Its own data again: a shared folder would prove nothing.
  const { folder: _shared, ...source } = stated.source
  const study = withPaths({ ...stated, source }, folder)
  const note = await ctx.disk.read(join(folder, ARCHIVE_NOTE))
  const archive = flags.archive ?? (note === undefined ? undefined : new TextDecoder().decode(note))
  if (flags.archive === undefined && archive !== undefined)
    ctx.progress.note(`from ${archive}, as it was made; --archive takes another`)
  const place = await placeStudy(ctx.disk, study, into, { ...flags, archive })
  const commit = (await sourceCommit(readTextFile, CHECKOUT)) ?? 'unknown'
  if (commit !== first.commit)
    ctx.progress.note(
      `it was made by commit ${first.commit}, this is ${commit}: the report names its commit and will differ`,
    )
  const { records } = await carryOut(study, place, { jobs: flags.jobs, again: [] }, ctx)
  await portable(ctx.disk, stated, folder, into)
  const report = await writeReport(stated, place, records, ctx)
  const result = compareRuns(first.stages, [...records.values()])
  const same = result.differences.length === 0 && report.sha256 === first.report
  show(result, report.sha256 === first.report, flags.keep === true || flags.into !== undefined ? into : undefined, ctx)
  ctx.printJson({
    same,
    artefacts: result.same,
    differences: result.differences,
    firstStage: result.firstStage,
    report: report.sha256 === first.report,
    commits: { first: first.commit, now: commit },
  })
  return same ? EXIT.done : EXIT.failed
}

function show(
  { same, differences, firstStage }: Comparison,
  report: boolean,
  into: string | undefined,
  ctx: Context,
): void {
  for (const d of differences.slice(0, 20)) ctx.print(`${d.stage}: ${d.path} ${d.what}`)
  if (differences.length > 20) ctx.print(`… and ${differences.length - 20} more`)
  if (!report) ctx.print('report.html differs')
  ctx.print(
    differences.length === 0 && report
      ? `reproduced: ${same} artefacts and the report have the same bytes`
      : `not reproduced: ${same} artefacts are the same, ${differences.length} are not${firstStage === null ? '' : `; look at stage ${firstStage} first`}`,
  )
  if (into !== undefined) ctx.print(`derived in ${into}`)
}

async function readRun(folder: string, ctx: Context): Promise<StudyRecord> {
  const path = join(folder, 'study.json')
  const bytes = await ctx.disk.read(path)
  if (bytes === undefined)
    fail('E_FILE_MISSING', {
      subject: path,
      detail: 'no finished study is here',
      next: 'finish it with cointrader run',
    })
  try {
    const record = JSON.parse(new TextDecoder().decode(bytes)) as StudyRecord
    if (record.version === 1 && Array.isArray(record.stages)) return record
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject: path, detail: (error as Error).message, cause: error })
  }
  fail('E_FILE_CORRUPT', { subject: path, detail: 'not the record of a study' })
}

/** The first run must still be what its record says, or the comparison would be with something else. */
async function sound(folder: string, run: StudyRecord, ctx: Context): Promise<void> {
  for (const { outputs } of run.stages)
    for (const { root, path, sha256: expected } of outputs) {
      // Raw tables of a shared folder are not part of the study's folder.
      const full = join(folder, root === 'raw' ? 'data' : '', path)
      const bytes = await ctx.disk.read(full)
      if (bytes === undefined && root === 'raw') continue
      if (bytes === undefined) fail('E_FILE_MISSING', { subject: full, next: 'run the study again' })
      if (sha256(bytes) !== expected)
        fail('E_FILE_CORRUPT', {
          subject: full,
          detail: 'it has changed since the study ended',
          next: 'run the study again',
        })
    }
  const report = await ctx.disk.read(join(folder, 'report.html'))
  if (report === undefined || sha256(report) !== run.report)
    fail('E_FILE_CORRUPT', {
      subject: join(folder, 'report.html'),
      detail: 'not the report of this run',
      next: 'run the study again',
    })
}
