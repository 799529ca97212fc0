import { ServiceError } from '../../base/index.ts'
import type { SecretBytes } from '../../base/index.ts'
import type { ConditionValues } from '../../authorization/index.ts'
import { generateMaterial, keySpecs, openMaterial, publicKeyDer } from '../../crypto/index.ts'
import type { KeySpec } from '../../crypto/index.ts'
import { requireState } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { auditContext } from './audit.ts'
import { cryptographicContext, encryptionContextUse } from './encryption-context.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'
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

type PairRequest = kms.GenerateDataKeyPairWithoutPlaintextRequest

interface DataKeyPair {
  readonly publicKey: Buffer
  /** PKCS#8 in DER. */
  readonly privateKey: SecretBytes
  readonly blob: Buffer
  readonly materialId: string | undefined
}

function pairContext({ KeyPairSpec: spec, EncryptionContext: context }: PairRequest): ConditionValues {
  return { 'kms:DataKeyPairSpec': spec, ...cryptographicContext(context) }
}

function requestParameters({ KeyPairSpec, EncryptionContext: context, KeyId }: PairRequest): AuditValues {
  return { keyPairSpec: KeyPairSpec, ...auditContext('encryptionContext', context), keyId: KeyId }
}

/** Makes a data key pair. The caller wipes the private key if it does not answer with it. */
async function makePair(
  input: PairRequest,
  { key }: KeyEntry,
  operation: string,
  scope: RequestScope,
  needs: KmsNeeds,
): Promise<DataKeyPair> {
  requireSymmetric(key)
  // Keys in custom key stores encrypt no key pairs.
  requireOrigin(key, 'AWS_KMS', 'EXTERNAL')
  const pairSpec = requirePairSpec(input.KeyPairSpec)
  requireContextSize(input.EncryptionContext)
  const cipher = await currentCipher(key, requesterOf(operation, scope), needs)
  endDryRun(input.DryRun)
  const work = needs.work.forAccount(scope.caller.account)
  const privateKey = await generateMaterial(pairSpec, { random: needs.random, work })
  try {
    await requireStillUsable(key, operation, needs)
    const publicKey = publicKeyOf(pairSpec, privateKey)
    const blob = await cipher.encrypt(privateKey.exposeBytes(), input.EncryptionContext)
    return { publicKey, privateKey, blob, materialId: cipher.shownMaterialId }
  } catch (error) {
    privateKey.wipe()
    throw error
  }
}

/** Pairs of RSA wait and take seconds: a key that was put out of use meanwhile encrypts nothing any more. @throws {ServiceError} */
async function requireStillUsable(
  { arn, region, keyId }: KeyEntry['key'],
  operation: string,
  { keys }: Pick<KmsNeeds, 'keys'>,
): Promise<void> {
  const now = await keys.findKey(region, keyId)
  if (now === undefined) throw new ServiceError('NotFoundException', `Key '${arn}' does not exist`)
  requireState(now.key, operation)
}

/** @throws {ServiceError} UnsupportedOperationException: SM2 is in the Regions of China only. */
function requirePairSpec(name: string): KeySpec {
  const row = Object.hasOwn(keySpecs, name) ? keySpecs[name as KeySpec] : undefined
  if (row?.dataKeyPair === true) return row.name
  throw new ServiceError('UnsupportedOperationException', `KeyPairSpec ${name} is not supported in this Region`)
}

function publicKeyOf(pairSpec: KeySpec, privateKey: SecretBytes): Buffer {
  const pair = openMaterial(pairSpec, privateKey.exposeBytes())
  if (pair.kind === 'secret') throw new TypeError(`There are no key pairs of ${pairSpec}`)
  return publicKeyDer(pair)
}

/** GenerateDataKeyPair: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html */
export const generateDataKeyPair = keyOperation<kms.GenerateDataKeyPairRequest, kms.GenerateDataKeyPairResponse>({
  name: 'GenerateDataKeyPair',
  readOnly: true,
  aliases: true,
  context: pairContext,
  grantUse: ({ EncryptionContext: context }) => encryptionContextUse(context),
  requestParameters,
  async run(input, entry, needs, scope, recipient) {
    const pair = await makePair(input, entry, 'GenerateDataKeyPair', scope, needs)
    return {
      output: {
        PrivateKeyCiphertextBlob: pair.blob,
        ...answerSecret('PrivateKeyPlaintext', pair.privateKey.exposeBytes(), recipient, needs.random),
        PublicKey: pair.publicKey,
        KeyId: entry.key.arn,
        KeyPairSpec: input.KeyPairSpec,
        ...shownMaterial(pair.materialId),
      },
      ...materialEventData(pair.materialId),
    }
  },
})

/** GenerateDataKeyPairWithoutPlaintext: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html */
export const generateDataKeyPairWithoutPlaintext = keyOperation<
  PairRequest,
  kms.GenerateDataKeyPairWithoutPlaintextResponse
>({
  name: 'GenerateDataKeyPairWithoutPlaintext',
  readOnly: true,
  aliases: true,
  context: pairContext,
  grantUse: ({ EncryptionContext: context }) => encryptionContextUse(context),
  requestParameters,
  async run(input, entry, needs, scope) {
    const pair = await makePair(input, entry, 'GenerateDataKeyPairWithoutPlaintext', scope, needs)
    pair.privateKey.wipe()
    return {
      output: {
        PrivateKeyCiphertextBlob: pair.blob,
        PublicKey: pair.publicKey,
        KeyId: entry.key.arn,
        KeyPairSpec: input.KeyPairSpec,
        ...shownMaterial(pair.materialId),
      },
      ...materialEventData(pair.materialId),
    }
  },
})
