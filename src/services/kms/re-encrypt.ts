import { encryptBlob } from '../../crypto/index.ts'
import { requireState } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { auditContext, auditKey } from './audit.ts'
import { findCiphertextKey, openCiphertext } from './ciphertext-key.ts'
import type { CiphertextKey } from './ciphertext-key.ts'
import { cryptographicContext } from './encryption-context.ts'
import { findNamedKey, keyResource } from './key-resource.ts'
import type { KmsNeeds } from './needs.ts'
import {
  currentMaterial,
  endDryRun,
  invalidCiphertext,
  requireAlgorithm,
  requireContextSize,
  symmetricDefault,
} from './symmetric.ts'

interface Transfer {
  readonly source: CiphertextKey
  readonly destination: KeyEntry
}

/** ReEncrypt: kms:ReEncryptFrom on the source, kms:ReEncryptTo on the destination. https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html */
export const reEncrypt = operation<
  Pick<KmsNeeds, 'keys' | 'random'>,
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
    const ignoresCiphertext = input.DryRun === true && (input.DryRunModifiers ?? []).includes('IGNORE_CIPHERTEXT')
    const from = cryptographicContext(input.SourceEncryptionContext, input.SourceEncryptionAlgorithm)
    const source = await findCiphertextKey({ blob, keyId, ignoresCiphertext }, 'kms:ReEncryptFrom', from, scope, keys)
    const action = 'kms:ReEncryptTo'
    const { entry: destination, context: alias } = await findNamedKey(destinationId, action, scope, keys, {
      aliases: true,
    })
    const same = { 'kms:ReEncryptOnSameKey': String(source.entry.key.arn === destination.key.arn) }
    const to = cryptographicContext(input.DestinationEncryptionContext, input.DestinationEncryptionAlgorithm)
    const resource = await keyResource(destination, action, keys)
    return {
      checks: [
        { ...source.check, context: { ...source.check.context, ...same } },
        { action, resource, context: { ...to, ...alias, ...same } },
      ],
      subject: { source, destination },
      resources: [auditKey(source.entry.key), auditKey(destination.key)],
    }
  },
  async run(input, { source, destination: { key } }, _scope, { keys, random }) {
    const {
      SourceEncryptionAlgorithm: from = symmetricDefault,
      DestinationEncryptionAlgorithm: to = symmetricDefault,
    } = input
    const opened = await openCiphertext(source, 'ReEncrypt', from, input.SourceEncryptionContext, keys)
    requireState(key, 'ReEncrypt')
    requireAlgorithm(key, to)
    requireContextSize(input.DestinationEncryptionContext)
    const material = await currentMaterial(key, keys)
    endDryRun(input.DryRun)
    if (opened === undefined) throw invalidCiphertext()
    const blob = encryptBlob(key.keyId, material, opened.plaintext, input.DestinationEncryptionContext, random)
    opened.plaintext.fill(0)
    return {
      output: {
        CiphertextBlob: blob,
        SourceKeyId: source.entry.key.arn,
        KeyId: key.arn,
        SourceEncryptionAlgorithm: symmetricDefault,
        DestinationEncryptionAlgorithm: symmetricDefault,
        SourceKeyMaterialId: opened.materialId,
        DestinationKeyMaterialId: material.materialId,
      },
      additionalEventData: { sourceKeyMaterialId: opened.materialId, destinationKeyMaterialId: material.materialId },
    }
  },
})
