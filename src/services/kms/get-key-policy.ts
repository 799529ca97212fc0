import { showPrincipals } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { kms } from '../../wire/index.ts'
import { keyOperation } from './key-operation.ts'

/** GetKeyPolicy: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html */
export const getKeyPolicy = keyOperation<kms.GetKeyPolicyRequest, kms.GetKeyPolicyResponse>({
  name: 'GetKeyPolicy',
  readOnly: true,
  requestParameters: ({ KeyId: keyId, PolicyName: policyName = 'default' }) => ({ keyId, policyName }),
  async run({ PolicyName: name = 'default' }, { key }, { principals }) {
    if (name !== 'default') throw new ServiceError('NotFoundException', 'No such policy exists')
    return { output: { Policy: await showPrincipals(key.policy, key.boundPrincipals, principals), PolicyName: name } }
  },
})
