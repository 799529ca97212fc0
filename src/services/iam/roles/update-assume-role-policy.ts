import { changeRole } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { requireTrustPolicy } from '../documents/trust-document.ts'
import { boundaryContext } from '../holders/holder-check.ts'
import { roleOperation } from './role-operation.ts'

/** UpdateAssumeRolePolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html */
export const updateAssumeRolePolicy = roleOperation<iam.UpdateAssumeRolePolicyRequest, undefined>({
  name: 'UpdateAssumeRolePolicy',
  readOnly: false,
  context: (_input, value) => boundaryContext(value),
  requestParameters: ({ PolicyDocument: policyDocument }) => ({ policyDocument }),
  async run({ PolicyDocument: trustPolicy }, role, { accounts }) {
    const trustedIds = await requireTrustPolicy(trustPolicy, accounts.identities)
    return { output: undefined, commit: { writes: changeRole(role, { trustPolicy, trustedIds }) } }
  },
})
