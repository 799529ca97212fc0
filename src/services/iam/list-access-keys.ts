import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'
import { accessKeyShape } from './user-shapes.ts'

/** ListAccessKeys: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export const listAccessKeys = userOperation<iam.ListAccessKeysRequest, iam.ListAccessKeysResponse>({
  name: 'ListAccessKeys',
  readOnly: true,
  requestParameters: ({ UserName: userName }) => ({ userName }),
  async run(_input, user, { accounts }) {
    const found = await Promise.all(user.value.accessKeyIds.map(id => accounts.findAccessKey(id)))
    const shown = found.filter(accessKey => accessKey !== undefined).map(accessKey => accessKeyShape(accessKey.value))
    return { output: { AccessKeyMetadata: shown, IsTruncated: false } }
  },
})
