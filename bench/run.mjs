// `npm run bench [NAME…] [--write]`: every bench, or those named, one after the other; each checks equality first, then
// measures beside a named reference in the same run. At the end ONE table of all that ran. Each bench's rows are kept in
// bench/.results/bench/ with their load and date; `--write` puts the newest rows of every bench on this machine into
// docs/benchmarks.md between its markers. `--table` runs nothing and prints that table.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cells, HEAD, machine, markdown, print, writeBetweenMarkers } from './table.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const shared = resolve(root, process.env.COINTRADER_SHARED ?? '../shared')
/** A bench is loaded when it runs, so that one that cannot load does not take the others with it. */
const BENCHES = {
  fetch: async () => (await import('./fetch.mjs')).benchFetch,
  features: async () => (await import('./features.mjs')).benchFeatures,
  gbdt: async () => (await import('./gbdt.mjs')).benchGbdt,
  backtest: async () => (await import('./backtest.mjs')).benchBacktest,
  sweep: async () => (await import('./sweep.mjs')).benchSweep,
}

const FLAGS = ['--write', '--table']
const words = process.argv.slice(2)
const [write, only] = FLAGS.map((flag) => words.includes(flag))
const wanted = words.filter((w) => !FLAGS.includes(w))
const unknown = wanted.find((name) => BENCHES[name] === undefined)
if (unknown !== undefined) {
  console.error(`no bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}; flags: ${FLAGS.join(', ')}`)
  process.exit(2)
}
const names = only ? [] : wanted.length > 0 ? wanted : Object.keys(BENCHES)

/** Versions of the references, by the interpreters the benches use; what is not there is named so. */
function versions() {
  const own = process.env.COINTRADER_BENCH_PYTHON
  const of = (python, modules) => {
    // Names from the packages' metadata: importing vectorbt alone takes seconds.
    const code = `
import platform, importlib.metadata as m
def v(n):
    try: return n + " " + m.version(n)
    except Exception: return n + " absent"
print(", ".join(["Python " + platform.python_version()] + [v(n) for n in ${JSON.stringify(modules)}]))`
    const done = spawnSync(python, ['-c', code], { encoding: 'utf8' })
    return done.status === 0 ? `${python}: ${done.stdout.trim()}` : `${python}: absent (${modules.join(', ')})`
  }
  const unzip = spawnSync('unzip', ['-v'], { encoding: 'utf8' })
  return [
    of(own ?? '/tmp/venv/bin/python', ['numpy', 'polars', 'lightgbm', 'xgboost']),
    of(own ?? '/tmp/venv-bt/bin/python', ['vectorbt', 'vectorbt-rust', 'backtesting']),
    unzip.status === 0 ? unzip.stdout.split(' of ')[0].toLowerCase() : 'unzip: absent',
  ]
}

const RESULTS = join(root, 'bench/.results/bench')
const fileOf = (name) => join(RESULTS, `${name}.jsonl`)
/** Newest kept rows of a bench on this machine. */
function kept(name) {
  const record = existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined
  return record?.machine === machine() ? record : undefined
}

/** What a reader must know of runs on a busy machine: a reference whose threads wait by spinning loses far more than we do. */
function warning(records) {
  const busy = records.filter(({ record }) => record?.load.some((x) => x > cpus().length)).map(({ name }) => name)
  return busy.length === 0
    ? ''
    : `\n\n**Measured under load (${busy.join(', ')}): more was running than there are cores.** Absolute times are too long, and ratios ` +
        'at 2 threads say nothing: threads of LightGBM and XGBoost spin while they wait for one that has no core.'
}

/** The table of the newest rows of every bench, with what is to be known of each run. */
function newest() {
  const records = Object.keys(BENCHES).map((name) => ({ name, record: kept(name) }))
  const runs = records.map(({ name, record }) =>
    record === undefined
      ? `${name}: not run on this machine`
      : `${name}: ${record.date}, load ${record.load.join(' to ')}`,
  )
  return {
    facts: `${machine()}. ${versions().join('; ')}. Runs: ${runs.join('; ')}.${warning(records)}`,
    rows: records.flatMap(({ name, record }) => record?.rows.map(cells) ?? [[name, 'not run', '', '', '', '', '']]),
  }
}

const load = () => Number(loadavg()[0].toFixed(1))
console.log(machine())
mkdirSync(RESULTS, { recursive: true })
writeFileSync(join(RESULTS, '../.gitignore'), '*\n')
const table = []
const loads = []
const failed = []
for (const name of names) {
  console.log(`\n## ${name}\n`)
  const before = load()
  try {
    const bench = await BENCHES[name]()
    const { head, rows, table: own } = await bench({ root, shared })
    console.log(markdown(head, rows))
    table.push(...own.map(cells))
    const record = {
      machine: machine(),
      date: new Date().toISOString().slice(0, 10),
      load: [before, load()],
      rows: own,
    }
    // A run of a part (COINTRADER_BENCH_GBDT) is not the bench's result.
    if (name !== 'gbdt' || !process.env.COINTRADER_BENCH_GBDT)
      writeFileSync(fileOf(name), `${JSON.stringify(record)}\n`)
  } catch (error) {
    // Others are still worth their time; what failed is in the table and in the exit code.
    console.error(error)
    failed.push(name)
    table.push([name, 'FAILED', String(error instanceof Error ? error.message : error).split('\n')[0], '', '', '', ''])
  }
  loads.push(`${name} ${before} to ${load()}`)
}
const all = newest()
if (only) print(all.facts, HEAD, all.rows)
else print(`All that ran. ${machine()}. ${versions().join('; ')}. Load: ${loads.join(', ')}.`, HEAD, table)
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}${write ? '; docs/benchmarks.md is left as it was' : ''}`)
  process.exit(1)
}
if (write) writeBetweenMarkers(join(root, 'docs/benchmarks.md'), `${all.facts}\n\n${markdown(HEAD, all.rows)}`)
