import { requireNoLockout } from '../../authorization/index.ts'
import { ServiceError } from '../../base/index.ts'
import { putKeyPolicy } from '../../keys/index.ts'
import type { kms } from '../../wire/index.ts'
import { changedKey } from './audit.ts'
import { readRequestedPolicy } from './key-policy-document.ts'
import { keyOperation } from './key-operation.ts'
import { keyResource } from './key-resource.ts'

/** PutKeyPolicy: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html */
export const putKeyPolicyOperation = keyOperation<kms.PutKeyPolicyRequest, undefined>({
  name: 'PutKeyPolicy',
  readOnly: false,
  context: ({ BypassPolicyLockoutSafetyCheck: bypass }) =>
    bypass === undefined ? {} : { 'kms:BypassPolicyLockoutSafetyCheck': String(bypass) },
  requestParameters: input => ({
    keyId: input.KeyId,
    policyName: input.PolicyName ?? 'default',
    policy: input.Policy,
    bypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
  }),
  async run(input, entry, { keys, authorizer, principals }, scope) {
    if ((input.PolicyName ?? 'default') !== 'default')
      throw new ServiceError('NotFoundException', 'No such policy exists')
    const { compiled, boundPrincipals } = await readRequestedPolicy(input.Policy, entry.key.arn, principals)
    if (input.BypassPolicyLockoutSafetyCheck !== true) {
      await requireNoLockout(authorizer, scope, {
        ...(await keyResource(entry, 'kms:PutKeyPolicy', keys)),
        policy: compiled,
      })
    }
    return {
      output: undefined,
      commit: { writes: putKeyPolicy(entry, input.Policy, boundPrincipals) },
      responseElements: changedKey(entry.key),
    }
  },
})
