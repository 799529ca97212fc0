import { decapsulate as open, encapsulate as seal } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'
import type { KeyPairMaterial } from './key-material.ts'
import type { MlKemSpec } from './key-specs.ts'

/** A shared secret and the ciphertext that brings it to the holder of the private key. The caller wipes the secret. */
export interface Encapsulated {
  readonly sharedSecret: SecretBytes
  readonly ciphertext: Buffer
}

/** Bytes of the ciphertexts (FIPS 203 section 8, table 3). */
const ciphertextBytes: Readonly<Record<MlKemSpec, number>> = {
  ML_KEM_512: 768,
  ML_KEM_768: 1_088,
  ML_KEM_1024: 1_568,
}

/** ML-KEM.Encaps (FIPS 203 section 7.2) to the key's own public key. Quick enough for the event loop. */
export function encapsulate({ publicKey }: KeyPairMaterial): Encapsulated {
  const { sharedKey, ciphertext } = seal(publicKey)
  return { sharedSecret: new SecretBytes(sharedKey), ciphertext }
}

/**
 * ML-KEM.Decaps (FIPS 203 section 7.3): a ciphertext of another length gives `undefined`; any other gives 32 bytes, which are unrelated to
 * everything where the ciphertext was not made for this key (implicit rejection). The caller wipes.
 */
export function decapsulate(
  { privateKey }: KeyPairMaterial,
  keySpec: MlKemSpec,
  ciphertext: Buffer,
): SecretBytes | undefined {
  if (ciphertext.length !== ciphertextBytes[keySpec]) return undefined
  return new SecretBytes(open(privateKey, ciphertext))
}
