import { ServiceError } from '../../base/index.ts'
import { materialEverywhere, removeMaterial } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'
import { requireOrigin } from './key-origin.ts'

/** DeleteImportedKeyMaterial: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html */
export const deleteImportedKeyMaterial = keyOperation<
  kms.DeleteImportedKeyMaterialRequest,
  kms.DeleteImportedKeyMaterialResponse
>({
  name: 'DeleteImportedKeyMaterial',
  readOnly: false,
  requestParameters: ({ KeyId: keyId, KeyMaterialId: keyMaterialId }) => ({ keyId, keyMaterialId }),
  check: (_input, key) => requireOrigin(key, 'EXTERNAL'),
  async run({ KeyMaterialId: wanted }, entry, { keys }) {
    const { key } = entry
    const everywhere = await materialEverywhere(entry, keys)
    const materialId = wanted ?? key.materialId
    const found = everywhere.here.materials.find(({ value }) => value.materialId === materialId)
    if (found === undefined && wanted !== undefined) {
      throw new ServiceError(
        'NotFoundException',
        `Key material (id: ${wanted}) is not associated with KMS key ${key.arn}.`,
      )
    }
    const answered = { KeyId: key.arn, ...(materialId === undefined ? {} : { KeyMaterialId: materialId }) }
    return {
      output: answered,
      // A key that never had any is left as it is.
      ...(found === undefined ? {} : { commit: { writes: removeMaterial(everywhere, found), scrub: true } }),
      responseElements: { keyId: key.arn, keyMaterialId: materialId },
    }
  },
})
