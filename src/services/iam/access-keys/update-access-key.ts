import { setAccessKeyStatus } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { userOperation } from '../users/user-operation.ts'
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
    // The answers of newer APIs know "Expired" too; nobody sets it.
    if (status !== 'Active' && status !== 'Inactive') {
      throw new ServiceError(
        'ValidationError',
        "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
      )
    }
    const accessKey = await findOwnAccessKey(id, user.value, accounts)
    return { output: undefined, commit: { writes: setAccessKeyStatus(accessKey, status) } }
  },
})
