/**
 * `cointrader retrain`: incremental fetch, build, train, compare, promote or keep. The only write that matters is the pointer
 * to the active version, and it is the last and atomic: whatever goes wrong before leaves the old model in use.
 */
import { dirname, join, resolve } from 'node:path'
import { EXIT, type ExitCode, fail, paths } from '@cointrader/core'
import { takeLock } from '@cointrader/store'
import { planStudy, retrainModel, retrainStudy, type Study } from '@cointrader/study'
import type { RetrainFlags } from '../commands/retrain.js'
import { type Context, runCommand } from '../context.js'
import { instant } from './flags.js'
import { conclude, decide } from './retrain-decision.js'
import { earlyGuards } from './retrain-guards.js'
import { absoluteArchive, openStudy, type StudyPlace, withImports, withPaths } from './study-open.js'
import { carryOut } from './study-run.js'

export async function runRetrain(flags: RetrainFlags): Promise<void> {
  await runCommand({ command: 'retrain', dataDir: '.', json: flags.json, lock: false }, async (ctx) => {
    const { study: stated } = await openStudy(ctx.disk, flags.config, flags.set)
    const study = withPaths(stated, dirname(resolve(flags.config)))
    const out = resolve(flags.outDir ?? join('results', 'retrain', study.study))
    let exit: ExitCode = EXIT.failed
    await runCommand(
      { command: 'retrain', dataDir: out, json: flags.json, wait: flags.wait, lock: true },
      async (inner) => {
        exit = await retrain(study, out, flags, inner)
        return exit
      },
    )
    return (process.exitCode as ExitCode | undefined) ?? exit
  })
}

async function retrain(study: Study, out: string, flags: RetrainFlags, ctx: Context): Promise<ExitCode> {
  const nowMs = flags.now === undefined ? ctx.clock.now() : instant(flags.now, false, '--now')
  const rolling = retrainStudy(study, nowMs)
  const modelsDir = resolve(flags.modelsDir)
  const model = retrainModel(study)
  const place = await placeRetrain(rolling, out, modelsDir, model.name, flags, 'build-xy', ctx)
  const fold = rolling.folds[0]!
  ctx.print(
    `retrain ${model.name}: train ${fold.train.start} to ${fold.train.end}, validation to ${fold.valid.end}, compared on ${fold.test.start} to ${fold.test.end}`,
  )
  const built = await carryOut(rolling, place, { jobs: 1, again: [] }, ctx)
  const wanted = await earlyGuards(rolling, place, modelsDir, nowMs, flags, ctx)
  if (wanted.refused !== undefined) return conclude(wanted.refused, study, place, built.missing, nowMs, flags, ctx)
  const training = await placeRetrain(
    wanted.list === undefined ? rolling : { ...rolling, features: { ...rolling.features, list: wanted.list } },
    out,
    modelsDir,
    model.name,
    flags,
    'train',
    ctx,
  )
  const { records, missing } = await carryOut(rolling, training, { jobs: 1, again: [] }, ctx)
  const version = records.get(`train/${model.name}/1`)?.version
  if (version === undefined || version === null)
    fail('E_INTERNAL', { subject: 'retrain', detail: 'the training named no version' })
  const lock = await takeLock({
    path: join(modelsDir, paths.lock),
    command: 'cointrader retrain',
    pid: ctx.pid,
    host: ctx.host,
    clock: ctx.clock,
    waitMs: Math.max(60, flags.wait) * 1000,
    onWait: (owner) => ctx.progress.note(`waiting for ${owner}`),
    signal: ctx.signal,
  })
  try {
    const outcome = await decide(rolling, place, version, nowMs, flags, ctx)
    return await conclude(outcome, study, place, missing, nowMs, flags, ctx)
  } finally {
    await lock.release()
  }
}

async function placeRetrain(
  study: Study,
  out: string,
  modelsDir: string,
  name: string,
  flags: RetrainFlags,
  until: 'build-xy' | 'train',
  ctx: Context,
): Promise<StudyPlace> {
  const archive = flags.archive ?? (/^https?:/.test(study.source.archive) ? undefined : study.source.archive)
  return {
    roots: { study: out, raw: study.source.folder ?? join(out, 'data') },
    stages: await withImports(
      ctx.disk,
      planStudy(study, {
        archive: archive === undefined ? undefined : absoluteArchive(archive),
        workers: flags.workers,
        wait: Math.max(60, flags.wait),
        modelsDir,
        modelFolder: () => name,
        until,
        incremental: true,
      }),
    ),
  }
}
