// Child of bench/features: are all base and neutralised columns those of the NumPy judge? By the rules of the README in
// ../shared/data/golden/research and its tolerances.json; the judge states the original's rules, so the compat
// definitions are compared with it, then the default ones, which may differ where RP-D08 (noise) says so.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { researchBase } from '../packages/features/dist/compat/research-features.js'
import { BatchFeatures, DAY_MINUTES, makeFeatureSet, shippedFeatures } from '../packages/features/dist/index.js'
import { readRaw, WINDOWS } from './features-data.mjs'

const [folder, sharedFolder, ...files] = process.argv.slice(2)
const bars = readRaw(folder)
const bounds = JSON.parse(readFileSync(join(sharedFolder, 'data/golden/research/tolerances.json'), 'utf8'))
const symbols = bars.symbols.length
const cells = symbols * DAY_MINUTES
const from = bars.firstRow + bars.rows - DAY_MINUTES

/** Base columns, then neutralised ones, by name. */
function compute(set) {
  const features = new BatchFeatures(set, DAY_MINUTES)
  const matrix = features.base(bars, from, from + DAY_MINUTES)
  const out = new Map(set.columns.map((c, k) => [c.name, matrix.values[k]]))
  set.columns.forEach((c, k) => {
    const values = new Float64Array(cells)
    features.neutral(matrix, k, values)
    out.set(`${c.name}_neut`, values)
  })
  return out
}

/** The columns of a peer's file, one after the other; all have one length, and the file must hold exactly these. */
function peerColumns(path, names) {
  const file = openSync(path, 'r')
  if (fstatSync(file).size !== names.length * cells * 8) throw new Error(`${path}: not ${names.length} columns`)
  const out = new Map()
  names.forEach((name, k) => {
    const data = new Float64Array(cells)
    readSync(file, new Uint8Array(data.buffer), 0, cells * 8, k * cells * 8)
    out.set(name, data)
  })
  closeSync(file)
  return out
}

/** README rule 2: minutes at which every symbol's value is the same up to noise. */
function withoutSpread(base) {
  const out = new Uint8Array(DAY_MINUTES)
  for (let t = 0; t < DAY_MINUTES; t++) {
    let [n, mean, variance] = [0, 0, 0]
    for (let i = t; i < cells; i += DAY_MINUTES) if (!Number.isNaN(base[i])) [n, mean] = [n + 1, mean + base[i]]
    mean /= n
    for (let i = t; i < cells; i += DAY_MINUTES) if (!Number.isNaN(base[i])) variance += (base[i] - mean) ** 2 / n
    out[t] = Math.sqrt(variance) < 1e-6 ? 1 : 0
  }
  return out
}

/** Cells of `mine` further from the judge's than the bound of their type, and the worst of all. */
function compare(mine, judge) {
  const out = { columns: 0, cells: 0, nan: 0, skipped: 0, bad: {}, worst: { share: 0, column: '' } }
  for (const [name, wanted] of judge) {
    const type = name.replace(/^x_\d+m_/, '').replace(/_neut$/, '')
    const isNeutral = name.endsWith('_neut')
    const rule = bounds[type]
    const bound = rule.exact_only ? 1e-6 : isNeutral ? rule.neut : rule.base
    const noisy = isNeutral && (type === 'OI_Z' || type === 'OI_XSkew')
    const skip = noisy ? withoutSpread(judge.get(name.slice(0, -5))) : undefined
    const got = mine.get(name)
    out.columns++
    for (let i = 0; i < cells; i++) {
      if (skip?.[i % DAY_MINUTES]) {
        out.skipped++
        continue
      }
      out.cells++
      const [a, b] = [got[i], wanted[i]]
      if (Number.isNaN(a) && Number.isNaN(b)) {
        out.nan++
        continue
      }
      const share = a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b)) / bound
      if (share > out.worst.share) out.worst = { share, column: name, mine: a, judge: b }
      if (share <= 1) continue
      out.bad[name] ??= {
        cells: 0,
        first: `${bars.symbols[Math.floor(i / DAY_MINUTES)]} minute ${i % DAY_MINUTES}: ${a}, not ${b}`,
      }
      out.bad[name].cells++
    }
  }
  return out
}

const compatSet = makeFeatureSet({
  groups: [{ prefix: 'x', definitions: researchBase(() => true) }],
  windows: WINDOWS,
  flat: 0,
})
const names = compatSet.columns.map((c) => c.name)
const all = [...names, ...names.map((n) => `${n}_neut`)]
const judge = peerColumns(files[0], all)
const research = compute(compatSet)
const shipped = compute(shippedFeatures(WINDOWS))
const compat = compare(research, judge)
const byDefault = compare(shipped, judge)
/** Types of which a base or neutralised cell has other bits by the default definitions than by the compat ones. */
const otherBits = new Set()
for (const [name, a] of shipped) {
  const b = research.get(name)
  if (a.some((v, i) => !Object.is(v, b[i]))) otherBits.add(name.replace(/^x_\d+m_/, ''))
}
const polars = files[1] === undefined ? null : compare(peerColumns(files[1], all), judge)
console.log(JSON.stringify({ names, compat, byDefault, otherBits: [...otherBits], polars }))
