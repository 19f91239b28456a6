/** Numbers as C's `%.<p>g` prints them, which is how LightGBM writes its text models. */

/**
 * `value` in C's `%.<precision>g`: at most `precision` significant digits, trailing zeros dropped, exponent of at least
 * two digits when below 1e-4 or not below `10^precision`. `%.17g` of a double reads back as the same double.
 *
 * `toPrecision` alone is not enough: JavaScript rounds an exact tie up, C rounds it to even.
 */
export function formatG(value: number, precision: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6 && precision >= 6)
    return Object.is(value, -0) ? '-0' : `${value}`
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const negative = value < 0
  let [digits, exponent] = significant(Math.abs(value), precision)
  digits = digits.replace(/0+$/, '')
  const sign = negative ? '-' : ''
  if (exponent < -4 || exponent >= precision) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = Math.abs(exponent)
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits + '0'.repeat(exponent + 1 - digits.length)
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** `precision` significant digits of a positive number, ties to even, and the decimal exponent of the first. */
function significant(value: number, precision: number): [string, number] {
  const [digits, exponent] = split(value.toExponential(precision - 1))
  // A tie has exactly one more digit, a 5. No double that is not a tie shows 5 and 60 zeros after it.
  const [one] = split(value.toExponential(precision))
  if (one.endsWith('5')) {
    const [long, longExponent] = split(value.toExponential(Math.min(100, precision + 60)))
    if (/^50*$/.test(long.slice(precision))) {
      const below = long.slice(0, precision)
      if ((below.charCodeAt(precision - 1) - 48) % 2 === 0) return [below, longExponent]
    }
  }
  return [digits, exponent]
}

function split(text: string): [string, number] {
  const e = text.indexOf('e')
  return [text[0]! + text.slice(2, e), Number(text.slice(e + 1))]
}

/** A double so that it reads back exactly: `%.17g`. */
export const formatHigh = (value: number): string => formatG(value, 17)
/** A double for people, as LightGBM writes gains and internal values: `%g`. */
export const formatLow = (value: number): string => formatG(value, 6)
