import { removePolicyVersion } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { policyChange } from './policy-operation.ts'
import { noSuchVersion, requireVersion } from './policy-versions.ts'

/** DeletePolicyVersion: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
export const deletePolicyVersion = policyChange<iam.DeletePolicyVersionRequest, undefined>({
  name: 'DeletePolicyVersion',
  requestParameters: ({ VersionId: versionId }) => ({ versionId }),
  missing: noSuchVersion,
  async run(input, policy) {
    const { versionId } = requireVersion(input, policy.value)
    return { output: undefined, commit: { writes: removePolicyVersion(policy, versionId) } }
  },
})
