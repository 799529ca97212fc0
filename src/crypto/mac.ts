import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SecretMaterial } from './key-material.ts'
import type { MacAlgorithm } from './key-specs.ts'

const hashes: Readonly<Record<MacAlgorithm, string>> = {
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_512: 'sha512',
}

/** The message authentication code of a message (FIPS 198-1); never cut short. */
export function generateMac({ key }: SecretMaterial, algorithm: MacAlgorithm, message: Buffer): Buffer {
  return createHmac(hashes[algorithm], key).update(message).digest()
}

/** Whether a code is of that message. In constant time; one of another length, a prefix too, is just wrong. */
export function verifyMac(material: SecretMaterial, algorithm: MacAlgorithm, message: Buffer, mac: Buffer): boolean {
  const expected = generateMac(material, algorithm, message)
  return mac.length === expected.length && timingSafeEqual(mac, expected)
}
