/** `cointrader run`: plan, carry out, report. */
import { dirname, join, resolve } from 'node:path'
import { contentId, EXIT, type ExitCode, type Json, stableJson } from '@cointrader/core'
import { durationText } from '@cointrader/core/progress'
import { manifestPath } from '@cointrader/store'
import {
  type Executed,
  executeStages,
  type Stage,
  type StageRecord,
  type Study,
  studyYaml,
  testDates,
  type Usage,
} from '@cointrader/study'
import type { StudyFlags } from '../commands/run.js'
import { type Context, runCommand } from '../context.js'
import { bytesText } from '../table.js'
import { runStage } from './stage-process.js'
import {
  ARCHIVE_NOTE,
  MAIN,
  membersOf,
  openStudy,
  placeStudy,
  portable,
  type StudyPlace,
  withPaths,
} from './study-open.js'
import { estimateText, planTable } from './study-plan.js'
import { writeReport } from './study-report.js'

export async function runStudyFile(file: string, flags: StudyFlags): Promise<void> {
  // The folder, and so the lock, comes from the file: it is read before the command is set up.
  await runCommand({ command: 'run', dataDir: '.', json: flags.json, lock: false }, async (ctx) => {
    const { study: stated } = await openStudy(ctx.disk, file, flags.set)
    const study = withPaths(stated, dirname(resolve(file)))
    const out = resolve(flags.outDir ?? join('results', 'studies', study.study))
    const place = await placeStudy(ctx.disk, study, out, flags)
    if (flags.dryRun === true) return showPlan(study, place, ctx)
    let exit: ExitCode = EXIT.failed
    await runCommand(
      { command: 'run', dataDir: out, json: flags.json, wait: flags.wait, lock: true },
      async (inner) => {
        const kept = await portable(inner.disk, stated, dirname(resolve(file)), out)
        exit = await runStudy(study, kept, place, flags, inner)
        return exit
      },
    )
    return (process.exitCode as ExitCode | undefined) ?? exit
  })
}

async function showPlan(study: Study, place: StudyPlace, ctx: Context): Promise<ExitCode> {
  const { text, json } = await planTable(ctx.disk, study, place, ctx.codeVersion)
  ctx.print(text)
  ctx.printJson(json)
  return EXIT.done
}

/** Runs the stages of a study and writes its report. `stated` is what is kept of it: no path of this machine. */
export async function runStudy(
  study: Study,
  stated: Study,
  place: StudyPlace,
  flags: Pick<StudyFlags, 'jobs' | 'again'>,
  ctx: Context,
): Promise<ExitCode> {
  const started = ctx.clock.now()
  ctx.print(`study ${study.study}: ${place.stages.length} stages and a report, in ${place.roots.study}`)
  await ctx.disk.writeAtomic(join(place.roots.study, 'study.yaml'), studyYaml(stated))
  // For `reproduce`: where it came from here. Scratch, because it is a fact of this machine.
  if (place.archive !== undefined) await ctx.disk.writeAtomic(join(place.roots.study, ARCHIVE_NOTE), place.archive)
  const executed = await carryOut(study, place, flags, ctx)
  const report = await writeReport(stated, place, executed.records, ctx)
  const seconds = (ctx.clock.now() - started) / 1000
  for (const line of report.text) ctx.print(line)
  for (const m of executed.missing) ctx.progress.note(`missing: ${m}`)
  const others = await triedBefore(stated, place.roots.study, ctx)
  if (others > stated.tried_before)
    ctx.print(
      `note: ${others} other settings were tried in this folder on these test days; tried_before: ${others} in the study file has the report count them`,
    )
  ctx.print(
    `\n${executed.ran.length} stages run, ${executed.kept.length} kept, ${durationText(seconds * 1000)}\nreport: ${report.path}`,
  )
  ctx.printJson({
    study: study.study,
    folder: place.roots.study,
    report: report.path,
    reportSha256: report.sha256,
    ran: executed.ran,
    kept: executed.kept,
    missing: executed.missing,
    seconds,
    findings: report.findings,
  })
  return executed.missing.length > 0 ? EXIT.partly : EXIT.done
}

/**
 * How many other settings were run in this folder on the same test days. Kept in the scratch folder and only said, not put into
 * the report: what a report says must follow from its study file alone.
 */
async function triedBefore(study: Study, root: string, ctx: Context): Promise<number> {
  const path = join(root, '.run/tried.json')
  const all = tries(await ctx.disk.read(path))
  const { universe, features, labels, models, backtest, sensitivity } = study
  const days = contentId(study.folds.map((f) => f.test) as unknown as Json)
  const mine = contentId(plain({ universe, features, labels, models, backtest, sensitivity }))
  const known = all[days] ?? []
  if (!known.includes(mine)) await ctx.disk.writeAtomic(path, `${stableJson({ ...all, [days]: [...known, mine] })}\n`)
  return known.filter((id) => id !== mine).length
}

/** Scratch that is damaged counts as none: it is no reason to fail after the report is written. */
function tries(bytes: Uint8Array | undefined): Record<string, string[]> {
  try {
    return bytes === undefined ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, string[]>)
  } catch {
    return {}
  }
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

/** The stages, with a line for each and its use of time and memory in the run log. */
export async function carryOut(
  study: Study,
  place: StudyPlace,
  flags: Pick<StudyFlags, 'jobs' | 'again'>,
  ctx: Context,
): Promise<Executed> {
  const { roots, stages } = place
  const number = new Map(
    stages.map((s, i) => [s.id, `[${String(i + 1).padStart(String(stages.length).length)}/${stages.length}]`]),
  )
  return executeStages({
    disk: ctx.disk,
    roots,
    stages,
    codeVersion: ctx.codeVersion,
    jobs: flags.jobs,
    again: flags.again,
    signal: ctx.signal,
    members: () => membersOf(ctx.disk, roots.study, study.universe.size, testDates(study)),
    run: async (stage, argv, signal) => {
      const ended = await runStage(
        {
          main: MAIN,
          cwd: roots.study,
          clock: ctx.clock,
          onLine: (line) => {
            if (line.trim() !== '') ctx.progress.note(`      ${stage.id}: ${line}`)
          },
        },
        stage,
        argv,
        signal,
      )
      if (ended.exit === EXIT.partly) await dropFailedDays(ended.result, roots.study, ctx)
      return ended
    },
    started: (stage) => ctx.progress.note(`${number.get(stage.id)} ${stage.id}: ${stage.title}${estimateText(stage)}`),
    ended: (stage, record, usage) => {
      // The log tells of a run; a log that cannot be written does not end one.
      ctx.log
        .write('stage', logged(stage, record, usage))
        .catch((error: unknown) => ctx.progress.note(`run log: ${String(error)}`))
      ctx.progress.note(`${number.get(stage.id)} ${stage.id}: ${endText(record, usage)}`)
    },
  })
}

/** A day that could not be built must not leave its table of an earlier run for the training to read. */
async function dropFailedDays(result: unknown, root: string, ctx: Context): Promise<void> {
  const { days = [] } = (result ?? {}) as { days?: readonly { date?: string; state?: string; path?: string }[] }
  for (const { state, path } of days) {
    if (state !== 'failed' || path === undefined || !path.startsWith(join(root, 'data/xy'))) continue
    await ctx.disk.remove(path)
    await ctx.disk.remove(manifestPath(path))
  }
}

function endText(record: StageRecord, usage: Usage | undefined): string {
  const files = `${record.outputs.length} files, ${bytesText(record.outputs.reduce((n, o) => n + o.bytes, 0))}`
  if (usage === undefined) return `kept (${files})`
  const memory = usage.maxRssMb === null ? '' : `, ${Math.round(usage.maxRssMb)} MB`
  return `done in ${(usage.ms / 1000).toFixed(1)} s${memory}, ${files}${record.missing.length > 0 ? ', partly' : ''}`
}

function logged(stage: Stage, record: StageRecord, usage: Usage | undefined): Record<string, Json> {
  return {
    id: stage.id,
    state: usage === undefined ? 'kept' : 'done',
    ms: usage?.ms ?? null,
    cpuMs: usage?.cpuMs ?? null,
    maxRssMb: usage?.maxRssMb ?? null,
    bytes: record.outputs.reduce((n, o) => n + o.bytes, 0),
    work: JSON.parse(stableJson(stage.work as unknown as Json)) as Json,
  }
}
