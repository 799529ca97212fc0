import type { PolicyHolder } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfAll, shortPosition } from '../paging.ts'
import type { PageInput } from '../paging.ts'
import { parsePolicyArn } from '../policy-arn.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

interface ListAttachedInput extends HolderInput, PageInput {
  readonly PathPrefix?: string | undefined
}

interface Attached {
  readonly arn: string
  readonly path: string
  readonly name: string
}

function listAttachedPolicies<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, ListAttachedInput, iam.ListAttachedUserPoliciesResponse>(kind, {
    name: `ListAttached${kind.title}Policies`,
    readOnly: true,
    requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
    async run(input, { value: { attachedPolicyArns = [] } }) {
      const { PathPrefix: prefix = '/' } = input
      const attached = attachedPolicyArns.map(readAttached).filter(({ path }) => path.startsWith(prefix))
      // A policy of the account and one of AWS may have the same name.
      const { items, answer } = pageOfAll(attached, input, ({ name, arn }) => shortPosition(`${name} ${arn}`))
      const policies = items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }))
      return { output: { AttachedPolicies: policies, ...answer } }
    },
  })
}

const readAttached = (arn: string): Attached => ({ arn, ...parsePolicyArn(arn)! })

/** ListAttachedUserPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export const listAttachedUserPolicies = listAttachedPolicies(userKind)

/** ListAttachedGroupPolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedGroupPolicies.html */
export const listAttachedGroupPolicies = listAttachedPolicies(groupKind)

/** ListAttachedRolePolicies: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export const listAttachedRolePolicies = listAttachedPolicies(roleKind)
