/** Every entry of a study file: what it is, its default, its value and where that was set. Also as a JSON Schema. */
import type { Json } from '@cointrader/core'
import { stringify } from 'yaml'
import { z } from 'zod'
import { open, type ReadStudy } from './read.js'
import { type Study, studyObject } from './schema.js'

export interface Entry {
  /** `universe.size`; entries of lists are written `folds[].train.start`. */
  readonly path: string
  /** `number`, `one of a, b`, `list of dates`. */
  readonly type: string
  readonly required: boolean
  /** As YAML; empty when there is none. */
  readonly fallback: string
  readonly description: string
}

type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly propertyNames?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

/** JSON Schema (2020-12) of a study file, for editors. */
export function studyJsonSchema(): Json {
  const schema = z.toJSONSchema(studyObject, { io: 'input', unrepresentable: 'any' }) as unknown as Record<string, Json>
  return { ...schema, title: 'cointrader study', description: 'What `cointrader run` does.' }
}

/** Every entry there is, in the order of the schema. */
export function studyEntries(): Entry[] {
  const out: Entry[] = []
  walk(studyJsonSchema() as JsonSchema, '', out)
  return out
}

function walk(schema: JsonSchema, above: string, out: Entry[]): void {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const path = above === '' ? key : `${above}.${key}`
    const branches = (value.anyOf ?? value.oneOf ?? [value]).filter((b) => b.type !== 'null')
    const nested = branches.filter((b) => b.properties !== undefined)
    const lists = branches.filter(
      (b) => b.items?.properties !== undefined || (b.items?.oneOf ?? b.items?.anyOf) !== undefined,
    )
    out.push({
      path,
      type: typeText(value),
      required: schema.required?.includes(key) === true && value.default === undefined,
      fallback:
        value.default === undefined || nested.length > 0
          ? ''
          : stringify(value.default, { collectionStyle: 'flow', lineWidth: 0 }).trim(),
      description: value.description ?? '',
    })
    for (const b of nested) walk(b, path, out)
    for (const { items } of lists) {
      const kinds = items?.oneOf ?? items?.anyOf ?? [items!]
      for (const kind of kinds) walk(kind, kinds.length > 1 ? `${path}[${constOf(kind)}]` : `${path}[]`, out)
    }
  }
}

const constOf = (schema: JsonSchema): string => {
  const found = Object.values(schema.properties ?? {}).find((p) => p.const !== undefined)
  return found === undefined ? '' : String(found.const)
}

function typeText(s: JsonSchema): string {
  const branches = s.anyOf ?? s.oneOf
  if (branches !== undefined) return [...new Set(branches.map(typeText))].join(' or ')
  if (s.const !== undefined) return String(s.const)
  if (s.enum !== undefined) return `one of ${s.enum.join(', ')}`
  if (s.type === 'array') return `list of ${s.items === undefined ? 'values' : typeText(s.items)}`
  if (s.type === 'object') return s.propertyNames === undefined ? 'entries' : 'name: value'
  if (s.format === 'date') return 'date'
  if (s.type === 'integer' || s.type === 'number') return s.type === 'integer' ? 'whole number' : 'number'
  return typeof s.type === 'string' ? s.type : 'value'
}

/** The study with every default stated, as YAML; the order is that of the schema. */
export function studyYaml(study: Study): string {
  return stringify(ordered(study, studyObject), { lineWidth: 120 })
}

/** Entries in the order of the schema, so that a file and the same file in another order give the same text. */
function ordered(value: unknown, schema: z.core.$ZodType): unknown {
  const shapes = open(schema).flatMap((s) => {
    const { shape } = s as unknown as { shape?: Record<string, z.core.$ZodType> }
    return shape === undefined ? [] : [shape]
  })
  if (Array.isArray(value)) {
    const element = open(schema).flatMap((s) => {
      const { element: e } = (s as unknown as { _zod: { def: { element?: z.core.$ZodType } } })._zod.def
      return e === undefined ? [] : [e]
    })[0]
    return element === undefined ? value : value.map((v) => ordered(v, element))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = value as Record<string, unknown>
  const out: Record<string, unknown> = {}
  for (const shape of shapes)
    for (const [key, inner] of Object.entries(shape))
      if (key in entries && entries[key] !== undefined && !(key in out)) out[key] = ordered(entries[key], inner)
  for (const key of Object.keys(entries).sort())
    if (!(key in out) && entries[key] !== undefined) out[key] = entries[key]
  return out
}

export interface Explained {
  readonly path: string
  /** As YAML in one line. */
  readonly value: string
  /** `line 12`, `--set …`, or `default`. */
  readonly from: string
  readonly description: string
}

/** Every value a study has, and where it comes from. */
export function explainStudy({ study, sources }: ReadStudy): Explained[] {
  const about = new Map(studyEntries().map((e) => [e.path, e.description]))
  const out: Explained[] = []
  const visit = (value: unknown, path: readonly string[], known: readonly string[]): void => {
    const entries =
      Array.isArray(value) && value.some((v) => typeof v === 'object')
        ? value.map((v, i) => [String(i), v] as const)
        : typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
          ? Object.entries(value)
          : undefined
    if (entries === undefined) {
      out.push({
        path: path.join('.'),
        value: stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim(),
        // Exactly here: a parent that is stated says nothing about an entry it leaves out.
        from: sources.get(path.join('.')) ?? 'default',
        description: about.get(known.join('.').replaceAll('.[', '[')) ?? '',
      })
      return
    }
    for (const [key, inner] of entries) {
      const list = Array.isArray(value)
      const family = list ? (inner as { family?: string }).family : undefined
      visit(inner, [...path, key], [...known, list ? `[${family ?? ''}]` : key])
    }
  }
  visit(study, [], [])
  return out
}
