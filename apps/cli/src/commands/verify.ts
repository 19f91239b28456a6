/** `cointrader verify`: re-proves a data folder offline; `verify causality` proves that nothing sees the future. */

import { join } from 'node:path'
import { EXIT, fail, paths } from '@cointrader/core'
import { Command } from 'commander'
import { runCommand } from '../context.js'
import { problemText } from '../lib/problems.js'
import { tempFiles } from '../lib/temp-files.js'
import { verifyFolder } from '../lib/verify-folder.js'
import { bytesText } from '../table.js'
import { causalityCommand } from './verify-causality.js'

interface Flags {
  readonly dataDir: string
  readonly json?: boolean
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('re-prove a data folder offline: hashes, rows, time grid, manifests; exit 1 names every problem')
    .option('--data-dir <folder>', 'data folder', 'data')
    .option('--json', 'print one machine-readable result')
    .addHelpText('after', '\nExamples:\n  cointrader verify --data-dir data\n  cointrader verify causality --top 8')
    .addCommand(causalityCommand())
    .action((flags: Flags) =>
      runCommand({ command: 'verify', lock: false, dataDir: flags.dataDir, json: flags.json }, async (context) => {
        const { disk, dataDir, progress, signal } = context
        if (!(await disk.exists(dataDir))) fail('E_FILE_MISSING', { subject: flags.dataDir, detail: 'no such folder' })
        const busy = await disk.exists(join(dataDir, paths.lock))
        const report = await verifyFolder({ disk, dataDir, leftovers: () => tempFiles(dataDir), progress, signal })
        progress.end()
        if (report.files === 0)
          fail('E_FILE_MISSING', { subject: flags.dataDir, detail: 'there is nothing in it to verify' })
        const notes = busy
          ? [...report.notes, 'a run holds (or left) the lock of this folder: files may be in the middle of a change']
          : report.notes
        context.printJson({ ok: report.problems.length === 0, ...report, notes })
        for (const note of notes) context.print(`note: ${note}`)
        for (const problem of report.problems) context.print(problemText(problem))
        const size = `${report.files} files, ${report.tables} tables, ${report.rows.toLocaleString('en-US')} rows, ${bytesText(report.bytes)}`
        if (report.problems.length === 0) {
          context.print(`verified: ${size}`)
          return EXIT.done
        }
        if (context.json) return EXIT.failed
        const files = new Set(report.problems.map((p) => p.file))
        fail('E_VERIFY', {
          subject: flags.dataDir,
          detail: `${report.problems.length} problems in ${files.size} of ${size}`,
        })
      }),
    )
}
