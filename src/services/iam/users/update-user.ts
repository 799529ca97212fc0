import { moveUser, userArn } from '../../../accounts/index.ts'
import type { AccessKeyValue, Accounts, UserPlace, UserValue } from '../../../accounts/index.ts'
import type { StoredRecord } from '../../../storage/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { holderCheck } from '../holders/holder-check.ts'
import { userKind } from '../holders/holder-kind.ts'
import { noSuchHolder } from '../holders/holder-operation.ts'
import type { IamNeeds } from '../needs.ts'
import { userExists } from './create-user.ts'

/**
 * UpdateUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html. It must be permitted for the user as it is and
 * for the user as it is to be: else whoever may change one could take the place of another.
 */
export const updateUser = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.UpdateUserRequest,
  undefined,
  StoredRecord<UserValue> | undefined
>({
  name: 'UpdateUser',
  readOnly: false,
  requestParameters: ({ UserName: userName, NewUserName: newUserName, NewPath: newPath }) => ({
    userName,
    newUserName,
    newPath,
  }),
  async resolve(input, { caller: { account } }, { accounts }) {
    const { UserName: name } = input
    const action = 'iam:UpdateUser'
    const user = await accounts.identities.findUser(account, name)
    const value = user?.value
    const place = newPlace(input, value)
    const check = holderCheck(userKind, { account, name, value }, action)
    const arn = userArn({ account, ...place })
    const moved = {
      ...check,
      resource: { ...check.resource, arn },
      wording: { shown: `user ${place.userName}` },
    }
    return {
      checks: arn === check.resource.arn ? [check] : [check, moved],
      subject: user,
      resources: [{ arn: check.resource.arn, accountId: account, type: userKind.type }],
    }
  },
  async run(input, user, { caller: { account } }, { accounts }) {
    if (user === undefined) throw noSuchHolder(userKind, input.UserName)
    const place = newPlace(input, user.value)
    const { userName, path } = place
    if (userName === user.value.userName && path === user.value.path) return { output: undefined }
    const other = await accounts.identities.findUser(account, userName)
    if (other !== undefined && other.id !== user.id) throw userExists(userName)
    return { output: undefined, commit: { writes: moveUser(user, place, await accessKeysOf(user.value, accounts)) } }
  },
})

function newPlace(
  { UserName, NewUserName, NewPath }: iam.UpdateUserRequest,
  { userName = UserName, path = '/' }: Partial<UserValue> = {},
): UserPlace {
  return { userName: NewUserName ?? userName, path: NewPath ?? path }
}

async function accessKeysOf(
  { accessKeyIds }: UserValue,
  accounts: Accounts,
): Promise<readonly StoredRecord<AccessKeyValue>[]> {
  const found = await Promise.all(accessKeyIds.map(id => accounts.findAccessKey(id)))
  return found.filter(record => record !== undefined)
}
