// `npm run bench [name…]`: each bench checks equality first, then measures a ratio against a named reference in the
// same run, and returns a table.
import { cpus, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchBacktest } from './backtest.mjs'
import { benchFeatures } from './features.mjs'
import { benchFetch } from './fetch.mjs'
import { benchGbdt } from './gbdt.mjs'
import { benchSweep } from './sweep.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const shared = resolve(root, process.env.COINTRADER_SHARED ?? '../shared')
const BENCHES = {
  fetch: benchFetch,
  features: benchFeatures,
  gbdt: benchGbdt,
  backtest: benchBacktest,
  sweep: benchSweep,
}
const wanted = process.argv.slice(2)
const names = wanted.length ? wanted : Object.keys(BENCHES)
console.log(
  `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
)
for (const name of names) {
  if (!BENCHES[name]) {
    console.error(`no bench "${name}"; there are: ${Object.keys(BENCHES).join(', ')}`)
    process.exit(2)
  }
  const { head, rows } = await BENCHES[name]({ root, shared })
  console.log([head, head.map(() => '---'), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n'))
}
