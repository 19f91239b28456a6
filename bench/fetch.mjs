// bench/fetch: 7 symbols × 28 real days from a local folder to Parquet, beside `unzip -p … | wc -l` over the same 196
// files in the same run; then peak memory for 28 against 280 simulated days. Equality comes first: rows and sums.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, row } from './table.mjs'

/** CPU seconds, wall seconds and peak RSS (MB) of a command, its children included. */
function measure(command, args, options = {}) {
  const report = join(tmpdir(), `bench-${process.pid}.time`)
  const start = process.hrtime.bigint()
  const done = spawnSync(
    process.execPath,
    [join(dirname(fileURLToPath(import.meta.url)), 'rusage.mjs'), report, command, ...args],
    { encoding: 'utf8', maxBuffer: 1 << 28, ...options },
  )
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${done.stderr}`)
  return { wall, ...JSON.parse(done.stdout.trim().split('\n').at(-1)), out: done.stdout }
}

export async function benchFetch({ root, shared }) {
  const archive = join(shared, 'data/binance-1m/archive')
  const cli = join(root, 'apps/cli/dist/main.js')
  const work = mkdtempSync(join(tmpdir(), 'cointrader-bench-'))
  const [rows, table] = [[], []]
  const real = {
    ...{
      bench: 'fetch',
      name: '7 symbols × 28 real days, folder → Parquet',
      unit: 'CPU s',
      aim: '≤ 4 × the reference',
    },
    ...{ by: 'unzip -p … | wc -l', equal: 'rows stored = lines of the files' },
  }
  try {
    if (existsSync(archive)) {
      const folder = join(archive, 'data/futures/um/daily/klines')
      const files = readdirSync(folder).flatMap((s) =>
        existsSync(join(folder, s, '1m'))
          ? readdirSync(join(folder, s, '1m'))
              .filter((f) => f.endsWith('.zip'))
              .map((f) => join(folder, s, '1m', f))
          : [],
      )
      if (files.length !== 196) throw new Error(`expected 196 files, found ${files.length}`)
      const args = (data) => [
        cli,
        'fetch',
        '--json',
        '--kinds',
        'klines',
        '--route',
        'daily',
        '--start-date',
        '2026-02-01',
        '--end-date',
        '2026-02-28',
        '--archive',
        archive,
        '--data-dir',
        data,
      ]
      const ours = []
      const theirs = []
      for (let i = 0; i < 5; i++) {
        const data = join(work, `d${i}`)
        const peer = measure('sh', ['-c', `for f in "$@"; do unzip -p "$f"; done | wc -l`, 'sh', ...files])
        const lines = Number(peer.out.trim().split('\n')[0])
        const mine = measure(process.execPath, args(data))
        const parsed = JSON.parse(mine.out.slice(0, mine.out.lastIndexOf('{"cpu"')))
        const total = parsed.days.reduce((n, d) => n + d.rows, 0)
        if (total !== 28 * 7 * 1440 || lines !== total + files.length)
          throw new Error(`rows differ: ${total} stored, ${lines} lines in ${files.length} files with a header each`)
        ours.push(mine)
        theirs.push(peer)
        rmSync(data, { recursive: true, force: true })
      }
      const cpu = median(ours.map((m) => m.cpu))
      const peer = median(theirs.map((m) => m.cpu))
      rows.push([
        'fetch 7 × 28 days, folder → Parquet',
        `${Math.round(282240 / median(ours.map((m) => m.wall))).toLocaleString('en-US')} rows/s`,
        `${cpu.toFixed(2)} CPU s`,
        `${(cpu / peer).toFixed(1)} × unzip and wc (${peer.toFixed(2)} CPU s)`,
        `${Math.round(median(ours.map((m) => m.rssMb)))} MB`,
      ])
      table.push(row({ ...real, value: cpu, reference: peer, met: cpu <= 4 * peer }))
    } else {
      table.push(row({ ...real, equal: false, reference: 'not run', note: `no ${archive}` }))
      rows.push(['fetch, real archive', `skipped: no ${archive}`, '', '', ''])
    }
    const sim = join(work, 'archive')
    measure(process.execPath, [
      cli,
      'sim',
      '--seed',
      '7',
      '--symbols',
      '4',
      '--start-date',
      '2025-01-01',
      '--days',
      '280',
      '--write-archive',
      sim,
      '--kinds',
      'klines',
    ])
    let first
    for (const [days, end] of [
      [28, '2025-01-28'],
      [280, '2025-10-07'],
    ]) {
      const data = join(work, `m${days}`)
      const m = measure(process.execPath, [
        cli,
        'fetch',
        '--json',
        '--kinds',
        'klines',
        '--route',
        'daily',
        '--start-date',
        '2025-01-01',
        '--end-date',
        end,
        '--archive',
        sim,
        '--data-dir',
        data,
        '--workers',
        '1',
      ])
      rows.push([
        `fetch 4 simulated symbols × ${days} days`,
        `${Math.round((4 * 1440 * days) / m.wall).toLocaleString('en-US')} rows/s`,
        `${m.cpu.toFixed(2)} CPU s`,
        '',
        `${Math.round(m.rssMb)} MB`,
      ])
      table.push(
        row({
          ...{ bench: 'fetch', name: `4 simulated symbols × ${days} days, peak memory`, value: m.rssMb, unit: 'MB' },
          ...(first === undefined ? {} : { by: 'the same, 28 days', reference: first }),
        }),
      )
      first ??= m.rssMb
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return { head: ['bench', 'speed', 'CPU', 'ratio', 'peak RSS'], rows, table }
}
