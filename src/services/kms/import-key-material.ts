import { ServiceError, dayMillis } from '../../base/index.ts'
import type { Instant, SecretBytes } from '../../base/index.ts'
import { parseImportedMaterial, unwrapMaterial } from '../../crypto/index.ts'
import type { SlowWork } from '../../crypto/index.ts'
import { importMaterial, materialEverywhere, openImportToken } from '../../keys/index.ts'
import type { ImportParameters, KeyEntry, WantedImport } from '../../keys/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'
import type { KmsNeeds } from './needs.ts'
import { invalidCiphertext } from './symmetric.ts'

type Input = kms.ImportKeyMaterialRequest
type Key = KeyEntry['key']

const expires = 'KEY_MATERIAL_EXPIRES'
const maxValidMillis = 365 * dayMillis

/** ImportKeyMaterial: https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html */
export const importKeyMaterial = keyOperation<Input, kms.ImportKeyMaterialResponse>({
  name: 'ImportKeyMaterial',
  readOnly: false,
  context: ({ ExpirationModel: model, ValidTo: validTo }) => ({
    ...(model === undefined ? {} : { 'kms:ExpirationModel': model }),
    ...(validTo === undefined ? {} : { 'kms:ValidTo': String(validTo / 1_000) }),
  }),
  requestParameters: ({
    KeyId: keyId,
    ValidTo: validTo,
    ExpirationModel: expirationModel = expires,
    ImportType: importType,
    KeyMaterialDescription: keyMaterialDescription,
  }) => ({
    keyId,
    validTo: validTo === undefined ? undefined : formatAuditDate(validTo),
    expirationModel,
    importType,
    keyMaterialDescription,
  }),
  check(input, key) {
    requireOrigin(key, 'EXTERNAL')
    checkMembers(input, key)
  },
  async run(input, entry, needs) {
    const { keys, clock } = needs
    const { key } = entry
    const now = clock.now()
    checkValidTo(input.ValidTo, now)
    const parameters = requireToken(openImportToken(key, input.ImportToken, keys.keyRing), now)
    const wanted = await open(input, key, parameters, needs)
    try {
      const everywhere = await materialEverywhere(entry, keys)
      const { materialId, writes } = importMaterial(everywhere, wanted, { keyRing: keys.keyRing, now })
      const keyId = key.arn
      return {
        output: { KeyId: keyId, KeyMaterialId: materialId },
        // Where it was there already, in another wrapping: of that nothing may be left for whoever removes it later.
        commit: { writes, scrub: true },
        responseElements: { keyId, keyMaterialId: materialId },
      }
    } finally {
      wanted.plaintext.wipe()
    }
  },
})

/** @throws {ServiceError} ValidationException, UnsupportedOperationException */
function checkMembers(input: Input, key: Key): void {
  const { ExpirationModel: model = expires, ValidTo: validTo, ImportType: type, KeyMaterialId: materialId } = input
  if (model === expires && validTo === undefined)
    throw invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  if (model !== expires && validTo !== undefined)
    throw invalid('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE')
  if (type === 'NEW_KEY_MATERIAL' && materialId !== undefined)
    throw invalid('A KeyMaterialId must not be set if the ImportType is NEW_KEY_MATERIAL')
  if (key.keySpec === 'SYMMETRIC_DEFAULT') return
  for (const member of ['ImportType', 'KeyMaterialDescription', 'KeyMaterialId'] as const) {
    if (input[member] !== undefined)
      throw new ServiceError(
        'UnsupportedOperationException',
        `${member} is only supported for symmetric encryption keys: the key spec of ${key.arn} is ${key.keySpec}.`,
      )
  }
}

function checkValidTo(validTo: Instant | undefined, now: Instant): void {
  if (validTo === undefined) return
  if (validTo <= now) throw invalid('The validTo date must be in the future')
  if (validTo > now + maxValidMillis) throw invalid('The validTo date must be at most 365 days from now')
}

/** @throws {ServiceError} InvalidImportTokenException, ExpiredImportTokenException */
function requireToken(parameters: ImportParameters | undefined, now: Instant): ImportParameters {
  if (parameters === undefined) throw new ServiceError('InvalidImportTokenException')
  if (now >= parameters.validTo) throw new ServiceError('ExpiredImportTokenException')
  return parameters
}

async function open(
  input: Input,
  key: Key,
  parameters: ImportParameters,
  { work }: Pick<KmsNeeds, 'work'>,
): Promise<WantedImport> {
  const plaintext = await openMaterial(input.EncryptedKeyMaterial, key, parameters, work.forAccount(key.account))
  const { ValidTo: validTo, KeyMaterialDescription: description, KeyMaterialId: materialId, ImportType: type } = input
  return {
    plaintext,
    ...(validTo === undefined ? {} : { validTo }),
    ...(description === undefined ? {} : { description }),
    ...(materialId === undefined ? {} : { materialId }),
    ...(type === undefined ? {} : { kind: type === 'NEW_KEY_MATERIAL' ? 'new' : 'existing' }),
  }
}

/** @throws {ServiceError} InvalidCiphertextException, IncorrectKeyMaterialException */
async function openMaterial(
  encrypted: Buffer,
  { keySpec }: Key,
  { wrappingKey, algorithm }: ImportParameters,
  work: SlowWork,
): Promise<SecretBytes> {
  const opened = await unwrapMaterial(wrappingKey, algorithm, encrypted, work)
  if (opened === undefined) throw invalidCiphertext()
  try {
    const material = await parseImportedMaterial(keySpec, opened, work)
    if (material !== undefined) return material
  } finally {
    opened.wipe()
  }
  throw new ServiceError(
    'IncorrectKeyMaterialException',
    `The key material is not that of a key of key spec ${keySpec}.`,
  )
}

const invalid = (message: string): ServiceError => new ServiceError('ValidationException', message)
