import { ServiceError } from '../../base/index.ts'
import { algorithmsOf } from '../../crypto/index.ts'
import type { Algorithm, KeyUsage } from '../../crypto/index.ts'
import type { KeyEntry } from '../../keys/index.ts'

type Key = KeyEntry['key']

/** What keys must be for to be used by an operation; operations that use no key material are not here. */
export const usages: ReadonlyMap<string, KeyUsage> = new Map([
  ['Decapsulate', 'ENCAPSULATE_DECAPSULATE'],
  ['Decrypt', 'ENCRYPT_DECRYPT'],
  ['DeriveSharedSecret', 'KEY_AGREEMENT'],
  ['Encapsulate', 'ENCAPSULATE_DECAPSULATE'],
  ['Encrypt', 'ENCRYPT_DECRYPT'],
  ['GenerateDataKey', 'ENCRYPT_DECRYPT'],
  ['GenerateDataKeyPair', 'ENCRYPT_DECRYPT'],
  ['GenerateDataKeyPairWithoutPlaintext', 'ENCRYPT_DECRYPT'],
  ['GenerateDataKeyWithoutPlaintext', 'ENCRYPT_DECRYPT'],
  ['GenerateMac', 'GENERATE_VERIFY_MAC'],
  ['ReEncrypt', 'ENCRYPT_DECRYPT'],
  ['Sign', 'SIGN_VERIFY'],
  ['Verify', 'SIGN_VERIFY'],
  ['VerifyMac', 'GENERATE_VERIFY_MAC'],
])

/** What a key must be for to be used by an operation; absent where it is used for nothing. */
export function usageFor(operation: string): KeyUsage | undefined {
  return usages.get(operation)
}

/** Refuses what a key is not for: a key has one usage, for life. @throws {ServiceError} InvalidKeyUsageException */
export function requireUsage({ arn, keyUsage }: Key, operation: string): void {
  const usage = usageFor(operation)
  if (usage === undefined || usage === keyUsage) return
  throw new ServiceError(
    'InvalidKeyUsageException',
    `${arn} key usage is ${keyUsage} which is not valid for ${operation}.`,
  )
}

/**
 * The algorithm of that name, where keys of the key's spec and usage have it.
 *
 * @throws {ServiceError} InvalidKeyUsageException
 */
export function requireAlgorithm({ keySpec, keyUsage }: Key, name: string): Algorithm {
  const algorithm = algorithmsOf(keySpec, keyUsage).find(each => each === name)
  if (algorithm !== undefined) return algorithm
  throw new ServiceError('InvalidKeyUsageException', `Algorithm ${name} is incompatible with key spec ${keySpec}.`)
}

/** Data keys are encrypted by symmetric keys only. @throws {ServiceError} InvalidKeyUsageException */
export function requireSymmetric({ keySpec }: Key): void {
  if (keySpec === 'SYMMETRIC_DEFAULT') return
  throw new ServiceError('InvalidKeyUsageException', 'You cannot generate a data key with an asymmetric CMK')
}
