/** Our side of bench-local. Usage: node bench.mjs ROWS FEATURES LEAVES THREADS ROUNDS [kernel] */
import fs from 'node:fs'

const { Dataset, train } = await import(process.env.DIST ?? '../dist/index.js')
const [n, f, leaves, threads, rounds] = process.argv.slice(2, 7).map(Number)
const d = process.env.BENCH_DIR ?? '/tmp/lw/bench'
const fd = fs.openSync(`${d}/${n}x${f}.x`, 'r')
const columns = Array.from({ length: f }, (_, j) => {
  const c = new Float32Array(n)
  fs.readSync(fd, c, 0, n * 4, j * n * 4)
  return c
})
const b = fs.readFileSync(`${d}/${n}x${f}.y`)
const label = new Float32Array(b.buffer, b.byteOffset, n)
let t = performance.now()
const ds = await Dataset.from({ columns, label, params: { num_threads: threads } })
const bin = (performance.now() - t) / 1e3
const times = []
t = performance.now()
let rmse = 0
const cpu0 = process.cpuUsage()
const r = await train(
  {
    objective: 'regression',
    num_leaves: leaves,
    learning_rate: 0.1,
    min_data_in_leaf: 20,
    num_threads: threads,
    num_iterations: rounds,
  },
  ds,
  {
    kernel: process.argv[7] ?? 'wasm',
    callbacks: [
      () => {
        const now = performance.now()
        times.push(now - t)
        t = performance.now()
      },
    ],
  },
)
const used = process.cpuUsage(cpu0)
const cpu = (used.user + used.system) / 1e3 / rounds
const { treeOutput } = await import((process.env.DIST ?? '../dist/index.js').replace('index.js', 'train/score.js'))
for (let i = 0; i < 20000; i++) {
  let s = 0
  for (const tree of r.model.trees) s += treeOutput(tree, (j) => columns[j][i])
  rmse += (s - label[i]) ** 2
}
const sorted = times.slice(2).sort((a, b) => a - b)
console.log(
  `ours     ${n}x${f} L=${leaves} T=${threads}: bin ${bin.toFixed(2)}s ms/tree median ${sorted[sorted.length >> 1].toFixed(1)} min ${Math.min(...times).toFixed(1)} cpu ${cpu.toFixed(1)} rmse20k ${Math.sqrt(rmse / 20000).toFixed(5)} rss ${(process.resourceUsage().maxRSS / 1024) | 0}MB`,
)
