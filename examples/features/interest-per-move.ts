// How much open interest changes per move of the price: new money behind a move, or positions being closed.
// The shipped OI_Price_Ratio divides by 1e-9 where the price stood still and explodes (RP-D07); here a move counts
// as 1 bp at least, with its sign (a price that stood still counts as up).
import { defineFeature } from '@cointrader/features'

const FLOOR_BP = 1

export default defineFeature({
  type: 'InterestPerMove',
  title: 'change of open interest over change of price, the latter at least 1 bp',
  unit: 'bp per bp',
  windows: (w) => w >= 2,
  inputs: ['mt_oi', 'close'],
  build: (x, w) => {
    const interest = x.change(x.input('mt_oi'), x.first(x.input('mt_oi'), w), 10_000)
    const move = x.change(x.input('close'), x.first(x.input('close'), w), 10_000)
    return x.map(
      'floored-ratio',
      [interest, move],
      (i, m) => i / (m < 0 ? Math.min(m, -FLOOR_BP) : Math.max(m, FLOOR_BP)),
    )
  },
})
