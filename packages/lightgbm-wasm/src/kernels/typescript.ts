/**
 * The kernels in plain TypeScript, for places without WebAssembly and as the twin that the compiled ones are tested
 * against: the same operations in the same order, so the same bits. Kept whole because it mirrors one file,
 * `assembly/kernels.as`, function by function.
 */
import { BLOCK_HIST_BYTES, EPSILON, type Kernels, type SharedMemory, type Views, viewsOf } from './kernels.js'

function thresholdL1(s: number, l1: number): number {
  const reg = Math.max(0, Math.abs(s) - l1)
  return s > 0 ? reg : s < 0 ? -reg : 0
}

function gainOf(gl: number, hl: number, gr: number, hr: number, l1: number, l2: number): number {
  const a = l1 > 0 ? thresholdL1(gl, l1) : gl
  const b = l1 > 0 ? thresholdL1(gr, l1) : gr
  return (a * a) / (hl + l2) + (b * b) / (hr + l2)
}

function add8(u8: Uint8Array, at: number, f64: Float64Array, h: number, g: number, w: number): void {
  for (let k = 0, base = h; k < 8; k++, base += 512) {
    const a = base + (u8[at + k] << 1)
    f64[a] += g
    f64[a + 1] += w
  }
}

export function typescriptKernels(memory: SharedMemory): Kernels {
  let cached: Views = viewsOf(memory.buffer)
  const views = (): Views => {
    // `memory.buffer` is a new object after growth.
    if (cached.buffer !== memory.buffer) cached = viewsOf(memory.buffer)
    return cached
  }
  return {
    histogram(bins, stride, idx, n, pairs, hist) {
      const { u8, u32, f32, f64 } = views()
      for (let i = 0, p = pairs / 4, q = idx / 4; i < n; i++, p += 2)
        add8(u8, bins + u32[q + i] * stride, f64, hist / 8, f32[p], f32[p + 1])
    },
    histogramAll(bins, stride, n, pairs, hist) {
      const { u8, f32, f64 } = views()
      for (let i = 0, p = pairs / 4; i < n; i++, p += 2) add8(u8, bins + i * stride, f64, hist / 8, f32[p], f32[p + 1])
    },
    touch(bins, stride, idx, n) {
      const { u8, u32 } = views()
      let sum = 0
      for (let i = 0, q = idx / 4; i < n; i++) sum += u8[bins + u32[q + i] * stride]
      return sum
    },
    clear(at, bytes) {
      views().u8.fill(0, at, at + bytes)
    },
    copy(from, to, n) {
      views().u32.copyWithin(to / 4, from / 4, from / 4 + n)
    },
    subtract(parent, child) {
      const { f64 } = views()
      for (let i = 0, a = parent / 8, b = child / 8; i < BLOCK_HIST_BYTES / 8; i++) f64[a + i] -= f64[b + i]
    },
    fixBins(hist, meta, active, sumG, sumH) {
      const { u8, i32, f64 } = views()
      for (let k = 0; k < 8; k++) {
        const bin = i32[meta / 4 + 8 * k + 3]
        if (bin <= 0 || (u8[active + k] & 1) === 0) continue
        const at = hist / 8 + 512 * k
        let g = sumG
        let h = sumH
        for (let b = 0; b < 256; b++) {
          if (b === bin) continue
          g -= f64[at + 2 * b]
          h -= f64[at + 2 * b + 1]
        }
        f64[at + 2 * bin] = g
        f64[at + 2 * bin + 1] = h
      }
    },
    gather(pairs, idx, n, out) {
      const { u32, f32 } = views()
      const p = pairs / 4
      const o = out / 4
      for (let i = 0, q = idx / 4; i < n; i++) {
        const a = p + 2 * u32[q + i]
        f32[o + 2 * i] = f32[a]
        f32[o + 2 * i + 1] = f32[a + 1]
      }
    },
    partition(bins, stride, idx, n, table, left, right) {
      const { u8, u32 } = views()
      let l = left / 4
      let r = right / 4
      for (let i = 0, q = idx / 4; i < n; i++) {
        const row = u32[q + i]
        const go = u8[table + u8[bins + row * stride]]
        u32[l] = row
        u32[r] = row
        l += go
        r += 1 - go
      }
      return l - left / 4
    },
    spread(from, rows, n, to, stride) {
      const { u8, u32 } = views()
      const q = rows / 4
      for (let i = 0; i < n; i++) u8[to + i * stride] = u8[from + (rows === 0 ? i : u32[q + i])]
    },
    addToRows(scores, idx, n, value) {
      const { u32, f64 } = views()
      const s = scores / 8
      for (let i = 0, q = idx / 4; i < n; i++) f64[s + u32[q + i]] += value
    },
    gradientsL2(scores, labels, from, to, pairs) {
      const { f32, f64 } = views()
      const s = scores / 8
      const y = labels / 4
      for (let i = from, p = pairs / 4; i < to; i++) {
        f32[p + 2 * i] = f64[s + i] - f32[y + i]
        f32[p + 2 * i + 1] = 1
      }
    },
    mapBins(values, n, bounds, nanBin, out) {
      const { u8, f64 } = views()
      const first = bounds / 8
      for (let i = 0, v = values / 8; i < n; i++) {
        const x = f64[v + i]
        let a = first
        for (let step = 128; step >= 1; step >>= 1) if (f64[a + step - 1] < x) a += step
        u8[out + i] = Number.isNaN(x) ? nanBin : a - first
      }
    },
    findSplit(
      hist,
      numBin,
      missing,
      defaultBin,
      offset,
      sumG,
      sumH,
      numData,
      l1,
      l2,
      minGain,
      minData,
      minHess,
      _hint,
      out,
    ) {
      const { f64 } = views()
      const at = hist / 8
      const o = out / 8
      const factor = numData / sumH
      const s = l1 > 0 ? thresholdL1(sumG, l1) : sumG
      const shift = (s * s) / (sumH + l2) + minGain
      const both = numBin > 2 && missing !== 0
      const skip = both && missing === 1 ? defaultBin : -1
      let outGain = Number.NEGATIVE_INFINITY
      let splittable = 0
      // LightGBM stops at the first candidate whose other side is too small; going on finds none, as sides only shrink.
      const better = (gain: number, t: number, left: number, g: number, h: number, c: number): void => {
        if (splittable === 0 || !(gain > outGain + shift)) return
        outGain = gain - shift
        f64[o + 1] = t
        f64[o + 2] = left
        f64[o + 3] = g
        f64[o + 4] = h
        f64[o + 5] = c
      }
      let bestGain = Number.NEGATIVE_INFINITY
      let bestT = 0
      let bestG = 0
      let bestH = 0
      let bestC = 0
      let g = 0
      let h = EPSILON
      let c = 0
      for (let t = numBin - 1 - (both && missing === 2 ? 1 : 0); t >= 1; t--) {
        if (t === skip) continue
        const bh = f64[at + 2 * t + 1]
        g += f64[at + 2 * t]
        h += bh
        c += Math.trunc(bh * factor + 0.5)
        const lc = numData - c
        const lh = sumH - h
        if (c < minData || h < minHess || lc < minData || lh < minHess) continue
        const lg = sumG - g
        const gain = gainOf(lg, lh, g, h, l1, l2)
        if (gain <= shift) continue
        splittable = 1
        if (gain > bestGain) {
          bestGain = gain
          bestT = t - 1
          bestG = lg
          bestH = lh
          bestC = lc
        }
      }
      better(bestGain, bestT, both || missing !== 2 ? 1 : 0, bestG, bestH, bestC)
      if (both) {
        bestGain = Number.NEGATIVE_INFINITY
        g = 0
        h = EPSILON
        c = 0
        let t = 0
        const stored0 = offset === 0 || (missing === 1 && defaultBin !== 0)
        if (!stored0) {
          t = 1
          if (missing === 2) {
            g = sumG
            h = sumH - EPSILON
            c = numData
            for (let i = 1; i < numBin; i++) {
              const bh = f64[at + 2 * i + 1]
              g -= f64[at + 2 * i]
              h -= bh
              c -= Math.trunc(bh * factor + 0.5)
            }
            t = 0
          }
        }
        for (; t <= numBin - 2; t++) {
          if (t === skip) continue
          if (t > 0 || stored0) {
            const bh = f64[at + 2 * t + 1]
            g += f64[at + 2 * t]
            h += bh
            c += Math.trunc(bh * factor + 0.5)
          }
          const rh = sumH - h
          if (c < minData || h < minHess || numData - c < minData || rh < minHess) continue
          const gain = gainOf(g, h, sumG - g, rh, l1, l2)
          if (gain <= shift) continue
          splittable = 1
          if (gain > bestGain) {
            bestGain = gain
            bestT = t
            bestG = g
            bestH = h
            bestC = c
          }
        }
        better(bestGain, bestT, 0, bestG, bestH, bestC)
      }
      f64[o] = outGain
      return splittable
    },
  }
}
