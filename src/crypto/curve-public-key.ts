import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { curves } from './curves.ts'
import { DerReader, tags } from './der.ts'
import type { CurveSpec } from './key-specs.ts'

/** The contents of `id-ecPublicKey` (RFC 5480 section 2.1.1). */
export const curveKeyIdentifier: Buffer = Buffer.from('2a8648ce3d0201', 'hex')

/**
 * Reads a public key on the curve of that key spec from its SubjectPublicKeyInfo: DER alone, the curve by name, a point on it that is not
 * infinity (SP 800-56A section 5.6.2.3.3); `undefined` for all else.
 */
export function parseCurvePublicKey(keySpec: CurveSpec, spki: Buffer): KeyObject | undefined {
  const point = pointOf(keySpec, spki)
  if (point === undefined || !isPointForm(point, curves[keySpec].fieldBytes)) return undefined
  try {
    // OpenSSL checks that the point is on the curve. All these curves have cofactor 1, so it has the right order then.
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

function pointOf(keySpec: CurveSpec, spki: Buffer): Buffer | undefined {
  const reader = new DerReader(spki)
  const fields = reader.open(tags.sequence)
  const algorithm = fields?.open(tags.sequence)
  const bits = fields?.read(tags.bitString)
  if (!algorithm?.read(tags.objectIdentifier)?.equals(curveKeyIdentifier)) return undefined
  // Explicit parameters could describe any curve (CVE-2020-0601): here stands a name or nothing.
  if (!algorithm.read(tags.objectIdentifier)?.equals(curves[keySpec].objectIdentifier)) return undefined
  if (!algorithm.isAtEnd || !fields!.isAtEnd || !reader.isAtEnd) return undefined
  return bits?.[0] === 0 ? bits.subarray(1) : undefined
}

/** Uncompressed or compressed (SEC 1 section 2.3.3); neither infinity nor the hybrid form. */
function isPointForm(point: Buffer, fieldBytes: number): boolean {
  const [form] = point
  if (form === 4) return point.length === 1 + 2 * fieldBytes
  return (form === 2 || form === 3) && point.length === 1 + fieldBytes
}
