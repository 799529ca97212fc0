import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { cancelKeyDeletionOperation } from './cancel-key-deletion.ts'
import { connectCustomKeyStore, disconnectCustomKeyStore } from './custom-stores/connect-custom-key-store.ts'
import { createAliasOperation } from './create-alias.ts'
import { createCustomKeyStore } from './custom-stores/create-custom-key-store.ts'
import { createGrantOperation } from './create-grant.ts'
import { createKeyOperation } from './create-key.ts'
import { decapsulate } from './decapsulate.ts'
import { decrypt } from './decrypt.ts'
import { deleteAliasOperation } from './delete-alias.ts'
import { deleteCustomKeyStore } from './custom-stores/delete-custom-key-store.ts'
import { deleteImportedKeyMaterial } from './delete-imported-key-material.ts'
import { deriveSharedSecret } from './derive-shared-secret.ts'
import { describeCustomKeyStores } from './custom-stores/describe-custom-key-stores.ts'
import { describeKey } from './describe-key.ts'
import { disableKeyOperation } from './disable-key.ts'
import { disableKeyRotationOperation } from './disable-key-rotation.ts'
import { enableKeyOperation } from './enable-key.ts'
import { enableKeyRotationOperation } from './enable-key-rotation.ts'
import { encapsulate } from './encapsulate.ts'
import { encrypt } from './encrypt.ts'
import { generateDataKey, generateDataKeyWithoutPlaintext } from './generate-data-key.ts'
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from './generate-data-key-pair.ts'
import { generateMac } from './generate-mac.ts'
import { generateRandom } from './generate-random.ts'
import { getKeyLastUsage } from './get-key-last-usage.ts'
import { getKeyPolicy } from './get-key-policy.ts'
import { getKeyRotationStatus } from './get-key-rotation-status.ts'
import { getParametersForImport } from './get-parameters-for-import.ts'
import { getPublicKey } from './get-public-key.ts'
import { importKeyMaterial } from './import-key-material.ts'
import { listAliases } from './list-aliases.ts'
import { listGrants } from './list-grants.ts'
import { listKeyPolicies } from './list-key-policies.ts'
import { listKeyRotations } from './list-key-rotations.ts'
import { listKeys } from './list-keys.ts'
import { listResourceTags } from './list-resource-tags.ts'
import { listRetirableGrants } from './list-retirable-grants.ts'
import { putKeyPolicyOperation } from './put-key-policy.ts'
import { reEncrypt } from './re-encrypt.ts'
import { replicateKeyOperation } from './replicate-key.ts'
import { retireGrantOperation } from './retire-grant.ts'
import { revokeGrantOperation } from './revoke-grant.ts'
import { rotateKeyOnDemand } from './rotate-key-on-demand.ts'
import { scheduleKeyDeletionOperation } from './schedule-key-deletion.ts'
import { sign } from './sign.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'
import { updateAliasOperation } from './update-alias.ts'
import { updateCustomKeyStore } from './custom-stores/update-custom-key-store.ts'
import { updateKeyDescription } from './update-key-description.ts'
import { updatePrimaryRegionOperation } from './update-primary-region.ts'
import { verify } from './verify.ts'
import { verifyMac } from './verify-mac.ts'
import type { KmsNeeds } from './needs.ts'

/** AWS Key Management Service: https://docs.aws.amazon.com/kms/latest/APIReference/ */
export const kmsService: Service<KmsNeeds> = {
  name: 'kms',
  eventSource: 'kms.amazonaws.com',
  refusal: message => new ServiceError('AccessDeniedException', message),
  operations: operationTable<KmsNeeds>([
    cancelKeyDeletionOperation,
    connectCustomKeyStore,
    createAliasOperation,
    createCustomKeyStore,
    createGrantOperation,
    createKeyOperation,
    decapsulate,
    decrypt,
    deleteAliasOperation,
    deleteCustomKeyStore,
    deleteImportedKeyMaterial,
    deriveSharedSecret,
    describeCustomKeyStores,
    describeKey,
    disableKeyOperation,
    disableKeyRotationOperation,
    disconnectCustomKeyStore,
    enableKeyOperation,
    enableKeyRotationOperation,
    encapsulate,
    encrypt,
    generateDataKey,
    generateDataKeyPair,
    generateDataKeyPairWithoutPlaintext,
    generateDataKeyWithoutPlaintext,
    generateMac,
    generateRandom,
    getKeyLastUsage,
    getKeyPolicy,
    getKeyRotationStatus,
    getParametersForImport,
    getPublicKey,
    importKeyMaterial,
    listAliases,
    listGrants,
    listKeyPolicies,
    listKeyRotations,
    listKeys,
    listResourceTags,
    listRetirableGrants,
    putKeyPolicyOperation,
    reEncrypt,
    replicateKeyOperation,
    retireGrantOperation,
    revokeGrantOperation,
    rotateKeyOnDemand,
    scheduleKeyDeletionOperation,
    sign,
    tagResource,
    untagResource,
    updateAliasOperation,
    updateCustomKeyStore,
    updateKeyDescription,
    updatePrimaryRegionOperation,
    verify,
    verifyMac,
  ]),
}
