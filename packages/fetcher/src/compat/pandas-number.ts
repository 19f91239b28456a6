/**
 * Text to number as the research pipeline's CSV reader (pandas 1.5-2.2, Python engine) does it. That reader converts
 * with `precise_xstrtod` of pandas' `tokenizer.c`: the first 17 digits are accumulated in doubles and scaled once by a
 * power of ten, so cells with more than 15 digits (sum_open_interest_value) may be one ulp off the correctly rounded
 * value. The golden day tables hold those values; only `--compat research` reproduces them.
 */
const MAX_DIGITS = 17

export function pandasNumber(bytes: Uint8Array, from: number, to: number): number {
  let i = from
  let sign = 1
  if (bytes[i] === 45) {
    sign = -1
    i++
  } else if (bytes[i] === 43) i++
  if (i >= to) return Number.NaN
  let number = 0
  let digits = 0
  let exponent = 0
  let seen = false
  for (; i < to && bytes[i]! >= 48 && bytes[i]! <= 57; i++) {
    seen = true
    if (digits < MAX_DIGITS) {
      number = number * 10 + (bytes[i]! - 48)
      digits++
    } else exponent++
  }
  if (bytes[i] === 46 && i < to) {
    for (i++; i < to && bytes[i]! >= 48 && bytes[i]! <= 57; i++) {
      seen = true
      if (digits >= MAX_DIGITS) continue
      number = number * 10 + (bytes[i]! - 48)
      digits++
      exponent--
    }
  }
  // Exponents and anything else that is not plain digits do not occur in the archive's numbers.
  if (!seen || i < to) return Number(new TextDecoder('latin1').decode(bytes.subarray(from, to)).trim() || Number.NaN)
  const scale = Number(`1e${Math.abs(exponent)}`)
  return sign * (exponent > 0 ? number * scale : number / scale)
}
