import { putInlinePolicy } from '../../../accounts/index.ts'
import type { PolicyHolder } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { lengthWithoutSpace, requirePolicy } from '../policy-document.ts'
import { boundaryContext } from './holder-check.ts'
import { groupKind, roleKind, userKind } from './holder-kind.ts'
import type { HolderKind } from './holder-kind.ts'
import { holderOperation } from './holder-operation.ts'
import type { HolderInput } from './holder-operation.ts'

interface PutPolicyInput extends HolderInput {
  readonly PolicyName: string
  readonly PolicyDocument: string
}

function putPolicy<T extends PolicyHolder>(kind: HolderKind<T>): Operation<IamNeeds> {
  return holderOperation<T, PutPolicyInput, undefined>(kind, {
    name: `Put${kind.title}Policy`,
    readOnly: false,
    context: (_input, value) => boundaryContext(value),
    requestParameters: ({ PolicyName: policyName, PolicyDocument: policyDocument }) => ({ policyName, policyDocument }),
    async run({ PolicyName: name, PolicyDocument: document }, record) {
      const others = record.value.policies.filter(policy => policy.name !== name)
      const length = [...others, { document }].reduce((sum, policy) => sum + lengthWithoutSpace(policy.document), 0)
      if (length > kind.inlineLimit) {
        const text = `Maximum policy size of ${kind.inlineLimit} bytes exceeded for ${kind.word} ${kind.nameOf(record.value)}`
        throw new ServiceError('LimitExceeded', text)
      }
      requirePolicy(document)
      const { collection } = kind
      return { output: undefined, commit: { writes: putInlinePolicy({ collection, record }, { name, document }) } }
    },
  })
}

/** PutUserPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
export const putUserPolicy = putPolicy(userKind)

/** PutGroupPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html */
export const putGroupPolicy = putPolicy(groupKind)

/** PutRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const putRolePolicy = putPolicy(roleKind)
