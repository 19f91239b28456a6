// Prediction beside Python LightGBM at one thread, in one session, alternating:  node test/model/bench.mjs
// 166 features; 500 trees of 63 and 255 leaves; COINTRADER_PYTHON names a Python with lightgbm. Not a test: prints a table.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compile, readText } from '../../dist/model/index.js'

const folder = mkdtempSync(join(tmpdir(), 'predict-bench-'))
const script = `
import sys, time, numpy as np, lightgbm as lgb
folder = sys.argv[1]
rng = np.random.default_rng(1)
x = rng.normal(size=(6000, 166)); x[:, :20][rng.random((6000, 20)) < .05] = np.nan
z = np.nan_to_num(x); y = z[:, :60] @ rng.normal(size=60) + z[:, 30] * z[:, 31] + rng.normal(size=6000)
x[:500].tofile(folder + '/x')
boosters = {}
for leaves in (63, 255):
    b = lgb.train(dict(num_leaves=leaves, verbose=-1, num_threads=1, learning_rate=.05, min_data_in_leaf=10), lgb.Dataset(x, y), 500)
    b.save_model(f'{folder}/{leaves}.txt'); b.predict(x[:500], num_threads=1).tofile(f'{folder}/{leaves}.p'); boosters[leaves] = b
print('ready', flush=True)
for line in sys.stdin:
    leaves, rows = map(int, line.split())
    t = time.perf_counter(); boosters[leaves].predict(x[:rows], num_threads=1); print((time.perf_counter() - t) * 1e3, flush=True)
`
const child = spawn(process.env.COINTRADER_PYTHON ?? '/tmp/venv/bin/python', ['-c', script, folder])
child.stderr.pipe(process.stderr)
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
const read = async () => (await lines.next()).value
const doubles = (name) => new Float64Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
try {
  while ((await read()) !== 'ready');
  const data = doubles('x')
  for (const leaves of [63, 255]) {
    const expected = doubles(`${leaves}.p`)
    const predictor = compile(readText(readFileSync(join(folder, `${leaves}.txt`), 'utf8')))
    const rows = Array.from({ length: 500 }, (_, r) => data.slice(r * 166, (r + 1) * 166))
    const out = new Float64Array(1)
    const times = { ours: [], lightgbm: [], oursRow: [], lightgbmRow: [] }
    let different = 0
    for (let run = 0; run < 30; run++) {
      let t = performance.now()
      const got = predictor.predict({ data, numRows: 500 })
      times.ours.push(performance.now() - t)
      child.stdin.write(`${leaves} 500\n`)
      times.lightgbm.push(Number(await read()))
      t = performance.now()
      for (let r = 0; r < 500; r++) {
        predictor.row(rows[r], { out })
        if (out[0] !== expected[r]) different++
      }
      times.oursRow.push((performance.now() - t) * 2)
      child.stdin.write(`${leaves} 1\n`)
      times.lightgbmRow.push(Number(await read()) * 1e3)
      for (let r = 0; r < 500; r++) if (got[r] !== expected[r]) different++
    }
    const print = (list, digits) => `${median(list).toFixed(digits)} (best ${Math.min(...list).toFixed(digits)})`
    console.log(`500 trees x ${leaves} leaves, 30 alternating runs, median; ${different} predictions differ`)
    console.log(`  500 rows, ms:    ours ${print(times.ours, 2)}   LightGBM ${print(times.lightgbm, 2)}`)
    console.log(`  single row, us:  ours ${print(times.oursRow, 1)}   LightGBM ${print(times.lightgbmRow, 1)}`)
  }
} finally {
  child.kill()
  rmSync(folder, { recursive: true, force: true })
}
