import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { userOperation } from '../users/user-operation.ts'

/** DeleteLoginProfile: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html. There is no console, so nobody has a password. */
export const deleteLoginProfile = userOperation<iam.DeleteLoginProfileRequest, undefined>({
  name: 'DeleteLoginProfile',
  readOnly: false,
  async run(_input, { value: { userName } }) {
    throw new ServiceError('NoSuchEntity', `Login Profile for User ${userName} cannot be found.`)
  },
})
