/**
 * Encodes a list of strings so that no two lists have the same bytes: a count, then each as UTF-8 behind its length, all
 * numbers 32 bits big-endian.
 *
 * @throws {TypeError} for a string that is not well-formed: its UTF-8 would be that of another.
 */
export function encodeStrings(strings: readonly string[]): Buffer {
  return frame(strings.map(encodeText))
}

const noContext = encodeStrings([])

/**
 * The canonical bytes of an encryption context: its pairs in the order of their names' UTF-8 bytes. An absent context and an
 * empty one are the same.
 *
 * @throws {TypeError} for a name or value that is not well-formed Unicode.
 */
export function encodeEncryptionContext(context: Readonly<Record<string, string>> | undefined): Buffer {
  if (context === undefined) return noContext
  const pairs = Object.entries(context).map(([name, value]) => [encodeText(name), encodeText(value)] as const)
  pairs.sort(([a], [b]) => Buffer.compare(a, b))
  return frame(pairs.flat())
}

function encodeText(text: string): Buffer {
  if (!text.isWellFormed()) throw new TypeError('String is not well-formed Unicode')
  return Buffer.from(text, 'utf8')
}

function frame(values: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.reduce((length, value) => length + 4 + value.length, 4))
  let at = bytes.writeUInt32BE(values.length, 0)
  for (const value of values) {
    at = bytes.writeUInt32BE(value.length, at)
    at += value.copy(bytes, at)
  }
  return bytes
}
