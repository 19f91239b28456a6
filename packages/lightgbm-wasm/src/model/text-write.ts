/**
 * Writing LightGBM's text model format. `writeText(readText(text))` is `text`, byte for byte, for a file that LightGBM 4.7
 * wrote, except:
 * - importances are always written as number of splits unless `importanceType: 'gain'` is given (the file does not say
 *   which it holds);
 * - unknown header lines move in front of `feature_infos`; line ends become `\n`;
 * - files of old 3.x releases that lack `leaf_weight`, `internal_weight` or `is_linear` gain these lines (zeros).
 */
import { checkModel } from './check.js'
import { ModelError } from './errors.js'
import { formatHigh, formatLow } from './format.js'
import { featureImportance, type ImportanceType } from './importance.js'
import type { Model, Tree } from './model.js'

const join = (numbers: ArrayLike<number>, format: (n: number) => string): string =>
  Array.from(numbers as ArrayLike<number>, format).join(' ')

function writeTree(tree: Tree, index: number): string {
  const count = (n: number) => String(Math.round(n))
  const lines = [
    `Tree=${index}`,
    `num_leaves=${tree.numLeaves}`,
    `num_cat=${tree.numCat}`,
    `split_feature=${tree.splitFeature.join(' ')}`,
    `split_gain=${join(tree.splitGain, (gain) => formatLow(Math.fround(gain)))}`,
    `threshold=${join(tree.threshold, formatHigh)}`,
    `decision_type=${tree.decisionType.join(' ')}`,
    `left_child=${tree.leftChild.join(' ')}`,
    `right_child=${tree.rightChild.join(' ')}`,
    `leaf_value=${join(tree.leafValue, formatHigh)}`,
    `leaf_weight=${join(tree.leafWeight, formatHigh)}`,
    `leaf_count=${join(tree.leafCount, count)}`,
    `internal_value=${join(tree.internalValue, formatLow)}`,
    `internal_weight=${join(tree.internalWeight, formatLow)}`,
    `internal_count=${join(tree.internalCount, count)}`,
    ...(tree.numCat > 0
      ? [`cat_boundaries=${tree.catBoundaries.join(' ')}`, `cat_threshold=${tree.catThreshold.join(' ')}`]
      : []),
    'is_linear=0',
    `shrinkage=${formatLow(tree.shrinkage)}`,
    '',
    '',
    '',
  ]
  return lines.join('\n')
}

/**
 * Writes a model in LightGBM's text format; LightGBM reads it. Thresholds, leaf values and leaf weights are written with
 * 17 significant digits and read back exactly; gains (as float32), internal values and internal weights with 6, as
 * LightGBM does;
 * counts as whole numbers (an XGBoost model's covers are rounded).
 *
 * @param options.importanceType what the `feature_importances` section holds; `split` when absent
 * @throws ModelError when the model is not consistent, or a feature name or info is empty or holds white space
 */
export function writeText(model: Model, options: { readonly importanceType?: ImportanceType } = {}): string {
  checkModel(model)
  for (const [what, texts] of [
    ['feature name', model.featureNames],
    ['feature info', model.featureInfos],
  ] as const) {
    const bad = texts.find((text) => text === '' || /\s/.test(text))
    if (bad !== undefined)
      throw new ModelError(
        'E_MODEL_INPUT',
        what,
        `"${bad}" is empty or holds white space, which the format cannot hold`,
      )
  }
  const trees = model.trees.map(writeTree)
  const importance = Array.from(featureImportance(model, options.importanceType ?? 'split'), (value, i) => ({
    name: model.featureNames[i]!,
    value: Math.trunc(value),
  }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value)
  const out = [
    'tree',
    `version=${model.version ?? 'v4'}`,
    `num_class=${model.numClass}`,
    `num_tree_per_iteration=${model.treesPerIteration}`,
    `label_index=${model.labelIndex}`,
    `max_feature_idx=${model.featureNames.length - 1}`,
    ...(model.objective === '' ? [] : [`objective=${model.objective}`]),
    ...(model.averageOutput ? ['average_output'] : []),
    `feature_names=${model.featureNames.join(' ')}`,
    ...(model.extraHeader ?? []),
    `feature_infos=${model.featureInfos.join(' ')}`,
    `tree_sizes=${trees.map((t) => t.length).join(' ')}`,
    '',
    // A tree's text ends in a line end already.
    `${trees.join('')}end of trees`,
    '',
    'feature_importances:',
    ...importance.map(({ name, value }) => `${name}=${value}`),
    ...(model.parameters === '' ? [] : ['', 'parameters:', model.parameters, '', 'end of parameters']),
  ]
  return `${out.join('\n')}\n${model.trailer ?? ''}`
}
