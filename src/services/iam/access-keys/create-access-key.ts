import { createAccessKey } from '../../../accounts/index.ts'
import type { iam } from '../../../wire/index.ts'
import { formatIamAuditDate } from '../audit-date.ts'
import { userOperation } from '../users/user-operation.ts'

/** CreateAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
export const createAccessKeyOperation = userOperation<iam.CreateAccessKeyRequest, iam.CreateAccessKeyResponse>({
  name: 'CreateAccessKey',
  readOnly: false,
  async run(_input, user, { random, keyRing }, { now }) {
    const { accessKey, secret, writes } = createAccessKey(user, { random, keyRing, now })
    const { accessKeyId, userName, status } = accessKey
    return {
      output: {
        AccessKey: {
          UserName: userName,
          AccessKeyId: accessKeyId,
          Status: status,
          SecretAccessKey: secret,
          CreateDate: now,
        },
      },
      commit: { writes },
      // The secret is in the answer and nowhere else.
      responseElements: { accessKey: { userName, accessKeyId, status, createDate: formatIamAuditDate(now) } },
    }
  },
})
