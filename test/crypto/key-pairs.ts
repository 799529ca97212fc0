import assert from 'node:assert/strict'
import { systemRandom } from '../../src/base/index.ts'
import { generateMaterial, openMaterial } from '../../src/crypto/index.ts'
import type { KeyPairMaterial, KeySpec, SlowWork } from '../../src/crypto/index.ts'

/** A new key pair of that spec, as the service would make it. */
export async function makePair(keySpec: KeySpec, work: SlowWork): Promise<KeyPairMaterial> {
  return openPair(keySpec, (await generateMaterial(keySpec, { random: systemRandom, work })).exposeBytes())
}

/** The key pair of a PKCS#8. */
export function openPair(keySpec: KeySpec, pkcs8: Buffer): KeyPairMaterial {
  const material = openMaterial(keySpec, pkcs8)
  assert.ok(material.kind === 'key-pair')
  return material
}
