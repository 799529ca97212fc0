import { deleteAccessKey } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { userOperation } from '../users/user-operation.ts'
import { findOwnAccessKey } from './own-access-key.ts'

/** DeleteAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html */
export const deleteAccessKeyOperation = userOperation<iam.DeleteAccessKeyRequest, undefined>({
  name: 'DeleteAccessKey',
  readOnly: false,
  requestParameters: ({ UserName: userName, AccessKeyId: accessKeyId }) => ({ userName, accessKeyId }),
  async run({ AccessKeyId: id }, user, { accounts }) {
    const accessKey = await findOwnAccessKey(id, user.value, accounts)
    return { output: undefined, commit: { writes: deleteAccessKey(user, accessKey), scrub: true } }
  },
})
