import { ServiceError } from '../../base/index.ts'
import { operationTable } from '../operation.ts'
import type { Service } from '../operation.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './decode-authorization-message.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { getFederationToken } from './get-federation-token.ts'
import { getSessionToken } from './get-session-token.ts'
import type { StsNeeds } from './needs.ts'

/** AWS Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsService: Service<StsNeeds> = {
  name: 'sts',
  eventSource: 'sts.amazonaws.com',
  refusal: message => new ServiceError('AccessDenied', message),
  operations: operationTable<StsNeeds>([
    assumeRole,
    assumeRoleWithWebIdentity,
    decodeAuthorizationMessage,
    getAccessKeyInfo,
    getCallerIdentity,
    getFederationToken,
    getSessionToken,
  ]),
}
