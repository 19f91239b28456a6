/**
 * Reading bars: contradictory numbers become missing, short holes are carried over, as the preprocessor's policies say,
 * but minute by minute and from earlier minutes only, across midnight too (spec RP-D03). So a reader is a node like any
 * other, with a look-back, and batch, stream and proof all read alike.
 */
import { fail, KLINE_FIELDS, METRICS_FIELDS, PREMIUM_FIELDS } from '@cointrader/core'
import { DEFAULT_POLICIES, impossibleBar, type PolicyTable } from '@cointrader/preprocessor'
import type { View } from '../kernels/rolling.js'
import type { Graph, NodeId } from './graph.js'

/** Oldest values (minutes) that may stand for a missing one, and what is masked. Prices are never carried. */
export interface ReadRules {
  /** Minutes without any premium value. */
  readonly premiumAge: number
  /** Minutes without any metrics value (beyond the age that the fetcher allowed). */
  readonly metricsAge: number
  /** Single empty or infinite cells of premium and metrics. */
  readonly cellAge: number
  readonly maskImpossible: boolean
  readonly maskZeroInterest: boolean
}

/** The rules that a table of policies amounts to. Error `E_CONFIG` for policies that look ahead. */
export function readRules(policies: PolicyTable = DEFAULT_POLICIES): ReadRules {
  for (const [kind, policy] of Object.entries(policies)) {
    if (policy.name === 'research')
      fail('E_CONFIG', { subject: `policy of ${kind}`, detail: 'it looks ahead: features cannot be built on it' })
  }
  const age = (kind: keyof PolicyTable) => (policies[kind]?.name === 'forward-fill' ? policies[kind].maxAgeMinutes : 0)
  return {
    premiumAge: age('missing_premium'),
    metricsAge: age('stale_metrics'),
    cellAge: age('blank_cell'),
    maskImpossible: policies.impossible_bar?.name === 'mask',
    maskZeroInterest: ['mask', 'forward-fill'].includes(policies.zero_open_interest?.name ?? ''),
  }
}

const isKline = (field: string) => (KLINE_FIELDS as readonly string[]).includes(field)

/** A field as features see it. */
export function readField(graph: Graph, field: string, rules: ReadRules): NodeId {
  const raw = graph.raw(field)
  if (isKline(field)) {
    if (!rules.maskImpossible) return graph.map('finite', [raw], finite)
    return graph.whereZero(raw, impossible(graph))
  }
  const group = [PREMIUM_FIELDS, METRICS_FIELDS].find((g) => (g as readonly string[]).includes(field))
  if (group === undefined) return graph.map('finite', [raw], finite)
  const whole = group === PREMIUM_FIELDS ? rules.premiumAge : rules.metricsAge
  const masked =
    field === 'mt_oi' && rules.maskZeroInterest ? graph.map('nonzero', [raw], (v) => (v === 0 ? Number.NaN : v)) : raw
  const present = graph.kernel({
    name: `present:${group[0]}`,
    args: group.map((name) => graph.raw(name)),
    lookback: 1,
    range: countPresent,
  })
  return graph.kernel({
    name: `carried:${whole},${rules.cellAge}`,
    args: [masked, raw, present],
    lookback: 1 + Math.max(whole, rules.cellAge),
    range: carried(whole, rules.cellAge),
  })
}

const finite = (v: number): number => (v - v === 0 ? v : Number.NaN)

function impossible(graph: Graph): NodeId {
  const args = KLINE_FIELDS.map((field) => graph.raw(field))
  return graph.kernel({
    name: 'impossible',
    args,
    lookback: 1,
    range: (a, { data, off }, from, to) => {
      const v = (k: number, t: number) => a[k]!.data[a[k]!.off + t]!
      for (let t = from; t < to; t++)
        data[off + t] = impossibleBar(v(0, t), v(1, t), v(2, t), v(3, t), v(4, t), v(5, t), v(6, t), v(7, t), v(8, t))
    },
  })
}

function countPresent(args: readonly View[], { data, off }: View, from: number, to: number): void {
  for (let t = from; t < to; t++) {
    let n = 0
    for (const a of args) if (!Number.isNaN(a.data[a.off + t]!)) n++
    data[off + t] = n
  }
}

/** A masked cell stays missing; an empty or infinite one takes the youngest finite value that is young enough. */
function carried(whole: number, cell: number) {
  return ([value, raw, present]: readonly View[], { data, off }: View, from: number, to: number): void => {
    const { data: x, off: i } = value!
    for (let t = from; t < to; t++) {
      let v = x[i + t]!
      if (v - v !== 0) {
        const masked = Number.isFinite(raw!.data[raw!.off + t]!)
        const age = masked ? 0 : present!.data[present!.off + t]! > 0 ? cell : whole
        v = Number.NaN
        for (let k = 1; k <= age; k++) {
          const old = x[i + t - k]!
          if (old - old !== 0) continue
          v = old
          break
        }
      }
      data[off + t] = v
    }
  }
}
