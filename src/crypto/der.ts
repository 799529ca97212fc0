/** Tags of the ASN.1 types that keys and signatures are made of. */
export const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  sequence: 0x30,
  context0: 0x80,
  constructed0: 0xa0,
  constructed1: 0xa1,
} as const

/**
 * Reads DER (X.690 section 10) and nothing more lenient: lengths are definite and as short as can be, and nothing is left over. Every
 * reading gives `undefined` where the bytes are not what is asked for.
 */
export class DerReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** The tag of the next value. */
  peekTag(): number | undefined {
    return this.#bytes[this.#offset]
  }

  /** The contents of the next value, which has that tag; a view, not a copy. */
  read(tag: number): Buffer | undefined {
    if (this.#bytes[this.#offset] !== tag) return undefined
    const length = this.#readLength(this.#offset + 1)
    if (length === undefined || length.end > this.#bytes.length) return undefined
    this.#offset = length.end
    return this.#bytes.subarray(length.start, length.end)
  }

  /** A reader of the contents of the next value, which has that tag. */
  open(tag: number): DerReader | undefined {
    const contents = this.read(tag)
    return contents === undefined ? undefined : new DerReader(contents)
  }

  /** The magnitude of the next value, a non-negative INTEGER, without a leading zero byte; of 0 no bytes. */
  readUnsigned(): Buffer | undefined {
    const contents = this.read(tags.integer)
    if (contents === undefined || contents.length === 0) return undefined
    const [first, second] = contents
    if (first! >= 0x80) return undefined
    if (first !== 0) return contents
    if (second !== undefined && second < 0x80) return undefined
    return contents.subarray(1)
  }

  #readLength(offset: number): { readonly start: number; readonly end: number } | undefined {
    const first = this.#bytes[offset]
    if (first === undefined || first === 0x80 || first > 0x84) return undefined
    if (first < 0x80) return { start: offset + 1, end: offset + 1 + first }
    const count = first - 0x80
    const start = offset + 1 + count
    if (start > this.#bytes.length) return undefined
    const length = this.#bytes.readUIntBE(offset + 1, count)
    const isShortest = length >= (count === 1 ? 0x80 : 256 ** (count - 1))
    return isShortest ? { start, end: start + length } : undefined
  }
}

/** One value in DER. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(length)]), ...contents])
}

/** A non-negative INTEGER in DER, of a magnitude of any length. */
export function encodeUnsigned(magnitude: Uint8Array): Buffer {
  let start = 0
  while (start < magnitude.length && magnitude[start] === 0) start++
  const digits = magnitude.subarray(start)
  const isPadded = digits.length === 0 || digits[0]! >= 0x80
  return encodeDer(tags.integer, isPadded ? Buffer.alloc(1) : Buffer.alloc(0), digits)
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 + octets.length, ...octets]
}
