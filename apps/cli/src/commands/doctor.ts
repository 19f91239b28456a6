/** `cointrader doctor`: is this machine ready, are the folders sound, do archive and clock answer. */
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { archiveOption, dataDirOption, jsonOption, modelsDirOption, positive, restUrlOption } from '../lib/flags.js'

export interface DoctorFlags {
  readonly dataDir: string
  readonly modelsDir: string
  readonly archive: string
  readonly listingUrl?: string
  readonly restUrl?: string
  readonly requireNetwork?: boolean
  readonly timeout: number
  readonly deep?: boolean
  readonly json?: boolean
}

const HELP = `
Examples:
  cointrader doctor
  cointrader doctor --data-dir /srv/data --deep
  cointrader doctor --archive /mnt/archive --json

Each line is OK, WARN or FAIL, with the next step for what is not OK; exit 1 when a line says FAIL. Nothing is changed: the
disk is tried with one file that is removed at once. Without a network the archive and the clock are warnings, unless
--require-network says that a run needs them.`

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check Node, memory, disk, clock, archive, and the folders of data and models, before a run.')
    .addOption(dataDirOption())
    .addOption(modelsDirOption())
    .addOption(archiveOption())
    .option(
      '--listing-url <url>',
      'S3 listing of the archive; default: the archive itself (the public one: its bucket)',
    )
    .addOption(restUrlOption("for the clock; default: the archive's host (the public one, a folder: fapi)"))
    .option('--require-network', 'an archive or clock that cannot be reached is a failure')
    .option('--timeout <seconds>', 'longest time for one request', positive, 10)
    .option('--deep', 'prove every file of the data folder, as cointrader verify does')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((flags: DoctorFlags) =>
      runCommand({ command: 'doctor', lock: false, dataDir: flags.dataDir, json: flags.json }, async (ctx) =>
        (await import('../lib/doctor-run.js')).runDoctor(flags, ctx),
      ),
    )
}
