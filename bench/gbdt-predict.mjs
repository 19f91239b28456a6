// Our side of the prediction part of bench/gbdt, in the process of the bench: 500 trees, 166 features, beside LightGBM
// at one thread in a process of its own (peers/gbdt_predict.py), in turns. Warm: an untimed call of the same side directly
// before every timed one, because the other side's turn leaves its data in the caches.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compile, readText } from '../packages/lightgbm-wasm/dist/index.js'
import { median, row } from './table.mjs'

const TURNS = 30
const ROWS = 500
const FEATURES = 166

/** Aims at 63 leaves: microseconds a single row, milliseconds for 500 rows. At 255: no slower than LightGBM. */
const AIM = { row: 20, many: 5 }

/**
 * A table: microseconds a single row, milliseconds for 500 rows; and its rows for the table of all benches. Throws if a
 * prediction has other bits.
 */
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
    const version = (await read()).split(' ')[1]
    const data = doubles('x')
    const [rows, table] = [[], []]
    for (const leaves of [63, 255]) {
      const expected = doubles(`${leaves}.p`)
      const predictor = compile(readText(readFileSync(join(folder, `${leaves}.txt`), 'utf8')))
      const single = Array.from({ length: ROWS }, (_, r) => data.slice(r * FEATURES, (r + 1) * FEATURES))
      const out = new Float64Array(1)
      const times = { many: [], manyPeer: [], row: [], rowPeer: [] }
      /** Milliseconds of `ours`, and of LightGBM for `count` rows, each directly after an untimed call of its own. */
      const turn = async (ours, count) => {
        ours()
        const start = performance.now()
        ours()
        const ms = performance.now() - start
        await ask(leaves, count)
        return [ms, await ask(leaves, count)]
      }
      for (let k = 0; k < TURNS; k++) {
        let got
        const many = await turn(() => {
          got = predictor.predict({ data, numRows: ROWS })
        }, ROWS)
        let different = 0
        const one = await turn(() => {
          for (let r = 0; r < ROWS; r++) {
            predictor.row(single[r], { out })
            if (out[0] !== expected[r]) different++
          }
        }, 1)
        for (let r = 0; r < ROWS; r++) if (got[r] !== expected[r]) different++
        if (different > 0) throw new Error(`${different} predictions of ${leaves} leaves are not LightGBM's`)
        times.many.push(many[0])
        times.manyPeer.push(many[1])
        times.row.push((one[0] * 1e3) / ROWS)
        times.rowPeer.push(one[1] * 1e3)
      }
      for (const [key, measure, unit] of [
        ['row', 'single row', 'us'],
        ['many', '500 rows', 'ms'],
      ]) {
        const [ours, theirs] = [times[key], times[`${key}Peer`]]
        const [mine, peer] = [median(ours), median(theirs)]
        const met = leaves === 63 ? mine <= AIM[key] : mine <= peer
        rows.push([
          `500 x ${leaves} leaves`,
          `${measure}, ${unit}`,
          ...[mine, peer, mine / peer, Math.min(...ours), Math.min(...theirs)].map((x) => x.toFixed(2)),
          met ? 'met' : 'missed',
        ])
        table.push(
          row({
            bench: 'gbdt',
            name: `predict, 500 trees of ${leaves} leaves × 166 features, ${measure}, warm`,
            ...{ value: mine, unit: unit === 'us' ? 'µs' : unit },
            by: `LightGBM ${version}, 1 thread`,
            reference: peer,
            aim: leaves === 63 ? `≤ ${AIM[key]} ${unit === 'us' ? 'µs' : unit}` : 'ratio ≤ 1',
            met,
            equal: 'every prediction, bit for bit',
          }),
        )
      }
    }
    return { head, rows, table }
  } finally {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
