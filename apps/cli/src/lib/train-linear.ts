/** `cointrader train linear`. */
import { join, resolve } from 'node:path'
import { EXIT, type ExitCode } from '@cointrader/core'
import type { LinearFamily } from '@cointrader/models'
import {
  evaluationTable,
  linearImportance,
  linearToJson,
  modelFolder,
  modelId,
  predictLinear,
  trainLinear,
} from '@cointrader/models'
import type { Context } from '../context.js'
import { announce, judgeAll, modelFacts, showStored, storeModel } from './train-lgbm.js'
import { openSplits, type SplitOptions } from './train-options.js'

export interface LinearCommand extends SplitOptions {
  family: LinearFamily
  alpha: number | 'auto'
  l1Ratio?: number
}

export async function runTrainLinear(options: LinearCommand, ctx: Context): Promise<ExitCode> {
  // A linear model has no place for a missing value: it counts as the training mean.
  const { splits, inputs, build } = await openSplits(options, 'keep', ctx)
  announce(splits, ctx)
  const { family, alpha, l1Ratio } = options
  const facts = modelFacts(ctx, options, splits, {
    family: 'linear',
    params: { family, alpha, l1Ratio: l1Ratio ?? null },
    inputs,
    build,
    missing: options.missing ?? 'keep',
  })
  const folder = modelFolder(resolve(options.modelsDir), options.name, modelId(facts))
  if (await ctx.disk.exists(join(folder, 'manifest.json'))) return showStored(folder, ctx)
  const result = trainLinear(splits, { family, alpha, ...(l1Ratio === undefined ? {} : { l1Ratio }) })
  const reports = await judgeAll(splits, (rows) => predictLinear(result.model, rows), options)
  const stored = await storeModel(ctx, options, facts, reports, {
    files: [
      { name: 'model.json', bytes: linearToJson(result.model) },
      { name: 'strengths.json', bytes: `${JSON.stringify({ chosen: result.alpha, tried: result.tried })}\n` },
    ],
  })
  ctx.print(`\n${evaluationTable(reports.test ?? reports.valid).join('\n')}`)
  const largest = linearImportance(result.model).slice(0, 5)
  ctx.print(
    `\n${family}${result.alpha === null ? '' : `, strength ${result.alpha.toPrecision(3)}`}; largest: ${largest.map((l) => `${l.feature} ${l.coefficient.toPrecision(3)}`).join(', ')}`,
  )
  ctx.print(`model: ${stored.folder}\npage:  ${join(stored.folder, 'evaluation.html')}`)
  ctx.printJson({ model: stored.manifest, folder: stored.folder, evaluation: reports, tried: result.tried })
  return EXIT.done
}
