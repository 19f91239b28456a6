/** `cointrader config`: what can stand in a study file, and what stands in one. */
import { Command } from 'commander'
import { jsonOption, outFileOption, setOption } from '../lib/flags.js'

export interface ConfigFlags {
  set: string[]
  out?: string
  json?: boolean
}

export function configCommand(): Command {
  const explain = new Command('explain')
    .description('Every entry of a study file with its default; of a given file every value and where it was set.')
    .argument('[study.yaml]', 'study file; default: all entries there are')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader config explain configs/studies/tiny.yaml')
    .action(async (file: string | undefined, flags: ConfigFlags) =>
      (await import('../lib/config-run.js')).explain(file, flags),
    )
  const check = new Command('check')
    .description('Read a study file and name every problem at once.')
    .argument('<study.yaml>', 'study file')
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  cointrader config check configs/studies/tiny.yaml')
    .action(async (file: string, flags: ConfigFlags) => (await import('../lib/config-run.js')).check(file, flags))
  const schema = new Command('schema')
    .description('JSON Schema of a study file, for editors that complete and check YAML.')
    .addOption(outFileOption('default: printed'))
    .addHelpText(
      'after',
      '\nExample:\n  cointrader config schema --output study.schema.json\n\nThen, as the first line of a study file:\n  # yaml-language-server: $schema=study.schema.json',
    )
    .action(async (flags: ConfigFlags) => (await import('../lib/config-run.js')).schema(flags))
  return new Command('config')
    .description('Explain, check and describe study files.')
    .addCommand(explain)
    .addCommand(check)
    .addCommand(schema)
    .addHelpText('after', '\nExample:\n  cointrader config explain')
}
