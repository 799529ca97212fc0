import { ServiceError, accountOfAccessKeyId } from '../../base/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { StsNeeds } from './needs.ts'
import { refuseTokenSession } from './refuse-session.ts'

/**
 * GetAccessKeyInfo: whose an access key id is, lasting or temporary. Ids name their account, so it is known of keys that are gone, too.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
 */
export const getAccessKeyInfo = operation<
  StsNeeds,
  sts.GetAccessKeyInfoRequest,
  sts.GetAccessKeyInfoResponse,
  undefined
>({
  name: 'GetAccessKeyInfo',
  readOnly: true,
  requestParameters: ({ AccessKeyId: accessKeyId }) => ({ accessKeyId }),
  async resolve(_input, { caller }) {
    refuseTokenSession(caller, 'GetAccessKeyInfo')
    const { account } = caller
    const check = { action: 'sts:GetAccessKeyInfo', resource: { kind: 'none', account }, wording: 'nowhere' } as const
    return { checks: [check], subject: undefined }
  },
  async run({ AccessKeyId: id }, _subject, _scope, { accounts }) {
    const stored = await accounts.findAccessKey(id)
    const account = stored?.value.account ?? accountOfAccessKeyId(id)
    if (account === undefined)
      throw new ServiceError(
        'ValidationError',
        `The access key id ${id} names no account: it is not of a form that is known`,
      )
    return { output: { Account: account } }
  },
})
