/** Policies from a configuration: `{ "strict": false, "policies": { "missing_premium": "forward-fill:5" } }`. */
import { type DefectKind, didYouMean, fail } from '@cointrader/core'
import {
  allowedPolicies,
  DEFAULT_POLICIES,
  DEFECT_KIND_NAMES,
  defaultMaxAge,
  POLICY_NAMES,
  type Policy,
  type PolicyName,
  type PolicyTable,
} from './policies.js'

const KEYS = ['strict', 'policies']
const MAX_AGE_LIMIT = 1440

/**
 * Reads a configuration (text of a JSON file; undefined: none) and `KIND=POLICY` overrides. With `"strict": true` the
 * defaults do not apply: every kind that turns up must be named. Error `E_CONFIG` lists all problems at once, with path,
 * reason and nearest valid spelling.
 */
export function readPolicies(
  text: string | undefined,
  overrides: readonly string[] = [],
  subject = 'policies',
  base = DEFAULT_POLICIES,
): PolicyTable {
  const problems: string[] = []
  const root = text === undefined ? {} : parse(text, problems)
  for (const key of Object.keys(root)) {
    if (!KEYS.includes(key)) problems.push(`${key}: not a known entry${didYouMean(key, KEYS)}`)
  }
  const strict = root.strict ?? false
  if (typeof strict !== 'boolean') problems.push('strict: must be true or false')
  const named = root.policies ?? {}
  const table: Partial<Record<DefectKind, Policy>> = strict === true ? {} : { ...base }
  if (typeof named !== 'object' || named === null || Array.isArray(named)) {
    problems.push('policies: must be an object, kind → policy')
  } else {
    for (const [kind, value] of Object.entries(named)) enter(table, kind, value, `policies.${kind}`, problems)
  }
  for (const override of overrides) {
    const at = override.indexOf('=')
    if (at < 0) problems.push(`--policy ${override}: must be KIND=POLICY`)
    else enter(table, override.slice(0, at), override.slice(at + 1), `--policy ${override}`, problems)
  }
  if (problems.length > 0) fail('E_CONFIG', { subject, detail: problems.join('; ') })
  return table
}

function parse(text: string, problems: string[]): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    problems.push('the file must hold a JSON object')
  } catch (error) {
    problems.push(`not JSON: ${(error as Error).message}`)
  }
  return {}
}

function enter(
  table: Partial<Record<DefectKind, Policy>>,
  kind: string,
  value: unknown,
  path: string,
  problems: string[],
): void {
  if (!DEFECT_KIND_NAMES.includes(kind as DefectKind)) {
    problems.push(`${path}: "${kind}" is not a kind of defect${didYouMean(kind, DEFECT_KIND_NAMES)}`)
    return
  }
  const policy = toPolicy(value, kind as DefectKind, path, problems)
  if (policy !== undefined) table[kind as DefectKind] = policy
}

/** `"forward-fill:5"` or `{ "policy": "forward-fill", "maxAgeMinutes": 5 }`. */
function toPolicy(value: unknown, kind: DefectKind, path: string, problems: string[]): Policy | undefined {
  let name: unknown = value
  let age: unknown
  if (typeof value === 'string' && value.includes(':')) {
    name = value.slice(0, value.indexOf(':'))
    age = Number(value.slice(value.indexOf(':') + 1) || Number.NaN)
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { policy, maxAgeMinutes, ...rest } = value as Record<string, unknown>
    name = policy
    age = maxAgeMinutes
    const keys = ['policy', 'maxAgeMinutes']
    for (const key of Object.keys(rest)) problems.push(`${path}.${key}: not a known entry${didYouMean(key, keys)}`)
  }
  if (typeof name !== 'string') {
    problems.push(`${path}: must be the name of a policy`)
    return undefined
  }
  if (!Object.hasOwn(POLICY_NAMES, name)) {
    problems.push(`${path}: "${name}" is not a policy${didYouMean(name, allowedPolicies(kind))}`)
    return undefined
  }
  if (!allowedPolicies(kind).includes(name as PolicyName)) {
    problems.push(`${path}: "${name}" cannot be applied to ${kind}; choose ${allowedPolicies(kind).join(', ')}`)
    return undefined
  }
  if (name !== 'forward-fill') {
    if (age !== undefined) problems.push(`${path}: only forward-fill has a maximum age`)
    return { name: name as PolicyName, maxAgeMinutes: 0 }
  }
  const minutes = age ?? defaultMaxAge(kind)
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 1 || minutes > MAX_AGE_LIMIT) {
    problems.push(`${path}: the maximum age must be a whole number of minutes from 1 to ${MAX_AGE_LIMIT}`)
    return undefined
  }
  return { name, maxAgeMinutes: minutes }
}
