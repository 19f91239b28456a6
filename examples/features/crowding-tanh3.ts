// tanh(3z) of how far top traders' positions lean away from all accounts: the crowding feature as it was documented.
// The shipped CrowdingPressure is tanh(1/z), which jumps from -1 to 1 where z passes 0 (RP-D08); this one is smooth.
import { defineFeature } from '@cointrader/features'

export default defineFeature({
  type: 'CrowdingTanh3',
  title: 'tanh of 3 z-scores of top position ratio less account ratio',
  unit: '-1..1',
  windows: (w) => w >= 2,
  inputs: ['mt_top_ls_ratio', 'mt_ls_ratio_cnt'],
  build: (x, w) => {
    const skew = x.sub(x.mean(x.input('mt_top_ls_ratio'), w), x.mean(x.input('mt_ls_ratio_cnt'), w))
    // At least 5 bars; a deviation below 1e-9 of the mean is rounding noise and gives z = 0.
    const z = x.zscore(skew, Math.max(w, 5), 1e-9)
    return x.map('tanh3', [z], (v) => Math.tanh(3 * v))
  },
})
