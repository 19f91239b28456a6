// AssemblyScript source of predict-kernel.ts (built by test/model/build-kernel.mjs; the test proves the two agree).
// The layout of nodes is that of flatten.ts: 16 bytes each, f64 threshold or leaf value, i32 slot, i32 position of the
// left child; a leaf is its own left child and compares slot 0. A categorical node has the slot ~slot, and in place of
// the threshold i32 first word and i32 number of words of its bit set in `cats`.

/** 0: left. The set's bits beyond its words are 0 (right); -1 (missing) is beyond all words. */
// @ts-ignore: decorator
@inline function categoryRight(cats: usize, node: usize, value: f64): i32 {
  const category = <i32>value;
  const word = <u32>category >> 5;
  if (word >= load<u32>(node + 4)) return 1;
  return i32(((load<u32>(cats + (<usize>(load<u32>(node) + word) << 2)) >> (<u32>category & 31)) & 1) ^ 1);
}

// @ts-ignore: decorator
@inline function step(pool: usize, slots: usize, n: i32): i32 {
  const node = pool + (<usize>n << 4);
  return load<i32>(node + 12) + i32(!(load<f64>(slots + (<usize>load<i32>(node + 8) << 3)) <= load<f64>(node)));
}

/** Writes the leaf position of each tree `from <= t < to` for one row of slots. */
export function walkRow(pool: usize, cats: usize, slots: usize, roots: usize, plain: usize, from: i32, to: i32, positions: usize): void {
  let t = from;
  while (t < to) {
    // Eight trees without categorical nodes at a time, in step: their loads overlap.
    if (t + 8 <= to && load<i32>(plain + (<usize>t << 2)) >= 8) {
      const root = roots + (<usize>t << 2);
      let a = load<i32>(root), b = load<i32>(root, 4), c = load<i32>(root, 8), d = load<i32>(root, 12);
      let e = load<i32>(root, 16), f = load<i32>(root, 20), g = load<i32>(root, 24), h = load<i32>(root, 28);
      while (true) {
        const a2 = step(pool, slots, a), b2 = step(pool, slots, b), c2 = step(pool, slots, c), d2 = step(pool, slots, d);
        const e2 = step(pool, slots, e), f2 = step(pool, slots, f), g2 = step(pool, slots, g), h2 = step(pool, slots, h);
        if (((a2 ^ a) | (b2 ^ b) | (c2 ^ c) | (d2 ^ d) | (e2 ^ e) | (f2 ^ f) | (g2 ^ g) | (h2 ^ h)) == 0) break;
        a = a2; b = b2; c = c2; d = d2; e = e2; f = f2; g = g2; h = h2;
      }
      const out = positions + (<usize>t << 2);
      store<i32>(out, a); store<i32>(out, b, 4); store<i32>(out, c, 8); store<i32>(out, d, 12);
      store<i32>(out, e, 16); store<i32>(out, f, 20); store<i32>(out, g, 24); store<i32>(out, h, 28);
      t += 8;
      continue;
    }
    let n = load<i32>(roots + (<usize>t << 2));
    while (true) {
      const node = pool + (<usize>n << 4);
      const child = load<i32>(node + 12);
      if (child == n) break;
      const slot = load<i32>(node + 8);
      n = child + (slot < 0
        ? categoryRight(cats, node, load<f64>(slots + (<usize>(~slot) << 3)))
        : i32(!(load<f64>(slots + (<usize>slot << 3)) <= load<f64>(node))));
    }
    store<i32>(positions + (<usize>t << 2), n);
    t++;
  }
}

/** Adds the leaf values at `positions` of trees `from <= t < to` to `out[t % k]`, in the order of trees. `from % k == 0`. */
export function addRow(pool: usize, positions: usize, from: i32, to: i32, k: i32, out: usize): void {
  if (k == 1) {
    let sum = load<f64>(out);
    for (let t = from; t < to; t++) sum += load<f64>(pool + (<usize>load<i32>(positions + (<usize>t << 2)) << 4));
    store<f64>(out, sum);
    return;
  }
  let c = 0;
  for (let t = from; t < to; t++) {
    const at = out + (<usize>c << 3);
    store<f64>(at, load<f64>(at) + load<f64>(pool + (<usize>load<i32>(positions + (<usize>t << 2)) << 4)));
    if (++c == k) c = 0;
  }
}

// @ts-ignore: decorator
@inline function addLeaf(rows: usize, from: i32, to: i32, value: f64, out: usize): void {
  for (let p = rows + (<usize>from << 1), end = rows + (<usize>to << 1); p < end; p += 2) {
    const at = out + (<usize>load<u16>(p) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}

/**
 * Adds trees `from <= t < to` for a block of rows. Slot `s` of row `r` is at `columns + s * stride + 8 r`, output `t % k`
 * at `out + (t % k) * stride + 8 r`. A tree sends its list of rows down: each node splits its list into the left child's
 * from the front and the right child's from the back, without a branch, reading one buffer and writing the other.
 * `iota` holds 0, 1, 2 …; `stack` 16 bytes for each leaf of the largest tree.
 */
export function addBlock(pool: usize, cats: usize, columns: usize, stride: usize, roots: usize, from: i32, to: i32, k: i32,
  count: i32, iota: usize, even: usize, odd: usize, stack: usize, output: usize): void {
  let c = 0;
  for (let t = from; t < to; t++) {
    const out = output + <usize>c * stride;
    if (++c == k) c = 0;
    let n = load<i32>(roots + (<usize>t << 2)), s = 0, e = count, depth = 0;
    let src = iota, dst = odd, top = stack;
    if (load<i32>(pool + (<usize>n << 4) + 12) == n) {
      addLeaf(iota, 0, count, load<f64>(pool + (<usize>n << 4)), out);
      continue;
    }
    while (true) {
      const node = pool + (<usize>n << 4);
      const child = load<i32>(node + 12), slot = load<i32>(node + 8);
      const left = pool + (<usize>child << 4);
      const leftLeaf = load<i32>(left + 12) == child, rightLeaf = load<i32>(left + 28) == child + 1;
      let goLeft = false, goRight = false, middle = 0;
      if (slot >= 0 && leftLeaf && rightLeaf) {
        const column = columns + <usize>slot * stride, threshold = load<f64>(node);
        const l = load<f64>(left), r = load<f64>(left + 16);
        for (let p = src + (<usize>s << 1), end = src + (<usize>e << 1); p < end; p += 2) {
          const row = <usize>load<u16>(p) << 3;
          store<f64>(out + row, load<f64>(out + row) + select<f64>(l, r, load<f64>(column + row) <= threshold));
        }
      } else {
        let lo = dst + (<usize>s << 1), hi = dst + (<usize>(e - 1) << 1);
        const end = src + (<usize>e << 1);
        if (slot >= 0) {
          const column = columns + <usize>slot * stride, threshold = load<f64>(node);
          for (let p = src + (<usize>s << 1); p < end; p += 2) {
            const row = load<u16>(p);
            store<u16>(lo, row);
            store<u16>(hi, row);
            const step = <usize>i32(load<f64>(column + (<usize>row << 3)) <= threshold) << 1;
            lo += step;
            hi += step - 2;
          }
        } else {
          const column = columns + <usize>(~slot) * stride;
          for (let p = src + (<usize>s << 1); p < end; p += 2) {
            const row = load<u16>(p);
            store<u16>(lo, row);
            store<u16>(hi, row);
            const step = <usize>(categoryRight(cats, node, load<f64>(column + (<usize>row << 3))) ^ 1) << 1;
            lo += step;
            hi += step - 2;
          }
        }
        middle = <i32>((lo - dst) >> 1);
        if (leftLeaf) addLeaf(dst, s, middle, load<f64>(left), out);
        else goLeft = middle > s;
        if (rightLeaf) addLeaf(dst, middle, e, load<f64>(left + 16), out);
        else goRight = middle < e;
      }
      if (goLeft) {
        depth ^= 1;
        if (goRight) {
          store<i32>(top, child + 1); store<i32>(top, middle, 4); store<i32>(top, e, 8); store<i32>(top, depth, 12);
          top += 16;
        }
        n = child;
        e = middle;
      } else if (goRight) {
        depth ^= 1;
        n = child + 1;
        s = middle;
      } else {
        if (top == stack) break;
        top -= 16;
        n = load<i32>(top); s = load<i32>(top, 4); e = load<i32>(top, 8); depth = load<i32>(top, 12);
      }
      src = depth ? odd : even;
      dst = depth ? even : odd;
    }
  }
}
