// Our side of the prediction part of bench/gbdt, in the process of the bench: 500 trees, 166 features, beside LightGBM
// at one thread in a process of its own (peers/gbdt_predict.py), in turns.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compile, readText } from '../packages/lightgbm-wasm/dist/index.js'

const TURNS = 30
const ROWS = 500
const FEATURES = 166
const median = (xs) => [...xs].sort((a, b) => a - b)[xs.length >> 1]

/** A table: microseconds a single row, milliseconds for 500 rows. Throws if a prediction has other bits. */
export async function benchPredict(python) {
  const head = ['trees', 'measure', 'cointrader', 'LightGBM, 1 thread', 'ratio', 'best', 'LightGBM best', 'aim']
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-gbdt-'))
  const peer = join(dirname(fileURLToPath(import.meta.url)), 'peers/gbdt_predict.py')
  const child = spawn(python, [peer, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('peers/gbdt_predict.py ended')
    return value
  }
  const ask = async (leaves, rows) => {
    child.stdin.write(`${leaves} ${rows}\n`)
    return Number(await read())
  }
  const doubles = (name) => new Float64Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
  try {
    await read()
    const data = doubles('x')
    const rows = []
    for (const leaves of [63, 255]) {
      const expected = doubles(`${leaves}.p`)
      const predictor = compile(readText(readFileSync(join(folder, `${leaves}.txt`), 'utf8')))
      const single = Array.from({ length: ROWS }, (_, r) => data.slice(r * FEATURES, (r + 1) * FEATURES))
      const out = new Float64Array(1)
      const times = { many: [], manyPeer: [], row: [], rowPeer: [] }
      for (let turn = 0; turn < TURNS; turn++) {
        let start = performance.now()
        const got = predictor.predict({ data, numRows: ROWS })
        times.many.push(performance.now() - start)
        times.manyPeer.push(await ask(leaves, ROWS))
        start = performance.now()
        let different = 0
        for (let r = 0; r < ROWS; r++) {
          predictor.row(single[r], { out })
          if (out[0] !== expected[r]) different++
        }
        times.row.push(((performance.now() - start) * 1e3) / ROWS)
        times.rowPeer.push((await ask(leaves, 1)) * 1e3)
        for (let r = 0; r < ROWS; r++) if (got[r] !== expected[r]) different++
        if (different > 0) throw new Error(`${different} predictions of ${leaves} leaves are not LightGBM's`)
      }
      const line = (measure, ours, theirs, aim) => [
        `500 x ${leaves} leaves`,
        measure,
        ...[median(ours), median(theirs), median(ours) / median(theirs), Math.min(...ours), Math.min(...theirs)].map(
          (x) => x.toFixed(2),
        ),
        aim(median(ours), median(theirs)) ? 'met' : 'missed',
      ]
      rows.push(
        line('single row, us', times.row, times.rowPeer, (a, b) => (leaves === 63 ? a < 20 : a <= b)),
        line('500 rows, ms', times.many, times.manyPeer, (a, b) => (leaves === 63 ? a < 5 : a <= b)),
      )
    }
    return { head, rows }
  } finally {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
