/** `cointrader sweep` on the default path. */
import { join, resolve } from 'node:path'
import { tableCsv } from '@cointrader/backtest'
import { sweepParameters } from '@cointrader/backtest/sweep/index'
import { contentId, EXIT, type ExitCode, type Json, stableJson } from '@cointrader/core'
import { encodeParquet, writeWithManifest } from '@cointrader/store'
import type { Command } from 'commander'
import type { Context } from '../context.js'
import { refuseFixed, type SweepFlags } from './sweep-flags.js'
import { readGrid } from './sweep-grid.js'
import { cellsTable, sweepDocument, sweepPage, sweepText } from './sweep-report.js'
import { loadSweepData, sweepSetup } from './sweep-setup.js'
import { forgetCells, runStudy, trainMonthsOf } from './sweep-study.js'

export async function runSweepCommand(flags: SweepFlags, command: Command, ctx: Context): Promise<ExitCode> {
  const { grid, cells } = await readGrid(ctx, flags.grid, sweepParameters(flags.strategy))
  refuseFixed(command, Object.keys(grid))
  const data = await loadSweepData(flags, ctx)
  const setup = sweepSetup(flags, data.bars.symbols, flags.killSwitch)
  const trainMonths = trainMonthsOf(flags)
  const { testMonths, metric, minTrades, anchored = false, seed } = flags
  const config = {
    setup,
    grid,
    trainMonths,
    testMonths,
    anchored,
    metric,
    minTrades,
    range: [data.startMs ?? null, data.endMs ?? null],
  } as unknown as Json
  const id = contentId({ config, inputs: data.inputs, seed, code: ctx.codeVersion }).slice(0, 12)
  const out = resolve(flags.out ?? join('results', 'sweep', id))
  const study = await runStudy(
    { bars: data.bars, data, setup, cells, flags, trainMonths, out, progress: ctx.progress },
    ctx,
  )
  const document = sweepDocument(study, { setup, grid, trainMonths, testMonths })
  const json = stableJson(document as unknown as Json, 1)
  const table = cellsTable(study)
  await ctx.disk.writeAtomic(join(out, 'cells.parquet'), encodeParquet(table))
  await ctx.disk.writeAtomic(join(out, 'cells.csv'), tableCsv(table))
  await ctx.disk.writeAtomic(join(out, 'report.html'), sweepPage(study, id, ctx.codeVersion))
  const { blocks } = study.plan
  await writeWithManifest(ctx.disk, join(out, 'document.json'), new TextEncoder().encode(`${json}\n`), {
    kind: 'sweep',
    command: 'sweep',
    codeVersion: ctx.codeVersion,
    seed,
    config,
    inputs: data.inputs,
    rows: cells.length,
    columns: [...table.columns.keys()],
    timeRange: [blocks[0]!.startMs, blocks.at(-1)!.endMs - 1],
    details: { sweep: id, notes: study.notes as unknown as Json },
  })
  await forgetCells(out)
  ctx.progress.end()
  ctx.print(sweepText(study, flags.best))
  ctx.print(`report: ${join(out, 'report.html')}`)
  if (ctx.json) process.stdout.write(`${json}\n`)
  return EXIT.done
}
