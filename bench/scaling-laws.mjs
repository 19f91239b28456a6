// The tables of bench/scaling from its cells: points of each stage, straight lines through them, memory, and both carried on
// to a market of real size.
import { markdown } from './table.mjs'

export const MINUTES = 1440
/** Rows a training draws at most: 2 GiB of features, 258 columns of 4 bytes. */
export const MAX_ROWS = 2_000_000

/** Name of a stage in the tables: backtests of one kind and folds are one line. */
const stageName = (id) =>
  id
    .replace(/\/\d+$/, '')
    .replace(/^proof.*/, 'proof')
    .replace(/^backtest\/(?!baseline).*/, 'backtest')

/**
 * Points of each stage: rows and what it took there. Stages that ran several times in a cell (backtests of two models) are
 * averaged, so that a point stands for one run.
 */
export function points(cells) {
  const out = new Map()
  for (const cell of cells) {
    const groups = new Map()
    for (const s of cell.stages) {
      const key = `${stageName(s.id)}|${s.days ?? cell.days}`
      groups.set(key, [...(groups.get(key) ?? []), s])
    }
    for (const [key, list] of groups) {
      const [name, days] = key.split('|')
      const mean = (k) =>
        list.some((s) => s[k] == null) ? Number.NaN : list.reduce((n, s) => n + s[k], 0) / list.length
      const point = {
        symbols: cell.symbols,
        days: Number(days),
        cell: cell.days,
        rows: list[0].rows,
        seconds: mean('ms') / 1000,
      }
      // A training holds the rows of validation and test as well.
      const test = cell.stages.find((x) => x.id.startsWith('predict'))?.rows ?? 0
      point.held = name.startsWith('train') ? point.rows + cell.validRows + test : point.rows
      Object.assign(point, { cpu: mean('cpuMs') / 1000, mb: mean('maxRssMb'), bytes: mean('bytes') })
      out.set(name, [...(out.get(name) ?? []), point])
    }
  }
  return out
}

/**
 * A straight line `base + slope · rows` by least squares of the relative error, and the exponent of a power law through the
 * points from a second above the base on (log-log least squares of what is above the base).
 */
export function lineOf(list, key) {
  const ps = list.filter((p) => Number.isFinite(p[key]) && p[key] > 0)
  if (ps.length < 3) return undefined
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0]
  for (const p of ps) {
    const weight = 1 / p[key] ** 2
    w += weight
    wx += weight * p.rows
    wy += weight * p[key]
    wxx += weight * p.rows ** 2
    wxy += weight * p.rows * p[key]
  }
  let slope = (w * wxy - wx * wy) / (w * wxx - wx ** 2)
  let base = (wy - slope * wx) / w
  if (slope < 0) {
    slope = 0
    base = wy / w
  } else if (base < 0) {
    base = 0
    slope = wxy / wxx
  }
  const above = ps.filter((p) => p[key] > 2 * base && p[key] > 1)
  let exponent = Number.NaN
  if (above.length >= 3) {
    const xs = above.map((p) => Math.log(p.rows))
    const ys = above.map((p) => Math.log(p[key] - base))
    const [mx, my] = [xs, ys].map((v) => v.reduce((a, b) => a + b, 0) / v.length)
    exponent = xs.reduce((n, x, i) => n + (x - mx) * (ys[i] - my), 0) / xs.reduce((n, x) => n + (x - mx) ** 2, 0)
  }
  const off = ps.map((p) => ({ ...p, off: p[key] / (base + slope * p.rows) - 1 }))
  return { base, slope, exponent, off, points: ps.length }
}

/** Stages that hold a few days at a time: so the code says, and so the cells of equal symbols and more days show. */
const BY_DAY = new Set(['fetch', 'preprocess', 'universe', 'build-xy', 'proof'])

const termsOf = (name) => {
  if (BY_DAY.has(name)) return [['symbols']]
  // Day by day too, but it keeps a sample of every training day.
  if (name === 'health') return [['symbols'], ['symbols', 'days']]
  return [['rows'], ['symbols', 'rows']]
}

/**
 * Peak memory as `base + symbols + rows`, each term only where it helps and none below zero (least squares of the relative
 * error over all choices of terms). A stage that goes day by day has no term of rows, and counts from three days on, because
 * a single day has one worker.
 */
export function memoryOf(list, name) {
  const byDay = BY_DAY.has(name)
  const ps = list.filter((p) => Number.isFinite(p.mb) && (!byDay || p.days >= 3 || name === 'proof'))
  if (ps.length < 4) return undefined
  let best
  for (const terms of termsOf(name)) {
    const xs = ps.map((p) => [1, ...terms.map((t) => (t === 'rows' ? p.held : p[t]))])
    const w = solve(
      xs.map((x, i) => x.map((v) => v / ps[i].mb)),
      ps.map(() => 1),
    )
    if (w === undefined || w.some((v) => v < 0)) continue
    const off = ps.map((p, i) => xs[i].reduce((n, v, k) => n + v * w[k], 0) / p.mb - 1)
    const error = off.reduce((n, x) => n + x * x, 0) / (ps.length - terms.length - 1)
    if (best === undefined || error < best.error)
      best = {
        error,
        base: w[0],
        symbols: 0,
        rows: 0,
        days: 0,
        worst: Math.max(...off.map(Math.abs)),
        ...Object.fromEntries(terms.map((t, k) => [t, w[k + 1]])),
      }
  }
  return best
}

/** Least squares by the normal equations and elimination; undefined when they are singular. */
function solve(xs, ys) {
  const n = xs[0].length
  const scale = xs[0].map((_, k) => Math.hypot(...xs.map((x) => x[k])))
  const a = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => xs.reduce((sum, x) => sum + (x[i] / scale[i]) * (x[j] / scale[j]), 0)),
    xs.reduce((sum, x, r) => sum + (x[i] / scale[i]) * ys[r], 0),
  ])
  for (let i = 0; i < n; i++) {
    if (!(Math.abs(a[i][i]) > 1e-12)) return undefined
    for (let r = 0; r < n; r++) {
      if (r === i) continue
      const f = a[r][i] / a[i][i]
      for (let c = i; c <= n; c++) a[r][c] -= f * a[i][c]
    }
  }
  return a.map((row, i) => row[n] / row[i] / scale[i])
}

const memoryAt = ({ base, symbols, rows, days }, n) => base + symbols * FAR.symbols + days * FAR.days + rows * n

/** What is extrapolated to. */
export const FAR = { symbols: 400, days: 1095 }

/** The lines, carried on to FAR: named as such, measured nowhere. */
export function extrapolation(cells) {
  const byStage = points(cells)
  const day = FAR.symbols * MINUTES
  const all = day * FAR.days
  const largest = cells.reduce((a, b) => (b.symbols * b.days > a.symbols * a.days ? b : a))
  const rowsOf = (name) => {
    if (name === 'proof') return day
    if (name.startsWith('train')) return MAX_ROWS
    if (/^(predict|judge|backtest)/.test(name)) return all / 5
    return name === 'health' ? (4 * all) / 5 : all
  }
  let [hours, disk] = [0, 0]
  const rows = [...byStage].flatMap(([name, list]) => {
    const time = lineOf(list, 'cpu')
    if (time === undefined) return []
    const n = rowsOf(name)
    const seconds = time.base + time.slope * n
    // Threads that were busy in the largest cell: two cores cannot give more than two.
    const at = list.find((p) => p.symbols === largest.symbols && p.cell === largest.days)
    const threads = Math.min(2, Math.max(1, at.cpu / at.seconds))
    const memory = memoryOf(list, name)
    const gb = memory === undefined ? Number.NaN : memoryAt(memory, name.startsWith('train') ? 3 * n : n) / 1024
    const bytes = lineOf(list, 'bytes')
    const gbDisk = bytes === undefined ? 0 : (bytes.slope * n) / 1e9
    hours += seconds / 3600 / threads
    disk += gbDisk
    const times = list.at(-1).rows
    return [
      [
        name,
        Math.round(n / 1e5) / 10,
        `${Math.round(n / Math.max(...list.map((p) => p.rows), times))} ×`,
        two(seconds / 3600),
        two(seconds / 3600 / threads),
        two(gb),
        gbDisk < 0.05 ? '' : two(gbDisk),
      ],
    ]
  })
  const head = ['stage', 'million rows', 'beyond the largest measured', 'CPU h', 'hours here', 'RAM GB', 'disk GB']
  return markdown(head, [...rows, ['all, one run of each', '', '', '', two(hours), '', two(disk)]])
}

const two = (x) => (Number.isFinite(x) ? (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2)) : '')
const memoryText = ({ base, symbols, rows, days }) =>
  [
    `${Math.round(base)} MB`,
    ...(symbols > 0 ? [`${two(symbols)} MB a symbol`] : []),
    ...(days > 0 ? [`${two(days)} MB a day`] : []),
    ...(rows > 0 ? [`${Math.round(2 ** 20 * rows)} B a row`] : []),
  ].join(' + ')
const percent = (x) => `${x > 0 ? '+' : ''}${Math.round(100 * x)} %`

/** The tables, as Markdown. */
export function tables(cells) {
  const byStage = points(cells)
  const wide = cells.map((c) => `${c.symbols} × ${c.days}`)
  const rowOf = (key, digits) => (name) => [
    name,
    ...cells.map((c) => {
      const p = byStage.get(name).find((q) => q.symbols === c.symbols && q.cell === c.days && q.days === c.days)
      return p === undefined || !Number.isFinite(p[key]) ? '' : digits(p[key])
    }),
  ]
  const names = [...byStage.keys()]
  const mark = (c) => (c.capped === null ? '' : '¹')
  const head = ['stage', ...wide.map((t, i) => `${t}${mark(cells[i])}`)]
  const mb = (x) => two(x / 1e6)
  const laws = names.flatMap((name) => {
    const list = byStage.get(name)
    const [time, disk] = ['cpu', 'bytes'].map((key) => lineOf(list, key))
    const memory = memoryOf(list, name)
    const f = time ?? lineOf(list, 'seconds')
    if (f === undefined) return []
    const far = f.off.filter((p) => Math.abs(p.off) > 0.3).map((p) => `${p.symbols} × ${p.days} ${percent(p.off)}`)
    return [
      [
        name,
        f.points,
        `${two(f.base)} s + ${two(1e6 * f.slope)} µs`,
        two(f.exponent),
        memory === undefined ? '' : memoryText(memory),
        disk === undefined ? '' : `${Math.round(disk.slope)} B`,
        far.join(', ') || 'none',
      ],
    ]
  })
  const notes = [
    [
      'XY rows',
      ...cells.map((c) =>
        (byStage.get('build-xy').find((p) => p.symbols === c.symbols && p.days === c.days)?.rows ?? 0).toLocaleString(
          'en-US',
        ),
      ),
    ],
    ['load, 1 minute, before and after', ...cells.map((c) => c.load.map((x) => x.toFixed(1)).join(', '))],
    ['whole study, s', ...cells.map((c) => two(c.wallMs / 1000))],
    ['study on disk, MB', ...cells.map((c) => mb(c.studyBytes))],
    ['archive, MB', ...cells.map((c) => mb(c.archiveBytes))],
  ]
  return [
    ['Cells, symbols × days', ['', ...head.slice(1)], notes],
    ['Wall seconds', head, names.map(rowOf('seconds', two))],
    ['CPU seconds, all threads', head, names.map(rowOf('cpu', two))],
    ['Peak memory, MB', head, names.map(rowOf('mb', (x) => x.toFixed(0)))],
    ['Written, MB', head, names.map(rowOf('bytes', mb))],
    [
      'Straight lines: base + slope × rows (least squares of the relative error), and the exponent of rows over the base',
      ['stage', 'points', 'CPU', 'exponent', 'peak memory', 'written per row', 'CPU more than 30 % off the line'],
      laws,
    ],
  ]
    .map(([title, h, rows]) => `**${title}**\n\n${markdown(h, rows)}`)
    .join('\n\n')
}
