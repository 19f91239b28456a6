import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BOT_FEATURE_NAMES } from '@cointrader/features/bot/index'
import { openModel, saveModel } from '@cointrader/models/artefact/index'
import {
  BOT_PARAMS,
  BOT_TRAINING,
  type BotFoldResult,
  type BotRows,
  botFiles,
  botRows,
  checkBotParams,
  makeFilter,
  makeProbability,
  openBotFilter,
  passAll,
  predictBot,
  readTunedParams,
  trainBotFold,
  trainerParams,
} from '@cointrader/models/bot/index'
import { nodeDisk } from '@cointrader/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeTable } from './support.js'

const table = madeTable({ rows: 2000, seed: 4, skill: 1 })
let rows: BotRows
let trained: BotFoldResult
const folder = mkdtempSync(join(tmpdir(), 'cointrader-bot-'))

beforeAll(async () => {
  rows = botRows(table)
  trained = await trainBotFold({ table, options: { ...BOT_TRAINING, params: { ...BOT_PARAMS, n_estimators: 30 } } })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const features = (r: number): Float32Array => Float32Array.from(BOT_FEATURE_NAMES, (name) => rows.features[name][r])

describe('makeFilter', () => {
  it('decides as the model and its threshold do, bit for bit, missing values included', () => {
    const filter = makeFilter(trained.model, trained.threshold)
    const index = Int32Array.from({ length: 300 }, (_, k) => 1700 + k)
    const p = predictBot(trained.model, rows, index)
    const bare = makeProbability(trained.model)
    let missing = 0
    index.forEach((r, k) => {
      const decision = filter(features(r))
      expect(decision.probability).toBe(p[k])
      expect(bare(features(r))).toBe(p[k])
      expect(decision.enter).toBe(p[k] >= trained.threshold)
      if (Number.isNaN(rows.features.funding_rate[r])) missing++
    })
    expect(missing).toBeGreaterThan(50)
    expect(filter(features(1700)).reason).toMatch(/^probability 0\.\d{4} (>=|<) 0\.\d{4}$/)
  })

  it('says no to broken input, with the reason, and never throws for it', () => {
    const filter = makeFilter(trained.model, trained.threshold)
    const broken = features(1700)
    broken[0] = Number.NaN
    expect(filter(broken)).toEqual({
      enter: false,
      probability: Number.NaN,
      reason: 'rsi is missing, and never was in training',
    })
    broken[0] = Number.POSITIVE_INFINITY
    expect(filter(broken).reason).toBe('rsi is infinite')
    expect(filter(broken.slice(1)).reason).toContain('25 features')
    // Features that the model does not know may hold anything.
    const extra = features(1700)
    extra[BOT_FEATURE_NAMES.indexOf('oi_change')] = 3
    expect(filter(extra)).toEqual(filter(features(1700)))
    expect(passAll(features(1700)).enter).toBe(true)
    for (const threshold of [0, 1.1, Number.NaN]) expect(() => makeFilter(trained.model, threshold)).toThrow('E_USAGE')
  })
})

describe('stored model', () => {
  it('comes back with its threshold and decides alike; damage is named', async () => {
    const manifest = await saveModel(
      nodeDisk,
      folder,
      {
        family: 'bot',
        name: 'bot',
        codeVersion: 'test',
        seed: 42,
        label: { name: 'label', unit: '', looksUntilMinutes: 375 },
        features: trained.model.features,
        schemaHash: '',
        knownAtMinutes: 15,
        params: {},
        data: {},
        metrics: {},
      },
      botFiles(trained.model, trained.threshold),
    )
    const path = join(folder, 'bot', manifest.version)
    const { filter, threshold } = await openBotFilter(await openModel(nodeDisk, path))
    expect(threshold).toBe(trained.threshold)
    const own = makeFilter(trained.model, trained.threshold)
    for (let r = 1700; r < 1800; r++) expect(filter(features(r))).toEqual(own(features(r)))
    expect((await openBotFilter(await openModel(nodeDisk, path), 0.9)).threshold).toBe(0.9)
    writeFileSync(join(path, 'serving.json'), '{}')
    await expect(openBotFilter(await openModel(nodeDisk, path))).rejects.toThrow('E_FILE_CORRUPT')
  })
})

describe('parameters', () => {
  it('reads the file of the original, fills in what is absent, and names what is wrong', () => {
    const file = (params: unknown): string => JSON.stringify({ best_trial: { params } })
    const read = readTunedParams(file({ n_estimators: 120, weight_scale: 1.5 }), 'f')
    expect(read).toEqual({ ...BOT_PARAMS, n_estimators: 120, weight_scale: 1.5 })
    expect(readTunedParams(file({}), 'f').weight_scale).toBe(1)
    expect(() => readTunedParams('{', 'f')).toThrow('E_CONFIG')
    expect(() => readTunedParams('{"best_trial":{}}', 'f')).toThrow('no best_trial.params')
    for (const bad of [{ leaves: 3 }, { num_leaves: 1.5 }, { subsample: 0 }, { reg_alpha: -1 }, { max_depth: 'x' }])
      expect(() => readTunedParams(file(bad), 'f')).toThrow('E_CONFIG')
    expect(() => checkBotParams({ weight_scale: 0 }, 'f')).toThrow('weight_scale is 0')
  })

  it('is what LightGBM is given', () => {
    const given = trainerParams(BOT_PARAMS, 1, 7, 2)
    expect(given).toMatchObject({ objective: 'binary', num_iterations: 434, bagging_freq: 1, seed: 7, num_threads: 2 })
    expect(given).not.toHaveProperty('weight_scale')
    expect(given).not.toHaveProperty('n_estimators')
  })
})
