import { setBoundary } from '../../../accounts/index.ts'
import type { BoundedHolder } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { boundaryContext } from './holder-check.ts'
import { roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

function deleteBoundary<T extends BoundedHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, HolderInput, undefined>(kind, {
    name: `Delete${kind.title}PermissionsBoundary`,
    readOnly: false,
    context: (_input, value) => boundaryContext(value),
    async run(_input, record) {
      if (record.value.boundaryArn === undefined) return { output: undefined }
      const writes = setBoundary({ collection: kind.collection, record }, undefined)
      return { output: undefined, commit: { writes } }
    },
  })
}

/** DeleteUserPermissionsBoundary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html */
export const deleteUserPermissionsBoundary = deleteBoundary(userKind)

/** DeleteRolePermissionsBoundary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html */
export const deleteRolePermissionsBoundary = deleteBoundary(roleKind)
