// Our side of bench/gbdt: a process that obeys lines of JSON and answers each with one, as peers/gbdt_train.py does.
//   node gbdt-trainer.mjs FOLDER FEATURES
// {op: bin, threads} | {op: start, leaves, threads} | {op: grow, trees} | {op: finish, file}; see `answer` calls for replies.
// Reading is synchronous, so that a training waits inside its callback while another engine has its turn.
import { readSync, writeFileSync, writeSync } from 'node:fs'
import { compile, Dataset, train, writeText } from '../packages/lightgbm-wasm/dist/index.js'
import { readData } from './gbdt-data.mjs'

const [folder, features] = [process.argv[2], Number(process.argv[3])]
const { columns, y } = readData(folder, features, false)

let buffered = ''
function command() {
  const bytes = Buffer.alloc(4096)
  while (!buffered.includes('\n')) {
    const n = readSync(0, bytes)
    if (n === 0) process.exit(0)
    buffered += bytes.toString('utf8', 0, n)
  }
  const end = buffered.indexOf('\n')
  const line = buffered.slice(0, end)
  buffered = buffered.slice(end + 1)
  return JSON.parse(line)
}
function answer(value) {
  writeSync(1, `${JSON.stringify(value)}\n`)
}
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

function testRmse(model) {
  const test = readData(folder, features, true)
  const n = test.y.length
  const data = new Float64Array(n * features)
  for (let f = 0; f < features; f++) for (let r = 0; r < n; r++) data[r * features + f] = test.columns[f][r]
  const predictions = compile(model).predict({ data, numRows: n })
  return Math.sqrt(predictions.reduce((sum, p, r) => sum + (p - test.y[r]) ** 2, 0) / n)
}

async function trainOnCommand(data, leaves, threads) {
  let left = 0
  let [wall, cpu] = [0, 0]
  let file = ''
  /** Ends a turn if its trees are done, and waits for the next; true at the end of all. */
  const turn = () => {
    if (left === 0) {
      if (wall > 0) answer({ ms: performance.now() - wall, cpuMs: cpuMs() - cpu })
      const c = command()
      if (c.op !== 'grow') {
        file = c.file
        return true
      }
      left = c.trees
      cpu = cpuMs()
      wall = performance.now()
    }
    left--
    return false
  }
  turn()
  const { model } = await train(
    {
      objective: 'regression',
      num_leaves: leaves,
      learning_rate: 0.1,
      min_data_in_leaf: 20,
      num_threads: threads,
      num_iterations: 1e6,
    },
    data,
    { callbacks: [() => (turn() ? 'stop' : undefined)] },
  )
  writeFileSync(file, writeText(model))
  return model
}

let data
answer({ ready: true, version: `Node ${process.version}` })
for (;;) {
  const c = command()
  if (c.op === 'bin') {
    const [wall, cpu] = [performance.now(), cpuMs()]
    data = await Dataset.from({ columns, label: y, params: { num_threads: c.threads } })
    answer({ ms: performance.now() - wall, cpuMs: cpuMs() - cpu })
  } else if (c.op === 'start') {
    // Returns at the command `finish`.
    const model = await trainOnCommand(data, c.leaves, c.threads)
    const rssMb = process.resourceUsage().maxRSS / 1024
    answer({ rmse: testRmse(model), trees: model.trees.length, rssMb })
  } else throw new Error(`no operation ${c.op}`)
}
