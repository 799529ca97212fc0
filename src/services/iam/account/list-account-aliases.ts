import type { iam } from '../../../wire/index.ts'
import { operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { auditPage, emptyPage } from '../paging.ts'

/** ListAccountAliases: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html. There is no console, so no account has one. */
export const listAccountAliases = operation<
  IamNeeds,
  iam.ListAccountAliasesRequest,
  iam.ListAccountAliasesResponse,
  undefined
>({
  name: 'ListAccountAliases',
  readOnly: true,
  requestParameters: auditPage,
  async resolve(_input, { caller: { account } }) {
    return { checks: [{ action: 'iam:ListAccountAliases', resource: { kind: 'none', account } }], subject: undefined }
  },
  async run(input) {
    return { output: emptyPage('AccountAliases', input) }
  },
})
