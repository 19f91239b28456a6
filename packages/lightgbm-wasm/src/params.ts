/**
 * LightGBM's parameters: names, aliases, defaults and ranges (docs/Parameters.rst of LightGBM 4.7), checked.
 * One file because the table, its types and its reader must agree line by line.
 */
import { raise } from './errors.js'
import { LgbRandom } from './random.js'

export type ObjectiveName =
  | 'regression'
  | 'regression_l1'
  | 'huber'
  | 'quantile'
  | 'binary'
  | 'multiclass'
  | 'lambdarank'
  | 'custom'

/** What a caller may write: LightGBM's names or aliases, numbers, booleans, strings, lists (or comma-separated text). */
export type ParamInput = Readonly<Record<string, number | boolean | string | readonly (number | string)[] | undefined>>

/** Every parameter with its value. Names are LightGBM's, `grow_policy` is XGBoost's. */
export interface Params {
  objective: ObjectiveName
  boosting: 'gbdt'
  data_sample_strategy: 'bagging' | 'goss'
  num_iterations: number
  learning_rate: number
  num_leaves: number
  grow_policy: 'lossguide' | 'depthwise'
  num_threads: number
  seed: number | undefined
  max_depth: number
  min_data_in_leaf: number
  min_sum_hessian_in_leaf: number
  bagging_fraction: number
  pos_bagging_fraction: number
  neg_bagging_fraction: number
  bagging_freq: number
  bagging_seed: number
  feature_fraction: number
  feature_fraction_bynode: number
  feature_fraction_seed: number
  extra_trees: boolean
  extra_seed: number
  early_stopping_round: number
  early_stopping_min_delta: number
  first_metric_only: boolean
  max_delta_step: number
  lambda_l1: number
  lambda_l2: number
  min_gain_to_split: number
  top_rate: number
  other_rate: number
  min_data_per_group: number
  max_cat_threshold: number
  cat_l2: number
  cat_smooth: number
  max_cat_to_onehot: number
  monotone_constraints: readonly number[]
  monotone_constraints_method: 'basic'
  monotone_penalty: number
  feature_contri: readonly number[]
  path_smooth: number
  max_bin: number
  min_data_in_bin: number
  bin_construct_sample_cnt: number
  data_random_seed: number
  use_missing: boolean
  zero_as_missing: boolean
  feature_pre_filter: boolean
  num_class: number
  is_unbalance: boolean
  scale_pos_weight: number
  sigmoid: number
  boost_from_average: boolean
  reg_sqrt: boolean
  alpha: number
  lambdarank_truncation_level: number
  lambdarank_norm: boolean
  label_gain: readonly number[]
  objective_seed: number
  metric: readonly string[]
  eval_at: readonly number[]
}

type Kind = 'int' | 'number' | 'bool' | 'numbers' | 'word' | 'words'
/** `[name, kind, default, aliases, lower bound, upper bound]`; a bound written as `['>', x]` is exclusive. */
type Row = readonly [
  name: keyof Params,
  kind: Kind,
  value: unknown,
  aliases: string,
  low?: number | readonly ['>', number],
  high?: number | readonly ['<', number],
]

const INF = Number.POSITIVE_INFINITY
const TABLE: readonly Row[] = [
  ['objective', 'word', 'regression', 'objective_type app application loss'],
  ['boosting', 'word', 'gbdt', 'boosting_type boost'],
  ['data_sample_strategy', 'word', 'bagging', ''],
  [
    'num_iterations',
    'int',
    100,
    'num_iteration n_iter num_tree num_trees num_round num_rounds nrounds num_boost_round n_estimators max_iter',
    0,
  ],
  ['learning_rate', 'number', 0.1, 'shrinkage_rate eta', ['>', 0]],
  ['num_leaves', 'int', 31, 'num_leaf max_leaves max_leaf max_leaf_nodes', 2, 131072],
  ['grow_policy', 'word', 'lossguide', ''],
  ['num_threads', 'int', 1, 'num_thread nthread nthreads n_jobs', 0],
  ['seed', 'int', undefined, 'random_seed random_state'],
  ['max_depth', 'int', -1, ''],
  ['min_data_in_leaf', 'int', 20, 'min_data_per_leaf min_data min_child_samples min_samples_leaf', 0],
  [
    'min_sum_hessian_in_leaf',
    'number',
    1e-3,
    'min_sum_hessian_per_leaf min_sum_hessian min_hessian min_child_weight',
    0,
  ],
  ['bagging_fraction', 'number', 1, 'sub_row subsample bagging', ['>', 0], 1],
  ['pos_bagging_fraction', 'number', 1, 'pos_sub_row pos_subsample pos_bagging', ['>', 0], 1],
  ['neg_bagging_fraction', 'number', 1, 'neg_sub_row neg_subsample neg_bagging', ['>', 0], 1],
  ['bagging_freq', 'int', 0, 'subsample_freq', 0],
  ['bagging_seed', 'int', 3, 'bagging_fraction_seed'],
  ['feature_fraction', 'number', 1, 'sub_feature colsample_bytree', ['>', 0], 1],
  ['feature_fraction_bynode', 'number', 1, 'sub_feature_bynode colsample_bynode', ['>', 0], 1],
  ['feature_fraction_seed', 'int', 2, ''],
  ['extra_trees', 'bool', false, 'extra_tree'],
  ['extra_seed', 'int', 6, ''],
  ['early_stopping_round', 'int', 0, 'early_stopping_rounds early_stopping n_iter_no_change'],
  ['early_stopping_min_delta', 'number', 0, '', 0],
  ['first_metric_only', 'bool', false, ''],
  ['max_delta_step', 'number', 0, 'max_tree_output max_leaf_output'],
  ['lambda_l1', 'number', 0, 'reg_alpha l1_regularization', 0],
  ['lambda_l2', 'number', 0, 'reg_lambda lambda l2_regularization', 0],
  ['min_gain_to_split', 'number', 0, 'min_split_gain', 0],
  ['top_rate', 'number', 0.2, '', 0, 1],
  ['other_rate', 'number', 0.1, '', 0, 1],
  ['min_data_per_group', 'int', 100, '', ['>', 0]],
  ['max_cat_threshold', 'int', 32, '', ['>', 0]],
  ['cat_l2', 'number', 10, '', 0],
  ['cat_smooth', 'number', 10, '', 0],
  ['max_cat_to_onehot', 'int', 4, '', ['>', 0]],
  ['monotone_constraints', 'numbers', [], 'mc monotone_constraint monotonic_cst', -1, 1],
  ['monotone_constraints_method', 'word', 'basic', 'monotone_constraining_method mc_method'],
  ['monotone_penalty', 'number', 0, 'monotone_splits_penalty ms_penalty mc_penalty', 0],
  ['feature_contri', 'numbers', [], 'feature_contrib fc fp feature_penalty', 0],
  ['path_smooth', 'number', 0, '', 0],
  ['max_bin', 'int', 255, 'max_bins', 2, 255],
  ['min_data_in_bin', 'int', 3, '', ['>', 0]],
  ['bin_construct_sample_cnt', 'int', 200000, 'subsample_for_bin', ['>', 0]],
  ['data_random_seed', 'int', 1, 'data_seed'],
  ['use_missing', 'bool', true, ''],
  ['zero_as_missing', 'bool', false, ''],
  ['feature_pre_filter', 'bool', true, ''],
  ['num_class', 'int', 1, 'num_classes', ['>', 0]],
  ['is_unbalance', 'bool', false, 'unbalance unbalanced_sets'],
  ['scale_pos_weight', 'number', 1, '', ['>', 0]],
  ['sigmoid', 'number', 1, '', ['>', 0]],
  ['boost_from_average', 'bool', true, ''],
  ['reg_sqrt', 'bool', false, ''],
  ['alpha', 'number', 0.9, '', ['>', 0]],
  ['lambdarank_truncation_level', 'int', 30, '', ['>', 0]],
  ['lambdarank_norm', 'bool', true, ''],
  ['label_gain', 'numbers', [], '', 0],
  ['objective_seed', 'int', 5, ''],
  ['metric', 'words', [], 'metrics metric_types'],
  ['eval_at', 'numbers', [1, 2, 3, 4, 5], 'ndcg_eval_at ndcg_at map_eval_at map_at', ['>', 0]],
]

/**
 * LightGBM parameters that change nothing here: logging, layout and precision choices of the C++ engine, and file
 * options of its command line. Accepted so that a LightGBM configuration can be used as it is.
 */
const WITHOUT_EFFECT = new Set(
  (
    'verbosity verbose force_col_wise force_row_wise deterministic histogram_pool_size hist_pool_size ' +
    'enable_bundle is_enable_bundle bundle is_enable_sparse is_sparse enable_sparse sparse metric_freq output_freq ' +
    'is_provide_training_metric training_metric is_training_metric train_metric saved_feature_importance_type ' +
    'snapshot_freq save_period pre_partition is_pre_partition two_round header label_column weight_column ' +
    'group_column ignore_column categorical_feature num_machines tree_learner max_bin_by_feature_unused'
  ).split(' '),
)

/** Known parameters of features this engine lacks, with the one value that is accepted. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  linear_tree: false,
  use_quantized_grad: false,
  device_type: 'cpu',
  device: 'cpu',
  forcedsplits_filename: '',
  forcedbins_filename: '',
  interaction_constraints: '',
  cegb_tradeoff: 1,
  cegb_penalty_split: 0,
  max_bin_by_feature: '',
  bagging_by_query: false,
  xgboost_dart_mode: false,
}

const OBJECTIVES: Readonly<Record<string, ObjectiveName>> = Object.fromEntries(
  Object.entries({
    regression: 'regression_l2 l2 mean_squared_error mse l2_root root_mean_squared_error rmse',
    regression_l1: 'l1 mean_absolute_error mae',
    huber: '',
    quantile: '',
    binary: '',
    multiclass: 'softmax',
    lambdarank: '',
    custom: 'none null na',
  }).flatMap(([name, aliases]) => [name, ...aliases.split(' ')].filter(Boolean).map((a) => [a, name as ObjectiveName])),
)

const NAMES: ReadonlyMap<string, Row> = new Map(
  TABLE.flatMap((row) => [row[0], ...row[3].split(' ')].filter(Boolean).map((name) => [name as string, row] as const)),
)

/** Levenshtein distance, for suggestions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

function nearest(name: string): string {
  let best = ''
  let score = INF
  for (const candidate of [...NAMES.keys(), ...Object.keys(UNSUPPORTED)]) {
    const d = distance(name, candidate)
    if (d < score) {
      score = d
      best = candidate
    }
  }
  return best
}

function readNumber(name: string, value: unknown, row: Row): number {
  const x = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof x !== 'number' || !Number.isFinite(x)) raise('BadParameter', `${name} must be a number, got ${value}`)
  if ((row[1] === 'int' || row[0] === 'monotone_constraints') && !Number.isInteger(x))
    raise('BadParameter', `${name} must be an integer, got ${value}`)
  const [, , , , low, high] = row
  if (low !== undefined && (typeof low === 'number' ? x < low : x <= low[1]))
    raise(
      'BadParameter',
      `${name} must be ${typeof low === 'number' ? '>=' : '>'} ${typeof low === 'number' ? low : low[1]}, got ${x}`,
    )
  if (high !== undefined && (typeof high === 'number' ? x > high : x >= high[1]))
    raise(
      'BadParameter',
      `${name} must be ${typeof high === 'number' ? '<=' : '<'} ${typeof high === 'number' ? high : high[1]}, got ${x}`,
    )
  return x
}

function readValue(name: string, value: unknown, row: Row): unknown {
  const list = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(',').filter((s) => s !== '')
      : [value]
  switch (row[1]) {
    case 'bool':
      if (value === true || value === 'true' || value === 1 || value === '1') return true
      if (value === false || value === 'false' || value === 0 || value === '0') return false
      return raise('BadParameter', `${name} must be true or false, got ${value}`)
    case 'int':
    case 'number':
      return readNumber(name, value, row)
    case 'numbers':
      return list.map((x) => readNumber(name, x, row))
    case 'words':
      return list.map((x) => String(x).trim().toLowerCase())
    case 'word':
      if (typeof value !== 'string') return raise('BadParameter', `${name} must be a word, got ${value}`)
      return value.toLowerCase()
  }
}

function oneOf(name: string, value: string, choices: readonly string[], unsupported: readonly string[] = []): void {
  if (choices.includes(value)) return
  if (unsupported.includes(value)) raise('Unsupported', `${name}=${value} is a LightGBM option that this engine lacks`)
  raise('BadParameter', `${name} must be one of ${choices.join(', ')}, got ${value}`)
}

/**
 * Parameters with every default filled in. A name given twice (by aliases) must agree.
 * Errors: `UnknownParameter` with the nearest known name, `BadParameter`, `Unsupported`.
 */
export function resolveParams(input: ParamInput = {}): Params {
  const out: Record<string, unknown> = {}
  const given = new Map<string, string>()
  for (const row of TABLE) out[row[0]] = row[2]
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || WITHOUT_EFFECT.has(name)) continue
    if (Object.hasOwn(UNSUPPORTED, name)) {
      if (value === UNSUPPORTED[name] || String(value) === String(UNSUPPORTED[name])) continue
      raise('Unsupported', `${name}=${value} is a LightGBM option that this engine lacks`)
    }
    const row = NAMES.get(name)
    if (row === undefined) raise('UnknownParameter', `unknown parameter ${name}; did you mean ${nearest(name)}?`)
    const read = readValue(name, value, row)
    const before = given.get(row[0])
    if (before !== undefined && JSON.stringify(out[row[0]]) !== JSON.stringify(read))
      raise('BadParameter', `${before} and ${name} are the same parameter and disagree`)
    given.set(row[0], name)
    out[row[0]] = read
  }
  return finish(out as unknown as Params, given)
}

/** What depends on several parameters at once. */
function finish(p: Params, given: ReadonlyMap<string, string>): Params {
  const objective = OBJECTIVES[p.objective]
  if (objective === undefined)
    raise(
      'Unsupported',
      `objective=${p.objective}; this engine has ${[...new Set(Object.values(OBJECTIVES))].join(', ')}`,
    )
  if (['rmse', 'l2_root', 'root_mean_squared_error'].includes(p.objective) && p.metric.length === 0) p.metric = ['rmse']
  p.objective = objective
  if ((p.boosting as string) === 'goss') {
    p.boosting = 'gbdt'
    p.data_sample_strategy = 'goss'
  }
  if (['gbrt', 'gbdt'].includes(p.boosting)) p.boosting = 'gbdt'
  oneOf('boosting', p.boosting, ['gbdt'], ['dart', 'rf', 'random_forest'])
  oneOf('data_sample_strategy', p.data_sample_strategy, ['bagging', 'goss'])
  oneOf('grow_policy', p.grow_policy, ['lossguide', 'depthwise'])
  oneOf('monotone_constraints_method', p.monotone_constraints_method, ['basic'], ['intermediate', 'advanced'])
  // LightGBM derives the other seeds from `seed` in this order (config.cpp).
  if (p.seed !== undefined) {
    const r = new LgbRandom(p.seed)
    const draw = (name: keyof Params): void => {
      const x = r.nextShort(0, 32767)
      if (!given.has(name)) (p as unknown as Record<string, unknown>)[name] = x
    }
    draw('data_random_seed')
    draw('bagging_seed')
    r.short() // drop_seed
    draw('feature_fraction_seed')
    draw('objective_seed')
    draw('extra_seed')
  }
  if (p.objective === 'multiclass' && p.num_class < 2)
    raise('BadParameter', 'objective=multiclass needs num_class >= 2')
  if (p.objective !== 'multiclass' && p.objective !== 'custom' && p.num_class !== 1)
    raise('BadParameter', `num_class must be 1 for objective=${p.objective}`)
  if (p.objective === 'quantile' && p.alpha >= 1) raise('BadParameter', 'alpha must be < 1 for objective=quantile')
  if (p.is_unbalance && p.scale_pos_weight !== 1)
    raise('BadParameter', 'is_unbalance and scale_pos_weight cannot be used together')
  if (p.data_sample_strategy === 'goss') {
    if (p.top_rate + p.other_rate > 1 || p.top_rate <= 0 || p.other_rate <= 0)
      raise('BadParameter', 'GOSS needs top_rate > 0, other_rate > 0 and a sum of at most 1')
    if (p.bagging_freq > 0 && p.bagging_fraction !== 1) raise('BadParameter', 'bagging cannot be used with GOSS')
  }
  if (p.path_smooth > 0 && p.min_data_in_leaf < 2) p.min_data_in_leaf = 2
  if (p.monotone_constraints.every((c) => c === 0)) p.monotone_constraints = []
  if (p.monotone_constraints.length > 0 && (p.objective === 'regression_l1' || p.objective === 'quantile'))
    raise('BadParameter', `monotone_constraints cannot be used with objective=${p.objective}, which renews leaf values`)
  // num_leaves is bounded by the depth, as in LightGBM's Config::CheckParamConflict.
  if (p.max_depth > 0 && p.max_depth < 31) p.num_leaves = Math.min(p.num_leaves, 2 ** p.max_depth)
  return p
}

/** `[name: value]` lines of the parameters, as LightGBM writes them into a model file. */
export function paramsText(p: Params): string {
  return (
    Object.entries(p)
      // `grow_policy` is not LightGBM's: it is written only where it matters, so that LightGBM does not warn.
      .filter(([k, v]) => v !== undefined && !(k === 'grow_policy' && v === 'lossguide'))
      .map(([k, v]) => `[${k}: ${Array.isArray(v) ? v.join(',') : typeof v === 'boolean' ? Number(v) : v}]`)
      .join('\n')
  )
}
