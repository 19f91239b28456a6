/** A study file from text to a study: every problem at once, with line, path, reason and nearest valid spelling. */
import { didYouMean, fail, nearest } from '@cointrader/core'
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { z } from 'zod'
import { brokenRules, type Problem } from './rules.js'
import { FAMILIES, type Study, studyObject } from './schema.js'

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

type Yaml = ReturnType<typeof parseDocument>

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
  const broken = document.errors.map((e) => {
    const key = e.code === 'DUPLICATE_KEY' ? /^[^\s:,{}[\]]+/.exec(text.slice(e.pos[0]))?.[0] : undefined
    return `line ${lines.linePos(e.pos[0]).line}: ${key === undefined ? e.message : `"${key}" is there twice`}`
  })
  if (broken.length > 0) refuse(subject, broken)
  if (document.contents !== null && !isMap(document.contents))
    refuse(subject, ['line 1: not a list of "key: value" entries'])
  const sources = new Map<string, string>()
  const content = contentOf(document)
  if ('problem' in content) refuse(subject, [content.problem])
  note(document, document.contents as Node | null, [], sources, (pos) => `line ${lines.linePos(pos).line}`)
  const stated = (content.value ?? {}) as Record<string, unknown>
  for (const override of overrides) {
    const reason = applyOverride(stated, override, sources)
    if (reason !== undefined) refuse(subject, [`${override.from}: ${override.path}: ${reason}`])
  }
  const parsed = studyObject.safeParse(stated, { reportInput: true })
  const problems = parsed.success ? brokenRules(parsed.data) : parsed.error.issues.flatMap((i) => words(i, []))
  if (problems.length > 0)
    refuse(
      subject,
      problems.map((p) => located(p, sources)),
    )
  return { study: parsed.data!, stated, sources }
}

/** A document's content; a problem for an alias without its anchor, or aliases of aliases that grow without end. */
function contentOf(document: Yaml): { value: unknown } | { problem: string } {
  try {
    const value: unknown = document.toJS()
    return circular(value, []) ? { problem: 'an alias stands inside of what it names' } : { value }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function circular(value: unknown, above: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return above.includes(value) || Object.values(value).some((inner) => circular(inner, [...above, value]))
}

/** Sets one value and notes where it comes from; the reason where it cannot be set. */
function applyOverride(
  stated: Record<string, unknown>,
  { path, value, from }: Override,
  sources: Map<string, string>,
): string | undefined {
  const document = parseDocument(value, { prettyErrors: false })
  const content = document.errors.length > 0 ? { problem: document.errors[0]!.message } : contentOf(document)
  if ('problem' in content) return `not YAML: ${content.problem}`
  const parts = path.split('.')
  let at: Record<string, unknown> | unknown[] = stated
  for (const [i, part] of parts.entries()) {
    const here = parts.slice(0, i).join('.')
    // Only the next place of a list can be made: a later one would leave holes.
    if (Array.isArray(at) && !(/^\d+$/.test(part) && Number(part) <= at.length))
      return `${here} is a list of ${at.length}; name a place from 0 to ${at.length}`
    const slot = at as Record<string, unknown>
    if (i === parts.length - 1) {
      put(slot, part, content.value)
      break
    }
    const below = Object.hasOwn(slot, part) ? slot[part] : undefined
    if (below !== undefined && below !== null && typeof below !== 'object')
      return `${parts.slice(0, i + 1).join('.')} is a value and has no entries`
    // A copy: what a YAML alias shares must change in one place only.
    const copy: Record<string, unknown> | unknown[] = Array.isArray(below)
      ? [...below]
      : { ...(below as Record<string, unknown> | null | undefined) }
    put(slot, part, copy)
    if (below === undefined) sources.set(parts.slice(0, i + 1).join('.'), from)
    at = copy
  }
  for (const known of [...sources.keys()]) if (known === path || known.startsWith(`${path}.`)) sources.delete(known)
  note(document, document.contents as Node | null, parts, sources, () => from)
  sources.set(path, from)
  return undefined
}

/** Also for the key `__proto__`, which an assignment would not make an entry. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

function refuse(subject: string, problems: readonly string[]): never {
  const many = problems.length > 1
  fail('E_CONFIG', {
    subject,
    detail: many ? `${problems.length} problems\n  ${problems.join('\n  ')}\n` : problems[0]!,
    next: 'mend them; cointrader config explain shows every entry',
  })
}

/** Remembers where each entry stands; what an alias brings stands where the alias is. */
function note(
  document: Yaml,
  node: Node | null,
  path: readonly string[],
  out: Map<string, string>,
  line: (pos: number) => string,
): void {
  if (node === null || node === undefined) return
  if (path.length > 0 && node.range) out.set(path.join('.'), line(node.range[0]))
  if (isAlias(node)) {
    const at = node.range?.[0] ?? 0
    const target = node.resolve(document)
    // Only content that could be read comes here: no alias stands inside of what it names.
    if (target !== undefined) note(document, target, path, out, () => line(at))
    return
  }
  const items = (node as { items?: readonly unknown[] }).items
  if (items === undefined) return
  for (const [i, item] of items.entries()) {
    if (!isMap(node)) note(document, item as Node, [...path, String(i)], out, line)
    else {
      const { key, value } = item as unknown as { key: Node; value: Node | null }
      const at = [...path, String(isScalar(key) ? key.value : key)]
      if (key.range) out.set(at.join('.'), line(key.range[0]))
      const before = out.get(at.join('.'))
      note(document, value, at, out, line)
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
        message: `not a known entry${hint(key, keysAt(path, issue.input))}`,
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
      if (issue.discriminator !== undefined) return [{ path, message: familyText(issue.input) }]
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

/** Of a model whose `family` decides which entries it may have. */
function familyText(input: unknown): string {
  const given = (input as { family?: unknown } | undefined)?.family
  const valid = FAMILIES.join(', ')
  if (given === undefined || given === null) return `must be one of ${valid}, and is missing`
  return `"${String(given)}" is not one of ${valid}${hint(String(given), FAMILIES)}`
}

const depth = (issues: readonly Issue[]): number => Math.max(...issues.map((i) => i.path.length))
const hint = (word: string, valid: readonly string[]): string =>
  valid.length === 0 || nearest(word, valid) === '' ? '' : didYouMean(word, valid)

/** The entries an object of the schema may have at a path; of models those of the given one's family. */
function keysAt(path: readonly (string | number)[], input: unknown): string[] {
  let options: z.core.$ZodType[] = [studyObject]
  for (const part of path) options = options.flatMap(open).flatMap((s) => below(s, part))
  const family = (input as { family?: unknown } | undefined)?.family
  const fits = (s: z.core.$ZodType): boolean => {
    const own = (s as unknown as Inner).shape?.family as unknown as { value?: unknown } | undefined
    return own === undefined || own.value === family
  }
  return [...new Set(options.flatMap(open).filter(fits).flatMap(names))]
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
