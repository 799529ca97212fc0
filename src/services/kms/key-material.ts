import { ServiceError } from '../../base/index.ts'
import type { KeyPairMaterial, SecretMaterial } from '../../crypto/index.ts'
import type { KeyEntry, Keys } from '../../keys/index.ts'

type Key = KeyEntry['key']

/** The key pair of an asymmetric key. @throws {ServiceError} KeyUnavailableException where it went since the key was found. */
export async function requireKeyPair(key: Key, keys: Keys): Promise<KeyPairMaterial> {
  return (await keys.keyPair(key)) ?? withoutMaterial(key)
}

/** The secret bytes of an HMAC key. @throws {ServiceError} KeyUnavailableException where they went since the key was found. */
export async function requireSecret(key: Key, keys: Keys): Promise<SecretMaterial> {
  return (await keys.secretMaterial(key)) ?? withoutMaterial(key)
}

// Its state said that it has material: what was imported can expire or be deleted in the meantime.
function withoutMaterial({ arn }: Key): never {
  throw new ServiceError('KeyUnavailableException', `${arn} has no key material.`)
}
