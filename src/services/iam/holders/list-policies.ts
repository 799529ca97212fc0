import type { PolicyHolder } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import type { PageInput } from '../paging.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

function listPolicies<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, HolderInput & PageInput, iam.ListUserPoliciesResponse>(kind, {
    name: `List${kind.title}Policies`,
    readOnly: true,
    requestParameters: auditPage,
    async run(input, { value }) {
      const names = value.policies.map(({ name }) => name)
      const { items, answer } = pageOfAll(names, input, name => name)
      return { output: { PolicyNames: items, ...answer } }
    },
  })
}

/** ListUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export const listUserPolicies = listPolicies(userKind)

/** ListGroupPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupPolicies.html */
export const listGroupPolicies = listPolicies(groupKind)

/** ListRolePolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export const listRolePolicies = listPolicies(roleKind)
