/** From a graph and the series wanted of it to the steps that compute them, for batch and stream alike. */
import type { View } from '../kernels/rolling.js'
import { type Graph, lookbacks, type Node, type NodeId } from './graph.js'

/** What has to be computed, in which order, and how much of each series has to be at hand. */
export interface Plan {
  readonly nodes: readonly Node[]
  readonly outputs: readonly NodeId[]
  /** Live nodes in an order in which arguments come first. */
  readonly order: readonly NodeId[]
  /** Rows before the current one that somebody reads of this series; 0 for a mere output. */
  readonly history: Int32Array
  /** Bars in all that the node looks at; its value is a function of them and of nothing else. */
  readonly lookback: Int32Array
  /** Mean computed by the kernel of the deviation over the same window: node → that node, and back. */
  readonly twin: Int32Array
  /** Largest history of an input plus one: the bars a stream must have seen. */
  readonly warmup: number
}

/** Plans the computation of `outputs`. */
export function makePlan({ nodes }: Graph, outputs: readonly NodeId[]): Plan {
  const live = new Uint8Array(nodes.length)
  for (const o of outputs) live[o] = 1
  for (let i = nodes.length - 1; i >= 0; i--) if (live[i]) for (const a of nodes[i]!.args) live[a] = 1
  const twin = twins(nodes, live)
  const history = new Int32Array(nodes.length)
  // Consumers have higher numbers; a pair is as demanding as its more demanding half.
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!live[i]) continue
    const mine = Math.max(history[i]!, twin[i]! >= 0 ? history[twin[i]!]! : 0)
    for (const a of nodes[i]!.args) history[a] = Math.max(history[a]!, mine + nodes[i]!.reach)
  }
  for (let i = 0; i < nodes.length; i++) {
    if (twin[i]! < 0) continue
    const both = Math.max(history[i]!, history[twin[i]!]!)
    history[i] = history[twin[i]!] = both
  }
  const order: NodeId[] = []
  for (let i = 0; i < nodes.length; i++) if (live[i]) order.push(i)
  let warmup = 1
  for (const i of order) if (nodes[i]!.field !== undefined) warmup = Math.max(warmup, history[i]! + 1)
  return { nodes, outputs: [...outputs], order, history, lookback: lookbacks(nodes), twin, warmup }
}

/** Pairs mean and deviation of the same series over the same window. */
function twins(nodes: readonly Node[], live: Uint8Array): Int32Array {
  const twin = new Int32Array(nodes.length).fill(-1)
  const means = new Map<string, NodeId>()
  nodes.forEach((node, i) => {
    if (live[i] && node.key.startsWith('mean:')) means.set(node.key.slice(5), i)
  })
  nodes.forEach((node, i) => {
    const window = /^std[01]:(.*)$/.exec(node.key)?.[1]
    const mean = window === undefined || !live[i] ? undefined : means.get(window)
    if (mean === undefined || twin[mean]! >= 0) return
    twin[i] = mean
    twin[mean] = i
  })
  return twin
}

/** One kernel call. */
export interface Step {
  readonly run: NonNullable<Node['run']>
  readonly args: readonly View[]
  readonly out: View
  readonly extra: View | undefined
  readonly history: number
  readonly stream: Node['stream']
  readonly compiled: Node['compiled']
  /** Whose views these are. */
  readonly argNodes: readonly NodeId[]
  readonly outNode: NodeId
  readonly extraNode: NodeId | undefined
}

/** The calls, over the given view of each node. A pair is one call, at the place of its first half. */
export function makeSteps(plan: Plan, views: readonly View[]): Step[] {
  const steps: Step[] = []
  for (const i of plan.order) {
    const other = plan.twin[i]!
    if (plan.nodes[i]!.run === undefined || (other >= 0 && other < i)) continue
    const isStd = other >= 0 && plan.nodes[i]!.key.startsWith('std')
    const main = other >= 0 && !isStd ? other : i
    const node = plan.nodes[main]!
    const extra = other < 0 ? undefined : main === i ? other : i
    steps.push({
      run: node.run!,
      args: node.args.map((a) => views[a]!),
      out: views[main]!,
      extra: extra === undefined ? undefined : views[extra],
      history: plan.history[main]!,
      stream: node.stream,
      compiled: node.compiled,
      argNodes: node.args,
      outNode: main,
      extraNode: extra,
    })
  }
  return steps
}
