/** What `cointrader verify` does: the proof of a folder, and what it found. */
import { join } from 'node:path'
import { EXIT, type ExitCode, fail, paths } from '@cointrader/core'
import type { VerifyFlags } from '../commands/verify.js'
import type { Context } from '../context.js'
import { bytesText } from '../table.js'
import { problemText } from './problems.js'
import { tempFiles } from './temp-files.js'
import { verifyFolder } from './verify-folder.js'

export async function runVerify(flags: VerifyFlags, context: Context): Promise<ExitCode> {
  const { disk, dataDir, progress, signal } = context
  if (!(await disk.exists(dataDir))) fail('E_FILE_MISSING', { subject: flags.dataDir, detail: 'no such folder' })
  const busy = await disk.exists(join(dataDir, paths.lock))
  const report = await verifyFolder({ disk, dataDir, leftovers: () => tempFiles(dataDir), progress, signal })
  progress.end()
  if (report.files === 0) fail('E_FILE_MISSING', { subject: flags.dataDir, detail: 'there is nothing in it to verify' })
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
}
