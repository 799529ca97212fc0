import type { iam } from '../../../wire/index.ts'
import { policyReading } from './policy-operation.ts'
import { versionShape } from './policy-shapes.ts'
import { noSuchVersion, requireVersion } from './policy-versions.ts'

/** GetPolicyVersion: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export const getPolicyVersion = policyReading<iam.GetPolicyVersionRequest, iam.GetPolicyVersionResponse>({
  name: 'GetPolicyVersion',
  requestParameters: ({ VersionId: versionId }) => ({ versionId }),
  missing: noSuchVersion,
  async run(input, policy) {
    return { PolicyVersion: versionShape(requireVersion(input, policy), policy) }
  },
})
