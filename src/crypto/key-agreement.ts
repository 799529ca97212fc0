import { diffieHellman } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { SecretBytes } from '../base/index.ts'
import { parseCurvePublicKey } from './curve-public-key.ts'
import { curves } from './curves.ts'
import type { KeyPairMaterial } from './key-material.ts'
import type { CurveSpec } from './key-specs.ts'
import type { SlowWork } from './slow-work.ts'

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const agreeInPool = promisify(diffieHellman) as (keys: KeyPair) => Promise<Buffer>

/**
 * ECDH (SP 800-56A section 5.7.1.2): the shared secret is the x coordinate in full length, without any derivation. `undefined` for a
 * public key that is not a point on this key's curve. The caller wipes.
 */
export async function agree(
  { privateKey }: KeyPairMaterial,
  keySpec: CurveSpec,
  peerPublicKeyDer: Buffer,
  work: SlowWork,
): Promise<SecretBytes | undefined> {
  const publicKey = parseCurvePublicKey(keySpec, peerPublicKeyDer)
  if (publicKey === undefined) return undefined
  const keys = { privateKey, publicKey }
  return new SecretBytes(curves[keySpec].isQuick ? diffieHellman(keys) : await work.run(() => agreeInPool(keys)))
}
