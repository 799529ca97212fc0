import { setDefaultVersion } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { policyChange } from './policy-operation.ts'
import { noSuchVersion, requireVersion } from './policy-versions.ts'

/** SetDefaultPolicyVersion: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html */
export const setDefaultPolicyVersion = policyChange<iam.SetDefaultPolicyVersionRequest, undefined>({
  name: 'SetDefaultPolicyVersion',
  requestParameters: ({ VersionId: versionId }) => ({ versionId }),
  missing: noSuchVersion,
  async run(input, policy) {
    const { versionId } = requireVersion(input, policy.value)
    return { output: undefined, commit: { writes: setDefaultVersion(policy, versionId) } }
  },
})
