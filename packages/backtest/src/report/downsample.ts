/** Long series made short for drawing, so that no spike is lost. */

/**
 * Row numbers worth drawing when `count` ascending x fall into `columns` pixel columns between x[0] and x[count − 1]: of each
 * column the first, the lowest, the highest and the last, in order, each once. NaN values of y are skipped. All rows when
 * there are few.
 */
export function minMaxPerColumn(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  count: number,
  columns: number,
): Int32Array {
  const out: number[] = []
  if (count <= 2 * columns) {
    for (let i = 0; i < count; i++) if (!Number.isNaN(y[i])) out.push(i)
    return Int32Array.from(out)
  }
  const from = x[0]
  const width = (x[count - 1] - from) / columns || 1
  for (let i = 0; i < count; ) {
    const column = Math.min(columns - 1, Math.floor((x[i] - from) / width))
    let first = -1
    let last = -1
    let low = -1
    let high = -1
    for (; i < count && Math.min(columns - 1, Math.floor((x[i] - from) / width)) === column; i++) {
      if (Number.isNaN(y[i])) continue
      if (first < 0) first = i
      last = i
      if (low < 0 || y[i] < y[low]) low = i
      if (high < 0 || y[i] > y[high]) high = i
    }
    if (first < 0) continue
    let before = -1
    for (const row of [first, Math.min(low, high), Math.max(low, high), last]) {
      if (row > before) out.push(row)
      before = Math.max(before, row)
    }
  }
  return Int32Array.from(out)
}
