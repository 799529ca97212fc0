import { removeInlinePolicy } from '../../../accounts/index.ts'
import type { PolicyHolder } from '../../../accounts/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { requireInlinePolicy } from './get-policy.ts'
import type { InlinePolicyInput } from './get-policy.ts'
import { boundaryContext } from './holder-check.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'

function deletePolicy<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, InlinePolicyInput, undefined>(kind, {
    name: `Delete${kind.title}Policy`,
    readOnly: false,
    context: (_input, value) => boundaryContext(value),
    requestParameters: ({ PolicyName: policyName }) => ({ policyName }),
    async run({ PolicyName: policyName }, record) {
      const { name } = requireInlinePolicy(kind, record.value, policyName)
      const { collection } = kind
      return { output: undefined, commit: { writes: removeInlinePolicy({ collection, record }, name) } }
    },
  })
}

/** DeleteUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
export const deleteUserPolicy = deletePolicy(userKind)

/** DeleteGroupPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroupPolicy.html */
export const deleteGroupPolicy = deletePolicy(groupKind)

/** DeleteRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export const deleteRolePolicy = deletePolicy(roleKind)
