/** Exact decimals: a count of units of 10^-decimals, written with all its decimals as Binance does. */

/** `decimal(1546, 3)` is `1.546`; `units` must be a safe integer. */
export function decimal(units: number, decimals: number): string {
  if (decimals === 0) return String(units)
  const text = String(Math.abs(units)).padStart(decimals + 1, '0')
  const cut = text.length - decimals
  return `${units < 0 ? '-' : ''}${text.slice(0, cut)}.${text.slice(cut)}`
}

/** The same with zeros appended up to `shown` decimals. */
export function padded(units: number, decimals: number, shown: number): string {
  const text = decimal(units, decimals)
  return decimals === 0 ? `${text}.${'0'.repeat(shown)}` : text + '0'.repeat(Math.max(0, shown - decimals))
}
