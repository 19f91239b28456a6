/** `cointrader models`: which models there are, which one is used, and changing that safely. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { count, jsonOption, modelsDirOption, waitOption } from '../lib/flags.js'

interface Common {
  readonly modelsDir: string
  readonly json?: boolean
}

interface Writing extends Common {
  readonly wait: number
}

export interface PromoteFlags extends Writing {
  readonly reason: string
  readonly allowSchemaChange?: boolean
}

export interface RollbackFlags extends Writing {
  readonly reason: string
}

export interface PruneFlags extends Writing {
  readonly keep: number
  readonly all?: boolean
  readonly damaged?: boolean
  readonly dryRun?: boolean
}

export function modelsCommand(): Command {
  return new Command('models')
    .description('Stored models: list and show them, choose the active version, go back, remove old ones.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(promoteCommand())
    .addCommand(rollbackCommand())
    .addCommand(pruneCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  cointrader models list\n  cointrader models promote lgbm/latest\n  cointrader models rollback lgbm',
    )
}

const VERSION = 'NAME (the active version, else the latest), NAME/VERSION (or its beginning), NAME/latest, NAME/active'

function listCommand(): Command {
  return new Command('list')
    .description('All models and versions, newest data first; damaged ones are named (exit 3).')
    .argument('[name]', 'only this model')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader models list --models-dir models')
    .action((name: string | undefined, flags: Common) =>
      runCommand({ command: 'models list', lock: false, dataDir: flags.modelsDir, json: flags.json }, async (ctx) =>
        (await import('../lib/models-run.js')).runList(name, ctx),
      ),
    )
}

function showCommand(): Command {
  return new Command('show')
    .description('One version: what it was trained on, its files and checks, its scores beside baselines, its history.')
    .argument('<model>', VERSION)
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader models show lgbm')
    .action((ref: string, flags: Common) =>
      runCommand({ command: 'models show', lock: false, dataDir: flags.modelsDir, json: flags.json }, async (ctx) =>
        (await import('../lib/models-run.js')).runShow(ref, ctx),
      ),
    )
}

function promoteCommand(): Command {
  return new Command('promote')
    .description(
      'Make a version the active one, which NAME alone stands for. Refused unless it opens, holds its hashes, predicts, and has the label and features of the one it replaces.',
    )
    .argument('<model>', 'NAME/VERSION (or its beginning) or NAME/latest')
    .option('--reason <text>', 'kept in the history', 'by hand')
    .option('--allow-schema-change', 'features may differ from those of the active version; the label never may')
    .addOption(modelsDirOption())
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader models promote lgbm/latest --reason "first one"')
    .action((ref: string, flags: PromoteFlags) =>
      runCommand(
        { command: 'models promote', lock: true, dataDir: flags.modelsDir, json: flags.json, wait: flags.wait },
        async (ctx) => (await import('../lib/models-run.js')).runPromote(ref, flags, ctx),
      ),
    )
}

function rollbackCommand(): Command {
  return new Command('rollback')
    .description('Make the version active again that was so before the present one was promoted.')
    .argument('<name>', 'the model')
    .option('--reason <text>', 'kept in the history', 'by hand')
    .addOption(modelsDirOption())
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader models rollback lgbm --reason "scores fell"')
    .action((name: string, flags: RollbackFlags) =>
      runCommand(
        { command: 'models rollback', lock: true, dataDir: flags.modelsDir, json: flags.json, wait: flags.wait },
        async (ctx) => (await import('../lib/models-run.js')).runRollback(name, flags, ctx),
      ),
    )
}

function pruneCommand(): Command {
  return new Command('prune')
    .description(
      'Remove old versions and what killed runs left; never the active version, the latest, or the one a rollback goes to.',
    )
    .argument('[name]', 'the model')
    .option('--all', 'every model')
    .option('--keep <n>', 'newest sound versions that stay', count, 5)
    .option('--damaged', 'remove damaged versions too')
    .option('--dry-run', 'say what would go and how many bytes; remove nothing')
    .addOption(modelsDirOption())
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader models prune lgbm --keep 3 --dry-run')
    .action((name: string | undefined, flags: PruneFlags) =>
      runCommand(
        {
          command: 'models prune',
          lock: flags.dryRun !== true,
          dataDir: flags.modelsDir,
          json: flags.json,
          wait: flags.wait,
        },
        async (ctx) => (await import('../lib/models-run.js')).runPrune(name, flags, ctx),
      ),
    )
}
