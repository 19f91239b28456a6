/** The commands: name, one line, and where they live. Help lists this; nothing else is loaded for it. */
import type { Command } from 'commander'

export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'fetch',
    summary: 'download market data to day tables, verified and resumable',
    load: async () => (await import('./commands/fetch.js')).fetchCommand(),
  },
  {
    name: 'collect',
    summary: 'keep what the venue forgets after 30 days (for cron)',
    load: async () => (await import('./commands/collect.js')).collectCommand(),
  },
  {
    name: 'preprocess',
    summary: 'check day tables, write the defect ledger and the bans',
    load: async () => (await import('./commands/preprocess.js')).preprocessCommand(),
  },
  {
    name: 'universe',
    summary: 'select the symbols of each day from what was known before it',
    load: async () => (await import('./commands/universe.js')).universeCommand(),
  },
  {
    name: 'build-xy',
    summary: 'build features and labels of a range of days',
    load: async () => (await import('./commands/build-xy.js')).buildXyCommand(),
  },
  {
    name: 'x',
    summary: 'build the features of one day',
    load: async () => (await import('./commands/build-xy.js')).xCommand(),
  },
  {
    name: 'y',
    summary: 'build the labels of one day',
    load: async () => (await import('./commands/build-xy.js')).yCommand(),
  },
  {
    name: 'features',
    summary: 'audit XY tables, select features inside a training range',
    load: async () => (await import('./commands/features.js')).featuresCommand(),
  },
  {
    name: 'train',
    summary: 'train models on XY tables and judge them beside baselines',
    load: async () => (await import('./commands/train.js')).trainCommand(),
  },
  {
    name: 'tune',
    summary: 'search parameters on validation data',
    load: async () => (await import('./commands/tune.js')).tuneCommand(),
  },
  {
    name: 'predict',
    summary: 'score rows with a stored or foreign model',
    load: async () => (await import('./commands/predict.js')).predictCommand(),
  },
  {
    name: 'backtest',
    summary: 'replay recorded bars through the trading core, with named costs',
    load: async () => (await import('./commands/backtest.js')).backtestCommand(),
  },
  {
    name: 'sweep',
    summary: 'try a grid of parameters: chosen on train, quoted on test',
    load: async () => (await import('./commands/sweep.js')).sweepCommand(),
  },
  {
    name: 'compare-symbols',
    summary: 'the same sweep or parameters on each symbol by itself',
    load: async () => (await import('./commands/compare-symbols.js')).compareSymbolsCommand(),
  },
  {
    name: 'position-size',
    summary: "how much to risk per trade, by Monte Carlo over a strategy's trades",
    load: async () => (await import('./commands/position-size.js')).positionSizeCommand(),
  },
  {
    name: 'verify',
    summary: 're-prove a data folder offline',
    load: async () => (await import('./commands/verify.js')).verifyCommand(),
  },
  {
    name: 'data',
    summary: 'show what is there; export bars',
    load: async () => (await import('./commands/data.js')).dataCommand(),
  },
  {
    name: 'sim',
    summary: 'serve a synthetic or recorded market on localhost',
    load: async () => (await import('./commands/sim.js')).simCommand(),
  },
]
