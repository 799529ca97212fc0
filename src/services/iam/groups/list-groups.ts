import type { iam } from '../../../wire/index.ts'
import { formatArn } from '../../../base/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfRecords } from '../paging.ts'
import { groupShape } from './group-shapes.ts'

/** ListGroups: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html */
export const listGroups = operation<
  Pick<IamNeeds, 'accounts'>,
  iam.ListGroupsRequest,
  iam.ListGroupsResponse,
  undefined
>({
  name: 'ListGroups',
  readOnly: true,
  requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
  async resolve({ PathPrefix: prefix = '/' }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `group${prefix}`) } as const
    return { checks: [{ action: 'iam:ListGroups', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { PathPrefix: prefix = '/' } = input
    const { items, answer } = await pageOfRecords(
      page => accounts.identities.listGroups(account, page),
      input,
      ({ path }) => path.startsWith(prefix),
    )
    return { output: { Groups: items.map(groupShape), ...answer } }
  },
})
