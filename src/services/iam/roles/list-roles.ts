import { formatArn } from '../../../base/index.ts'
import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageOfRecords } from '../paging.ts'
import { listedRoleShape } from './role-shapes.ts'

/** ListRoles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export const listRoles = operation<Pick<IamNeeds, 'accounts'>, iam.ListRolesRequest, iam.ListRolesResponse, undefined>({
  name: 'ListRoles',
  readOnly: true,
  requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
  async resolve({ PathPrefix: prefix = '/' }, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, `role${prefix}`) } as const
    return { checks: [{ action: 'iam:ListRoles', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { PathPrefix: prefix = '/' } = input
    const { items, answer } = await pageOfRecords(
      page => accounts.identities.listRoles(account, page),
      input,
      ({ path }) => path.startsWith(prefix),
    )
    const roles = await Promise.all(items.map(role => listedRoleShape(role, accounts)))
    return { output: { Roles: roles, ...answer } }
  },
})
