// The last bar's range as a share of the whole window's: near 1 when this bar made the range, near 1/w in a trend.
// A kernel written by hand: `at` gets the last `lookback` values of each argument, oldest first, and returns one value.
import { defineFeature } from '@cointrader/features'

export default defineFeature({
  type: 'RangeShare',
  title: "last bar's range over the window's range",
  unit: '0..1',
  windows: (w) => w >= 2,
  inputs: ['high', 'low'],
  build: (x, w) =>
    x.kernel({
      name: 'range-share',
      args: [x.input('high'), x.input('low')],
      lookback: w,
      // Math.max and Math.min give NaN when a value is missing; a window without any range has no share.
      at: ([high, low]) => {
        const range = Math.max(...high!) - Math.min(...low!)
        return range === 0 ? Number.NaN : (high![w - 1]! - low![w - 1]!) / range
      },
    }),
})
