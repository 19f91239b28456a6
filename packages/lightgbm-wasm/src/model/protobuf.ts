/** The few kinds of protobuf fields an ONNX file needs (protobuf.dev, "Encoding"). */

const utf8 = new TextEncoder()

/** A message being written: fields in the order of calls. */
export class Message {
  private readonly parts: Uint8Array[] = []

  /** Whole number, as `int32`, `int64` or an enumeration. */
  int(field: number, value: number): this {
    this.parts.push(varint(field * 8), varint(value))
    return this
  }

  float(field: number, value: number): this {
    this.parts.push(varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.parts.push(varint(field * 8 + 2), varint(value.length), value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value))
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish())
  }

  /** Packed repeated `float`. */
  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer))
  }

  /** Packed repeated `int64`. */
  ints(field: number, values: readonly number[]): this {
    return this.bytes(field, concat(values.map(varint)))
  }

  finish(): Uint8Array {
    return concat(this.parts)
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Base-128 number; negative ones as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const out: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.push(Number(rest))
  return Uint8Array.from(out)
}
