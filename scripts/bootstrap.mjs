// Makes a fresh clone usable with nothing but Node and npm: installs the locked dependencies with a pinned pnpm
// (through npx, so nothing global is touched) and compiles. Does nothing when both are up to date.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const quiet = process.argv.includes('--quiet')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`cointrader needs Node 20.19 or newer; this is ${process.version}. Next: install a newer Node.`)
  process.exit(1)
}

function run(label, command, args) {
  if (!quiet) console.log(`[setup] ${label}`)
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit',
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) {
    console.error(
      `[setup] failed: ${command} ${args.join(' ')}. Next: read the lines above; a registry that cannot be reached is the usual cause.`,
    )
    process.exit(1)
  }
}

const stampFile = join(root, 'node_modules', '.cointrader-installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .update(process.version)
  .digest('hex')
const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
if (installed !== wanted) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  run('installing dependencies', 'npx', [
    '-y',
    packageManager,
    'install',
    '--frozen-lockfile',
    ...(quiet ? ['--silent'] : []),
  ])
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, wanted)
}
run('compiling', process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])
