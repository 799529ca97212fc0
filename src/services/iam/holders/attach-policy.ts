import { attachPolicy } from '../../../accounts/index.ts'
import type { PolicyHolder } from '../../../accounts/index.ts'
import type { ConditionValues } from '../../../authorization/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { findAttachable, requirePolicyArn } from '../policy-arn.ts'
import { boundaryContext } from './holder-check.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

/** A request that names a managed policy, and who has it or is to have it. */
export interface AttachedPolicyInput extends HolderInput {
  readonly PolicyArn: string
}

const attachedPoliciesPerHolder = 10

// Policies of this path are for roles that AWS's services keep for themselves.
const serviceRolePath = 'arn:aws:iam::aws:policy/aws-service-role/'

function attachPolicyOf<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, AttachedPolicyInput, undefined>(kind, {
    name: `Attach${kind.title}Policy`,
    readOnly: false,
    requireValid: ({ PolicyArn: arn }) => requirePolicyArn(arn),
    policyArn: ({ PolicyArn: arn }) => arn,
    context: attachmentContext,
    requestParameters: ({ PolicyArn: policyArn }) => ({ policyArn }),
    async run({ PolicyArn: arn }, record, { accounts }) {
      const { account, attachedPolicyArns: attached = [] } = record.value
      if (attached.includes(arn)) return { output: undefined }
      if (kind.word === 'role' && arn.startsWith(serviceRolePath))
        throw new ServiceError('PolicyNotAttachable', 'Cannot attach a Service Role Policy to a Customer Role.')
      const policy = await findAttachable(accounts, account, arn)
      if (policy === undefined)
        throw new ServiceError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`)
      if (attached.length >= attachedPoliciesPerHolder) {
        const quota = `PoliciesPer${kind.title}: ${attachedPoliciesPerHolder}`
        throw new ServiceError('LimitExceeded', `Cannot exceed quota for ${quota}`)
      }
      const { collection } = kind
      return { output: undefined, commit: { writes: attachPolicy({ collection, record }, arn, policy.record) } }
    },
  })
}

/** The condition keys of an operation that attaches a managed policy or detaches it. */
export function attachmentContext(
  { PolicyArn: policyArn }: AttachedPolicyInput,
  value: PolicyHolder | undefined,
): ConditionValues {
  return { 'iam:PolicyARN': policyArn, ...boundaryContext(value) }
}

/** AttachUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html */
export const attachUserPolicy = attachPolicyOf(userKind)

/** AttachGroupPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachGroupPolicy.html */
export const attachGroupPolicy = attachPolicyOf(groupKind)

/** AttachRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html */
export const attachRolePolicy = attachPolicyOf(roleKind)
