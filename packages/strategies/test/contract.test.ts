/** The contract suite on the strategies that ship, on the example users start from, and on strategies that cheat. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  checkStrategy,
  crossSection,
  defineStrategy,
  type Intent,
  indicatorScore,
  mtfPullback,
  type Strategy,
} from '@cointrader/strategies'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { market, momentum } from './market.js'

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../../examples/strategies')

/** An example as the command loads it: types stripped, the import pointed at this installation. */
async function example(file: string): Promise<Strategy> {
  const source = readFileSync(join(examples, file), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  })
  const index = join(examples, '../../packages/strategies/dist/index.js')
  const code = outputText.replace("'@cointrader/strategies'", JSON.stringify(`file://${index}`))
  const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
    default: Strategy
  }
  return module.default
}

const enter = (symbol: number, side: 1 | -1): Intent => ({
  kind: 'enter',
  symbol,
  side,
  stopDistance: 1,
  targetDistance: 0,
  reason: '',
})

describe('strategies that ship keep their contract', () => {
  const bars = market('contract', 2, 2600)
  const scores = momentum(bars, 20).map((x) => x.map((v) => 0.5 + v))
  const kept: [string, Strategy, Float64Array[] | undefined][] = [
    ['indicator-score', indicatorScore(), undefined],
    ['indicator-score, loose', indicatorScore({ score: 1, adx: 0, volumeMultiplier: 1, exitAfterBars: 10 }), undefined],
    ['indicator-score with a filter', indicatorScore({ score: 2, filter: true }), scores],
    ['mtf-pullback', mtfPullback({ warmUp: 850 }), undefined],
    ['cross-section', crossSection({ long: 1, short: 1, holdingBars: 4, minSymbols: 2 }), scores],
    [
      'cross-section with a turnover cap',
      crossSection({ long: 1, short: 1, holdingBars: 3, minSymbols: 2, turnoverCap: 0.3, weighting: 'proportional' }),
      scores,
    ],
  ]
  it.each(kept)('%s', (_name, strategy, given) => {
    expect(checkStrategy(strategy, { bars, cuts: 5, ...(given && { scores: given }) })).toEqual([])
  })
})

describe('examples', () => {
  const files = readdirSync(examples).filter((name) => name.endsWith('.ts'))
  it.each(files)('%s keeps the contract', async (file) => {
    const strategy = await example(file)
    expect(`${strategy.name}.ts`).toBe(file)
    expect(checkStrategy(strategy, { bars: market('example', 2, 1200), cuts: 5 })).toEqual([])
  })

  it('type-check as their tsconfig.json says', () => {
    const config = ts.getParsedCommandLineOfConfigFile(join(examples, 'tsconfig.json'), undefined, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (d) => expect.fail(String(d.messageText)),
    })!
    const program = ts.createProgram(config.fileNames, config.options)
    const problems = ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))
    expect(problems).toEqual([])
    expect(config.fileNames).toHaveLength(files.length)
  })
})

describe('strategies that cheat are told', () => {
  const bars = market('cheat', 1, 300)
  const laws = (strategy: Strategy, scores?: Float64Array[]): string[] =>
    checkStrategy(strategy, { bars, ...(scores && { scores }) }).map((f) => f.law)

  it('a bar that is not yet known', () => {
    const strategy = defineStrategy({
      name: 'ahead',
      lookback: 2,
      decide: (view) => (view.close(-1) > view.close() ? [enter(0, 1)] : []),
    })
    expect(laws(strategy)).toEqual(['look-ahead'])
  })

  it('a stream that is fitted when it has seen everything', () => {
    // Two passes hidden in `create`: what the first run over the bars found serves the next one.
    let best = 0
    const strategy = defineStrategy({
      name: 'fitted',
      columns: {
        names: ['best'],
        create() {
          const known = best
          best = 0
          return {
            push(bar) {
              if (bar.close > best) best = bar.close
            },
            write(out) {
              out[0] = known
            },
          }
        },
      },
      decide: (view) => (view.close() > 0.9 * view.column(0) ? [enter(0, 1)] : []),
    })
    expect(laws(strategy)).toContain('determinism')
  })

  it('precompute that looks ahead, which the fast path would run', () => {
    const score = indicatorScore({ score: 1, adx: 0, volumeMultiplier: 0.5 })
    const strategy: Strategy = {
      ...score,
      precompute(set, s, given) {
        const columns = score.precompute!(set, s, given)
        return { ...columns, side: columns.side.map((_, i) => columns.side[i + 1] ?? 0) }
      },
    }
    expect(laws(strategy)).toEqual(['precompute'])
  })

  it('memory outside of memory', () => {
    let calls = 0
    const strategy = defineStrategy({ name: 'counter', decide: () => (calls++ % 7 === 0 ? [enter(0, 1)] : []) })
    expect(laws(strategy)).toContain('determinism')
  })

  it('history longer than declared, wrong numbers, exceptions', () => {
    const far = defineStrategy({
      name: 'far',
      lookback: 2,
      decide: (view) => (view.history('close', 10).length > 0 ? [] : []),
    })
    expect(laws(far)).toEqual(['look-ahead'])
    const odd = defineStrategy({
      name: 'odd',
      decide: (): Intent[] => [{ ...enter(0, 1), kind: 'enter', stopDistance: Number.NaN } as Intent],
    })
    expect(laws(odd)).toEqual(['intent'])
    const broken = defineStrategy({
      name: 'broken',
      decide(): Intent[] {
        throw new Error('no')
      },
    })
    expect(laws(broken)).toEqual(['error'])
  })

  it('precompute that says something else', () => {
    const score = indicatorScore({ score: 1, adx: 0, volumeMultiplier: 0.5 })
    const strategy: Strategy = {
      ...score,
      precompute(set, s, given) {
        const columns = score.precompute!(set, s, given)
        return { ...columns, side: columns.side.map((side) => -side) }
      },
    }
    expect(laws(strategy)).toEqual(['precompute'])
  })
})

describe('defineStrategy', () => {
  it('names every wrong field at once', () => {
    expect(() => defineStrategy({ name: 'No Good', lookback: 0, warmUp: -1, decide: () => [] })).toThrow(
      /name.*lookback.*warmUp/,
    )
  })

  it('refuses an intent nobody knows, instead of not trading without a word', () => {
    const strategy = defineStrategy({
      name: 'buyer',
      decide: () => [{ kind: 'entre', symbol: 0, side: 1 } as unknown as Intent],
    })
    expect(() => strategy.decide({} as never, null)).toThrow(
      /E_CONFIG: strategy buyer: .*kind "entre"; there are enter, exit, target, protect \(did you mean "enter"\?\)/,
    )
  })
})
