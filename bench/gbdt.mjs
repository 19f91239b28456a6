// bench/gbdt: training and prediction beside LightGBM and XGBoost hist (Python, see `findPython`), in one run, in turns.
// Training: 100k x 100 and 600k x 166, 63 and 255 leaves, 1 and 2 threads. Each engine is a process of its own; a turn
// is a few trees of each, one engine after the other, so that a busy machine slows all of them. Equality first: our
// first trees are LightGBM's, node for node, and the test error is within 0.5 % of it.
//   COINTRADER_BENCH_GBDT="600k/255/2 predict" runs only such cells; words: 100k/63/1 … 600k/255/2, binning/100k/1 …
//   binning/600k/2, predict, or the start of one up to a slash (100k, binning). COINTRADER_BENCH_PYTHON names the interpreter.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readText } from '../packages/lightgbm-wasm/dist/index.js'
import { writeData } from './gbdt-data.mjs'
import { benchPredict } from './gbdt-predict.mjs'
import { absent, median, print, row } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const TURNS = 7
const BINNING_TURNS = 5
/** Trees before the first turn. */
const WARM = 3
/** Trees that must be LightGBM's node for node. */
const EQUAL_TREES = 3
const SIZES = [
  { name: '100k', rows: 100_000, features: 100, turnTrees: 8 },
  { name: '600k', rows: 600_000, features: 166, turnTrees: 3 },
]

const fixed = (x, digits = 1) => (Number.isFinite(x) ? x.toFixed(digits) : '')

/** An interpreter with LightGBM, or why there is none; whether it has XGBoost. */
function findPython() {
  const candidates = process.env.COINTRADER_BENCH_PYTHON
    ? [process.env.COINTRADER_BENCH_PYTHON]
    : ['/tmp/venv/bin/python', 'python3']
  const has = (python, module) => spawnSync(python, ['-c', `import numpy, ${module}`]).status === 0
  const python = candidates.find((p) => has(p, 'lightgbm')) ?? candidates.find((p) => has(p, 'xgboost'))
  const how = 'pip install numpy lightgbm xgboost (or set COINTRADER_BENCH_PYTHON)'
  const lacks = (module) =>
    python !== undefined && has(python, module)
      ? undefined
      : `not run: no ${module} in ${python ?? candidates.join(' or ')}; ${how}`
  return { python, lightgbm: lacks('lightgbm'), xgboost: lacks('xgboost') }
}

/** A process that answers lines of JSON. */
async function startEngine(name, command, args) {
  const child = spawn(command, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended before it answered`)
    return JSON.parse(value)
  }
  const send = (c) => child.stdin.write(`${JSON.stringify(c)}\n`)
  const { version } = await read()
  return {
    name,
    version,
    send,
    ask: (c) => {
      send(c)
      return read()
    },
    close: () => child.kill(),
  }
}

/** What was measured, for the tables. */
let versions
const versionOf = {}
const TITLES = { lightgbm: 'LightGBM', xgboost: 'XGBoost hist' }
const titled = (peer) => [TITLES[peer], versionOf[peer]].filter(Boolean).join(' ')

/** Rows of the table of all benches: ours beside each peer. `scale` makes `unit` of the runs' milliseconds. */
function tableRows(name, unit, scale, runs, peers, { aim, limit, equal }) {
  const of = (engine) => median(runs[engine].map((m) => m.ms)) / scale
  return Object.keys(TITLES).map((peer) => {
    const fields = { bench: 'gbdt', name, value: of('cointrader'), unit, by: titled(peer) }
    const judged = peer === 'lightgbm' && aim !== undefined
    if (runs[peer] === undefined)
      return row({ ...fields, reference: absent(peers[peer]), ...(judged ? { aim, equal: false } : {}) })
    const ratio = median(runs.cointrader.map((m, i) => m.ms / runs[peer][i].ms))
    const claim = judged ? { aim, met: ratio <= limit, ...(equal === undefined ? {} : { equal }) } : {}
    return row({ ...fields, reference: of(peer), ratio, ...claim })
  })
}

async function withEngines(size, folder, peers, body) {
  const engines = []
  try {
    engines.push(
      await startEngine('cointrader', process.execPath, [join(here, 'gbdt-trainer.mjs'), folder, size.features]),
    )
    for (const peer of ['lightgbm', 'xgboost'])
      if (peers[peer] === undefined)
        engines.push(
          await startEngine(peer, peers.python, [join(here, 'peers/gbdt_train.py'), peer, folder, size.features]),
        )
    versions ??= engines.map((e) => e.version).join(', ')
    for (const e of engines) versionOf[e.name] = e.version.replace(/^\S+ /, '')
    return await body(engines)
  } finally {
    for (const engine of engines) engine.close()
  }
}

/** Lines of `runs` (a list of {ms, cpuMs} an engine), with ratios to LightGBM's turn by turn. */
function engineLines(label, runs, peers, scale, rest) {
  const lines = []
  for (const name of ['cointrader', 'lightgbm', 'xgboost']) {
    const own = runs[name]
    if (own === undefined) {
      lines.push([...label, name, peers[name]])
      continue
    }
    const ratio = (key) =>
      runs.lightgbm === undefined ? Number.NaN : median(own.map((m, i) => m[key] / runs.lightgbm[i][key]))
    lines.push([
      ...label,
      name,
      fixed(median(own.map((m) => m.ms)) / scale, 1),
      fixed(Math.min(...own.map((m) => m.ms)) / scale, 1),
      fixed(ratio('ms'), 2),
      fixed(median(own.map((m) => m.cpuMs)) / scale, 1),
      fixed(ratio('cpuMs'), 2),
      ...rest(name),
    ])
  }
  return lines
}

async function binning(size, folder, peers, threads, table) {
  const runs = {}
  const load = loadavg()[0]
  await withEngines(size, folder, peers, async (engines) => {
    for (let turn = 0; turn < BINNING_TURNS; turn++)
      for (const e of engines) {
        runs[e.name] ??= []
        runs[e.name].push(await e.ask({ op: 'bin', threads }))
      }
  })
  const name = `binning, ${size.name} × ${size.features}, ${threads} thread${threads > 1 ? 's' : ''}`
  table.push(...tableRows(name, 's', 1e3, runs, peers, { aim: 'ratio ≤ 2', limit: 2 }))
  return engineLines([size.name, threads, fixed(load)], runs, peers, 1e3, () => [])
}

/** Throws unless the first trees of two model files have the same splits, in the same places. */
function checkTrees(ours, theirs) {
  const [a, b] = [ours, theirs].map((file) => readText(readFileSync(file, 'utf8')))
  let nodes = 0
  for (let t = 0; t < EQUAL_TREES; t++)
    for (const field of ['splitFeature', 'leftChild', 'rightChild', 'decisionType', 'threshold'])
      a.trees[t][field].forEach((x, i) => {
        const y = b.trees[t][field][i]
        const same = field === 'threshold' ? Math.abs(x - y) <= 1e-12 * Math.abs(x) : x === y
        if (!same) throw new Error(`tree ${t}, node ${i}: ${field} is ${x}, LightGBM's is ${y}`)
        if (field === 'threshold') nodes++
      })
  return nodes
}

async function cell(size, folder, peers, leaves, threads, table) {
  const runs = {}
  const last = {}
  const load = [loadavg()[0]]
  await withEngines(size, folder, peers, async (engines) => {
    for (const e of engines) {
      await e.ask({ op: 'bin', threads })
      e.send({ op: 'start', leaves, threads })
      await e.ask({ op: 'grow', trees: WARM })
    }
    for (let turn = 0; turn < TURNS; turn++)
      for (const e of engines) {
        runs[e.name] ??= []
        runs[e.name].push(await e.ask({ op: 'grow', trees: size.turnTrees }))
      }
    load.push(loadavg()[0])
    for (const e of engines) last[e.name] = await e.ask({ op: 'finish', file: join(folder, e.name) })
  })
  const { cointrader: ours, lightgbm: theirs } = last
  const title = `${size.name} x ${size.features}, ${leaves} leaves, ${threads} thread${threads > 1 ? 's' : ''}`
  if (theirs === undefined) console.log(`${title}: equality NOT CHECKED: ${peers.lightgbm}`)
  else {
    const nodes = checkTrees(join(folder, 'cointrader'), join(folder, 'lightgbm'))
    const off = Math.abs(ours.rmse / theirs.rmse - 1)
    if (ours.trees !== theirs.trees || off > 0.005)
      throw new Error(`${title}: test RMSE ${ours.rmse}, LightGBM's ${theirs.rmse}`)
    console.log(
      `${title}: the ${nodes} splits of the first ${EQUAL_TREES} trees are LightGBM's; test RMSE after ${ours.trees} trees ${(100 * off).toExponential(1)} % apart`,
    )
  }
  const lines = engineLines(
    [size.name, leaves, threads, `${fixed(load[0])}-${fixed(load[1])}`],
    runs,
    peers,
    size.turnTrees,
    (name) => [fixed(last[name].rmse, 6), fixed(last[name].rssMb, 0)],
  )
  for (const line of lines) console.log(`  ${line.slice(4).join('  ')}`)
  const claim = { aim: 'ratio ≤ 1', limit: 1, equal: `first ${EQUAL_TREES} trees, node for node` }
  table.push(...tableRows(`a tree, ${title}`, 'ms', size.turnTrees, runs, peers, claim))
  return lines
}

export async function benchGbdt() {
  const peers = findPython()
  const words = (process.env.COINTRADER_BENCH_GBDT ?? '').split(/[\s,]+/).filter(Boolean)
  const wanted = (name) => words.length === 0 || words.some((w) => name === w || name.startsWith(`${w}/`))
  const measured = ['ms', 'best', 'ms / LightGBM', 'CPU ms', 'CPU / LightGBM']
  const [bins, trees, table] = [[], [], []]
  for (const size of SIZES) {
    const cells = [63, 255].flatMap((leaves) => [1, 2].map((threads) => ({ leaves, threads })))
    const chosen = cells.filter((c) => wanted(`${size.name}/${c.leaves}/${c.threads}`))
    const binned = [1, 2].filter((threads) => wanted(`binning/${size.name}/${threads}`))
    if (chosen.length === 0 && binned.length === 0) continue
    const folder = mkdtempSync(join(tmpdir(), 'cointrader-gbdt-'))
    try {
      writeData(folder, size.rows, size.features)
      for (const threads of binned) bins.push(...(await binning(size, folder, peers, threads, table)))
      for (const { leaves, threads } of chosen) trees.push(...(await cell(size, folder, peers, leaves, threads, table)))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  if (bins.length > 0)
    print(
      `Binning, seconds, ${BINNING_TURNS} alternating runs, medians; ratios: median of the turns'. XGBoost makes its own quantiles (255 bins)`,
      ['rows', 'threads', 'load', 'engine', 's', 'best', 's / LightGBM', 'CPU s', 'CPU / LightGBM'],
      bins,
    )
  if (wanted('predict')) {
    if (peers.lightgbm !== undefined) {
      console.log(`\nprediction beside LightGBM ${peers.lightgbm}`)
      const reference = absent(peers.lightgbm)
      const name = 'predict, 500 trees × 166 features (model and rows come from LightGBM)'
      table.push(row({ bench: 'gbdt', name, unit: 'µs', by: 'LightGBM', reference, equal: false }))
    } else {
      const predicted = await benchPredict(peers.python)
      print(
        'Prediction, 166 features, warm, medians of 30 alternating runs; all predictions bit for bit LightGBM',
        predicted.head,
        predicted.rows,
      )
      table.push(...predicted.table)
    }
  }
  console.log(
    `\nTraining, per tree: ${TURNS} alternating turns of several trees, medians; ratios: median of the turns' ratios. RSS: peak of the process, input and binning included. With a load above the number of cores a 2-thread wall ratio says little; see CPU. ${versions ?? ''}\n`,
  )
  return {
    head: ['rows', 'leaves', 'threads', 'load', 'engine', ...measured, 'test RMSE', 'peak RSS MB'],
    rows: trees,
    table,
  }
}
