import { createUser } from '../../../accounts/index.ts'
import { ServiceError, formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditTags, mergeTags, requestTags } from '../tags.ts'
import { auditUser, userShape } from './user-shapes.ts'

/** CreateUser: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export const createUserOperation = operation<
  Pick<IamNeeds, 'accounts' | 'random'>,
  iam.CreateUserRequest,
  iam.CreateUserResponse,
  undefined
>({
  name: 'CreateUser',
  readOnly: false,
  requestParameters: ({ UserName: userName, Path: path, Tags: tags, PermissionsBoundary: permissionsBoundary }) => ({
    userName,
    path,
    tags: tags === undefined ? undefined : auditTags(tags),
    permissionsBoundary,
  }),
  async resolve({ UserName: userName, Path: path = '/', Tags: tags }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `user${path}${userName}`) } as const
    const context = requestTags(tags)
    const create = { action: 'iam:CreateUser', resource, context }
    const tagged = tags !== undefined && tags.length > 0
    return { checks: tagged ? [create, { action: 'iam:TagUser', resource, context }] : [create], subject: undefined }
  },
  async run(input, _subject, { caller: { account }, now }, { accounts, random }) {
    const { UserName: userName, Path: path = '/', Tags: tags = [] } = input
    if (input.PermissionsBoundary !== undefined) {
      throw new ServiceError(
        'NoSuchEntity',
        `Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`,
      )
    }
    if ((await accounts.findUser(account, userName)) !== undefined) {
      throw new ServiceError('EntityAlreadyExists', `User with name ${userName} already exists.`)
    }
    const { user, writes } = createUser({ account, userName, path, tags: mergeTags([], tags) }, { random, now })
    return {
      output: { User: userShape(user) },
      commit: { writes },
      responseElements: { user: auditUser(user) },
      resources: [{ arn: user.arn, accountId: account, type: 'AWS::IAM::User' }],
    }
  },
})
