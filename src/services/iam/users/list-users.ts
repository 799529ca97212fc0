import type { iam } from '../../../wire/index.ts'
import { formatArn } from '../../../base/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfRecords } from '../paging.ts'
import { listedUserShape } from './user-shapes.ts'

/** ListUsers: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export const listUsers = operation<Pick<IamNeeds, 'accounts'>, iam.ListUsersRequest, iam.ListUsersResponse, undefined>({
  name: 'ListUsers',
  readOnly: true,
  requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
  async resolve({ PathPrefix: prefix = '/' }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `user${prefix}`) } as const
    return { checks: [{ action: 'iam:ListUsers', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { PathPrefix: prefix = '/' } = input
    const { items, answer } = await pageOfRecords(
      page => accounts.identities.listUsers(account, page),
      input,
      ({ path }) => path.startsWith(prefix),
    )
    return { output: { Users: items.map(listedUserShape), ...answer } }
  },
})
