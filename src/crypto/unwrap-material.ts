import { randomBytes } from 'node:crypto'
import { SecretBytes } from '../base/index.ts'
import type { KeyPairMaterial } from './key-material.ts'
import { unwrapPadded } from './key-wrap.ts'
import { modulusBytes } from './rsa-modulus.ts'
import { decryptOaep } from './rsa-oaep.ts'
import type { OaepAlgorithm } from './rsa-oaep.ts'
import type { SlowWork } from './slow-work.ts'

/** The algorithms by which material to be imported may be wrapped. RSAES_PKCS1_V1_5 is not one: its padding is an oracle (Bleichenbacher 1998). */
export type WrappingAlgorithm = OaepAlgorithm | 'RSA_AES_KEY_WRAP_SHA_1' | 'RSA_AES_KEY_WRAP_SHA_256'

interface WrappingAlgorithmRow {
  readonly oaep: OaepAlgorithm
  /** Whether RSA wraps an AES key, which wraps the material. */
  readonly isTwofold: boolean
}

const rows: Readonly<Record<WrappingAlgorithm, WrappingAlgorithmRow>> = {
  RSAES_OAEP_SHA_1: { oaep: 'RSAES_OAEP_SHA_1', isTwofold: false },
  RSAES_OAEP_SHA_256: { oaep: 'RSAES_OAEP_SHA_256', isTwofold: false },
  RSA_AES_KEY_WRAP_SHA_1: { oaep: 'RSAES_OAEP_SHA_1', isTwofold: true },
  RSA_AES_KEY_WRAP_SHA_256: { oaep: 'RSAES_OAEP_SHA_256', isTwofold: true },
}

/**
 * Unwraps material to be imported: by RSAES-OAEP, or an AES-256 key by RSAES-OAEP and then the material by AES key wrap with padding
 * (PKCS#11 `CKM_RSA_AES_KEY_WRAP`). Whatever is wrong, the answer is `undefined`. The caller wipes.
 */
export async function unwrapMaterial(
  wrappingKey: KeyPairMaterial,
  algorithm: WrappingAlgorithm,
  wrapped: Buffer,
  work: SlowWork,
): Promise<SecretBytes | undefined> {
  const { oaep, isTwofold } = rows[algorithm]
  if (!isTwofold) return decryptOaep(wrappingKey, oaep, wrapped, work)
  const split = modulusBytes(wrappingKey.privateKey)
  const opened = await decryptOaep(wrappingKey, oaep, wrapped.subarray(0, split), work)
  // With a wrong RSA part the second step is done all the same, in vain: no clock tells which of the two was wrong.
  const key = opened ?? new SecretBytes(randomBytes(32))
  try {
    return unwrapPadded(key.exposeBytes(), wrapped.subarray(split))
  } finally {
    key.wipe()
  }
}
