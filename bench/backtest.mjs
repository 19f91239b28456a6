// bench/backtest: (a) one symbol × one year of 15 m with every order rule, signals precomputed, one thread, warm; (b) the
// 324 sweep on it, indicators included; (c) 100 symbols × 6 months × 1 h cross-sectional. Peers are vectorbt and
// backtesting.py on a stated common subset: equal trade count and final equity first, then time, each engine a process of
// its own, in alternating turns, so that a busy machine slows all of them. Peers need Python: see `findPython`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { start, startPeers, UNSHARED } from './backtest-peers.mjs'
import { absent as absentText, median, print, row } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
/** Turns, and calls per turn: TURNS × calls ≥ 50 for the event loop. */
const TURNS = 6
const CALLS = 10
const MANY_CALLS = 5
/** Calls before the first turn: V8 compiles in steps, as numba does before its first answer. */
const WARM = 12
const SWEEPS = 5
const COMMAND_RUNS = 3
/** Relative difference of final equity that counts as equal. */
const EQUAL = 1e-6

const fixed = (x, digits = 2) => (Number.isFinite(x) ? x.toFixed(digits) : '')
const whole = (x) => Math.round(x).toLocaleString('en-US')
const load = () => loadavg()[0].toFixed(1)

/** Collects wall and CPU milliseconds over turns. */
class Times {
  wall = []
  cpu = []
  last
  add(answer) {
    this.wall.push(...answer.wall)
    this.cpu.push(...answer.cpu)
    this.last = answer
    return answer
  }
  get mid() {
    return median(this.wall)
  }
  cells(digits = 2) {
    return [
      this.wall.length,
      fixed(this.mid, digits),
      fixed(Math.min(...this.wall), digits),
      fixed(median(this.cpu), digits),
    ]
  }
}
const TIME_HEAD = ['runs', 'wall ms, median', 'least', 'CPU ms, median']

/** Throws unless a peer's trade count and final equity are ours. */
function checkEqual(what, ours, peers) {
  for (const { name, trades, equity } of peers) {
    const off = Math.abs(equity / ours.equity - 1)
    if (trades !== ours.trades || !(off <= EQUAL))
      throw new Error(`${what}: ${name} has ${trades} trades and ${equity}, ours ${ours.trades} and ${ours.equity}`)
    console.log(
      `equal, ${what}: ${name}: ${trades} trades, final equity ${equity.toFixed(6)}, ${off.toExponential(1)} off ours`,
    )
  }
  if (ours.liquidations > 0 || ours.stopped !== null) throw new Error(`${what}: a rule outside the subset acted`)
}

/** (a): the event loop with every order rule. */
async function eventLoop(engine) {
  const { about } = engine
  const names = { default: 'default thresholds', busy: 'many trades' }
  const rows = []
  const slowest = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY, reference: Number.NaN }
  for (const [name, title] of Object.entries(names)) {
    const reference = await engine.ask({ task: 'run', name, runs: 2, path: 'reference' })
    await engine.ask({ task: 'run', name, runs: WARM })
    const fast = new Times()
    for (let k = 0; k < TURNS; k++) fast.add(await engine.ask({ task: 'run', name, runs: CALLS }))
    const { last } = fast
    if (last.path !== 'fast' || last.fingerprint !== reference.fingerprint)
      throw new Error(`${name}: the fast path is not the reference, bit for bit`)
    if (last.stopped !== null) throw new Error(`${name}: the account stopped, so the rest of the year was idle`)
    const slow = new Times()
    for (let k = 0; k < 3; k++) slow.add(await engine.ask({ task: 'run', name, runs: 5, path: 'reference' }))
    const speed = last.bars / fast.mid / 1000
    if (speed < slowest.wall) slowest.reference = last.bars / slow.mid / 1000
    for (const key of ['wall', 'cpu']) slowest[key] = Math.min(slowest[key], last.bars / median(fast[key]) / 1000)
    rows.push([title, 'fast path', last.trades, ...fast.cells(), fixed(speed)])
    rows.push(['', 'reference loop', last.trades, ...slow.cells(), fixed(last.bars / slow.mid / 1000)])
  }
  const columns = await engine.ask({ task: 'columns', runs: 9 })
  print(
    `(a) ${about.source}, ${whole(about.bars)} bars of 15 m, ${about.venue}, stops, targets, liquidation, daily loss; kill switches off, so that trading never pauses; signals precomputed, one thread, warm; both paths give the same trades and equity, bit for bit. Indicators of these bars: ${fixed(median(columns.wall))} ms. Load ${load()}`,
    ['', '', 'trades', ...TIME_HEAD, 'million bars/s'],
    rows,
  )
  return slowest
}

/** The same subset on one symbol, and on many, beside the peers. */
async function beside(title, name, calls, engine, peers, unavailable) {
  const first = await engine.ask({ task: 'run', name, runs: WARM })
  const answers = []
  for (const p of peers) answers.push({ name: p.name, ...(await p.ask({ name, depth: 'results', runs: 2 })) })
  checkEqual(title, first, answers)
  const ours = new Times()
  const theirs = peers.flatMap((p) => p.depths.map((depth) => ({ peer: p, depth, times: new Times() })))
  for (let k = 0; k < TURNS; k++) {
    ours.add(await engine.ask({ task: 'run', name, runs: calls }))
    for (const { peer, depth, times } of theirs) times.add(await peer.ask({ name, depth, runs: peer.slow ? 1 : calls }))
  }
  print(
    `${title}, ${whole(first.bars)} bars, ${first.trades} trades, alternating turns after warm-up and JIT. Load ${load()}`,
    ['', ...TIME_HEAD, 'wall / ours', 'CPU / ours'],
    [
      [`cointrader, ${first.path} path: trades, equity curve, costs`, ...ours.cells(), '1', '1'],
      ...theirs.map(({ peer, depth, times }) => [
        `${peer.name} ${peer.about.version}${DEPTHS[depth] ?? ''}`,
        ...times.cells(),
        fixed(times.mid / ours.mid),
        fixed(median(times.cpu) / median(ours.cpu)),
      ]),
      ...unavailable.map(([peer, reason]) => [peer, reason, '', '', '', '', '']),
    ],
  )
  return {
    ours,
    of: (peer, depth) => theirs.find((t) => t.peer.name === peer && t.depth === depth)?.times,
    table: (name) => [
      ...theirs.map(({ peer, depth, times }) => besideRow(name, ours, peer, depth, times)),
      ...unavailable.map(([peer, reason]) =>
        row({
          bench: 'backtest',
          name,
          value: ours.mid,
          unit: 'ms',
          by: peer,
          reference: absentText(reason),
          equal: false,
        }),
      ),
    ],
  }
}

/** A row of the table of all benches. The one aim: many symbols beside vectorbt (numba), giving what ours gives. */
function besideRow(name, ours, peer, depth, times) {
  const aimed = name.startsWith('(c)') && peer.name === 'vectorbt'
  return row({
    ...{ bench: 'backtest', name, value: ours.mid, unit: 'ms' },
    by: `${peer.name} ${peer.about.version}${DEPTHS[depth] ?? ''}`,
    ...{ reference: times.mid, equal: 'trades, and final equity to 1e-6' },
    ...(aimed ? { aim: 'ratio < 1', met: ours.mid < times.mid } : {}),
  })
}
const DEPTHS = { orders: ', orders only', results: ', with equity curve and positions' }

/** (b): the sweep by 2 workers and by one thread, alternating; the same bytes. */
async function sweeps(engine) {
  const by = { 2: new Times(), 1: new Times() }
  const naive = await engine.ask({ task: 'naiveSweep' })
  if (naive.different > 0)
    throw new Error(
      `the sweep differs from ${naive.cells} separate backtests in ${naive.different} of ${naive.runs} runs`,
    )
  console.log(
    `\nequal, (b): ${whole(naive.runs)} separate backtests (indicators, signals, replay; one thread) have the sweep's trades, ${whole(naive.trades)}, and its net results to 1e-9; they take ${fixed(naive.wall[0] / 1000)} s, ${fixed(naive.cpu[0] / 1000)} CPU s`,
  )
  let answer
  for (let k = 0; k < SWEEPS; k++)
    for (const workers of [2, 1]) {
      answer = by[workers].add(await engine.ask({ task: 'sweep', workers, runs: 1 }))
      if (!answer.same) throw new Error('the sweep gives other bytes with another number of workers')
    }
  print(
    `(b) ${answer.cells} combinations × ${answer.blocks} months of (a), indicators and daily returns included; the same bytes by 2 workers and by 1 thread. Workers are started and compiled anew in each run, the thread is warm. Load ${load()}`,
    ['', ...TIME_HEAD],
    [
      ['2 workers', ...by[2].cells(0)],
      ['1 thread', ...by[1].cells(0)],
    ],
  )
  return { ...by, naive: naive.wall[0] }
}

/** The whole command: file to report. */
function commands(root, shared, folder) {
  const cases = [
    [
      'one symbol, one year of 15 m',
      'data/binance-15m',
      '--symbols XRPUSDT --start-date 2025-03-06 --end-date 2026-03-05',
    ],
    [
      '100 symbols, 6 months of 1 h',
      'data/ohlcv/1h-2025-09_2026-02',
      '--symbols all --interval 1h --strategy cross-section --baseline momentum',
    ],
  ]
  const out = join(folder, 'report')
  const report = join(folder, 'time')
  const table = []
  const rows = cases.map(([title, data, flags]) => {
    const fields = { bench: 'backtest', name: `\`cointrader backtest\`, file to report, ${title}`, unit: 's' }
    if (!existsSync(join(shared, data))) {
      table.push(row({ ...fields, note: `no ${join(shared, data)}` }))
      return [title, `skipped: no ${join(shared, data)}`, '', '', '']
    }
    const args = [join(root, 'apps/cli/dist/main.js'), 'backtest', '--data', join(shared, data), ...flags.split(' ')]
    const runs = Array.from({ length: COMMAND_RUNS }, () => {
      const begin = performance.now()
      const command = [join(here, 'rusage.mjs'), report, process.execPath, ...args, '--no-kill-switch', '--out', out]
      const done = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 1 << 28 })
      const wall = (performance.now() - begin) / 1000
      if (done.status !== 0 || !existsSync(join(out, 'report.html')))
        throw new Error(`${title}: ${done.stderr}${done.stdout}`)
      rmSync(out, { recursive: true })
      const text = done.stdout.trimEnd()
      return { wall, ...JSON.parse(text.slice(text.lastIndexOf('\n'))) }
    })
    const of = (key) => runs.map((r) => r[key])
    table.push(row({ ...fields, value: median(of('wall')) }))
    return [
      title,
      fixed(median(of('wall'))),
      fixed(Math.min(...of('wall'))),
      fixed(median(of('cpu'))),
      whole(median(of('rssMb'))),
    ]
  })
  print(
    `\`cointrader backtest\`, file to report: start of Node, reading, indicators, replay, statistics with bootstraps, tables as Parquet and CSV, HTML; medians of ${COMMAND_RUNS}. Load ${load()}`,
    ['', 'wall s', 'least', 'CPU s', 'peak RSS MB'],
    rows,
  )
  return table
}

export async function benchBacktest({ root, shared }) {
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-bench-'))
  const running = []
  try {
    console.log(
      `load average at the start: ${loadavg()
        .map((x) => x.toFixed(1))
        .join(' ')}`,
    )
    const engine = await start('cointrader', process.execPath, [join(here, 'backtest-engine.mjs'), shared, folder])
    running.push(engine)
    const { peers, absent } = await startPeers(folder, running)
    const speed = await eventLoop(engine)
    console.log(
      '\nThe common subset: signals (or target weights) at a close, market orders at the next open, one fee (0.05 %), one slippage (2 bps), fractional sizes as shares of equity at the deciding close, no funding, filters or intrabar stops.',
    )
    const single = await beside('(a) common subset, one symbol', 'single', CALLS, engine, peers, absent)
    const { symbols, common, universe, leftOut } = engine.about
    const many = await beside(
      `(c) common subset, ${symbols} symbols × ${whole(common)} h (${universe}), 10 long and 10 short, daily`,
      'many',
      MANY_CALLS,
      engine,
      peers.filter((p) => !p.slow),
      [
        ...absent.filter(([name]) => name !== 'backtesting.py'),
        ['backtesting.py', 'not run: one symbol per account only'],
      ],
    )
    console.log(
      `ours ranks the scores in this time, the peers are handed the weights; ${leftOut} times a symbol about to turn from long to short at once was left out of a ranking`,
    )
    await engine.ask({ task: 'run', name: 'cross', runs: WARM })
    const cross = new Times()
    for (let k = 0; k < TURNS; k++) cross.add(await engine.ask({ task: 'run', name: 'cross', runs: MANY_CALLS }))
    print(
      `(c) with every rule and the default costs, ${symbols} symbols × ${whole(engine.about.hours)} h. Load ${load()}`,
      ['', 'trades', ...TIME_HEAD, 'million bars/s'],
      [['cointrader', cross.last.trades, ...cross.cells(), fixed(cross.last.bars / cross.mid / 1000)]],
    )
    const swept = await sweeps(engine)
    const sweep = swept[2]
    const wholeRuns = commands(root, shared, folder)
    print('Rules of a default run outside the common subset', ['rule', 'vectorbt', 'backtesting.py'], UNSHARED)
    console.log(
      `\nload average at the end: ${loadavg()
        .map((x) => x.toFixed(1))
        .join(' ')}\n\nAims\n`,
    )
    const wallAndCpu = (of) => [of('wall'), of('cpu')]
    const ratios = (peer, depth) =>
      wallAndCpu((key) => median(many.ours[key]) / median(many.of(peer, depth)?.[key] ?? []))
    const aim = (title, limit, [wall, cpu], met) => [
      title,
      limit,
      fixed(wall) || 'not run',
      fixed(cpu),
      met === undefined || !Number.isFinite(wall) ? '' : met(wall) ? 'met' : 'missed',
    ]
    const below = (x) => x < 1
    const sweepRow = (workers, by, reference, equal) =>
      row({
        ...{ bench: 'backtest', name: `(b) 324 combinations × 12 months with indicators, ${workers} worker(s)` },
        ...{ value: swept[workers].mid / 1000, unit: 's', by, reference: reference / 1000, equal },
        ...(workers === 2 ? { aim: '< 5 s', met: swept[2].mid < 5000 } : {}),
      })
    return {
      table: [
        row({
          ...{ bench: 'backtest', name: '(a) one symbol × one year of 15 m, all order rules, the slower of both runs' },
          ...{ value: speed.wall, unit: 'million bars/s', by: 'our reference loop', reference: speed.reference },
          ...{ aim: '≥ 3', met: speed.wall >= 3, equal: 'trades and equity, bit for bit' },
        }),
        ...single.table('(a) common subset, one symbol × one year of 15 m'),
        sweepRow(2, '1 thread', swept[1].mid, 'bytes of 1 thread'),
        sweepRow(1, '324 separate backtests', swept.naive, 'trades, and net results to 1e-9'),
        ...many.table(`(c) ${symbols} symbols × 6 months × 1 h, with equity curve and costs`),
        ...wholeRuns,
      ],
      head: ['aim', 'limit', 'by wall time', 'by CPU time', ''],
      rows: [
        aim(
          '(a) event loop with all order rules, million bars/s, the slower of both runs',
          '≥ 3',
          wallAndCpu((key) => speed[key]),
          (x) => x >= 3,
        ),
        aim(
          '(b) 324 combinations with indicators, 2 workers, s',
          '< 5',
          wallAndCpu((key) => median(sweep[key]) / 1000),
          (x) => x < 5,
        ),
        aim(
          '(c) ours / vectorbt (numba) with what ours gives: equity curve, positions',
          '< 1',
          ratios('vectorbt', 'results'),
          below,
        ),
        aim('(c) ours / vectorbt (numba), its orders alone', '< 1', ratios('vectorbt', 'orders'), below),
        aim('(c) ours / vectorbt-rust with equity curve, positions', 'reported', ratios('vectorbt-rust', 'results')),
        aim('(c) ours / vectorbt-rust, its orders alone', 'reported', ratios('vectorbt-rust', 'orders')),
      ],
    }
  } finally {
    for (const p of running) p.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
