import { encryptBlob } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { keyOperation } from './key-operation.ts'
import { currentMaterial, endDryRun, requireAlgorithm, requireContextSize, symmetricDefault } from './symmetric.ts'

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
  async run(input, { key }, { keys, random }) {
    const { EncryptionAlgorithm: algorithm = symmetricDefault, EncryptionContext: context } = input
    requireAlgorithm(key, algorithm)
    requireContextSize(context)
    const material = await currentMaterial(key, keys)
    endDryRun(input.DryRun)
    const blob = encryptBlob(key.keyId, material, input.Plaintext, context, random)
    return {
      output: { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: symmetricDefault },
      additionalEventData: { keyMaterialId: material.materialId },
    }
  },
})
