/** What `cointrader models list`, `show`, `promote`, `rollback` and `prune` do. */
import { dateOf, EXIT, type ExitCode, fail, utcText } from '@cointrader/core'
import { failNoModel, modelNames } from '@cointrader/models/artefact/names'
import {
  type ActiveChange,
  type EvaluationHeadline,
  listModels,
  type ModelDetails,
  type PruneResult,
  promoteModel,
  pruneModel,
  resolveVersion,
  rollbackModel,
  showModel,
  type VersionSummary,
} from '@cointrader/models/registry/index'
import type { PromoteFlags, PruneFlags, RollbackFlags } from '../commands/models.js'
import type { Context } from '../context.js'
import { bytesText, textTable } from '../table.js'

const decimals = (x: number | null, digits: number): string => (x === null ? '-' : x.toFixed(digits))

export async function runList(name: string | undefined, ctx: Context): Promise<ExitCode> {
  const models = await listModels(ctx.disk, ctx.dataDir, name === undefined ? {} : { name })
  if (models.length === 0 && name !== undefined) await failNoModel(ctx.disk, ctx.dataDir, name)
  const versions = models.flatMap((m) => m.versions)
  if (versions.length === 0) ctx.print(`no models in ${ctx.dataDir}: cointrader train makes them`)
  else
    ctx.print(
      textTable(
        ['model', 'version', 'in use', 'family', 'label', 'data to', 'score', 'value', 't', 'size'],
        versions.map((v) => [
          v.name,
          v.version,
          use(v),
          v.family ?? '-',
          v.label?.name ?? '-',
          v.dataEndMs === null ? '-' : dateOf(v.dataEndMs - 1),
          v.headline === null ? '-' : `${v.headline.split}: ${v.headline.score}`,
          decimals(v.headline?.value ?? null, 4),
          decimals(v.headline?.t ?? null, 1),
          bytesText(v.bytes),
        ]),
      ),
    )
  for (const { problem, name } of models) if (problem !== null) ctx.print(`${name}: ${problem}`)
  const bad = versions.filter((v) => v.state !== 'sound')
  for (const v of bad) ctx.print(`${v.name}/${v.version}: ${v.state}: ${v.problem}`)
  ctx.printJson({ models })
  const damaged = models.some((m) => m.problem !== null) || bad.some((v) => v.state === 'damaged')
  return damaged ? EXIT.partly : EXIT.done
}

function use({ active, latest, state }: VersionSummary): string {
  const words = [...(active ? ['active'] : []), ...(latest ? ['latest'] : []), ...(state === 'sound' ? [] : [state])]
  return words.join(', ')
}

export async function runShow(ref: string, ctx: Context): Promise<ExitCode> {
  const shown = await showModel(ctx.disk, ctx.dataDir, ref)
  ctx.print(`${shown.name}/${shown.version}${shown.active ? ' (active)' : ''}: ${shown.state}`)
  ctx.print(shown.folder)
  printFacts(shown, ctx)
  const files = shown.files.map((f) => [f.name, f.state, f.bytes, f.sha256?.slice(0, 12) ?? '-'])
  if (files.length > 0) ctx.print(`\n${textTable(['file', '', 'bytes', 'sha256'], files)}`)
  const checks = shown.checked.checks.map((c) => [c.check, c.passed ? 'passed' : 'FAILED', c.detail])
  ctx.print(`\n${textTable(['check', '', 'seen'], checks)}`)
  if (shown.evaluation !== null) printEvaluation(shown.evaluation, ctx)
  if (shown.pointer !== null) {
    const rows = shown.pointer.history.map((h) => [utcText(h.atMs), h.action, h.from ?? '-', h.version, h.by, h.reason])
    ctx.print(`\n${textTable(['time (UTC)', 'action', 'from', 'to', 'by', 'reason'], rows)}`)
    ctx.print(`a rollback goes to ${shown.pointer.previous ?? 'nothing: no version was active before'}`)
  }
  ctx.printJson(shown)
  return shown.checked.passed ? EXIT.done : EXIT.failed
}

function printFacts({ manifest, problem }: ModelDetails, ctx: Context): void {
  if (problem !== null) ctx.print(`problem:   ${problem}`)
  if (manifest === null) return
  const { label, features, knownAtMinutes } = manifest
  ctx.print(`family:    ${manifest.family}`)
  ctx.print(
    `label:     ${label.name} (${label.unit}), looks until ${label.looksUntilMinutes} minutes after the bar's start`,
  )
  const shown = features.slice(0, 8).join(' ')
  ctx.print(
    `features:  ${features.length}, known ${knownAtMinutes} minutes after it: ${shown}${features.length > 8 ? ' …' : ''}`,
  )
  const { splits } = (manifest.data ?? {}) as { splits?: Record<string, { from?: string; to?: string } | null> }
  for (const name of ['train', 'valid', 'test']) {
    const one = splits?.[name]
    if (one?.from !== undefined) ctx.print(`${`${name}:`.padEnd(10)} [${one.from}, ${one.to})`)
  }
  ctx.print(`made by:   ${manifest.codeVersion}, seed ${manifest.seed ?? 'none'}`)
}

function printEvaluation(e: EvaluationHeadline, ctx: Context): void {
  const lines = e.lines.map((l) => [
    l.name,
    l.role,
    decimals(l.sectionRank, 4),
    decimals(l.sectionRankT, 1),
    decimals(l.dailyRank, 4),
    decimals(l.pooledRank, 4),
  ])
  ctx.print(
    `\n${e.split}: ${utcText(e.firstMs)} to ${utcText(e.lastMs)}, ${e.instants} instants, ${e.symbols} symbols; rank IC`,
  )
  ctx.print(textTable(['', 'role', 'section', 't', 'daily', 'pooled'], lines))
}

export async function runPromote(ref: string, flags: PromoteFlags, ctx: Context): Promise<ExitCode> {
  if (!ref.includes('/'))
    fail('E_USAGE', {
      subject: ref,
      detail: 'say which version',
      next: `write ${ref}/VERSION or ${ref}/latest; cointrader models list shows them`,
    })
  const { name, version } = await resolveVersion(ctx.disk, ctx.dataDir, ref)
  const done = await promoteModel(ctx.disk, ctx.dataDir, {
    name,
    version,
    atMs: ctx.clock.now(),
    reason: flags.reason,
    by: 'models promote',
    allowSchemaChange: flags.allowSchemaChange === true,
  })
  return tell(name, done, ctx)
}

export async function runRollback(name: string, flags: RollbackFlags, ctx: Context): Promise<ExitCode> {
  if (!(await modelNames(ctx.disk, ctx.dataDir)).includes(name)) await failNoModel(ctx.disk, ctx.dataDir, name)
  const atMs = ctx.clock.now()
  const request = { name, atMs, reason: flags.reason, by: 'models rollback' }
  return tell(name, await rollbackModel(ctx.disk, ctx.dataDir, request), ctx)
}

async function tell(name: string, { changed, pointer, checked, notes }: ActiveChange, ctx: Context): Promise<ExitCode> {
  await ctx.log.write('active', { model: name, version: pointer.version, previous: pointer.previous, changed })
  for (const note of notes) ctx.print(`note: ${note}`)
  ctx.print(
    changed
      ? `${name}: ${pointer.version} is active now; a rollback goes to ${pointer.previous ?? 'nothing'}`
      : `${name}: ${pointer.version} is active already`,
  )
  ctx.printJson({ model: name, changed, active: pointer, checks: checked.checks, notes })
  return EXIT.done
}

export async function runPrune(name: string | undefined, flags: PruneFlags, ctx: Context): Promise<ExitCode> {
  if ((name === undefined) === (flags.all !== true))
    fail('E_USAGE', { subject: 'models prune', detail: 'give the name of a model, or --all' })
  const names = name === undefined ? await modelNames(ctx.disk, ctx.dataDir) : [name]
  const results: PruneResult[] = []
  for (const one of names) {
    ctx.signal.throwIfAborted()
    results.push(
      await pruneModel(ctx.disk, ctx.dataDir, {
        name: one,
        keep: flags.keep,
        dryRun: flags.dryRun === true,
        damaged: flags.damaged === true,
      }),
    )
  }
  const rows = results.flatMap((r) => [
    ...r.removed.map((v) => [r.name, v.version, flags.dryRun ? 'would go' : 'removed', v.why, bytesText(v.bytes)]),
    ...r.kept.map((v) => [r.name, v.version, 'kept', v.why.join(', '), '']),
  ])
  if (rows.length === 0) ctx.print(`no models in ${ctx.dataDir}`)
  else ctx.print(textTable(['model', 'version', '', 'why', 'size'], rows))
  const freedBytes = results.reduce((sum, r) => sum + r.freedBytes, 0)
  const versions = results.reduce((n, r) => n + r.removed.length, 0)
  ctx.print(`\n${versions} versions, ${bytesText(freedBytes)}${flags.dryRun ? ' would be freed' : ' freed'}`)
  ctx.printJson({ dryRun: flags.dryRun === true, freedBytes, models: results })
  return EXIT.done
}
