/** Feature importance, as LightGBM's `feature_importance()` counts it. */
import { ModelError } from './errors.js'
import type { Model } from './model.js'

/** `split`: number of splits on a feature. `gain`: sum of their gains. */
export type ImportanceType = 'split' | 'gain'

/**
 * Importance per feature, in model order (LightGBM `GBDT::FeatureImportance`: only splits with positive gain count).
 *
 * @param type number of splits, or sum of gains (units of the objective)
 * @param numIteration only the first so many iterations; all when absent or not positive
 * @returns one value per feature
 */
export function featureImportance(model: Model, type: ImportanceType, numIteration = 0): Float64Array {
  if (type !== 'split' && type !== 'gain')
    throw new ModelError('E_MODEL_INPUT', 'importance type', `${String(type)} is neither split nor gain`)
  const importance = new Float64Array(model.featureNames.length)
  const trees =
    numIteration > 0 ? Math.min(numIteration * model.treesPerIteration, model.trees.length) : model.trees.length
  for (let t = 0; t < trees; t++) {
    const { splitFeature, splitGain, numLeaves } = model.trees[t]!
    for (let i = 0; i < numLeaves - 1; i++) {
      // LightGBM keeps gains as float32.
      const gain = Math.fround(splitGain[i]!)
      if (gain > 0) importance[splitFeature[i]!]! += type === 'split' ? 1 : gain
    }
  }
  return importance
}
