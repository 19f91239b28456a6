// bench/features: section 15 of spec/research-pipeline.md. 50 symbols, 144,000 rows of input, windows 1,5,15,30,60, 258 columns
// of 72,000 rows. Equality with the NumPy judge first; then kernels and neutralisation beside NumPy and Polars, in turns;
// the whole command; its stages beside a plain copy; the stream. Peers need Python: see `findPython`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBars, TOP, WINDOWS, writeRaw, writeTables } from './features-data.mjs'
import { absent, median, print, row } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const TURNS = 3
/** Calls in one process: the first and the last count. */
const CALLS = 3
const COMMAND_RUNS = 3
const ALL_WINDOWS = [1, 5, 15, 30, 60, 120, 240, 480, 720, 1440]

const fixed = (x, digits = 2) => x.toFixed(digits)
const whole = (x) => Math.round(x).toLocaleString('en-US')

/** Runs a command: its JSON (the last line it prints), with the CPU s, wall s and peak RSS (MB) of its whole life. */
function measure(command, args) {
  const report = join(tmpdir(), `bench-${process.pid}.time`)
  const start = process.hrtime.bigint()
  const done = spawnSync(process.execPath, [join(here, 'rusage.mjs'), report, command, ...args.map(String)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${done.stderr}${done.stdout}`)
  const at = done.stdout.trimEnd().lastIndexOf('\n')
  const { cpu, rssMb } = JSON.parse(done.stdout.slice(at))
  return { cpu, rssMb, wall, out: JSON.parse(done.stdout.slice(0, at)) }
}

const child = (name, ...args) => measure(process.execPath, [join(here, `features-${name}.mjs`), ...args])

/** An interpreter and, for what it lacks, the reason that goes into the tables. */
function findPython(shared) {
  const judge = join(shared, 'peers/numpy_features.py')
  const candidates = process.env.COINTRADER_BENCH_PYTHON
    ? [process.env.COINTRADER_BENCH_PYTHON]
    : ['/tmp/venv/bin/python', 'python3']
  const has = (python, module) => spawnSync(python, ['-c', `import numpy, ${module}`]).status === 0
  const python = candidates.find((p) => has(p, 'polars')) ?? candidates.find((p) => has(p, 'numpy'))
  const how = 'python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy polars (or set COINTRADER_BENCH_PYTHON)'
  if (python === undefined) {
    const reason = `not run: no numpy in ${candidates.join(' or ')}; ${how}`
    return { judge, noNumpy: reason, noPolars: reason }
  }
  return {
    python,
    judge,
    noNumpy: existsSync(judge) ? undefined : `not run: no ${judge}; set COINTRADER_SHARED`,
    noPolars: has(python, 'polars') ? undefined : `not run: no polars in ${python}; ${how}`,
  }
}

/** Throws unless ours are the judge's values; prints what was compared. False when there is no judge. */
function checkEquality(raw, shared, { python, judge, noNumpy, noPolars }) {
  if (noNumpy !== undefined) {
    console.log(`equality NOT CHECKED: ${noNumpy}`)
    return false
  }
  const numpyFile = join(raw, 'numpy.out')
  const polarsFile = join(raw, 'polars.out')
  const { names } = measure(python, [join(here, 'peers/features_numpy.py'), judge, raw, 1, numpyFile]).out
  const files = [numpyFile]
  if (noPolars === undefined) {
    const peer = measure(python, [join(here, 'peers/features_polars.py'), raw, 1, polarsFile]).out
    if (peer.names.join() !== names.join()) throw new Error("the Polars peer's columns are not the judge's")
    files.push(polarsFile)
  }
  const { out } = child('equal', raw, shared, ...files)
  for (const file of files) rmSync(file)
  if (out.names.join() !== names.join()) throw new Error(`columns differ: ${out.names.join()}; judge: ${names.join()}`)
  for (const [title, r] of [
    ['compat definitions', out.compat],
    ['default definitions', out.byDefault],
  ]) {
    const { columns, cells, nan, skipped, bad, worst } = r
    for (const [column, { cells: n, first }] of Object.entries(bad))
      console.error(`${title}: ${column}: ${n} cells, ${first}`)
    if (Object.keys(bad).length > 0) throw new Error(`${title}: ${Object.keys(bad).length} columns are not the judge's`)
    console.log(
      `equality, ${title} against the NumPy judge: ${columns} columns, ${whole(cells)} cells within their bounds ` +
        `(${whole(nan)} NaN in the same places, ${whole(skipped)} left out by README rule 2); the worst one uses ` +
        `${fixed(100 * worst.share, 1)} % of its bound (${worst.column})`,
    )
  }
  console.log(`types with other bits by default than under compat (RP-D08): ${out.otherBits.join(', ') || 'none'}`)
  const off = Object.entries(out.polars?.bad ?? {})
  if (out.polars !== null)
    console.log(
      `Polars: ${off.length} columns go beyond their bounds${off.length > 0 ? ` (${off.map(([n, b]) => `${n} ${whole(b.cells)} cells`).join(', ')})` : ''}`,
    )
  return true
}

/** Kernels and neutralisation in turns; returns the ratios of CPU, like with like, and the medians behind them. */
function kernels(raw, { python, judge, noNumpy, noPolars }) {
  const [ours, numpy, polars] = [[], [], []]
  for (let k = 0; k < TURNS; k++) {
    ours.push(child('kernels', raw, CALLS))
    if (noNumpy === undefined) numpy.push(measure(python, [join(here, 'peers/features_numpy.py'), judge, raw, CALLS]))
    if (noPolars === undefined) polars.push(measure(python, [join(here, 'peers/features_polars.py'), raw, CALLS]))
  }
  const ratioTo = (peer, list, call) =>
    peer.length === 0 ? Number.NaN : median(list.map((m, i) => m.out.runs[call].cpu / peer[i].out.runs[call].cpu))
  const ratio = (list, call) => ratioTo(numpy, list, call)
  const cpu = (list, call) => (list.length === 0 ? Number.NaN : median(list.map((m) => m.out.runs[call].cpu)))
  const lines = (name, list, reason) => {
    if (reason !== undefined) return [[name, reason, '', '', '', '', '', '']]
    return [0, CALLS - 1].map((call) => [
      name,
      call + 1,
      ...['cpu', 'base', 'neutral', 'wall'].map((key) => fixed(median(list.map((m) => m.out.runs[call][key])), 3)),
      numpy.length === 0 ? '' : `${fixed(ratio(list, call), 3)} (1/${fixed(1 / ratio(list, call), 1)})`,
      whole(median(list.map((m) => m.rssMb))),
    ])
  }
  print(
    `Kernels and neutralisation alone, 72,000 × 258, first and third call of a process (the first one of ours is compiled on the way), medians of ${TURNS} alternating processes; ratio: median of the turns' ratios`,
    ['', 'call', 'CPU s', 'features', 'neutralise', 'wall s', 'CPU / NumPy, same call', 'peak RSS MB'],
    [
      ...lines('cointrader', ours),
      ...lines(numpy.length > 0 ? `NumPy ${numpy[0].out.version}` : 'NumPy', numpy, noNumpy),
      ...lines(
        polars.length > 0 ? `Polars ${polars[0].out.version}, ${polars[0].out.threads} threads` : 'Polars',
        polars,
        noPolars,
      ),
    ],
  )
  const beside = (peer, call) => ({
    ratio: ratioTo(peer, ours, call),
    ours: cpu(ours, call),
    theirs: cpu(peer, call),
  })
  return {
    warm: beside(numpy, CALLS - 1),
    cold: beside(numpy, 0),
    polars: beside(polars, CALLS - 1),
    names: {
      numpy: numpy.length > 0 ? `NumPy ${numpy[0].out.version}` : 'NumPy',
      polars: polars.length > 0 ? `Polars ${polars[0].out.version}` : 'Polars',
    },
  }
}

/** The whole command for one day, and its stages. */
function command(root, raw, data, date) {
  const runs = []
  let sha256 = ''
  for (let k = 0; k < COMMAND_RUNS; k++) {
    const out = join(raw, `xy${k}`)
    const args = ['--start-date', date, '--end-date', date, '--top', TOP, '--windows', WINDOWS, '--workers', 1]
    const m = measure(process.execPath, [
      join(root, 'apps/cli/dist/main.js'),
      ...['build-xy', '--json', ...args, '--float', 32, '--data-dir', data, '--out-dir', out].map(String),
    ])
    const day = m.out.days[0]
    if (day?.state !== 'built' || day.built.rows !== TOP * 1440) throw new Error(JSON.stringify(day))
    sha256 = JSON.parse(readFileSync(day.path.replace(/parquet$/, 'manifest.json'), 'utf8')).sha256
    runs.push({ ...m, mb: day.built.bytes / 1e6, columns: day.built.columns })
    rmSync(out, { recursive: true })
  }
  const mid = (key) => median(runs.map((m) => m[key]))
  print(
    `cointrader build-xy, one day, --workers 1 --float 32, medians of ${COMMAND_RUNS}`,
    ['CPU s', 'wall s', 'peak RSS MB', 'columns', 'file MB'],
    [[fixed(mid('cpu')), fixed(mid('wall')), whole(mid('rssMb')), runs[0].columns, fixed(mid('mb'), 1)]],
  )
  const { out } = child('stages', raw, data)
  if (out.sha256 !== sha256) throw new Error(`the stages make ${out.sha256}, the command made ${sha256}`)
  const total = out.stages.reduce((n, s) => n + s.cpu, 0)
  const floor = ({ bytes }) => bytes / out.copy
  const line = (name, cpu, bytes, least) => [
    name,
    fixed(cpu, 3),
    fixed((100 * cpu) / total, 1),
    bytes === 0 ? '' : fixed(bytes / 1e6, 0),
    bytes === 0 ? '' : fixed(1000 * least, 1),
    bytes === 0 ? '' : whole(cpu / least),
  ]
  const sums = out.stages.reduce((n, s) => [n[0] + s.bytes, n[1] + floor(s)], [0, 0])
  print(
    `Where its CPU goes: each stage once, in one process, the same file by SHA-256. A plain copy moves ${fixed(out.copy / 1e9, 1)} GB/s (read + written); floor = bytes / that`,
    ['stage', 'CPU s', '%', 'MB at least', 'floor ms', 'CPU / floor'],
    [...out.stages.map((s) => line(s.name, s.cpu, s.bytes, floor(s))), line('sum', total, ...sums)],
  )
  return { rssMb: mid('rssMb'), cpu: mid('cpu') }
}

function streaming(raw, longRaw) {
  const runs = [child('stream', raw, String(WINDOWS)).out, child('stream', longRaw, String(ALL_WINDOWS)).out]
  for (const { different, cells } of runs)
    if (different > 0) throw new Error(`stream: ${different} of ${cells} cells have other bits than the batch build`)
  print(
    `FeatureStream, ${TOP} symbols, microseconds a minute over one day after warm-up; every bit equal to the batch build's`,
    ['columns', '', 'mean', 'median', '99 %', 'largest', 'warm-up minutes', 'state MB'],
    runs.flatMap((r) =>
      ['wall', 'cpu'].map((key) => [
        r.columns,
        key,
        ...['mean', 'median', 'p99', 'max'].map((x) => whole(r[key][x])),
        r.warmup,
        fixed(r.stateMb, 1),
      ]),
    ),
  )
  return runs
}

export async function benchFeatures({ root, shared }) {
  const work = mkdtempSync(join(tmpdir(), 'cointrader-bench-'))
  try {
    const [raw, longRaw, data] = ['raw', 'long', 'data'].map((name) => join(work, name))
    const bars = makeBars(1, 2)
    writeRaw(raw, bars)
    writeTables(data, bars)
    const python = findPython(shared)
    const equal = checkEquality(raw, shared, python)
    const ratio = kernels(raw, python)
    const { rssMb, cpu } = command(root, raw, data, bars.dates.at(-1))
    writeRaw(longRaw, makeBars(1, 4))
    const [short, all] = streaming(raw, longRaw)
    console.log('\nAims\n')
    const verdict = (value, limit) => (Number.isNaN(value) ? 'not run' : value <= limit ? 'met' : 'missed')
    const aim = (name, value, limit, digits, unit) => [
      name,
      `≤ ${fixed(limit, digits)}${unit}`,
      Number.isNaN(value) ? 'not run' : `${fixed(value, digits)}${unit}`,
      verdict(value, limit),
    ]
    const { numpy, polars } = ratio.names
    const judged = equal ? '258 columns within the bounds of the NumPy judge' : false
    const kernelRow = (name, m, by, reason, limit) =>
      row({
        ...{
          bench: 'features',
          name: `kernels and neutralisation, 72,000 × 258, ${name}`,
          value: m.ours,
          unit: 'CPU s',
        },
        ...{ by, reference: reason === undefined ? m.theirs : absent(reason), equal: judged },
        ...(reason === undefined ? { ratio: m.ratio } : {}),
        ...(limit ? { aim: 'ratio ≤ 0.125', ...(reason === undefined ? { met: m.ratio <= 1 / 8 } : {}) } : {}),
      })
    const streamed = (columns, ms) =>
      row({
        ...{
          bench: 'features',
          name: `one streamed minute, 50 symbols, ${columns} columns, mean`,
          value: ms,
          unit: 'ms',
        },
        ...{ aim: '≤ 1 ms', met: ms <= 1, equal: 'every bit of the batch build' },
      })
    return {
      table: [
        kernelRow('third call', ratio.warm, numpy, python.noNumpy, true),
        kernelRow('first call', ratio.cold, numpy, python.noNumpy, true),
        kernelRow('third call', ratio.polars, polars, python.noPolars, false),
        row({
          ...{ bench: 'features', name: 'build-xy, one day of 50 symbols, peak memory', value: rssMb, unit: 'MB' },
          ...{ aim: '≤ 400 MB', met: rssMb <= 400, equal: 'the stages write the same file' },
        }),
        row({ bench: 'features', name: 'build-xy, one day of 50 symbols', value: cpu, unit: 'CPU s' }),
        streamed(258, short.wall.mean / 1000),
        streamed(516, all.wall.mean / 1000),
      ],
      head: ['aim', 'limit', 'measured', ''],
      rows: [
        aim('kernels and neutralisation, CPU / NumPy, third call', ratio.warm.ratio, 1 / 8, 3, ''),
        aim('the same, first call', ratio.cold.ratio, 1 / 8, 3, ''),
        aim('peak RSS of the whole command', rssMb, 400, 0, ' MB'),
        ['CPU of the whole command', 'reported', `${fixed(cpu)} s`, ''],
        aim('one streamed minute, 258 columns, mean', short.wall.mean / 1000, 1, 2, ' ms'),
        aim('the same, 516 columns', all.wall.mean / 1000, 1, 2, ' ms'),
      ],
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
