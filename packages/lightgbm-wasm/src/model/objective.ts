/** From raw scores to predictions, by LightGBM's objective line (`ObjectiveFunction::ConvertOutput`). */
import { ModelError } from './errors.js'

/** Changes `k` raw scores at `values[at..at + k)` to predictions, in place. */
export type OutputTransform = (values: Float64Array, at: number, k: number) => void

const IDENTITY = new Set(
  '|none|null|na|custom|regression|regression_l1|huber|fair|quantile|mape|lambdarank|rank_xendcg'.split('|'),
)

function parameter(objective: string, name: string): number {
  const token = objective.split(' ').find((t) => t.startsWith(`${name}:`))
  const value = token === undefined ? 1 : Number(token.slice(name.length + 1))
  if (!(value > 0)) throw new ModelError('E_MODEL_FORMAT', 'objective', `"${objective}": ${name} is not positive`)
  return value
}

const each =
  (f: (x: number) => number): OutputTransform =>
  (values, at, k) => {
    for (let i = at; i < at + k; i++) values[i] = f(values[i]!)
  }

/** LightGBM `Common::Softmax`: the largest score is taken off first. */
const softmax: OutputTransform = (values, at, k) => {
  let largest = values[at]!
  for (let i = at + 1; i < at + k; i++) largest = Math.max(largest, values[i]!)
  let sum = 0
  for (let i = at; i < at + k; i++) {
    values[i] = Math.exp(values[i]! - largest)
    sum += values[i]!
  }
  for (let i = at; i < at + k; i++) values[i] = values[i]! / sum
}

/**
 * The transform of an objective line such as `binary sigmoid:1`; undefined when predictions are the raw scores.
 *
 * @throws ModelError `E_MODEL_UNSUPPORTED` for an objective LightGBM 4.7 does not know
 */
export function outputTransform(objective: string): OutputTransform | undefined {
  const [name, ...rest] = objective.split(' ')
  switch (name) {
    case 'binary':
    case 'multiclassova': {
      const sigmoid = parameter(objective, 'sigmoid')
      return each((x) => 1 / (1 + Math.exp(-sigmoid * x)))
    }
    case 'cross_entropy':
      return each((x) => 1 / (1 + Math.exp(-x)))
    case 'cross_entropy_lambda':
      return each((x) => Math.log1p(Math.exp(x)))
    case 'poisson':
    case 'gamma':
    case 'tweedie':
      return each(Math.exp)
    case 'multiclass':
      return softmax
    default:
      if (!IDENTITY.has(name!)) throw new ModelError('E_MODEL_UNSUPPORTED', 'objective', `"${objective}"`)
      return rest.includes('sqrt') ? each((x) => Math.sign(x) * x * x) : undefined
  }
}
