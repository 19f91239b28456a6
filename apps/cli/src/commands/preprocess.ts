/** `cointrader preprocess`: defect ledger and ban lists of a range of days. */
import { DEFECT_KINDS } from '@cointrader/core/defects'
import { POLICY_NAMES } from '@cointrader/preprocessor/policies'
import { Command, Option } from 'commander'
import { runCommand } from '../context.js'
import {
  collect,
  compatOption,
  coresDefault,
  count,
  dayOptions,
  jsonOption,
  outDirOption,
  tablesDirOption,
  waitOption,
  workersOption,
} from '../lib/flags.js'

export interface PreprocessFlags {
  startDate: string
  endDate: string
  threshold: number
  policies?: string
  policy: string[]
  compat?: 'research'
  workers: number
  dataDir: string
  outDir?: string
  wait: number
  json?: boolean
}

export function preprocessCommand(): Command {
  const command = new Command('preprocess').description(
    'Check day tables: write the defect ledger with the policy applied to each defect, and the ban lists.',
  )
  return dayOptions(command)
    .option('--threshold <minutes>', 'bad minutes from which a symbol is banned for the day', count, 30)
    .option(
      '--policies <file>',
      'JSON: {"strict": false, "policies": {"missing_premium": "forward-fill:5"}}; default: none',
    )
    .addOption(
      new Option('--policy <kind=policy>', 'policy of one kind of defect, repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(compatOption(['research'], 'the research pipeline (RP-07…11)'))
    .addOption(coresDefault(workersOption(), 4))
    .addOption(tablesDirOption())
    .addOption(outDirOption('ledger and bans; default: --data-dir'))
    .addOption(waitOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: PreprocessFlags) => {
      const dataDir = options.outDir ?? options.dataDir
      const { json, wait } = options
      await runCommand({ dataDir, json, wait, command: 'preprocess', lock: true }, async (ctx) =>
        (await import('../lib/preprocess-run.js')).runPreprocess(options, ctx),
      )
    })
}

function help(): string {
  const list = (of: Readonly<Record<string, string>>) =>
    Object.entries(of)
      .map(([name, what]) => `  ${name.padEnd(20)}${what}`)
      .join('\n')
  return `
Example:
  cointrader preprocess --start-date 2026-02-01 --end-date 2026-02-07 --policy missing_premium=forward-fill:3

Kinds of defects:
${list(DEFECT_KINDS)}

Policies (raw tables are never rewritten; readers apply them):
${list(POLICY_NAMES)}`
}
