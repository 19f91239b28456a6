/** The flags of predict: instants, defaults, and flags of the form that was not asked for. */
import { predictCommand } from '@cointrader/cli/commands/predict'
import { isError } from '@cointrader/core'
import { describe, expect, it } from 'vitest'
import { cointrader, tempFolder } from './helpers.js'

function parse(...args: string[]): Record<string, unknown> {
  const command = predictCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {})
  return command.parse(['--model', 'm', ...args], { from: 'user' }).opts()
}

function refused(...args: string[]): unknown {
  try {
    parse(...args)
  } catch (error) {
    return error
  }
}

describe('predict', () => {
  it('takes days by either pair of names', () => {
    const days = { inferStart: '2026-02-03', inferEnd: '2026-02-04' }
    expect(parse('--infer-start', '2026-02-03', '--infer-end', '2026-02-04')).toMatchObject(days)
    expect(parse('--start-date', '2026-02-03', '--end-date', '2026-02-04')).toMatchObject(days)
  })

  it('reads minutes and the present as every command does; a minute begins on the minute', () => {
    const noon = Date.UTC(2026, 1, 4, 12)
    for (const text of ['2026-02-04T12:00Z', '2026-02-04 12:00', '2026-02-04 12:00:00 UTC', String(noon)])
      expect(parse('--at', text, '--now', text), text).toMatchObject({ at: noon, now: noon })
    expect(parse('--at', '2026-02-04')).toMatchObject({ at: Date.UTC(2026, 1, 4) })
    expect(parse('--now', '2026-02-04T12:00:30Z')).toMatchObject({ now: noon + 30_000 })
    expect(refused('--at', '2026-02-04T12:00:30Z')).toMatchObject({ message: expect.stringContaining('whole minutes') })
    for (const flag of ['--at', '--now']) {
      const error = refused(flag, 'yesterday')
      expect(isError(error, 'E_USAGE_DATE')).toBe(true)
      expect((error as Error).message).toContain(flag)
    }
  })

  it('has defaults where they do not depend on the form', () => {
    expect(parse()).toEqual({
      model: 'm',
      repeat: 1,
      plugin: [],
      float: 32,
      modelsDir: 'models',
      evaluation: true,
    })
  })

  it('refuses flags of the other form, by both names, and not their defaults', async () => {
    const folder = tempFolder()
    const predict = (...args: string[]) => cointrader(['predict', '--model', 'm', '--models-dir', folder, ...args])
    const rows = await predict('--latest', '--end-date', '2026-02-04')
    expect([rows.code, rows.stderr]).toEqual([2, expect.stringMatching(/E_USAGE: --infer-end \(--end-date\): /)])
    for (const [flag, value] of [
      ['--repeat', '1'],
      ['--float', '32'],
      ['--plugin', 'x.mjs'],
    ] as const) {
      const latest = await predict(flag, value)
      expect([latest.code, latest.stderr]).toEqual([
        2,
        expect.stringMatching(new RegExp(`E_USAGE: ${flag}: .*--latest`)),
      ])
    }
    // Without a stray flag it goes on to the model, which is not there.
    const none = await predict('--infer-start', '2026-02-03', '--infer-end', '2026-02-03')
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/E_FILE_MISSING: m/)])
  })
})
