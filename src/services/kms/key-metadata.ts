import { algorithmsOf } from '../../crypto/index.ts'
import type { KeyUsage } from '../../crypto/index.ts'
import { arnIn, isPrimary } from '../../keys/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { AuditValue, AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'

type Key = KeyEntry['key']

const stateNames = {
  enabled: 'Enabled',
  disabled: 'Disabled',
  'pending-deletion': 'PendingDeletion',
  'pending-replica-deletion': 'PendingReplicaDeletion',
  'pending-import': 'PendingImport',
  unavailable: 'Unavailable',
  creating: 'Creating',
  updating: 'Updating',
} as const

/** Where a key's algorithms are listed, by its usage. */
const algorithmLists = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
} as const satisfies Readonly<Record<KeyUsage, keyof kms.KeyMetadata>>

/** A key as DescribeKey and CreateKey show it. */
export function keyMetadata(key: Key): kms.KeyMetadata {
  return {
    AWSAccountId: key.account,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.state.kind === 'enabled',
    Description: key.description,
    KeyUsage: key.keyUsage,
    KeyState: keyStateName(key.state.kind),
    ...deletion(key),
    Origin: key.origin,
    KeyManager: key.keyManager,
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    ...keyAlgorithms(key),
    MultiRegion: key.multiRegion,
    ...multiRegionMembers(key),
    ...expiration(key),
    ...currentMaterial(key),
    ...storeMembers(key),
  }
}

/** What a multi-Region key is among its copies. */
export function multiRegionKeyType(key: Pick<Key, 'region' | 'regions'>): 'PRIMARY' | 'REPLICA' {
  return isPrimary(key) ? 'PRIMARY' : 'REPLICA'
}

/** A key's algorithms, in the list of its usage. */
export function keyAlgorithms({
  keySpec,
  keyUsage,
}: Pick<Key, 'keySpec' | 'keyUsage'>): Readonly<Record<string, readonly string[]>> {
  return { [algorithmLists[keyUsage]]: algorithmsOf(keySpec, keyUsage) }
}

/** The API's name of a key state. */
export function keyStateName(kind: Key['state']['kind']): (typeof stateNames)[typeof kind] {
  return stateNames[kind]
}

/** A key's metadata as the trail records the answer of CreateKey: the same, in the trail's spelling. */
export function auditMetadata(key: Key): AuditValues {
  const { AWSAccountId, CreationDate, ...rest } = keyMetadata(key)
  return { aWSAccountId: AWSAccountId, creationDate: formatAuditDate(CreationDate!), ...auditMembers(rest) }
}

function auditMembers(members: object): AuditValues {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name[0]!.toLowerCase() + name.slice(1), auditMember(value)]),
  )
}

function auditMember(value: unknown): AuditValue {
  if (Array.isArray(value)) return value.map(auditMember)
  return typeof value === 'object' && value !== null ? auditMembers(value) : (value as AuditValue)
}

/** Where a key in a custom key store is. */
function storeMembers({
  customKeyStoreId,
  cloudHsmClusterId,
  xksKeyId,
}: Key): Pick<kms.KeyMetadata, 'CustomKeyStoreId' | 'CloudHsmClusterId' | 'XksKeyConfiguration'> {
  return {
    ...(customKeyStoreId === undefined ? {} : { CustomKeyStoreId: customKeyStoreId }),
    ...(cloudHsmClusterId === undefined ? {} : { CloudHsmClusterId: cloudHsmClusterId }),
    ...(xksKeyId === undefined ? {} : { XksKeyConfiguration: { Id: xksKeyId } }),
  }
}

function deletion({ state }: Key): Pick<kms.KeyMetadata, 'DeletionDate' | 'PendingDeletionWindowInDays'> {
  if (state.kind === 'pending-deletion') return { DeletionDate: state.deleteAt }
  if (state.kind === 'pending-replica-deletion') return { PendingDeletionWindowInDays: state.windowDays }
  return {}
}

/** Where a multi-Region key is: the same in all of its Regions, but for what the key itself is. */
function multiRegionMembers(key: Key): Pick<kms.KeyMetadata, 'MultiRegionConfiguration'> {
  const { regions } = key
  if (regions === undefined) return {}
  const keyIn = (region: string): kms.MultiRegionKey => ({ Arn: arnIn(key, region), Region: region })
  return {
    MultiRegionConfiguration: {
      MultiRegionKeyType: multiRegionKeyType(key),
      PrimaryKey: keyIn(regions.primary),
      ReplicaKeys: regions.replicas.map(keyIn),
    },
  }
}

/** Only symmetric keys whose material is here tell its id: theirs can change. A replica that is being made does not yet. */
function currentMaterial(key: Key): Pick<kms.KeyMetadata, 'CurrentKeyMaterialId'> {
  if (key.state.kind === 'creating') return {}
  const isShown = key.keySpec === 'SYMMETRIC_DEFAULT' && (key.origin === 'AWS_KMS' || key.origin === 'EXTERNAL')
  return isShown && key.materialId !== undefined ? { CurrentKeyMaterialId: key.materialId } : {}
}

/** Whether imported material expires; of a key that has all of it. */
function expiration({ imported, state }: Key): Pick<kms.KeyMetadata, 'ExpirationModel' | 'ValidTo'> {
  if (imported?.isComplete !== true || state.kind === 'pending-import') return {}
  if (imported.validTo === undefined) return { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  return { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: imported.validTo }
}
