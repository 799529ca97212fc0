import { createECDH, createPrivateKey } from 'node:crypto'
import { curveAlgorithm } from './curve-public-key.ts'
import { curves } from './curves.ts'
import type { CurveRow } from './curves.ts'
import { DerReader, encodeDer, tags } from './der.ts'
import type { CurveSpec } from './key-specs.ts'
import { openPrivateKeyInfo } from './private-key-info.ts'

/** A private key on a curve, as PKCS#8, that somebody made elsewhere. */
export interface ImportedCurveKey {
  readonly keySpec: CurveSpec
  readonly pkcs8: Uint8Array
}

/**
 * Checks a key on the curve of that spec: the curve by name, a scalar of full length within 1 … n - 1, and the public key, where there is
 * one, its own. Gives the key as OpenSSL writes it, with its public key, or `undefined`. Blocks for milliseconds.
 */
export function checkCurveKey({ keySpec, pkcs8 }: ImportedCurveKey): Uint8Array | undefined {
  const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
  try {
    const curve = curves[keySpec]
    const fields = openKey(der, curve)
    if (fields === undefined || !isInRange(fields.scalar, curve)) return undefined
    const agreement = createECDH(curve.name)
    agreement.setPrivateKey(fields.scalar)
    const forms = [agreement.getPublicKey(), agreement.getPublicKey(null, 'compressed')]
    if (fields.point !== undefined && !forms.some(form => form.equals(fields.point!))) return undefined
    return encodeKey(curve, fields.scalar, forms[0]!)
  } catch {
    return undefined
  } finally {
    der.fill(0)
  }
}

interface CurveKeyFields {
  readonly scalar: Buffer
  readonly point: Buffer | undefined
}

/** Opens an ECPrivateKey (RFC 5915 section 3) in a PKCS#8. */
function openKey(pkcs8: Buffer, { objectIdentifier }: CurveRow): CurveKeyFields | undefined {
  const info = openPrivateKeyInfo(pkcs8)
  if (info?.algorithm.equals(curveAlgorithm(objectIdentifier)) !== true) return undefined
  const outer = new DerReader(info.privateKey)
  const fields = outer.open(tags.sequence)
  if (fields?.readUnsigned()?.equals(Buffer.of(1)) !== true) return undefined
  const scalar = fields.read(tags.octetString)
  if (fields.peekTag() === tags.constructed0) {
    const named = fields.open(tags.constructed0)
    if (!named?.read(tags.objectIdentifier)?.equals(objectIdentifier) || !named.isAtEnd) return undefined
  }
  let point: Buffer | undefined
  if (fields.peekTag() === tags.constructed1) {
    const wrapped = fields.open(tags.constructed1)
    const bits = wrapped?.read(tags.bitString)
    if (bits?.[0] !== 0 || !wrapped!.isAtEnd) return undefined
    point = bits.subarray(1)
  }
  return scalar === undefined || !fields.isAtEnd || !outer.isAtEnd ? undefined : { scalar, point }
}

function isInRange(scalar: Buffer, { fieldBytes, order }: CurveRow): boolean {
  if (scalar.length !== fieldBytes) return false
  const value = BigInt(`0x${scalar.toString('hex')}`)
  return value > 0n && value < order
}

function encodeKey({ objectIdentifier }: CurveRow, scalar: Buffer, point: Buffer): Uint8Array {
  const octets = encodeDer(tags.octetString, scalar)
  const publicKey = encodeDer(tags.constructed1, encodeDer(tags.bitString, Buffer.of(0), point))
  const privateKey = encodeDer(tags.sequence, Buffer.of(tags.integer, 1, 1), octets, publicKey)
  const privateKeyOctets = encodeDer(tags.octetString, privateKey)
  const pkcs8 = encodeDer(
    tags.sequence,
    Buffer.of(tags.integer, 1, 0),
    encodeDer(tags.sequence, curveAlgorithm(objectIdentifier)),
    privateKeyOctets,
  )
  for (const part of [octets, privateKey, privateKeyOctets]) part.fill(0)
  // OpenSSL reads it, or it is not imported.
  createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return pkcs8
}
