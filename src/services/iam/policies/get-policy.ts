import type { iam } from '../../../wire/index.ts'
import { policyReading } from './policy-operation.ts'
import { policyShape } from './policy-shapes.ts'

/** GetPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export const getPolicy = policyReading<iam.GetPolicyRequest, iam.GetPolicyResponse>({
  name: 'GetPolicy',
  async run(_input, policy, { accounts }, { caller: { account } }) {
    return { Policy: policyShape(policy, await accounts.identities.countUses(account, policy.arn)) }
  },
})
