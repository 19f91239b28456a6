// `npm test`: style, import direction, generated pages, types of tests and examples, then every test. Extra arguments go to Vitest.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const steps = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  ['scripts/check-imports.mjs'],
  ['scripts/docs.mjs', '--check'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json'],
  ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)],
]
for (const step of steps) {
  const done = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) process.exit(done.status ?? 1)
}
