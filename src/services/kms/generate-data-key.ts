import { ServiceError } from '../../base/index.ts'
import type { KeyEntry, ProxyRequester } from '../../keys/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { keyOperation } from './key-operation.ts'
import { requireSymmetric } from './key-usage.ts'
import type { KmsNeeds } from './needs.ts'
import { answerSecret } from './recipient.ts'
import {
  currentCipher,
  endDryRun,
  materialEventData,
  requesterOf,
  requireContextSize,
  shownMaterial,
} from './symmetric.ts'

type DataKeyRequest = kms.GenerateDataKeyWithoutPlaintextRequest

interface DataKey {
  readonly plaintext: Buffer
  readonly blob: Buffer
  readonly materialId: string | undefined
}

const specBytes: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 }

function lengthOf({ KeySpec: spec, NumberOfBytes: bytes }: DataKeyRequest): number {
  if ((spec === undefined) === (bytes === undefined)) {
    throw new ServiceError('ValidationException', 'Please specify either number of bytes or key spec.')
  }
  return bytes ?? specBytes[spec!]!
}

function requestParameters({
  KeyId: keyId,
  KeySpec: keySpec,
  NumberOfBytes: numberOfBytes,
  EncryptionContext: context,
}: DataKeyRequest): AuditValues {
  return { keyId, keySpec, numberOfBytes, ...auditContext('encryptionContext', context) }
}

/** Makes a data key. The caller wipes the plaintext if it does not answer with it. */
async function makeDataKey(
  input: DataKeyRequest,
  { key }: KeyEntry,
  requester: ProxyRequester,
  needs: KmsNeeds,
): Promise<DataKey> {
  const length = lengthOf(input)
  requireSymmetric(key)
  requireContextSize(input.EncryptionContext)
  const cipher = await currentCipher(key, requester, needs)
  endDryRun(input.DryRun)
  const plaintext = needs.random(length)
  try {
    const blob = await cipher.encrypt(plaintext, input.EncryptionContext)
    return { plaintext, blob, materialId: cipher.shownMaterialId }
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
}

/** GenerateDataKey: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
export const generateDataKey = keyOperation<kms.GenerateDataKeyRequest, kms.GenerateDataKeyResponse>({
  name: 'GenerateDataKey',
  readOnly: true,
  aliases: true,
  context: ({ EncryptionContext: context }) => cryptographicContext(context),
  grantUse: ({ EncryptionContext: context }) => encryptionContextUse(context),
  requestParameters,
  check: lengthOf,
  async run(input, entry, needs, scope, recipient) {
    const { plaintext, blob, materialId } = await makeDataKey(
      input,
      entry,
      requesterOf('GenerateDataKey', scope),
      needs,
    )
    return {
      output: {
        CiphertextBlob: blob,
        ...answerSecret('Plaintext', plaintext, recipient, needs.random),
        KeyId: entry.key.arn,
        ...shownMaterial(materialId),
      },
      ...materialEventData(materialId),
    }
  },
})

/** GenerateDataKeyWithoutPlaintext: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html */
export const generateDataKeyWithoutPlaintext = keyOperation<
  DataKeyRequest,
  kms.GenerateDataKeyWithoutPlaintextResponse
>({
  name: 'GenerateDataKeyWithoutPlaintext',
  readOnly: true,
  aliases: true,
  context: ({ EncryptionContext: context }) => cryptographicContext(context),
  grantUse: ({ EncryptionContext: context }) => encryptionContextUse(context),
  requestParameters,
  check: lengthOf,
  async run(input, entry, needs, scope) {
    const requester = requesterOf('GenerateDataKeyWithoutPlaintext', scope)
    const { plaintext, blob, materialId } = await makeDataKey(input, entry, requester, needs)
    plaintext.fill(0)
    return {
      output: { CiphertextBlob: blob, KeyId: entry.key.arn, ...shownMaterial(materialId) },
      ...materialEventData(materialId),
    }
  },
})
