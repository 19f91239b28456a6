// Enforces the direction of imports (design, section 2): a package imports only from packages above it in this list,
// only what its package.json names, and `compat/` modules stay at the edge.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..')
export const ORDER = [
  'core',
  'store',
  'binance',
  'simulator',
  'fetcher',
  'preprocessor',
  'universe',
  'indicators',
  'lightgbm-wasm',
  'nn',
  'features',
  'models',
  'strategies',
  'trading',
  'backtest',
  'study',
  'live',
  'dashboard',
  'cli',
]
/** Packages that stand alone import nothing of this project. */
const ALONE = new Set(['lightgbm-wasm', 'nn'])
/** No package may reach for these; they are handed in by the command that composes the parts. */
const FORBIDDEN = [
  [/\bMath\.random\s*\(/, 'Math.random (use a seeded Random that was handed in)'],
  [/\bDate\.now\s*\(|new Date\(\)/, 'the wall clock (use a Clock that was handed in)'],
  [/\bprocess\.env\b/, 'process.env (take it as a parameter)'],
]

const problems = []
function walk(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? walk(join(folder, e.name)) : e.name.endsWith('.ts') ? [join(folder, e.name)] : [],
  )
}
const packages = [
  ...readdirSync(join(root, 'packages')).map((n) => [n, join(root, 'packages', n)]),
  ['cli', join(root, 'apps/cli')],
]
for (const [name, folder] of packages) {
  if (!existsSync(join(folder, 'package.json'))) continue
  const rank = ORDER.indexOf(name)
  if (rank < 0) problems.push(`${relative(root, folder)}: not in the list of packages (scripts/check-imports.mjs)`)
  const declared = Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies ?? {})
  for (const file of walk(join(folder, 'src'))) {
    const text = readFileSync(file, 'utf8')
    const where = relative(root, file)
    if (Buffer.byteLength(text) > 15_000 && !/^\/\*\*[\s\S]{0,600}(one file because|kept whole because)/i.test(text))
      problems.push(`${where}: over 15 KB without a reason in its header`)
    for (const [, spec] of text.matchAll(/(?:^|[\s}])(?:from|import)\s*\(?\s*'([^'\n,]+)'/g)) {
      if (spec.startsWith('@cointrader/')) {
        const target = spec.split('/')[1]
        if (target === name) problems.push(`${where}: imports its own package by name`)
        else if (ALONE.has(name)) problems.push(`${where}: ${name} stands alone, but imports ${spec}`)
        else if (ORDER.indexOf(target) >= rank) problems.push(`${where}: imports ${spec}, which is not above ${name}`)
        if (!declared.includes(`@cointrader/${target}`) && target !== name)
          problems.push(`${where}: ${spec} is not in its package.json`)
      } else if (!spec.startsWith('.') && !spec.startsWith('node:')) {
        const dep = spec.startsWith('@') ? spec.split('/').slice(0, 2).join('/') : spec.split('/')[0]
        if (!declared.includes(dep)) problems.push(`${where}: ${spec} is not in its package.json`)
      }
    }
    // The original backtester has its own loop: only the command that offers it may know it.
    if (name === 'backtest' && !where.includes('/compat/') && /from '[^']*\/compat\//.test(text))
      problems.push(`${where}: the core must not import compat`)
    if (name !== 'cli' && name !== 'backtest' && text.includes('@cointrader/backtest/compat'))
      problems.push(`${where}: only commands may import backtest/compat`)
    if (name === 'cli') continue
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    for (const [pattern, what] of FORBIDDEN) if (pattern.test(code)) problems.push(`${where}: uses ${what}`)
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`import check: ${problems.length} problems`)
  process.exit(1)
}
console.log(`import check: ${packages.length} packages in order`)
