import type { InlinePolicy, PolicyHolder } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { encodeDocument } from '../policy-document.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

/** A request that names an inline policy. */
export interface InlinePolicyInput extends HolderInput {
  readonly PolicyName: string
}

interface GetPolicyOutput extends HolderInput {
  readonly PolicyName: string
  readonly PolicyDocument: string
}

function getPolicy<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, InlinePolicyInput, GetPolicyOutput>(kind, {
    name: `Get${kind.title}Policy`,
    readOnly: true,
    requestParameters: ({ PolicyName: policyName }) => ({ policyName }),
    async run({ PolicyName: policyName }, { value }) {
      const { name, document } = requireInlinePolicy(kind, value, policyName)
      const holder = { [kind.nameMember]: kind.nameOf(value) }
      return { output: { ...holder, PolicyName: name, PolicyDocument: encodeDocument(document) } }
    },
  })
}

/** An inline policy by its name, which is compared with regard to case. @throws {ServiceError} NoSuchEntity */
export function requireInlinePolicy<T extends PolicyHolder>(
  { word }: HolderKind<T>,
  { policies }: T,
  policyName: string,
): InlinePolicy {
  const policy = policies.find(({ name }) => name === policyName)
  if (policy === undefined)
    throw new ServiceError('NoSuchEntity', `The ${word} policy with name ${policyName} cannot be found.`)
  return policy
}

/** GetUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
export const getUserPolicy = getPolicy(userKind)

/** GetGroupPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroupPolicy.html */
export const getGroupPolicy = getPolicy(groupKind)

/** GetRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export const getRolePolicy = getPolicy(roleKind)
