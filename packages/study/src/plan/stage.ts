/** What a stage is, and what a plan may be told: plain data. */
import type { StudyModel } from '../config/schema.js'

/** Files of a folder whose names match. */
export interface OutputRule {
  /** `raw`: the data folder, which studies may share; `study`: the study's own folder. */
  readonly root: 'study' | 'raw'
  /** Inside the root, `.` for itself. */
  readonly folder: string
  /** Regular expression over whole file names. */
  readonly names: string
}

export interface Stage {
  /** `fetch`, `train/trees/1`. */
  readonly id: string
  readonly title: string
  /**
   * Arguments of `cointrader`. `{version:STAGE}` stands for the version of the model a stage trained, `{members}` for the
   * members of the universe over the test days, `{raw}` for the data folder.
   */
  readonly argv: readonly string[]
  /** Arguments that change no byte of the result: where data comes from, threads, waiting. */
  readonly extra: readonly string[]
  readonly needs: readonly string[]
  readonly outputs: readonly OutputRule[]
  /** Files outside the study whose bytes count as input: plug-ins, feature lists. */
  readonly files: readonly string[]
  /** Files that merge what is there with what is new: removed before the stage runs, so that it starts from nothing. */
  readonly fresh: readonly OutputRule[]
  /** May run beside others of its kind. */
  readonly light: boolean
  /** Where its printed result is kept as an artefact; undefined when its files say everything. */
  readonly stdout?: string
  /** Number of rows or bars it goes over, for the estimate. */
  readonly work: Work
}

/** What a stage's time grows with. */
export type Work =
  | { readonly kind: 'fetch'; readonly files: number }
  | { readonly kind: 'check' | 'universe'; readonly rows: number }
  | { readonly kind: 'build' | 'proof' | 'health'; readonly cells: number }
  | { readonly kind: 'lgbm'; readonly cells: number; readonly rounds: number }
  | { readonly kind: 'linear' | 'predict'; readonly cells: number }
  | { readonly kind: 'judge'; readonly rows: number; readonly contenders: number }
  | { readonly kind: 'backtest'; readonly bars: number }
  | { readonly kind: 'report' }

export interface PlanOptions {
  /** Replaces `source.archive`; also the listing and REST addresses then follow it. */
  readonly archive?: string | undefined
  readonly workers: number
  /** Seconds a stage waits for another run on its folder. */
  readonly wait: number
  /** Folder of models, from the study's folder. Default `models`. */
  readonly modelsDir?: string
  /** Folder name of a model in a fold. Default `{name}-{fold}`. */
  readonly modelFolder?: (model: StudyModel, fold: number) => string
  /** Leave out everything behind training: what `retrain` asks for. */
  readonly until?: 'build-xy' | 'train'
  /** Keep what earlier days left in files that merge: a range that moves on every day need not begin from nothing. */
  readonly incremental?: boolean
}
