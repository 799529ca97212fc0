import type { KeySpec, KeyUsage } from '../crypto/index.ts'

/** What any grant can permit, whatever its key is for. */
const always = ['CreateGrant', 'DescribeKey', 'RetireGrant'] as const

const ofUsage: Readonly<Record<KeyUsage, (keySpec: KeySpec) => readonly string[]>> = {
  ENCRYPT_DECRYPT: keySpec => [
    'Decrypt',
    'Encrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    // Data keys are encrypted by symmetric keys only.
    ...(keySpec === 'SYMMETRIC_DEFAULT'
      ? [
          'GenerateDataKey',
          'GenerateDataKeyPair',
          'GenerateDataKeyPairWithoutPlaintext',
          'GenerateDataKeyWithoutPlaintext',
        ]
      : ['GetPublicKey']),
  ],
  SIGN_VERIFY: () => ['GetPublicKey', 'Sign', 'Verify'],
  GENERATE_VERIFY_MAC: () => ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: () => ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: () => ['Decapsulate', 'Encapsulate', 'GetPublicKey'],
}

/** What a grant on such a key can permit; https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations */
export function grantOperationsOf(key: { readonly keySpec: KeySpec; readonly keyUsage: KeyUsage }): readonly string[] {
  return [...always, ...ofUsage[key.keyUsage](key.keySpec)]
}
