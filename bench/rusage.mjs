// Runs a command and prints its CPU seconds (children included) and peak RSS as one JSON line after its own output.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

const [report, command, ...args] = process.argv.slice(2)
// GNU time reads the kernel's rusage of the whole process tree; without it only the CPU of this process's children is known.
const hasTime = spawnSync('/usr/bin/time', ['-f', '%U', 'true']).status === 0
const done = hasTime
  ? spawnSync('/usr/bin/time', ['-q', '-o', report, '-f', '%U %S %M', command, ...args], { stdio: 'inherit' })
  : spawnSync(command, args, { stdio: 'inherit' })
if (hasTime) {
  const [user, system, kb] = readFileSync(report, 'utf8').trim().split(/\s+/).map(Number)
  rmSync(report, { force: true })
  console.log(JSON.stringify({ cpu: user + system, rssMb: kb / 1024 }))
} else console.log(JSON.stringify({ cpu: Number.NaN, rssMb: Number.NaN }))
process.exit(done.status ?? 1)
