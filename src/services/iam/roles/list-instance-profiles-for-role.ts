import type { iam } from '../../../wire/index.ts'
import { auditPage, pageOfAll } from '../paging.ts'
import { roleOperation } from './role-operation.ts'

/** ListInstanceProfilesForRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html */
export const listInstanceProfilesForRole = roleOperation<
  iam.ListInstanceProfilesForRoleRequest,
  iam.ListInstanceProfilesForRoleResponse
>({
  name: 'ListInstanceProfilesForRole',
  readOnly: true,
  requestParameters: auditPage,
  // There are no instances here, and so no profiles of them.
  async run(input) {
    const { items, answer } = pageOfAll<iam.InstanceProfile>([], input, profile => profile.InstanceProfileName)
    return { output: { InstanceProfiles: items, ...answer } }
  },
})
