import { readFileSync } from 'node:fs'
import { isError } from '@cointrader/core'
import {
  featureListPath,
  featureListText,
  parseFeatureList,
  parsePythonList,
  readFeatureList,
  writeFeatureList,
} from '@cointrader/features/dataset/featurelist'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryDisk, shared } from './support.js'

const config = shared('data/research-config/feature_list/y_60m')

describe('feature lists', () => {
  it.skipIf(config === undefined)('reads the published files, and writes the same bytes', () => {
    const lists = [166, 98, 44].map((count) => {
      const text = readFileSync(`${config}/top30_example_features_${count}.json`, 'utf8')
      const names = parseFeatureList(text, `list of ${count}`)
      expect(names).toHaveLength(count)
      expect(featureListText(names, 'python')).toBe(text.trimEnd())
      return names
    })
    expect(lists[0]![0]).toBe('x_1m_Premium')
    expect(lists[0]!.filter((name) => name.endsWith('_neut'))).toHaveLength(89)
    expect(lists[1]).toEqual(lists[0]!.slice(0, 98))
    expect(lists[2]).toEqual(lists[0]!.slice(0, 44))
  })

  it('reads both encodings, quotes of both kinds, escapes, white space and a comma at the end', () => {
    expect(parseFeatureList('["a", "b"]', 'f')).toEqual(['a', 'b'])
    expect(parseFeatureList(JSON.stringify(`[ 'a' ,\n "b",'c\\'d',"e\\x41\\u00e9", ]`), 'f')).toEqual([
      'a',
      'b',
      "c'd",
      'eA\u00e9',
    ])
    expect(parseFeatureList('[]', 'f')).toEqual([])
    expect(parseFeatureList('"[]"', 'f')).toEqual([])
  })

  it.each([
    ["['a' 'b']", 5, 'expected , or ]'],
    ["['a'", 4, 'expected , or ]'],
    ["['a", 3, 'the name that starts at 1 has no end'],
    ["['a',,]", 5, 'expected a quoted name'],
    ['[1]', 1, 'expected a quoted name'],
    ["[b'a']", 1, 'expected a quoted name'],
    ["['a'] + ['b']", 6, 'expected nothing more'],
    ["('a',)", 0, 'expected ['],
    ["['a\\q']", 4, 'unknown escape'],
    ["['\\x4']", 4, 'expected 2 hexadecimal digits'],
    ["['a\nb']", 3, 'the name that starts at 1 has no end'],
    ["[__import__('os')]", 1, 'expected a quoted name'],
    ["['''a''']", 3, 'expected , or ]'],
    ['', 0, 'expected ['],
  ])('refuses %j at position %i', (text, position, what) => {
    expect(() => parsePythonList(text, 'list.json')).toThrow(`list.json: a file is damaged`)
    expect(() => parsePythonList(text, 'list.json')).toThrow(`position ${position} of the list: ${what}`)
  })

  it('refuses what is not a list of distinct names', () => {
    for (const text of ['{', '{}', '3', 'null', '["a", 1]', '["a", ""]', '["a", "a"]', "\"['a', 'a']\""]) {
      expect(() => parseFeatureList(text, 'f'), text).toThrow(/E_FILE_CORRUPT: f:/)
    }
  })

  it('property: what is written is read back, in both encodings', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 8 })
    fc.assert(
      fc.property(names, fc.constantFrom('array' as const, 'python' as const), (list, encoding) => {
        expect(parseFeatureList(featureListText(list, encoding), 'f')).toEqual(list)
      }),
      { numRuns: 1000, seed: 1 },
    )
  })

  it('property: any text gives a list or the named error', () => {
    const text = fc.string({ unit: fc.constantFrom(...`[]'",\\ax4u \n`) })
    fc.assert(
      fc.property(text, (t) => {
        try {
          for (const name of parsePythonList(t, 'f')) expect(typeof name).toBe('string')
        } catch (error) {
          expect(isError(error, 'E_FILE_CORRUPT')).toBe(true)
        }
      }),
      { numRuns: 3000, seed: 2 },
    )
  })

  it('files: the name says the count, and parts that are no plain names are refused', async () => {
    const disk = memoryDisk()
    const id = { yName: 'y_60m', top: 30, label: 'example_features' }
    const path = await writeFeatureList(disk, 'root', id, ['x_1m_A', 'x_5m_B'], 'python')
    expect(path).toBe('feature_list/y_60m/top30_example_features_2.json')
    expect(await readFeatureList(disk, 'root', { ...id, count: 2 })).toEqual(['x_1m_A', 'x_5m_B'])
    await expect(readFeatureList(disk, 'root', { ...id, count: 3 })).rejects.toThrow(/E_FILE_MISSING/)
    disk.files.set(`root/${featureListPath({ ...id, count: 3 })}`, disk.files.get(`root/${path}`)!)
    await expect(readFeatureList(disk, 'root', { ...id, count: 3 })).rejects.toThrow('2 names, the file name says 3')
    expect(() => featureListPath({ ...id, yName: '../y', count: 1 })).toThrow(/E_USAGE/)
    await expect(writeFeatureList(disk, 'root', id, ['a', 'a'])).rejects.toThrow(/E_FILE_CORRUPT/)
  })
})
