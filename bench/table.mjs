// Rows of all benches, in one shape: what `npm run bench` prints at the end and docs/benchmarks.md holds.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

export const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)]

/** A Markdown table. */
export function markdown(head, rows) {
  const cell = (x) => String(x).replaceAll('|', '\\|')
  return [head, head.map(() => '---'), ...rows].map((r) => `| ${r.map(cell).join(' | ')} |`).join('\n')
}

/** Prints a title and a table. */
export function print(title, head, rows) {
  console.log(`\n${title}\n`)
  console.log(markdown(head, rows))
}

/** A number with three significant digits or as many as its whole part has, and thousands separated. */
export function figure(x) {
  if (typeof x !== 'number') return x ?? ''
  if (!Number.isFinite(x)) return ''
  if (Math.abs(x) >= 100) return Math.round(x).toLocaleString('en-US')
  return x === 0 ? '0' : Number(x.toPrecision(3)).toString()
}

/**
 * One row of the table of all benches.
 *   bench      name of the bench
 *   name       what was measured (the case)
 *   value      what we took, a number or NaN when it was not run
 *   unit       of `value` and of `reference`
 *   by         name of the reference, undefined when there is none
 *   reference  what the reference took, a number; or why there is no number (a text: "absent: no polars in …")
 *   ratio      ours / reference; default: of the two numbers. Given where it is a median of ratios.
 *   ratioUnit  of the reference when it is not `unit` (then there is no default ratio)
 *   aim        the aim in words, undefined when there is none
 *   met        whether it is met; undefined when there is no aim or nothing was measured
 *   equal      what equality was checked with; false: not checked; undefined: there is nothing to compare
 */
export function row(fields) {
  const known = ['bench', 'name', 'value', 'unit', 'by', 'reference', 'ratio', 'aim', 'met', 'equal', 'note']
  for (const key of Object.keys(fields)) if (!known.includes(key)) throw new Error(`no field ${key} in a bench's row`)
  return fields
}

/** Text of a reason why a reference was not run. */
export const absent = (reason) => `absent (${reason.replace(/^(not run|skipped): /, '')})`

export const HEAD = ['bench', 'case', 'ours', 'reference', 'ours / reference', 'aim', 'equality checked with']

export function cells({ bench, name, value, unit, by, reference, ratio, aim, met, equal, note }) {
  const measured = typeof value === 'number' && Number.isFinite(value)
  const there = typeof reference === 'number' && Number.isFinite(reference)
  const share = ratio ?? (measured && there ? value / reference : undefined)
  return [
    bench,
    name,
    measured ? `${figure(value)} ${unit}` : absent(note ?? 'not run'),
    by === undefined ? '' : there ? `${by}: ${figure(reference)} ${unit}` : `${by}: ${reference ?? absent('not run')}`,
    figure(share),
    aim === undefined ? '' : met === undefined ? `${aim}: not judged` : `${aim}: ${met ? 'met' : 'MISSED'}`,
    equal === undefined ? '' : equal === false ? 'NOT CHECKED' : equal,
  ]
}

/** One line about the machine. */
export const machine = () =>
  `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`

const BEGIN = '<!-- bench:begin -->'
const END = '<!-- bench:end -->'

/** Puts `text` between the markers of a Markdown file. Throws when they are not there. */
export function writeBetweenMarkers(path, text, [begin, end] = [BEGIN, END]) {
  const old = readFileSync(path, 'utf8')
  const [from, to] = [old.indexOf(begin), old.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path}: no ${begin} … ${end}`)
  writeFileSync(path, `${old.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${old.slice(to)}`)
}

/** What is between the markers now, or undefined. */
export function betweenMarkers(path, [begin, end] = [BEGIN, END]) {
  const old = readFileSync(path, 'utf8')
  const [from, to] = [old.indexOf(begin), old.indexOf(end)]
  return from < 0 || to < from ? undefined : old.slice(from + begin.length, to).trim()
}
