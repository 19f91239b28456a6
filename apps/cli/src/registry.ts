/** The commands: name, group, one line, and where they live. Help lists this; nothing else is loaded for it. */
import type { Command } from 'commander'

/** Groups in the order of the river, as help and docs/commands.md show them. */
export const GROUPS = {
  data: 'Data',
  features: 'Features and labels',
  models: 'Models',
  judging: 'Judging',
  whole: 'Everything at once',
  tools: 'Tools',
} as const
export type Group = keyof typeof GROUPS

export interface CommandEntry {
  readonly name: string
  readonly group: Group
  readonly summary: string
  /** What an exit code means here, where that says more than the general list (docs/commands.md). */
  readonly exits?: Partial<Record<1 | 3, string>>
  /** Definitions only: what a command needs to run is loaded by its action, so that help stays quick. */
  load(): Promise<Command>
}

/** Commands of a group in this order; groups need not be together. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'fetch',
    group: 'data',
    summary: 'download market data to day tables, verified and resumable',
    exits: { 3: 'something asked for is absent or was refused, and is named; the rest is stored' },
    load: async () => (await import('./commands/fetch.js')).fetchCommand(),
  },
  {
    name: 'collect',
    group: 'data',
    summary: 'keep what the venue forgets after 30 days (for cron)',
    exits: { 3: 'a series could not be read; the others are stored' },
    load: async () => (await import('./commands/collect.js')).collectCommand(),
  },
  {
    name: 'preprocess',
    group: 'data',
    summary: 'check day tables, write the defect ledger and the bans',
    exits: { 3: 'a day has no table or failed; the others are done' },
    load: async () => (await import('./commands/preprocess.js')).preprocessCommand(),
  },
  {
    name: 'universe',
    group: 'data',
    summary: 'select the symbols of each day from what was known before it',
    load: async () => (await import('./commands/universe.js')).universeCommand(),
  },
  {
    name: 'build-xy',
    group: 'features',
    summary: 'build features and labels of a range of days',
    exits: { 3: 'a day failed; the others are built' },
    load: async () => (await import('./commands/build-xy.js')).buildXyCommand(),
  },
  {
    name: 'x',
    group: 'features',
    summary: 'build the features of one day',
    load: async () => (await import('./commands/build-xy.js')).xCommand(),
  },
  {
    name: 'y',
    group: 'features',
    summary: 'build the labels of one day',
    load: async () => (await import('./commands/build-xy.js')).yCommand(),
  },
  {
    name: 'features',
    group: 'features',
    summary: 'audit XY tables, select features inside a training range',
    exits: { 3: 'audit: a day is not there or cannot be read' },
    load: async () => (await import('./commands/features.js')).featuresCommand(),
  },
  {
    name: 'verify',
    group: 'features',
    summary: 're-prove a data folder offline',
    exits: { 1: 'a problem was found, and is named' },
    load: async () => (await import('./commands/verify.js')).verifyCommand(),
  },
  {
    name: 'train',
    group: 'models',
    summary: 'train models on XY tables and judge them beside baselines',
    load: async () => (await import('./commands/train.js')).trainCommand(),
  },
  {
    name: 'tune',
    group: 'models',
    summary: 'search parameters on validation data',
    load: async () => (await import('./commands/tune.js')).tuneCommand(),
  },
  {
    name: 'predict',
    group: 'models',
    summary: 'score rows with a stored or foreign model',
    load: async () => (await import('./commands/predict.js')).predictCommand(),
  },
  {
    name: 'models',
    group: 'models',
    summary: 'list stored models, promote a version, roll back, prune',
    exits: { 1: 'show: the version fails its checks', 3: 'list: something is damaged, and is named' },
    load: async () => (await import('./commands/models.js')).modelsCommand(),
  },
  {
    name: 'judge',
    group: 'judging',
    summary: 'predictions against what happened, beside baselines',
    load: async () => (await import('./commands/judge.js')).judgeCommand(),
  },
  {
    name: 'backtest',
    group: 'judging',
    summary: 'replay recorded bars through the trading core, with named costs',
    load: async () => (await import('./commands/backtest.js')).backtestCommand(),
  },
  {
    name: 'sweep',
    group: 'judging',
    summary: 'try a grid of parameters: chosen on train, quoted on test',
    load: async () => (await import('./commands/sweep.js')).sweepCommand(),
  },
  {
    name: 'compare-symbols',
    group: 'judging',
    summary: 'the same sweep or parameters on each symbol by itself',
    load: async () => (await import('./commands/compare-symbols.js')).compareSymbolsCommand(),
  },
  {
    name: 'position-size',
    group: 'judging',
    summary: "how much to risk per trade, by Monte Carlo over a strategy's trades",
    load: async () => (await import('./commands/position-size.js')).positionSizeCommand(),
  },
  {
    name: 'run',
    group: 'whole',
    summary: 'a whole study from one file, to one report',
    exits: { 3: 'a stage could not do all of it, and says what; the report is written' },
    load: async () => (await import('./commands/run.js')).runStudyCommand(),
  },
  {
    name: 'retrain',
    group: 'models',
    summary: 'train on the newest days; promote the better model (for cron)',
    exits: { 1: 'a guard refused the challenger, or a stage failed; the active model is what it was' },
    load: async () => (await import('./commands/retrain.js')).retrainCommand(),
  },
  {
    name: 'reproduce',
    group: 'whole',
    summary: 'derive a finished study again and compare every byte',
    exits: { 1: 'an artefact differs, or a stage failed' },
    load: async () => (await import('./commands/reproduce.js')).reproduceCommand(),
  },
  {
    name: 'config',
    group: 'whole',
    summary: 'explain and check study files',
    load: async () => (await import('./commands/config.js')).configCommand(),
  },
  {
    name: 'data',
    group: 'tools',
    summary: 'show what is there; export bars',
    exits: { 3: 'a table is damaged, or export left a symbol out' },
    load: async () => (await import('./commands/data.js')).dataCommand(),
  },
  {
    name: 'sim',
    group: 'tools',
    summary: 'serve a synthetic or recorded market on localhost',
    load: async () => (await import('./commands/sim.js')).simCommand(),
  },
  {
    name: 'doctor',
    group: 'tools',
    summary: 'check this machine, the data folder and the network before a run',
    exits: { 1: 'a check failed' },
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
  {
    name: 'completion',
    group: 'tools',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./commands/completion.js')).completionCommand(),
  },
]
