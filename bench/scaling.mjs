// bench/scaling: seconds, CPU seconds, peak memory and bytes written of each stage of a study, for synthetic symbols × days.
//   node bench/scaling.mjs [--cells 7x1,20x10,…] [--again] [--work FOLDER] [--cli FILE] [--max-busy 0.75] [--write]
//     [--table]
// A cell SYMBOLSxDAYS makes a market of its own (`cointrader sim --write-archive`), runs a study of it, one stage after the
// other, keeps what the run log says of each in bench/.results/scaling/ and removes the archive and the study. A cell that is
// there is not run again (`--again` does). Without --cells: all twelve. `--max-busy` waits before each cell until others keep
// fewer cores busy over 15 s (the load average would still hold our own cell before). `--table` runs nothing; `--write` puts
// the tables into docs/scaling.md. DAYS are days of features and labels; see `daysOf` for what each stage goes over.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { extrapolation, FAR, MAX_ROWS, MINUTES, tables } from './scaling-laws.mjs'
import { machine, writeBetweenMarkers } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const RESULTS = join(here, '.results/scaling')
const FIRST = '2026-02-01'
const DAY_MS = 86_400_000
const SETTINGS = { windows: [1, 5, 15, 30, 60], leaves: 31, rounds: 100 }
const ALL_CELLS = [1, 10, 30].flatMap((days) => [7, 20, 50, 100].map((symbols) => ({ symbols, days })))

const dateOf = (k) => new Date(Date.parse(`${FIRST}T00:00:00Z`) + k * DAY_MS).toISOString().slice(0, 10)

/**
 * Offsets from FIRST. Day 0 is history for the universe. DAYS days of features and labels follow: three fifths train, one
 * fifth each valid and test. One day cannot be split: there train, valid and test are one day each, and the four stages up to
 * build-xy are measured on one day by their own commands.
 */
function daysOf(days) {
  const part = Math.max(1, Math.floor(days / 5))
  const last = Math.max(3, days)
  return {
    last,
    train: [1, last - 2 * part],
    valid: [last - 2 * part + 1, last - part],
    test: [last - part + 1, last],
  }
}

const span = ([from, to]) => ({ start: dateOf(from), end: dateOf(to) })

/** The study of a cell: YAML reads JSON. */
function studyOf(symbols, days, capped) {
  const d = daysOf(days)
  const cap = capped ? { max_rows: MAX_ROWS } : {}
  return {
    study: `scaling-${symbols.length}x${days}`,
    source: { kinds: ['klines', 'premium', 'metrics'], symbols, route: 'daily' },
    range: span([0, d.last]),
    universe: { size: symbols.length },
    features: { windows: SETTINGS.windows },
    labels: { horizons: [5, 60], target: 'y_60m' },
    proof: { causality: [dateOf(d.last)] },
    folds: [{ train: span(d.train), valid: span(d.valid), test: span(d.test) }],
    models: [
      {
        name: 'trees',
        family: 'lgbm',
        params: { num_leaves: SETTINGS.leaves, learning_rate: 0.05, min_data_in_leaf: 100 },
        rounds: SETTINGS.rounds,
        early_stopping: 0,
        ...cap,
      },
      { name: 'ridge', family: 'linear', kind: 'ridge', ...cap },
    ],
    backtest: { interval: '5m', holding_bars: 12, baselines: ['momentum'], kill_switch: false, max_daily_loss: 0 },
  }
}

function cointrader(cli, args, cwd) {
  const done = spawnSync(process.execPath, [cli, ...args.map(String)], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 })
  // 3: partly done; the synthetic market's newest symbols have days without bars.
  if (done.status !== 0 && done.status !== 3)
    throw new Error(`cointrader ${args.slice(0, 3).join(' ')} ended with ${done.status}: ${done.stderr.slice(-3000)}`)
}

/** Milliseconds, CPU and peak memory of one command. */
function measured(id, cli, args, cwd) {
  const report = join(cwd, 'time.txt')
  const start = performance.now()
  const command = [join(here, 'rusage.mjs'), report, process.execPath, cli, ...args.map(String), '--json']
  const done = spawnSync(process.execPath, command, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 })
  const ms = performance.now() - start
  if (done.status !== 0 && done.status !== 3) throw new Error(`${id} ended with ${done.status}: ${done.stderr}`)
  const { cpu, rssMb } = JSON.parse(done.stdout.slice(done.stdout.trimEnd().lastIndexOf('\n')))
  return { id, ms, cpuMs: cpu * 1000, maxRssMb: rssMb }
}

function bytesOf(folder) {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .reduce((n, f) => n + statSync(join(f.parentPath ?? f.path, f.name)).size, 0)
}

/** Rows of each day by the manifests of a folder of day tables. */
function rowsByDay(folder) {
  const out = new Map()
  for (const f of readdirSync(folder))
    if (f.endsWith('.manifest.json')) out.set(f.slice(0, 10), JSON.parse(readFileSync(join(folder, f), 'utf8')).rows)
  return out
}

const within = (rows, [from, to]) => {
  let n = 0
  for (let k = from; k <= to; k++) n += rows.get(dateOf(k)) ?? 0
  return n
}

/** The four stages of one day, by their own commands. */
function oneDay(cli, folder, archive, symbols) {
  const data = join(folder, 'one')
  const range = ['--start-date', dateOf(0), '--end-date', dateOf(1)]
  const universe = join(data, `top${symbols.length}_universe.json`)
  const top = ['--top', symbols.length]
  const commands = {
    fetch: [
      ...['fetch', ...range, '--symbols', symbols.join(','), '--kinds', 'klines,premium,metrics', '--route', 'daily'],
      ...['--data-dir', data, '--archive', archive, '--workers', 2],
    ],
    preprocess: ['preprocess', ...range, '--data-dir', data, '--out-dir', data, '--workers', 2],
    universe: ['universe', ...range, ...top, '--min-history-days', 1, '--data-dir', data, '--out-dir', data],
    'build-xy': [
      ...[
        'build-xy',
        '--start-date',
        dateOf(1),
        '--end-date',
        dateOf(1),
        ...top,
        '--windows',
        SETTINGS.windows.join(','),
      ],
      ...['--y-windows', '5,60', '--universe', universe, '--data-dir', data, '--out-dir', join(data, 'xy')],
      ...['--workers', 2],
    ],
  }
  return Object.entries(commands).map(([id, args]) => {
    const before = bytesOf(data)
    const m = measured(id, cli, args, folder)
    const rows =
      id === 'build-xy'
        ? within(rowsByDay(join(data, 'xy')), [1, 1])
        : within(rowsByDay(join(data, '1m_raw_data')), [0, 1])
    return { ...m, bytes: bytesOf(data) - before, rows, columns: 0 }
  })
}

/** Runs a cell and returns its record. */
function runCell({ symbols: count, days }, { cli, work }) {
  const folder = join(work, `scaling-${count}x${days}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    const load = [loadavg()[0]]
    const archive = join(folder, 'archive')
    const { last, train, valid, test } = daysOf(days)
    const kinds = ['--kinds', 'klines,premium,metrics']
    cointrader(
      cli,
      [
        'sim',
        '--seed',
        1,
        '--symbols',
        count,
        '--start-date',
        FIRST,
        '--days',
        last + 1,
        '--write-archive',
        archive,
        ...kinds,
      ],
      folder,
    )
    const symbols = readdirSync(join(archive, 'data/futures/um/daily/klines')).sort()
    const capped = count * MINUTES * (train[1] - train[0] + 1) > MAX_ROWS
    const file = join(folder, 'study.yaml')
    writeFileSync(file, JSON.stringify(studyOf(symbols, days, capped), null, 1))
    const out = join(folder, 'out')
    const first = days === 1 ? oneDay(cli, folder, archive, symbols) : []
    rmSync(join(folder, 'one'), { recursive: true, force: true })
    cointrader(cli, ['run', file, '--archive', archive, '--out', out, '--jobs', 1, '--workers', 2], folder)
    load.push(loadavg()[0])
    const lines = readFileSync(join(out, '.run/run.log'), 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l))
    const logged = lines.filter((l) => l.event === 'stage')
    const end = lines.findLast((l) => l.event === 'end')
    const raw = rowsByDay(join(out, 'data/1m_raw_data'))
    const xy = rowsByDay(join(out, 'data/xy'))
    const all = [1, last]
    const rowsOf = (id) => {
      const [kind] = id.split('/')
      if (['fetch', 'preprocess', 'universe'].includes(kind)) return within(raw, [0, last])
      if (kind === 'train') return Math.min(within(xy, train), capped ? MAX_ROWS : Number.POSITIVE_INFINITY)
      if (kind === 'predict' || kind === 'judge') return within(xy, test)
      if (kind === 'backtest') return within(raw, test)
      if (kind === 'health') return within(xy, train) + within(xy, test)
      if (kind === 'proof') return within(xy, [last, last])
      return within(xy, all)
    }
    const stages = logged.map(({ id, ms, cpuMs, maxRssMb, bytes, work }) => ({
      ...{ id, ms, cpuMs, maxRssMb, bytes, work },
      rows: rowsOf(id),
    }))
    stages.push({ id: 'report', ms: Date.parse(end.at) - Date.parse(logged.at(-1).at), rows: within(xy, all) })
    return {
      symbols: symbols.length,
      days,
      capped: capped ? within(xy, train) : null,
      load,
      at: end.at,
      archiveBytes: bytesOf(archive),
      studyBytes: bytesOf(out),
      validRows: within(xy, valid),
      wallMs: Date.parse(end.at) - Date.parse(lines[0].at),
      // One day of features: by the commands themselves; the study below it has three.
      stages: [...first, ...stages.map((s) => (first.some((f) => f.id === s.id) ? { ...s, days: last } : s))],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// One line, and not named .json: those are formatted like source.
const pathOf = (cell) => join(RESULTS, `${cell.symbols}x${cell.days}.jsonl`)
const read = (cell) => (existsSync(pathOf(cell)) ? JSON.parse(readFileSync(pathOf(cell), 'utf8')) : undefined)

/** Cores that were busy over the next `ms`, on average. */
async function busyCores(ms) {
  const sums = () => cpus().reduce((n, { times: t }) => [n[0] + t.user + t.nice + t.sys + t.irq, n[1] + t.idle], [0, 0])
  const [busy, idle] = sums()
  await setTimeout(ms)
  const [later, idler] = sums()
  return (cpus().length * (later - busy)) / (later - busy + idler - idle)
}

function flags(argv) {
  const out = { cells: ALL_CELLS, work: tmpdir(), cli: join(here, '../apps/cli/dist/main.js') }
  for (let i = 0; i < argv.length; i++) {
    const [flag] = [argv[i]]
    if (flag === '--again' || flag === '--write' || flag === '--table') out[flag.slice(2)] = true
    else if (flag === '--cells')
      out.cells = argv[++i].split(',').map((c) => {
        const [, symbols, days] = /^(\d+)x(\d+)$/.exec(c) ?? []
        if (days === undefined) throw new Error(`a cell is written 20x10, not ${c}`)
        return { symbols: Number(symbols), days: Number(days) }
      })
    else if (flag === '--work' || flag === '--cli') out[flag.slice(2)] = argv[++i]
    else if (flag === '--max-busy') out.maxBusy = Number(argv[++i])
    else throw new Error(`no flag ${flag}`)
  }
  return out
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = flags(process.argv.slice(2))
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(here, '.results/.gitignore'), '*\n')
  if (!options.table)
    for (const cell of options.cells) {
      if (read(cell) !== undefined && !options.again) continue
      if (options.maxBusy !== undefined) while ((await busyCores(15_000)) >= options.maxBusy);
      console.error(`${cell.symbols} symbols × ${cell.days} days, load ${loadavg()[0].toFixed(1)}`)
      const record = runCell(cell, options)
      writeFileSync(pathOf(cell), `${JSON.stringify(record)}\n`)
      console.error(`  ${(record.wallMs / 1000).toFixed(0)} s, ${(record.studyBytes / 1e6).toFixed(0)} MB`)
    }
  const order = (a, b) => a.days - b.days || a.symbols - b.symbols
  const cells = readdirSync(RESULTS)
    .filter((f) => f.endsWith('.jsonl'))
    .map((f) => JSON.parse(readFileSync(join(RESULTS, f), 'utf8')))
    .sort(order)
  if (cells.length === 0) process.exit(0)
  const text = tables(cells)
  console.log(text)
  const far = extrapolation(cells)
  console.log(`\n**Carried on to ${FAR.symbols} symbols × ${FAR.days} days: extrapolated, not measured**\n\n${far}`)
  if (options.write) {
    const date = new Date().toISOString().slice(0, 10)
    const page = join(here, '../docs/scaling.md')
    const put = (what, content) =>
      writeBetweenMarkers(page, content, [`<!-- ${what}:begin -->`, `<!-- ${what}:end -->`])
    put('scaling', `${machine()}; ${date}.\n\n${text}`)
    put('extrapolation', far)
  }
}
