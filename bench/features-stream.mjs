// Child of bench/features: FeatureStream, one day minute by minute after warm-up. The bits of that day are compared with the
// batch build's.
import { BatchFeatures, DAY_MINUTES, FeatureStream, shippedFeatures } from '../packages/features/dist/index.js'
import { MINUTE_MS, readRaw } from './features-data.mjs'

const [folder, windowList] = process.argv.slice(2)
const windows = windowList.split(',').map(Number)
const bars = readRaw(folder)
const set = shippedFeatures(windows)
const symbols = bars.symbols.length
const stream = new FeatureStream(set, bars.symbols)
const first = bars.rows - DAY_MINUTES
if (first < stream.warmup - 1) throw new Error(`${first} minutes are fewer than the warm-up of ${stream.warmup}`)

// As live data comes: one array of symbols a field and minute.
const minutes = Array.from({ length: bars.rows }, (_, t) =>
  Object.fromEntries(
    set.fields.map((f) => [f, Float64Array.from(bars.symbols, (_, s) => bars.fields[f][s * bars.rows + t])]),
  ),
)
const columns = 2 * set.columns.length
const kept = new Float64Array(columns * symbols * DAY_MINUTES)
const wall = new Float64Array(DAY_MINUTES)
const cpu = new Float64Array(DAY_MINUTES)
for (let t = 0; t < bars.rows; t++) {
  const cpuStart = process.cpuUsage()
  const start = process.hrtime.bigint()
  const { values } = stream.push((bars.firstRow + t) * MINUTE_MS, minutes[t])
  const elapsed = Number(process.hrtime.bigint() - start) / 1000
  const { user, system } = process.cpuUsage(cpuStart)
  if (t < first) continue
  wall[t - first] = elapsed
  cpu[t - first] = user + system
  kept.set(values, (t - first) * columns * symbols)
}

const features = new BatchFeatures(set, DAY_MINUTES)
const from = bars.firstRow + first
const matrix = features.base(bars, from, from + DAY_MINUTES)
const scores = new Float64Array(symbols * DAY_MINUTES)
const nan = (v) => Number.isNaN(v)
let different = 0
const same = (column, data) => {
  for (let s = 0; s < symbols; s++)
    for (let t = 0; t < DAY_MINUTES; t++) {
      const a = kept[(t * columns + column) * symbols + s]
      const b = data[s * DAY_MINUTES + t]
      if (!Object.is(a, b) && !(nan(a) && nan(b))) different++
    }
}
set.columns.forEach((_, k) => {
  same(k, matrix.values[k])
  features.neutral(matrix, k, scores)
  same(set.columns.length + k, scores)
})
/** Microseconds a minute. */
function facts(micros) {
  const sorted = micros.slice().sort()
  const at = (share) => sorted[Math.min(DAY_MINUTES - 1, Math.floor(share * DAY_MINUTES))]
  return { mean: sorted.reduce((a, b) => a + b, 0) / DAY_MINUTES, median: at(0.5), p99: at(0.99), max: at(1) }
}
console.log(
  JSON.stringify({
    columns,
    wall: facts(wall),
    cpu: facts(cpu),
    stateMb: stream.bytes / 1e6,
    warmup: stream.warmup,
    different,
    cells: kept.length,
  }),
)
