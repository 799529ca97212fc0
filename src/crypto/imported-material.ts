import { SecretBytes } from '../base/index.ts'
import { keySpecs } from './key-specs.ts'
import type { CurveSpec, HmacSpec, KeySpec, RsaSpec } from './key-specs.ts'
import type { SlowWork } from './slow-work.ts'

const symmetricBytes = 32
const mostHmacBytes = 128

/** Bytes that the material of an HMAC key has at least: those of its hash. */
const leastHmacBytes: Readonly<Record<HmacSpec, number>> = { HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 }

/**
 * Reads material that somebody made elsewhere into the form that `generateMaterial` gives: secret bytes of a fitting length, or a
 * PKCS#8 in DER whose key has been checked in full. `undefined` for what is not material of that spec. The caller wipes both.
 */
export async function parseImportedMaterial(
  keySpec: KeySpec,
  material: SecretBytes,
  work: SlowWork,
): Promise<SecretBytes | undefined> {
  const { family, importable } = keySpecs[keySpec]
  if (!importable) return undefined
  const pkcs8 = material.exposeBytes()
  if (family === 'rsa') return ownBytes(await work.compute('checkRsaKey', { keySpec: keySpec as RsaSpec, pkcs8 }))
  if (family === 'curve') return ownBytes(await work.compute('checkCurveKey', { keySpec: keySpec as CurveSpec, pkcs8 }))
  const [least, most] =
    family === 'hmac' ? [leastHmacBytes[keySpec as HmacSpec], mostHmacBytes] : [symmetricBytes, symmetricBytes]
  return material.length < least || material.length > most ? undefined : new SecretBytes(Buffer.from(pkcs8))
}

function ownBytes(bytes: Uint8Array | undefined): SecretBytes | undefined {
  return bytes === undefined ? undefined : new SecretBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}
