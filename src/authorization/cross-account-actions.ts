/**
 * What principals of other accounts can be permitted to do with a key; nothing else, whatever policies say.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 */
const crossAccountActions: ReadonlySet<string> = new Set([
  'kms:CreateGrant',
  'kms:Decapsulate',
  'kms:Decrypt',
  'kms:DeriveSharedSecret',
  'kms:DescribeKey',
  'kms:Encapsulate',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateMac',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:RetireGrant',
  'kms:RevokeGrant',
  'kms:Sign',
  'kms:Verify',
  'kms:VerifyMac',
])

/** Whether principals of other accounts can be permitted an action on a key at all. */
export function isCrossAccountAction(action: string): boolean {
  return crossAccountActions.has(action)
}
