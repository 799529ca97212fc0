import { detachPolicy } from '../../../accounts/index.ts'
import type { PolicyHolder } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { requirePolicyArn } from '../policy-arn.ts'
import { attachmentContext } from './attach-policy.ts'
import type { AttachedPolicyInput } from './attach-policy.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'

function detachPolicyOf<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, AttachedPolicyInput, undefined>(kind, {
    name: `Detach${kind.title}Policy`,
    readOnly: false,
    requireValid: ({ PolicyArn: arn }) => requirePolicyArn(arn),
    policyArn: ({ PolicyArn: arn }) => arn,
    context: attachmentContext,
    requestParameters: ({ PolicyArn: policyArn }) => ({ policyArn }),
    async run({ PolicyArn: arn }, record) {
      const { attachedPolicyArns: attached = [] } = record.value
      if (!attached.includes(arn)) throw new ServiceError('NoSuchEntity', `Policy ${arn} was not found.`)
      return { output: undefined, commit: { writes: detachPolicy({ collection: kind.collection, record }, arn) } }
    },
  })
}

/** DetachUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html */
export const detachUserPolicy = detachPolicyOf(userKind)

/** DetachGroupPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachGroupPolicy.html */
export const detachGroupPolicy = detachPolicyOf(groupKind)

/** DetachRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export const detachRolePolicy = detachPolicyOf(roleKind)
