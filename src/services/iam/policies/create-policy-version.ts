import { addPolicyVersion } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'
import { policyChange } from './policy-operation.ts'
import { requireDocument } from './require-document.ts'

/** CreatePolicyVersion: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export const createPolicyVersion = policyChange<iam.CreatePolicyVersionRequest, iam.CreatePolicyVersionResponse>({
  name: 'CreatePolicyVersion',
  requestParameters: ({ PolicyDocument: policyDocument, SetAsDefault: setAsDefault }) => ({
    policyDocument,
    setAsDefault,
  }),
  async run({ PolicyDocument: document, SetAsDefault: isDefault = false }, policy, _needs, { now }) {
    requireDocument(document)
    const { version, writes } = addPolicyVersion(policy, { document, isDefault, now })
    const { versionId, createdAt } = version
    return {
      output: { PolicyVersion: { VersionId: versionId, IsDefaultVersion: isDefault, CreateDate: createdAt } },
      commit: { writes },
      responseElements: {
        policyVersion: { versionId, isDefaultVersion: isDefault, createDate: formatIamAuditDate(createdAt) },
      },
    }
  },
})
