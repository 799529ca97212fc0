import { setAccessKeyStatus } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import type { iam } from '../../wire/index.ts'
import { userOperation } from './user-operation.ts'
import { findOwnAccessKey } from './own-access-key.ts'

/** UpdateAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
export const updateAccessKey = userOperation<iam.UpdateAccessKeyRequest, undefined>({
  name: 'UpdateAccessKey',
  readOnly: false,
  requestParameters: ({ UserName: userName, AccessKeyId: accessKeyId, Status: status }) => ({
    userName,
    accessKeyId,
    status,
  }),
  async run({ AccessKeyId: id, Status: status }, user, { accounts }) {
    if (status !== 'Active' && status !== 'Inactive')
      throw new ServiceError('ValidationError', `Invalid status: ${status}`)
    const accessKey = await findOwnAccessKey(id, user.value, accounts)
    return { output: undefined, commit: { writes: setAccessKeyStatus(accessKey, status) } }
  },
})
