import { createUser, userArn } from '../../../accounts/index.ts'
import { ServiceError } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import { requestedBoundary, requireBoundary } from '../holders/boundary.ts'
import type { IamNeeds } from '../needs.ts'
import { requireRoomFor } from '../quota.ts'
import { auditTags, mergeTags, requestTags } from '../tags/tag-values.ts'
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
  async resolve(input, { caller: { account } }) {
    const { UserName: userName, Path: path = '/', Tags: tags = [] } = input
    const resource = { kind: 'named', account, arn: userArn({ account, path, userName }) } as const
    const tagContext = requestTags(tags)
    const create = {
      action: 'iam:CreateUser',
      resource,
      context: { ...tagContext, ...requestedBoundary(input.PermissionsBoundary) },
    }
    const tag = { action: 'iam:TagUser', resource, context: tagContext }
    return { checks: tags.length > 0 ? [create, tag] : [create], subject: undefined }
  },
  async run(input, _subject, { caller: { account }, now }, { accounts, random }) {
    const { UserName: userName, Path: path = '/', Tags: tags = [], PermissionsBoundary: boundaryArn } = input
    if ((await accounts.identities.findUser(account, userName)) !== undefined) throw userExists(userName)
    await requireRoomFor('user', accounts, account)
    const wanted = { account, userName, path, tags: mergeTags([], tags) }
    const boundary =
      boundaryArn === undefined
        ? {}
        : { boundary: { arn: boundaryArn, ...(await requireBoundary(accounts, account, boundaryArn)) } }
    const { user, writes } = createUser({ ...wanted, ...boundary }, { random, now })
    return {
      output: { User: userShape(user) },
      commit: { writes },
      responseElements: { user: auditUser(user) },
      resources: [{ arn: user.arn, accountId: account, type: 'AWS::IAM::User' }],
    }
  },
})

/** The error for a name that another user has, in whatever case. */
export function userExists(userName: string): ServiceError {
  return new ServiceError('EntityAlreadyExists', `User with name ${userName} already exists.`)
}
