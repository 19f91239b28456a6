/** A study file from text to a study: every problem at once, with line, path, reason and nearest valid spelling. */
import { didYouMean, fail, nearest } from '@cointrader/core'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'
import { brokenRules, type Problem } from './rules.js'
import { type Study, studyObject } from './schema.js'

/** A value set from outside the file: `--set universe.size=8` or COINTRADER_STUDY__UNIVERSE__SIZE=8. */
export interface Override {
  /** `universe.size`, `folds.0.test.end`. */
  readonly path: string
  /** YAML. */
  readonly value: string
  /** For messages: where it was set. */
  readonly from: string
}

export interface ReadStudy {
  readonly study: Study
  /** What the file and the overrides state, without defaults. */
  readonly stated: unknown
  /** Path → where its value was set. */
  readonly sources: ReadonlyMap<string, string>
}

const ENV_PREFIX = 'COINTRADER_STUDY__'

/** Overrides of an environment: COINTRADER_STUDY__SOURCE__ARCHIVE → source.archive. */
export function environmentOverrides(env: Readonly<Record<string, string | undefined>>): Override[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(ENV_PREFIX) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({
      path: name.slice(ENV_PREFIX.length).toLowerCase().replaceAll('__', '.'),
      value: value!,
      from: `environment ${name}`,
    }))
}

/** `universe.size=8`. Error `E_USAGE`. */
export function flagOverride(text: string): Override {
  const at = text.indexOf('=')
  if (at < 1) fail('E_USAGE', { subject: `--set ${text}`, detail: 'write it as universe.size=8' })
  return { path: text.slice(0, at).trim(), value: text.slice(at + 1), from: `--set ${text}` }
}

/**
 * Reads a study. Overrides win over the file, later ones over earlier ones. Error `E_CONFIG` lists every problem.
 *
 * @param text - YAML (JSON is YAML, too)
 * @param subject - name of the file, for messages
 */
export function readStudy(text: string, subject: string, overrides: readonly Override[] = []): ReadStudy {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  const broken = document.errors.map((e) => `line ${lines.linePos(e.pos[0]).line}: ${e.message}`)
  if (broken.length > 0) refuse(subject, broken)
  if (document.contents !== null && !isMap(document.contents))
    refuse(subject, ['line 1: not a list of "key: value" entries'])
  const sources = new Map<string, string>()
  note(document.contents as Node | null, [], sources, (pos) => `line ${lines.linePos(pos).line}`)
  for (const { path, value, from } of overrides) {
    document.setIn(path.split('.').map(keyOf), parseDocument(value).toJS())
    for (const known of [...sources.keys()]) if (known === path || known.startsWith(`${path}.`)) sources.delete(known)
    sources.set(path, from)
  }
  const stated: unknown = document.toJS() ?? {}
  const parsed = studyObject.safeParse(stated, { reportInput: true })
  const problems = parsed.success ? brokenRules(parsed.data) : parsed.error.issues.flatMap((i) => words(i, []))
  if (problems.length > 0)
    refuse(
      subject,
      problems.map((p) => located(p, sources)),
    )
  return { study: parsed.data!, stated, sources }
}

const keyOf = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)

function refuse(subject: string, problems: readonly string[]): never {
  const many = problems.length > 1
  fail('E_CONFIG', {
    subject,
    detail: many ? `${problems.length} problems\n  ${problems.join('\n  ')}\n` : problems[0]!,
    next: 'mend them; cointrader config explain shows every entry',
  })
}

/** Remembers where each entry stands. */
function note(
  node: Node | null,
  path: readonly string[],
  out: Map<string, string>,
  line: (pos: number) => string,
): void {
  if (node === null || node === undefined) return
  if (path.length > 0 && node.range) out.set(path.join('.'), line(node.range[0]))
  const items = (node as { items?: readonly unknown[] }).items
  if (items === undefined) return
  for (const [i, item] of items.entries()) {
    if (!isMap(node)) note(item as Node, [...path, String(i)], out, line)
    else {
      const { key, value } = item as unknown as { key: Node; value: Node | null }
      const at = [...path, String(isScalar(key) ? key.value : key)]
      if (key.range) out.set(at.join('.'), line(key.range[0]))
      const before = out.get(at.join('.'))
      note(value, at, out, line)
      if (before !== undefined) out.set(at.join('.'), before)
    }
  }
}

/** The place of the nearest entry above that has one. */
function located({ path, message }: Problem, sources: ReadonlyMap<string, string>): string {
  let from: string | undefined
  for (let n = path.length; n > 0 && from === undefined; n--) from = sources.get(path.slice(0, n).join('.'))
  const at = path.length === 0 ? '' : `${path.join('.')}: `
  return `${from === undefined ? '' : `${from}: `}${at}${message}`
}

type Issue = z.core.$ZodIssue

function words(issue: Issue, above: readonly (string | number)[]): Problem[] {
  const path = [...above, ...(issue.path as (string | number)[])]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `not a known entry${hint(key, keysAt(path))}`,
      }))
    case 'invalid_type':
      return [
        {
          path,
          message:
            issue.input === undefined && !issue.message.includes('received')
              ? 'is missing'
              : issue.message
                  .replace(/^Invalid input: /, '')
                  .replace('expected', 'must be')
                  .replace(/, received undefined$/, ', and is missing'),
        },
      ]
    case 'invalid_value': {
      const valid = issue.values.map(String)
      const given = issue.input === undefined ? '' : `"${String(issue.input)}" is `
      return [
        {
          path,
          message: `${given}not one of ${valid.join(', ')}${issue.input === undefined ? '' : hint(String(issue.input), valid)}`,
        },
      ]
    }
    case 'invalid_union': {
      const nested = issue.errors.filter((list) => list.length > 0)
      const best = nested.sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
      if (best !== undefined && depth(best) > 0) return best.flatMap((i) => words(i, path))
      if (issue.discriminator !== undefined) return [{ path, message: `must be one of lgbm, linear` }]
      return [
        {
          path,
          message: `is none of: ${nested.map((list) => list.map((i) => i.message.replace(/^Invalid input: /, '')).join(' and ')).join('; or ')}`,
        },
      ]
    }
    default:
      return [{ path, message: issue.message.replace(/^Invalid (input|string): /, '') }]
  }
}

const depth = (issues: readonly Issue[]): number => Math.max(...issues.map((i) => i.path.length))
const hint = (word: string, valid: readonly string[]): string =>
  valid.length === 0 || nearest(word, valid) === '' ? '' : didYouMean(word, valid)

/** The entries an object of the schema may have at a path. */
function keysAt(path: readonly (string | number)[]): string[] {
  let options: z.core.$ZodType[] = [studyObject]
  for (const part of path) options = options.flatMap(open).flatMap((s) => below(s, part))
  return [...new Set(options.flatMap(open).flatMap(names))]
}

/** Keys of an object, or of a record with known keys. */
function names(schema: z.core.$ZodType): string[] {
  const { shape, _zod } = schema as unknown as Inner
  const keys = (_zod.def.keyType as unknown as { options?: readonly string[] } | undefined)?.options
  return shape === undefined ? [...(keys ?? [])] : Object.keys(shape)
}

interface Inner {
  readonly _zod: {
    readonly def: {
      readonly innerType?: z.core.$ZodType
      readonly options?: readonly z.core.$ZodType[]
      readonly element?: z.core.$ZodType
      readonly keyType?: z.core.$ZodType
    }
  }
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
}

/** Without the wrappers (default, optional, nullable) and with unions opened. */
export function open(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = (schema as unknown as Inner)._zod
  if (def.innerType !== undefined) return open(def.innerType)
  if (def.options !== undefined) return def.options.flatMap(open)
  return [schema]
}

function below(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  const { shape, _zod } = schema as unknown as Inner
  if (typeof part === 'number') return _zod.def.element === undefined ? [] : [_zod.def.element]
  return shape?.[part] === undefined ? [] : [shape[part]]
}
