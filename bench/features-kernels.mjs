// `node features-kernels.mjs FOLDER CALLS`, child of bench/features: kernels and neutralisation alone, typed arrays in, typed arrays out, some times in one process.
import { BatchFeatures, DAY_MINUTES, shippedFeatures } from '../packages/features/dist/index.js'
import { readRaw, WINDOWS } from './features-data.mjs'

const bars = readRaw(process.argv[2])
const set = shippedFeatures(WINDOWS)
const from = bars.firstRow + bars.rows - DAY_MINUTES
const seconds = ({ user, system }) => (user + system) / 1e6
const features = new BatchFeatures(set, DAY_MINUTES)
const runs = []
let check = 0
for (let k = 0; k < Number(process.argv[3]); k++) {
  const start = process.cpuUsage()
  const wall = performance.now()
  const matrix = features.base(bars, from, from + DAY_MINUTES)
  const base = seconds(process.cpuUsage(start))
  const scores = matrix.values.map((values, column) => {
    const out = new Float64Array(values.length)
    features.neutral(matrix, column, out)
    return out
  })
  const cpu = seconds(process.cpuUsage(start))
  runs.push({ cpu, base, neutral: cpu - base, wall: (performance.now() - wall) / 1000 })
  check += scores.at(-1)[0] + matrix.values.at(-1)[0]
}
console.log(JSON.stringify({ runs, check, columns: 2 * set.columns.length }))
