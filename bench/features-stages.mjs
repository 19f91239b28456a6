// Child of bench/features: where the CPU time of one day of build-xy goes, stage by stage in one process, each stage run once
// as the command does (cold), beside the bytes it must at least move and the speed of a plain copy.
import { join } from 'node:path'
import { seededRandom, sha256 } from '../packages/core/dist/index.js'
import {
  BAR_FIELDS,
  BatchFeatures,
  contextDays,
  crossMoments,
  DAY_MINUTES,
  DayBuilder,
  DEFAULT_HORIZONS,
  dayBars,
  dayRow,
  dayY,
  joinDays,
  measureCross,
  readRules,
  shippedFeatures,
} from '../packages/features/dist/index.js'
import { decodeParquet, encodeParquetGroups, nodeDisk } from '../packages/store/dist/index.js'
import { readRaw, TOP, WINDOWS } from './features-data.mjs'

const [rawFolder, dataFolder] = process.argv.slice(2)
const seconds = ({ user, system }) => (user + system) / 1e6
const stages = [{ name: 'start of Node, imports', cpu: seconds(process.cpuUsage()), bytes: 0 }]
const { symbols, dates } = readRaw(rawFolder)
const date = dates.at(-1)

/** Runs a stage; `bytes` (a number, or of the result): what it must read and write at least. */
async function stage(name, run, bytes) {
  const start = process.cpuUsage()
  const out = await run()
  stages.push({ name, cpu: seconds(process.cpuUsage(start)), bytes: typeof bytes === 'number' ? bytes : bytes(out) })
  return out
}

const size = (parts) => parts.reduce((n, p) => n + p.byteLength, 0)
const tableBytes = (table) =>
  [...table.columns.values()].reduce((n, c) => n + (c.type === 'string' ? 4 * table.rows : c.data.byteLength), 0)
const fieldBytes = (day) => size(Object.values(day.fields))
const sum = (list, f) => list.reduce((n, x) => n + f(x), 0)

const set = shippedFeatures(WINDOWS)
const wanted = dates.slice(-1 - contextDays(set))
const paths = wanted.map((d) => join(dataFolder, '1m_raw_data', `${d}.parquet`))
const files = await stage('read', () => Promise.all(paths.map((p) => nodeDisk.read(p))), size)
const columns = ['symbol', 'start_time_ms', ...BAR_FIELDS]
const tables = await stage(
  'decode Parquet',
  () => Promise.all(files.map((bytes, i) => decodeParquet(bytes, paths[i], columns))),
  (out) => size(files) + sum(out, (c) => tableBytes(c.table)),
)
const days = await stage(
  'lay on the grid',
  () => tables.map(({ table }, i) => dayBars(table, wanted[i], symbols)),
  (out) => 2 * sum(out, fieldBytes),
)
const row = dayRow(date)
const bars = await stage(
  'join days',
  () => joinDays(days, symbols, row - set.plan.warmup + 1, row + DAY_MINUTES),
  (out) => 2 * size(Object.values(out.fields)),
)
const features = new BatchFeatures(set, DAY_MINUTES)
const read = set.fields.length * symbols.length * bars.rows * 8
const matrix = await stage(
  'kernels',
  () => features.base(bars, row, row + DAY_MINUTES),
  (out) => read + size(out.values),
)
await stage(
  'moments of each minute',
  () =>
    matrix.values.map((values) => {
      const m = crossMoments(DAY_MINUTES)
      measureCross(values, symbols.length, DAY_MINUTES, set.flat, m)
      return m
    }),
  size(matrix.values),
)
const labelOptions = { price: 'close', horizons: DEFAULT_HORIZONS }
await stage(
  'labels',
  () => dayY(days.slice(-1), date, symbols, labelOptions, readRules()),
  (out) => 8 * symbols.length * DAY_MINUTES + size(out),
)
const spec = {
  top: TOP,
  windows: WINDOWS,
  horizons: DEFAULT_HORIZONS,
  generator: 'base',
  price: 'close',
  how: 'inner',
  part: 'xy',
  float: 32,
  rules: readRules(),
  research: false,
  plugins: [],
}
// The builder repeats join, kernels, moments and labels, which are not counted again.
const built = new DayBuilder(spec, []).build(days, date, symbols)
const groups = await stage(
  'neutralise and gather into row groups, float32',
  () => [...built.groups],
  (out) => size(matrix.values) + sum(days.slice(-1), fieldBytes) + sum(out, tableBytes),
)
const parts = await stage(
  'encode Parquet',
  () => encodeParquetGroups(groups, built.metadata),
  (out) => sum(groups, tableBytes) + size(out),
)
const hash = await stage('hash', () => sha256(parts), size(parts))
await stage('write and sync', () => nodeDisk.writeAtomic(join(rawFolder, 'stages.parquet'), parts), size(parts))

// Plain copy of arrays larger than any cache, bytes read + bytes written per CPU second, best of five.
const random = seededRandom('copy')
const from = Array.from({ length: 32 }, () => new Float64Array(1 << 18).fill(random.next()))
const to = from.map((a) => a.slice())
let copy = 0
for (let k = 0; k < 5; k++) {
  const start = process.cpuUsage()
  for (let i = 0; i < from.length; i++) to[i].set(from[i])
  copy = Math.max(copy, (2 * size(from)) / seconds(process.cpuUsage(start)))
}
console.log(JSON.stringify({ stages, copy, sha256: hash }))
