import { ServiceError } from '../../base/index.ts'
import type { Caller } from '../../base/index.ts'

/**
 * What GetSessionToken and GetFederationToken gave can call nothing of STS but GetCallerIdentity, and the former AssumeRole.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 *
 * @throws {ServiceError} AccessDenied
 */
export function refuseTokenSession(caller: Caller, operation: string): void {
  if (caller.kind === 'federated-user' || (caller.kind === 'user' && caller.session !== undefined))
    throw new ServiceError('AccessDenied', `Cannot call ${operation} with session credentials`)
}
