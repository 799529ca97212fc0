import type { iam } from '../../../wire/index.ts'
import { auditPage, emptyPage, pageOfAll } from '../paging.ts'
import { userOperation } from '../users/user-operation.ts'
import { accessKeyShape } from '../users/user-shapes.ts'

/** ListAccessKeys: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export const listAccessKeys = userOperation<iam.ListAccessKeysRequest, iam.ListAccessKeysResponse>({
  name: 'ListAccessKeys',
  readOnly: true,
  requestParameters: auditPage,
  async run(input, user, { accounts }) {
    const found = await Promise.all(user.value.accessKeyIds.map(id => accounts.findAccessKey(id)))
    const accessKeys = found.filter(accessKey => accessKey !== undefined).map(({ value }) => value)
    const { items, answer } = pageOfAll(accessKeys, input, ({ accessKeyId }) => accessKeyId)
    return { output: { AccessKeyMetadata: items.map(accessKeyShape), ...answer } }
  },
  // The root user has no lasting keys here.
  async ofRoot(input) {
    return { output: emptyPage('AccessKeyMetadata', input) }
  },
})
