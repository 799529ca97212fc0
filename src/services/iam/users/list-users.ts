import type { iam } from '../../../wire/index.ts'
import { formatArn } from '../../../base/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageFrom, pageOf } from '../paging.ts'
import { listedUserShape } from './user-shapes.ts'

/** ListUsers: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export const listUsers = operation<Pick<IamNeeds, 'accounts'>, iam.ListUsersRequest, iam.ListUsersResponse, undefined>({
  name: 'ListUsers',
  readOnly: true,
  requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
  async resolve(_input, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, 'user/') } as const
    return { checks: [{ action: 'iam:ListUsers', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { limit, page } = pageFrom(input)
    const { items, answer } = pageOf(await accounts.listUsers(account, page), limit, record => record.id)
    const { PathPrefix: prefix = '/' } = input
    const users = items.filter(({ value }) => value.path.startsWith(prefix)).map(({ value }) => listedUserShape(value))
    return { output: { Users: users, ...answer } }
  },
})
