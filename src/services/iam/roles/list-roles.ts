import type { iam } from '../../../wire/index.ts'
import { formatArn } from '../../../base/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, pageFrom, pageOf } from '../paging.ts'
import { listedRoleShape } from '../users/user-shapes.ts'

/** ListRoles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export const listRoles = operation<Pick<IamNeeds, 'accounts'>, iam.ListRolesRequest, iam.ListRolesResponse, undefined>({
  name: 'ListRoles',
  readOnly: true,
  requestParameters: input => ({ pathPrefix: input.PathPrefix, ...auditPage(input) }),
  async resolve(_input, { caller: { account } }) {
    const resource = { kind: 'named', account, arn: formatArn('iam', '', account, 'role/') } as const
    return { checks: [{ action: 'iam:ListRoles', resource }], subject: undefined }
  },
  async run(input, _subject, { caller: { account } }, { accounts }) {
    const { limit, page } = pageFrom(input)
    const { items, answer } = pageOf(await accounts.listRoles(account, page), limit, record => record.id)
    const { PathPrefix: prefix = '/' } = input
    const roles = items.filter(({ value }) => value.path.startsWith(prefix)).map(({ value }) => listedRoleShape(value))
    return { output: { Roles: roles, ...answer } }
  },
})
