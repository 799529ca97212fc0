import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditContext, auditKey } from './audit.ts'
import { findCiphertextKey, openCiphertext } from './ciphertext-key.ts'
import type { CiphertextKey } from './ciphertext-key.ts'
import { unservedRecipient } from './generate-random.ts'
import { readGrantTokens } from './grants-asked.ts'
import type { KmsNeeds } from './needs.ts'
import {
  endDryRun,
  invalidCiphertext,
  materialEventData,
  requesterOf,
  shownMaterial,
  symmetricDefault,
} from './symmetric.ts'

/** Decrypt: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export const decrypt = operation<
  Pick<KmsNeeds, 'keys' | 'random'>,
  kms.DecryptRequest,
  kms.DecryptResponse,
  CiphertextKey
>({
  name: 'Decrypt',
  readOnly: true,
  requestParameters: ({
    KeyId: keyId,
    EncryptionContext: context,
    EncryptionAlgorithm: encryptionAlgorithm = symmetricDefault,
  }) => ({
    encryptionAlgorithm,
    keyId,
    ...auditContext('encryptionContext', context),
  }),
  async resolve(input, scope, { keys }) {
    const { CiphertextBlob: blob, KeyId: keyId, EncryptionContext: context, EncryptionAlgorithm: algorithm } = input
    const { DryRun: dryRun, DryRunModifiers: dryRunModifiers } = input
    const tokens = readGrantTokens(input, keys)
    const ciphertext = { blob, keyId, keyMember: 'KeyId', context, algorithm, dryRun, dryRunModifiers } as const
    const subject = await findCiphertextKey(ciphertext, 'kms:Decrypt', scope, { keys, tokens })
    return { checks: [subject.check], subject, resources: [auditKey(subject.entry.key)] }
  },
  async run(input, subject, scope, needs) {
    if (input.Recipient !== undefined) throw unservedRecipient()
    const { EncryptionAlgorithm: algorithm = symmetricDefault, EncryptionContext: context } = input
    const opened = await openCiphertext(subject, requesterOf('Decrypt', scope), algorithm, context, needs)
    if (input.DryRun === true) opened?.plaintext.fill(0)
    endDryRun(input.DryRun)
    if (opened === undefined) throw invalidCiphertext()
    const { plaintext: Plaintext, materialId } = opened
    return {
      output: {
        KeyId: subject.entry.key.arn,
        Plaintext,
        EncryptionAlgorithm: symmetricDefault,
        ...shownMaterial(materialId),
      },
      ...materialEventData(materialId),
    }
  },
})
