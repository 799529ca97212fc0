import { ServiceError } from '../../base/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import type { StsNeeds } from './needs.ts'
import { refuseTokenSession } from './refuse-session.ts'

/**
 * DecodeAuthorizationMessage: what an encoded message in a refusal of EC2 says.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export const decodeAuthorizationMessage = operation<
  StsNeeds,
  sts.DecodeAuthorizationMessageRequest,
  sts.DecodeAuthorizationMessageResponse,
  undefined
>({
  name: 'DecodeAuthorizationMessage',
  readOnly: true,
  requestParameters: ({ EncodedMessage: encodedMessage }) => ({ encodedMessage }),
  async resolve(_input, { caller }) {
    refuseTokenSession(caller, 'DecodeAuthorizationMessage')
    const { account } = caller
    const action = 'sts:DecodeAuthorizationMessage'
    return { checks: [{ action, resource: { kind: 'none', account }, wording: 'nowhere' }], subject: undefined }
  },
  async run({ EncodedMessage: encoded }, _subject, { caller }, { refusalMessages }) {
    const decoded = refusalMessages.decode(encoded, caller.account)
    if (decoded === undefined) throw new ServiceError('InvalidAuthorizationMessageException', 'Message is not valid')
    return { output: { DecodedMessage: decoded } }
  },
})
