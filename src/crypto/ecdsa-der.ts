import { DerReader, encodeDer, encodeUnsigned, tags } from './der.ts'

/** Writes r and s, each in full length, as an ECDSA-Sig-Value (RFC 3279 section 2.2.3). */
export function encodeSignature(compact: Buffer): Buffer {
  const half = compact.length / 2
  return encodeDer(tags.sequence, encodeUnsigned(compact.subarray(0, half)), encodeUnsigned(compact.subarray(half)))
}

/**
 * Reads an ECDSA-Sig-Value into r and s in full length: `undefined` for anything but DER, for what follows it, and for an r or s that is
 * longer than a scalar. Whether they are within 1 … n - 1 the caller checks.
 */
export function parseSignature(der: Buffer, scalarBytes: number): Buffer | undefined {
  const reader = new DerReader(der)
  const fields = reader.open(tags.sequence)
  const r = fields?.readUnsigned()
  const s = fields?.readUnsigned()
  if (fields === undefined || r === undefined || s === undefined || !fields.isAtEnd || !reader.isAtEnd) return undefined
  if (r.length > scalarBytes || s.length > scalarBytes) return undefined
  const compact = Buffer.alloc(2 * scalarBytes)
  r.copy(compact, scalarBytes - r.length)
  s.copy(compact, 2 * scalarBytes - s.length)
  return compact
}
