import { ServiceError } from '../../base/index.ts'
import { encryptBlob } from '../../crypto/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { unservedRecipient } from './generate-random.ts'
import { keyOperation } from './key-operation.ts'
import type { KmsNeeds } from './needs.ts'
import { currentMaterial, endDryRun, requireContextSize } from './symmetric.ts'

type DataKeyRequest = kms.GenerateDataKeyWithoutPlaintextRequest

interface DataKey {
  readonly plaintext: Buffer
  readonly blob: Buffer
  readonly materialId: string
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
async function makeDataKey(input: DataKeyRequest, { key }: KeyEntry, { keys, random }: KmsNeeds): Promise<DataKey> {
  const length = lengthOf(input)
  requireContextSize(input.EncryptionContext)
  const material = await currentMaterial(key, keys)
  endDryRun(input.DryRun)
  const plaintext = random(length)
  const blob = encryptBlob(key.keyId, material, plaintext, input.EncryptionContext, random)
  return { plaintext, blob, materialId: material.materialId }
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
  async run(input, entry, needs) {
    if (input.Recipient !== undefined) throw unservedRecipient()
    const { plaintext, blob, materialId } = await makeDataKey(input, entry, needs)
    return {
      output: { CiphertextBlob: blob, Plaintext: plaintext, KeyId: entry.key.arn, KeyMaterialId: materialId },
      additionalEventData: { keyMaterialId: materialId },
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
  async run(input, entry, needs) {
    const { plaintext, blob, materialId } = await makeDataKey(input, entry, needs)
    plaintext.fill(0)
    return {
      output: { CiphertextBlob: blob, KeyId: entry.key.arn, KeyMaterialId: materialId },
      additionalEventData: { keyMaterialId: materialId },
    }
  },
})
