/**
 * Feature lists `feature_list/{y}/top{N}_{label}_{count}.json` (RP-24, RP-43): best first. Two encodings: a JSON array of
 * names, or (all files of the research pipeline) a JSON string that holds a Python list literal. The literal is read by a
 * parser for lists of quoted strings and nothing else.
 */
import { fail } from '@cointrader/core'
import type { Disk } from '@cointrader/store'

export interface FeatureListId {
  /** The label the list was chosen for, for example `y_60m`. */
  readonly yName: string
  readonly top: number
  /** For example `example_features` or `example_features_lasso`. */
  readonly label: string
  readonly count: number
}

export type FeatureListEncoding = 'array' | 'python'

/** Path below the folder that holds `feature_list/`. Error `E_USAGE` for parts that are not plain names. */
export function featureListPath(id: FeatureListId): string {
  for (const part of [id.yName, id.label]) {
    if (!/^\w[\w.-]*$/.test(part)) fail('E_USAGE', { subject: 'feature list', detail: `"${part}" is not a plain name` })
  }
  for (const n of [id.top, id.count]) {
    if (!Number.isInteger(n) || n < 0)
      fail('E_USAGE', { subject: 'feature list', detail: `${n} is not a whole number` })
  }
  return `feature_list/${id.yName}/top${id.top}_${id.label}_${id.count}.json`
}

/**
 * The names of a list in either encoding. Error `E_FILE_CORRUPT` with the position (characters from 0, of the literal for
 * the string encoding), also for an empty or repeated name.
 */
export function parseFeatureList(text: string, subject: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    fail('E_FILE_CORRUPT', { subject, detail: (error as Error).message, cause: error })
  }
  if (typeof value === 'string') value = parsePythonList(value, subject)
  if (!Array.isArray(value)) {
    fail('E_FILE_CORRUPT', { subject, detail: 'neither a JSON array nor a JSON string with a Python list' })
  }
  const seen = new Map<string, number>()
  for (const [i, name] of value.entries()) {
    if (typeof name !== 'string' || name === '') {
      fail('E_FILE_CORRUPT', { subject, detail: `entry ${i} is ${JSON.stringify(name)}, not a name` })
    }
    if (seen.has(name))
      fail('E_FILE_CORRUPT', { subject, detail: `entries ${seen.get(name)} and ${i} are both ${name}` })
    seen.set(name, i)
  }
  return [...seen.keys()]
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' }

/**
 * A Python list of plain string literals: `[`, quoted strings parted by commas, at most one comma at the end, `]`.
 * Refused, with the position: anything else, so prefixes (`b''`), joined neighbours (`'a' 'b'`), triple quotes, numbers.
 */
export function parsePythonList(text: string, subject: string): string[] {
  let at = 0
  const bad = (what: string, where = at): never => {
    const seen = where < text.length ? JSON.stringify(text[where]) : 'the end'
    return fail('E_FILE_CORRUPT', { subject, detail: `position ${where} of the list: ${what}, found ${seen}` })
  }
  const space = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  }
  const expect = (char: string): void => {
    if (text[at] !== char) bad(`expected ${char}`)
    at++
  }
  const escaped = (): string => {
    const kind = text[at + 1]
    const digits = kind === 'x' ? 2 : kind === 'u' ? 4 : 0
    if (digits > 0) {
      const hex = text.slice(at + 2, at + 2 + digits)
      if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) bad(`expected ${digits} hexadecimal digits`, at + 2)
      at += 2 + digits
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const char = kind === undefined ? undefined : ESCAPES[kind]
    if (char === undefined) return bad('unknown escape', at + 1)
    at += 2
    return char
  }
  const quoted = (): string => {
    const quote = text[at]
    const start = at
    if (quote !== "'" && quote !== '"') bad('expected a quoted name')
    at++
    let out = ''
    while (text[at] !== quote) {
      if (at >= text.length || text[at] === '\n' || text[at] === '\r')
        bad(`the name that starts at ${start} has no end`)
      if (text[at] === '\\') out += escaped()
      else out += text[at++]
    }
    at++
    return out
  }
  const names: string[] = []
  space()
  expect('[')
  space()
  while (text[at] !== ']') {
    names.push(quoted())
    space()
    if (text[at] === ']') break
    if (text[at] !== ',') bad('expected , or ]')
    at++
    space()
  }
  expect(']')
  space()
  if (at < text.length) bad('expected nothing more')
  return names
}

/** The text of a list; `python` is byte for byte what Python's `json.dump(str(names))` writes for ASCII names. */
export function featureListText(names: readonly string[], encoding: FeatureListEncoding = 'array'): string {
  if (encoding === 'array') return `${JSON.stringify(names, null, 2)}\n`
  return JSON.stringify(`[${names.map(pythonQuoted).join(', ')}]`)
}

/** Python's `repr` of a string of printable characters. */
function pythonQuoted(name: string): string {
  const quote = name.includes("'") && !name.includes('"') ? '"' : "'"
  const body = name
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`)
  return `${quote}${body}${quote}`
}

/** Reads a list. Errors `E_FILE_MISSING`; `E_FILE_CORRUPT`, also when the file does not hold as many names as it says. */
export async function readFeatureList(disk: Disk, folder: string, id: FeatureListId): Promise<string[]> {
  const path = `${folder}/${featureListPath(id)}`
  const bytes = await disk.read(path)
  if (bytes === undefined) fail('E_FILE_MISSING', { subject: path })
  const names = parseFeatureList(new TextDecoder().decode(bytes), path)
  if (names.length !== id.count) {
    fail('E_FILE_CORRUPT', { subject: path, detail: `${names.length} names, the file name says ${id.count}` })
  }
  return names
}

/** Writes a list under the name that its length gives, and returns its path below `folder`. */
export async function writeFeatureList(
  disk: Disk,
  folder: string,
  id: Omit<FeatureListId, 'count'>,
  names: readonly string[],
  encoding: FeatureListEncoding = 'array',
): Promise<string> {
  const path = featureListPath({ ...id, count: names.length })
  const text = featureListText(names, encoding)
  parseFeatureList(text, path)
  await disk.writeAtomic(`${folder}/${path}`, text)
  return path
}
