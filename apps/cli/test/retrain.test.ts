/** `cointrader retrain`: three days in a row, refusals by name, two at once, a full disk. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cointrader, type Ended, tempFolder } from './helpers.js'
import { archiveFolder, faulty, SMALL, studyFile } from './study.js'

let archive: string
/** Work folder and models after the first day. */
let first: { readonly work: string; readonly models: string }

interface Result {
  readonly outcome: 'promote' | 'keep' | 'same' | 'refuse'
  readonly failed: readonly string[]
  readonly champion: string | null
  readonly challenger: string | null
  readonly active: string | null
  readonly reason: string
}

const args = ({ work, models }: typeof first, now: string, ...more: string[]) => [
  ...['retrain', '--config', studyFile(SMALL), '--archive', archive, '--now', now],
  ...['--models-dir', models, '--out', work, '--workers', '1', '--json', ...more],
]
const fresh = () => {
  const root = tempFolder()
  return { work: join(root, 'work'), models: join(root, 'models') }
}
/** A copy of the state after the first day. */
const afterFirst = () => {
  const to = fresh()
  cpSync(first.work, to.work, { recursive: true })
  cpSync(first.models, to.models, { recursive: true })
  return to
}
const result = (ended: Ended): Result => JSON.parse(ended.stdout) as Result
const pointer = ({ models }: typeof first): string => readFileSync(join(models, 'trees/active.json'), 'utf8')

beforeAll(async () => {
  archive = await archiveFolder('b', 6, 8)
  first = fresh()
  const day = await cointrader(args(first, '2026-02-05T06:00:00Z'))
  expect(day.code, day.stderr).toBe(0)
  expect(result(day)).toMatchObject({ outcome: 'promote', champion: null, failed: [] })
}, 240_000)

describe('retrain', () => {
  it('three days in a row: promotes, keeps by the rule, refuses by name; the newest days only are fetched', {
    timeout: 240_000,
  }, async () => {
    const place = afterFirst()
    const champion = (JSON.parse(pointer(place)) as { version: string }).version
    // The second day asks for a gain that no day gives.
    const second = await cointrader(args(place, '2026-02-06T06:00:00Z', '--set', 'retrain.min_gain=0.9'))
    expect(second.code, second.stderr).toBe(0)
    const kept = result(second)
    expect(kept).toMatchObject({ outcome: 'keep', champion, active: champion, failed: [] })
    expect(kept.reason).toMatch(/not more than 0\.9 above/)
    expect(kept.challenger).not.toBe(champion)
    const log = readFileSync(join(place.work, 'data/.run/run.log'), 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l))
    const days = log.filter((l) => l.event === 'day').map((l) => l.date)
    expect(days.filter((d) => d === '2026-02-05')).toHaveLength(1)
    expect(days.filter((d) => d === '2026-02-04')).toHaveLength(1)

    // The third finds nothing to split on: it ranks nothing, and that is below every baseline.
    const third = await cointrader(
      args(
        place,
        '2026-02-07T06:00:00Z',
        '--set',
        'retrain.beat_baseline=true',
        '--set',
        'models.0.params={min_data_in_leaf: 1000000}',
      ),
    )
    const refused = result(third)
    expect(third.code, third.stderr).toBe(1)
    expect(refused).toMatchObject({ outcome: 'refuse', failed: ['baseline'], active: champion })
    expect(readdirSync(join(place.work, 'decisions'))).toHaveLength(3)

    // The same day again, with the settings of the first: this challenger wins.
    const fourth = await cointrader(args(place, '2026-02-07T06:00:00Z'))
    expect(fourth.code, fourth.stderr).toBe(0)
    const { outcome, challenger, active } = result(fourth)
    expect(outcome).toBe('promote')
    expect(active).toBe(challenger)
    expect(JSON.parse(pointer(place))).toMatchObject({ version: challenger, previous: champion, by: 'retrain' })
    // Nothing new: the model that is active is made again and kept.
    const same = await cointrader(args(place, '2026-02-07T06:00:00Z'))
    expect(result(same)).toMatchObject({ outcome: 'same', active })
    const back = await cointrader(['models', 'rollback', 'trees', '--models-dir', place.models])
    expect(back.code, back.stderr).toBe(0)
    expect(JSON.parse(pointer(place))).toMatchObject({ version: champion })
  })

  it('stale data and another schema are refused before anything is trained', { timeout: 240_000 }, async () => {
    const place = afterFirst()
    const before = pointer(place)
    const versions = readdirSync(join(place.models, 'trees'))
    // The archive ends on 2026-02-08; three days later nothing new has come.
    const stale = await cointrader(args(place, '2026-02-12T06:00:00Z', '--set', 'retrain.train_days=5'))
    expect(stale.code, stale.stderr).toBe(1)
    expect(result(stale)).toMatchObject({ outcome: 'refuse', failed: ['stale-data'], challenger: null })
    const schema = await cointrader(args(place, '2026-02-06T06:00:00Z', '--set', 'features.windows=[5]'))
    expect(schema.code, schema.stderr).toBe(1)
    expect(result(schema)).toMatchObject({ outcome: 'refuse', failed: ['schema'], challenger: null })
    expect(result(schema).reason).toMatch(/the tables lack \d+ features of the active model: x_1m_/)
    const built = await cointrader(args(place, '2026-02-06T06:00:00Z', '--set', 'labels.price=open'))
    expect(result(built)).toMatchObject({ outcome: 'refuse', failed: ['schema'] })
    expect(pointer(place)).toBe(before)
    expect(readdirSync(join(place.models, 'trees'))).toEqual(versions)
  })

  it('two at once: one refuses and names the other, or waits', { timeout: 240_000 }, async () => {
    const place = afterFirst()
    const now = '2026-02-06T06:00:00Z'
    const both = await Promise.all([cointrader(args(place, now)), cointrader(args(place, now))])
    expect(both.map((e) => e.code).sort()).toEqual([0, 1])
    expect(both.find((e) => e.code === 1)!.stderr).toMatch(/E_LOCKED.*held by "cointrader retrain"/)
    const patient = afterFirst()
    // Which of them is first is not known, so both are patient.
    const waiting = () => cointrader(args(patient, now, '--wait', '120'))
    const waited = await Promise.all([waiting(), waiting()])
    expect(waited.map((e) => e.code)).toEqual([0, 0])
    expect(waited.filter((e) => e.stderr.includes('waiting for "cointrader retrain"'))).toHaveLength(1)
    expect(pointer(patient)).toBe(pointer(place))
  })

  it.each(['/models/', '/active\\.json', '/work/data/'])(
    'a disk full at %s leaves the active model untouched',
    { timeout: 240_000 },
    async (full) => {
      const place = afterFirst()
      const before = pointer(place)
      const now = '2026-02-06T06:00:00Z'
      const cut = await faulty(args(place, now), { full })
      expect(cut.code).toBe(1)
      expect(cut.stderr).toMatch(/E_DISK/)
      expect(pointer(place)).toBe(before)
      const latest = await cointrader(['models', 'show', 'trees', '--models-dir', place.models, '--json'])
      expect(latest.code, latest.stderr).toBe(0)
      // With space again the same command goes on.
      const again = await cointrader(args(place, now))
      expect(again.code, again.stderr).toBe(0)
      // It does take over: the write that failed was one that counts.
      expect(result(again).outcome).toBe('promote')
    },
  )

  it('killed while it trains and around the decision: the old model or the new one, and the same end', {
    timeout: 240_000,
  }, async () => {
    const calm = afterFirst()
    const now = '2026-02-06T06:00:00Z'
    const { writes, code } = await faulty(args(calm, now), {})
    expect(code).toBe(0)
    const end = pointer(calm)
    const before = pointer(first)
    expect(end).not.toBe(before)
    // The last writes are the pointer and the record of the decision.
    for (const killAt of [Math.floor(writes / 2), writes - 2, writes - 1]) {
      const place = afterFirst()
      const cut = await faulty(args(place, now), { killAt })
      expect(cut.signal, `write ${killAt} of ${writes}`).toBe('SIGKILL')
      expect([before, end]).toContain(pointer(place))
      const again = await cointrader(args(place, now))
      expect(again.code, again.stderr).toBe(0)
      expect(pointer(place)).toBe(end)
    }
  })
})
