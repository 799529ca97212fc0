import { ServiceError } from '../../base/index.ts'
import type { sts } from '../../wire/index.ts'
import { operation } from '../operation.ts'
import { noSuchDevice } from './assume-role.ts'
import { auditCredentials, credentialsShape } from './issued-credentials.ts'
import type { StsNeeds } from './needs.ts'

const standardSeconds = 43_200

/**
 * GetSessionToken. AWS asks for no permission, and a policy can't deny it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const getSessionToken = operation<StsNeeds, sts.GetSessionTokenRequest, sts.GetSessionTokenResponse, undefined>({
  name: 'GetSessionToken',
  readOnly: true,
  requestParameters: ({ DurationSeconds: durationSeconds, SerialNumber: serialNumber }) => ({
    durationSeconds,
    serialNumber,
  }),
  async resolve() {
    return { checks: 'no permission needed', subject: undefined }
  },
  async run(input, _subject, { caller }, { accounts }) {
    if (caller.kind !== 'user' || caller.session !== undefined)
      throw new ServiceError('AccessDenied', 'Cannot call GetSessionToken with session credentials')
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) throw noSuchDevice()
    const { account, userName, userId } = caller
    const seconds = input.DurationSeconds ?? standardSeconds
    const session = accounts.issueSession({ kind: 'user', account, userName, userId }, seconds)
    return {
      output: { Credentials: credentialsShape(session) },
      responseElements: { credentials: auditCredentials(session) },
    }
  },
})
