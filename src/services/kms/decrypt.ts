import type { VerifiedAttestation } from '../../crypto/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditContext, auditKey } from './audit.ts'
import { findCiphertextKey, openCiphertext } from './ciphertext-key.ts'
import type { CiphertextKey } from './ciphertext-key.ts'
import { readGrantTokens } from './grants-asked.ts'
import type { KmsNeeds } from './needs.ts'
import { answerSecret, readRecipient, recipientContext, withRecipient } from './recipient.ts'
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
  Pick<KmsNeeds, 'keys' | 'random' | 'work' | 'attestationRoots'>,
  kms.DecryptRequest,
  kms.DecryptResponse,
  CiphertextKey & { readonly recipient: VerifiedAttestation | undefined }
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
  async resolve(input, scope, needs) {
    const { keys } = needs
    const recipient = input.Recipient === undefined ? undefined : await readRecipient(input, scope, needs)
    const { CiphertextBlob: blob, KeyId: keyId, EncryptionContext: context, EncryptionAlgorithm: algorithm } = input
    const { DryRun: dryRun, DryRunModifiers: dryRunModifiers } = input
    const tokens = readGrantTokens(input, keys)
    const ciphertext = { blob, keyId, keyMember: 'KeyId', context, algorithm, dryRun, dryRunModifiers } as const
    const source = await findCiphertextKey(ciphertext, 'kms:Decrypt', scope, { keys, tokens })
    const check = { ...source.check, context: { ...source.check.context, ...recipientContext(recipient) } }
    return { checks: [check], subject: { ...source, recipient }, resources: [auditKey(source.entry.key)] }
  },
  async run(input, subject, scope, needs) {
    const { EncryptionAlgorithm: algorithm = symmetricDefault, EncryptionContext: context } = input
    const opened = await openCiphertext(subject, { algorithm, context }, requesterOf('Decrypt', scope), needs)
    if (input.DryRun === true) opened?.plaintext.fill(0)
    endDryRun(input.DryRun)
    if (opened === undefined) throw invalidCiphertext()
    const { plaintext, materialId } = opened
    const output = {
      KeyId: subject.entry.key.arn,
      ...answerSecret('Plaintext', plaintext, subject.recipient, needs.random),
      EncryptionAlgorithm: algorithm,
      ...shownMaterial(materialId),
    }
    return withRecipient({ output, ...materialEventData(materialId) }, subject.recipient)
  },
})
