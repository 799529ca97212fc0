import type { kms } from '../../wire/index.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { keyOperation } from './key-operation.ts'
import { messageCipher } from './message-cipher.ts'
import { endDryRun, materialEventData, requesterOf, symmetricDefault } from './symmetric.ts'

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
    const { Plaintext: plaintext, EncryptionAlgorithm: algorithm, EncryptionContext: context } = input
    const cipher = await messageCipher(key, { algorithm, context }, requesterOf('Encrypt', scope), needs)
    cipher.requireRoom(plaintext.length)
    endDryRun(input.DryRun)
    return {
      output: {
        CiphertextBlob: await cipher.encrypt(plaintext),
        KeyId: key.arn,
        EncryptionAlgorithm: cipher.algorithm,
      },
      ...materialEventData(cipher.shownMaterialId),
    }
  },
})
