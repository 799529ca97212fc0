import type { PolicyVersion } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { policyReading } from './policy-operation.ts'
import { listedVersionShape } from './policy-shapes.ts'

/** ListPolicyVersions: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export const listPolicyVersions = policyReading<iam.ListPolicyVersionsRequest, iam.ListPolicyVersionsResponse>({
  name: 'ListPolicyVersions',
  requestParameters: auditPage,
  async run(input, policy) {
    const { items, answer } = pageOfAll(policy.versions, input, newestFirst)
    return { Versions: items.map(version => listedVersionShape(version, policy)), ...answer }
  },
})

const mostDigits = 15

/** Where a version stands in a list that begins with the newest. */
function newestFirst({ versionId }: PolicyVersion): string {
  return String(10 ** mostDigits - Number(versionId.slice(1))).padStart(mostDigits + 1, '0')
}
