/** What a causality proof is about, as plain data: it crosses to worker threads and enters the id of kept parts. */
import { type FeatureDefinition, type Generator, readRules } from '@cointrader/features'
import { importPlugins } from '@cointrader/features/build/jobs'
import {
  type CausalPipeline,
  pointInTimeUniverse,
  productPipeline,
  researchPipeline,
  type UniverseRule,
} from '@cointrader/features/causality/index'

export interface CausalitySpec {
  /** `plugins`: only the columns of plug-ins. */
  readonly kind: 'product' | 'plugins' | 'research'
  readonly windows: readonly number[]
  readonly horizons: readonly number[]
  readonly generator: Generator
  readonly price: string
  readonly universe: UniverseRule
  /** Fields that the tables have. */
  readonly fields: readonly string[]
  readonly plugins: readonly { readonly url: string; readonly sha256: string }[]
}

/** The pipeline of a spec. Errors `E_CONFIG` of plug-ins. */
export async function makePipeline(spec: CausalitySpec): Promise<CausalPipeline> {
  const { kind, windows, horizons, generator, price, universe, fields } = spec
  if (kind === 'research') {
    const has = (field: string) => fields.includes(field)
    const labels = { price, horizons }
    return researchPipeline({ windows, generator: generator === 'added' ? 'added' : 'base', labels, has, universe })
  }
  const plugins: FeatureDefinition[] = await importPlugins(spec.plugins.map((p) => p.url))
  return productPipeline({
    spec: { windows, horizons, generator, price, rules: readRules() },
    plugins,
    pluginsOnly: kind === 'plugins',
    universe: pointInTimeUniverse(universe),
  })
}
