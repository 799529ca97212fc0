import { requireState } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { Outcome } from '../operation.ts'
import { auditContext, auditKey } from './audit.ts'
import { findCiphertextKey, openCiphertext } from './ciphertext-key.ts'
import type { CiphertextKey, OpenedCiphertext } from './ciphertext-key.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { grantsAsked, readGrantTokens } from './grants-asked.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import { requireUsage } from './key-usage.ts'
import { messageCipher } from './message-cipher.ts'
import type { MessageCipher } from './message-cipher.ts'
import type { KmsNeeds } from './needs.ts'
import { endDryRun, invalidCiphertext, requesterOf, symmetricDefault } from './symmetric.ts'

interface Transfer {
  readonly source: CiphertextKey
  readonly destination: KeyEntry
}

/** ReEncrypt: kms:ReEncryptFrom on the source, kms:ReEncryptTo on the destination. https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html */
export const reEncrypt = operation<
  Pick<KmsNeeds, 'keys' | 'random' | 'work'>,
  kms.ReEncryptRequest,
  kms.ReEncryptResponse,
  Transfer
>({
  name: 'ReEncrypt',
  readOnly: true,
  requestParameters: input => ({
    sourceEncryptionAlgorithm: input.SourceEncryptionAlgorithm ?? symmetricDefault,
    ...auditContext('sourceEncryptionContext', input.SourceEncryptionContext),
    sourceKeyId: input.SourceKeyId,
    destinationKeyId: input.DestinationKeyId,
    destinationEncryptionAlgorithm: input.DestinationEncryptionAlgorithm ?? symmetricDefault,
    ...auditContext('destinationEncryptionContext', input.DestinationEncryptionContext),
  }),
  async resolve(input, scope, { keys }) {
    const { CiphertextBlob: blob, SourceKeyId: keyId, DestinationKeyId: destinationId } = input
    const { DryRun: dryRun, DryRunModifiers: dryRunModifiers } = input
    const tokens = readGrantTokens(input, keys)
    const from = { context: input.SourceEncryptionContext, algorithm: input.SourceEncryptionAlgorithm }
    const ciphertext = { blob, keyId, keyMember: 'SourceKeyId', ...from, dryRun, dryRunModifiers } as const
    const source = await findCiphertextKey(ciphertext, 'kms:ReEncryptFrom', scope, { keys, tokens })
    const action = 'kms:ReEncryptTo'
    const { entry: destination, context: alias } = await findNamedKey(destinationId, scope, keys, { aliases: true })
    const same = { 'kms:ReEncryptOnSameKey': String(source.entry.key.arn === destination.key.arn) }
    const to = cryptographicContext(input.DestinationEncryptionContext, input.DestinationEncryptionAlgorithm)
    const resource = await keyResource(destination, action, keys)
    const use = encryptionContextUse(input.DestinationEncryptionContext)
    const grants = await grantsAsked(destination, use, scope, { keys, tokens })
    return {
      checks: [
        { ...source.check, context: { ...source.check.context, ...same } },
        { action, resource, context: { ...to, ...alias, ...same }, ...grants },
      ],
      subject: { source, destination },
      resources: [auditKey(source.entry.key), auditKey(destination.key)],
    }
  },
  async run(input, { source, destination: { key } }, scope, needs) {
    const {
      SourceEncryptionAlgorithm: from = symmetricDefault,
      SourceEncryptionContext: sourceContext,
      DestinationEncryptionAlgorithm: to = symmetricDefault,
      DestinationEncryptionContext: context,
    } = input
    // All of the destination first: what is opened is never opened for nothing, and wiped whatever happens.
    requireUsage(source.entry.key, 'ReEncrypt')
    requireUsage(key, 'ReEncrypt')
    requireState(source.entry.key, 'ReEncrypt')
    requireState(key, 'ReEncrypt')
    const requester = requesterOf('ReEncrypt', scope)
    const cipher = await messageCipher(key, { algorithm: to, context }, requester, needs)
    const opened = await openCiphertext(source, { algorithm: from, context: sourceContext }, requester, needs)
    const { blob, materialId } = await sealAgain(opened, cipher, input.DryRun)
    const { shownMaterialId } = cipher
    return {
      output: {
        CiphertextBlob: blob,
        SourceKeyId: source.entry.key.arn,
        KeyId: key.arn,
        SourceEncryptionAlgorithm: from,
        DestinationEncryptionAlgorithm: to,
        ...(materialId === undefined ? {} : { SourceKeyMaterialId: materialId }),
        ...(shownMaterialId === undefined ? {} : { DestinationKeyMaterialId: shownMaterialId }),
      },
      ...usedMaterials(materialId, shownMaterialId),
    }
  },
})

/** Encrypts what was opened, and wipes it. @throws {ServiceError} DryRunOperationException, InvalidCiphertextException */
async function sealAgain(
  opened: OpenedCiphertext | undefined,
  cipher: MessageCipher,
  dryRun: boolean | undefined,
): Promise<{ readonly blob: Buffer; readonly materialId: string | undefined }> {
  try {
    if (opened !== undefined) cipher.requireRoom(opened.plaintext.length)
    endDryRun(dryRun)
    if (opened === undefined) throw invalidCiphertext()
    return { blob: await cipher.encrypt(opened.plaintext), materialId: opened.materialId }
  } finally {
    opened?.plaintext.fill(0)
  }
}

/** The trail has the ids that the answer has, and nothing where it has none. */
function usedMaterials(
  source: string | undefined,
  destination: string | undefined,
): Pick<Outcome<unknown>, 'additionalEventData'> {
  if (source === undefined && destination === undefined) return {}
  return { additionalEventData: { sourceKeyMaterialId: source, destinationKeyMaterialId: destination } }
}
