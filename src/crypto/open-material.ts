import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import type { KeyMaterial } from './key-material.ts'
import { keySpecs } from './key-specs.ts'
import type { KeySpec } from './key-specs.ts'

/** Makes stored material ready for use: secret bytes as they are, key pairs from their PKCS#8. The caller wipes the bytes. */
export function openMaterial(keySpec: KeySpec, bytes: Buffer): KeyMaterial {
  const { family } = keySpecs[keySpec]
  if (family === 'symmetric' || family === 'hmac') return { kind: 'secret', key: createSecretKey(bytes) }
  const privateKey = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
  return { kind: 'key-pair', privateKey, publicKey: createPublicKey(privateKey) }
}
