/**
 * The research pipeline's rules of a day (RP-14, RP-18, RP-19): the day before and the day alone, or two days joined, filled
 * both ways; its own definitions; exact zero as the only flat deviation.
 */
import { addDays } from '@cointrader/core'
import type { DayRules } from '../build/day.js'
import type { BuildSpec } from '../build/spec.js'
import { makeFeatureSet } from '../featureset.js'
import { researchDays, researchJoined } from './research-days.js'
import { researchAdded, researchBase } from './research-features.js'

/** Rules of one spec. Errors of RP-07 and RP-09: see `researchJoined`. */
export function researchRules({ generator }: BuildSpec): DayRules {
  return {
    barsForX(days, date, symbols) {
      const two = days.filter((d) => d.date >= addDays(date, -1))
      return generator === 'added' ? researchJoined(two, 2, symbols) : researchDays(two, symbols)
    },
    barsForY(days, date, symbols) {
      const two = days.filter((d) => d.date <= addDays(date, 1))
      return researchJoined(two, two.length, symbols)
    },
    set({ windows }, _plugins, has) {
      const base = { prefix: 'x', definitions: researchBase(has) }
      const added = { prefix: generator === 'both' ? 'xa' : 'x', definitions: researchAdded() }
      const groups = generator === 'base' ? [base] : generator === 'added' ? [added] : [base, added]
      return makeFeatureSet({ groups, windows, flat: 0 })
    },
    read: undefined,
  }
}
