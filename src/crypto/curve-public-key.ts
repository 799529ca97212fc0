import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { curves } from './curves.ts'
import { DerReader, encodeDer, tags } from './der.ts'
import type { CurveSpec } from './key-specs.ts'

const curveKeyIdentifier = Buffer.from('2a8648ce3d0201', 'hex')

/**
 * The contents of the algorithm identifier of keys on a curve (RFC 5480 section 2.1.1). Explicit parameters could describe any curve
 * (CVE-2020-0601): there stands a name or nothing.
 */
export function curveAlgorithm(objectIdentifier: Buffer): Buffer {
  return Buffer.concat([
    encodeDer(tags.objectIdentifier, curveKeyIdentifier),
    encodeDer(tags.objectIdentifier, objectIdentifier),
  ])
}

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
  const algorithm = fields?.read(tags.sequence)
  const bits = fields?.read(tags.bitString)
  if (algorithm?.equals(curveAlgorithm(curves[keySpec].objectIdentifier)) !== true) return undefined
  if (fields?.isAtEnd !== true || !reader.isAtEnd) return undefined
  return bits?.[0] === 0 ? bits.subarray(1) : undefined
}

/** Uncompressed or compressed (SEC 1 section 2.3.3); neither infinity nor the hybrid form. */
function isPointForm(point: Buffer, fieldBytes: number): boolean {
  const [form] = point
  if (form === 4) return point.length === 1 + 2 * fieldBytes
  return (form === 2 || form === 3) && point.length === 1 + fieldBytes
}
