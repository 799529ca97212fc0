import type { kms } from '../../wire/index.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { keyOperation } from './key-operation.ts'
import {
  currentCipher,
  endDryRun,
  materialEventData,
  requesterOf,
  requireAlgorithm,
  requireContextSize,
  symmetricDefault,
} from './symmetric.ts'

/** Encrypt: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export const encrypt = keyOperation<kms.EncryptRequest, kms.EncryptResponse>({
  name: 'Encrypt',
  readOnly: true,
  aliases: true,
  context: ({ EncryptionContext: context, EncryptionAlgorithm: algorithm }) => cryptographicContext(context, algorithm),
  grantUse: ({ EncryptionContext: context }) => encryptionContextUse(context),
  requestParameters: ({
    KeyId: keyId,
    EncryptionContext: context,
    EncryptionAlgorithm: encryptionAlgorithm = symmetricDefault,
  }) => ({
    keyId,
    encryptionAlgorithm,
    ...auditContext('encryptionContext', context),
  }),
  async run(input, { key }, needs, scope) {
    const { EncryptionAlgorithm: algorithm = symmetricDefault, EncryptionContext: context } = input
    requireAlgorithm(key, algorithm)
    requireContextSize(context)
    const cipher = await currentCipher(key, requesterOf('Encrypt', scope), needs)
    endDryRun(input.DryRun)
    const blob = await cipher.encrypt(input.Plaintext, context)
    return {
      output: { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: symmetricDefault },
      ...materialEventData(cipher.shownMaterialId),
    }
  },
})
