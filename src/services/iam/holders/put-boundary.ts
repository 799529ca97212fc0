import { setBoundary } from '../../../accounts/index.ts'
import type { BoundedHolder } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { requestedBoundary, requireBoundary } from './boundary.ts'
import { roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

interface PutBoundaryInput extends HolderInput {
  readonly PermissionsBoundary: string
}

function putBoundary<T extends BoundedHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, PutBoundaryInput, undefined>(kind, {
    name: `Put${kind.title}PermissionsBoundary`,
    readOnly: false,
    context: ({ PermissionsBoundary: arn }) => requestedBoundary(arn),
    policyArn: ({ PermissionsBoundary: arn }) => arn,
    requestParameters: ({ PermissionsBoundary: permissionsBoundary }) => ({ permissionsBoundary }),
    async run({ PermissionsBoundary: arn }, record, { accounts }) {
      const policy = await requireBoundary(accounts, record.value.account, arn)
      const writes = setBoundary({ collection: kind.collection, record }, arn, policy.record)
      return { output: undefined, commit: { writes } }
    },
  })
}

/** PutUserPermissionsBoundary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html */
export const putUserPermissionsBoundary = putBoundary(userKind)

/** PutRolePermissionsBoundary: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html */
export const putRolePermissionsBoundary = putBoundary(roleKind)
