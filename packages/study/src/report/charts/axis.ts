/** Marks of an axis: round values inside its ends, at least three where that is possible, and the decimals they need. */
import { ticks } from '@cointrader/models/evaluation/svg'

export function axisMarks(
  low: number,
  high: number,
  wanted: number,
): { readonly marks: number[]; readonly digits: number } {
  const inside = (n: number): number[] => ticks(low, high, n).filter((v) => v >= low && v <= high)
  let marks = inside(wanted)
  if (marks.length < 3) marks = inside(2 * wanted)
  const step = marks.length > 1 ? marks[1] - marks[0] : Math.abs(marks[0] ?? 1) || 1
  return { marks, digits: Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9))) }
}
