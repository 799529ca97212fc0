import { keySpecs } from '../../crypto/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import { formatAuditDate } from '../../trail/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import type { kms } from '../../wire/index.ts'

/** A key as DescribeKey and CreateKey show it. */
export function keyMetadata(key: KeyEntry['key']): kms.KeyMetadata {
  return {
    AWSAccountId: key.account,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.state.kind === 'enabled',
    Description: key.description,
    KeyUsage: key.keyUsage,
    KeyState: keyStateName(key.state.kind),
    ...(key.state.kind === 'pending-deletion' ? { DeletionDate: key.state.deleteAt } : {}),
    Origin: key.origin,
    KeyManager: key.keyManager,
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    EncryptionAlgorithms: [...keySpecs[key.keySpec].algorithms[key.keyUsage]],
    MultiRegion: key.multiRegion,
    CurrentKeyMaterialId: key.materialId,
  }
}

const stateNames = { enabled: 'Enabled', disabled: 'Disabled', 'pending-deletion': 'PendingDeletion' } as const

/** The API's name of a key state. */
export function keyStateName(kind: KeyEntry['key']['state']['kind']): (typeof stateNames)[typeof kind] {
  return stateNames[kind]
}

/** A key's metadata as the trail records the answer of CreateKey. */
export function auditMetadata(key: KeyEntry['key']): AuditValues {
  return {
    aWSAccountId: key.account,
    keyId: key.keyId,
    arn: key.arn,
    creationDate: formatAuditDate(key.createdAt),
    enabled: true,
    description: key.description,
    keyUsage: key.keyUsage,
    keyState: keyStateName(key.state.kind),
    origin: key.origin,
    keyManager: key.keyManager,
    customerMasterKeySpec: key.keySpec,
    keySpec: key.keySpec,
    encryptionAlgorithms: [...keySpecs[key.keySpec].algorithms[key.keyUsage]],
    multiRegion: key.multiRegion,
    currentKeyMaterialId: key.materialId,
  }
}
