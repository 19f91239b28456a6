/** What is asked of a build, as plain data: it crosses to worker threads and enters the id of what is built. */
import type { Json, UtcDate } from '@cointrader/core'
import type { Generator } from '../featureset.js'
import type { ReadRules } from '../graph/read.js'

export interface BuildSpec {
  readonly top: number
  readonly windows: readonly number[]
  readonly horizons: readonly number[]
  readonly generator: Generator
  /** Price of the labels. */
  readonly price: string
  /** Which rows stay: those with features and labels, with features, with labels (RP-20). */
  readonly how: 'inner' | 'left' | 'right'
  readonly part: 'xy' | 'x' | 'y'
  /** Bits of features and labels in the file; they are computed in 64. */
  readonly float: 32 | 64
  readonly rules: ReadRules
  /** The research pipeline's own rules, look-ahead included. */
  readonly research: boolean
  /** Modules of further feature definitions, as URLs, with the hash of their text. */
  readonly plugins: readonly { readonly url: string; readonly sha256: string }[]
}

/** One day's work. */
export interface BuildTask {
  readonly spec: BuildSpec
  readonly date: UtcDate
  /** The universe of the date. */
  readonly members: readonly string[]
  /** File to write. */
  readonly path: string
  /** Hash of each day table used, by date. */
  readonly inputs: Readonly<Record<string, string>>
  readonly codeVersion: string
}

/** The part of a spec that makes a difference to the bytes. */
export function specConfig(spec: BuildSpec): Json {
  const { part, plugins, rules, ...rest } = spec
  const y = part === 'x' ? { horizons: [], price: '', how: 'left' } : {}
  const x = part === 'y' ? { windows: [], generator: '' } : {}
  return {
    ...(rest as unknown as Record<string, Json>),
    ...y,
    ...x,
    part,
    rules: { ...rules },
    plugins: plugins.map((p) => p.sha256),
  }
}

/** `2026-02-01_xy_top50.parquet`. */
export const dayFileName = (date: UtcDate, { part, top }: Pick<BuildSpec, 'part' | 'top'>): string =>
  `${date}_${part}_top${top}.parquet`
