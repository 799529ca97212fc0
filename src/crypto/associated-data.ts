/**
 * Encodes a list of strings so that no two lists have the same bytes: a count, then each as UTF-8 behind its length, all
 * numbers 32 bits big-endian.
 *
 * @throws {TypeError} for a string that is not well-formed: its UTF-8 would be that of another.
 */
export function encodeStrings(strings: readonly string[]): Buffer {
  const parts: Buffer[] = [uint32(strings.length)]
  for (const text of strings) {
    if (!text.isWellFormed()) throw new TypeError('String is not well-formed Unicode')
    const bytes = Buffer.from(text, 'utf8')
    parts.push(uint32(bytes.length), bytes)
  }
  return Buffer.concat(parts)
}

const noContext = encodeStrings([])

/**
 * The canonical bytes of an encryption context: its pairs in the order of their names' UTF-8 bytes. An absent context and an
 * empty one are the same.
 */
export function encodeEncryptionContext(context: Readonly<Record<string, string>> | undefined): Buffer {
  if (context === undefined) return noContext
  const names = Object.keys(context)
  if (names.length === 0) return noContext
  if (names.length > 1) names.sort(byBytes)
  return encodeStrings(names.flatMap(name => [name, context[name]!]))
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value, 0)
  return bytes
}
