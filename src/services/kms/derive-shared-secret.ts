import { ServiceError } from '../../base/index.ts'
import { agree } from '../../crypto/index.ts'
import type { CurveSpec } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { requireKeyPair } from './key-material.ts'
import { keyOperation } from './key-operation.ts'
import { requireAlgorithm } from './key-usage.ts'
import { answerSecret } from './recipient.ts'
import { endDryRun } from './symmetric.ts'

/** DeriveSharedSecret: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html */
export const deriveSharedSecret = keyOperation<kms.DeriveSharedSecretRequest, kms.DeriveSharedSecretResponse>({
  name: 'DeriveSharedSecret',
  readOnly: true,
  aliases: true,
  context: ({ KeyAgreementAlgorithm: algorithm }) => ({ 'kms:KeyAgreementAlgorithm': algorithm }),
  grantUse: () => ({ kind: 'no-encryption-context' }),
  requestParameters: ({ KeyId: keyId, KeyAgreementAlgorithm: keyAgreementAlgorithm }) => ({
    keyId,
    keyAgreementAlgorithm,
  }),
  async run(input, { key }, { keys, work, random }, { caller }, recipient) {
    const algorithm = requireAlgorithm(key, input.KeyAgreementAlgorithm)
    const material = await requireKeyPair(key, keys)
    // Keys for key agreement are on a curve.
    const keySpec = key.keySpec as CurveSpec
    const secret = await agree(material, keySpec, input.PublicKey, work.forAccount(caller.account))
    // AWS says no more of a public key that it can't use.
    if (secret === undefined) throw new ServiceError('ValidationException')
    if (input.DryRun === true) secret.wipe()
    endDryRun(input.DryRun)
    return {
      output: {
        KeyId: key.arn,
        ...answerSecret('SharedSecret', secret.exposeBytes(), recipient, random),
        KeyAgreementAlgorithm: algorithm,
        KeyOrigin: key.origin,
      },
    }
  },
})
