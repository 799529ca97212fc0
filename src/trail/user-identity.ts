import { formatInstant, sessionIssuedAt } from '../base/index.ts'
import type { Caller, FederatedUserCaller, NetworkPath, RoleSessionCaller, WebIdentityCaller } from '../base/index.ts'

/**
 * `userIdentity` of a record, with `invokedBy` where a service acts for the caller.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function userIdentity(caller: Caller, path: NetworkPath): object {
  const invokedBy = path.kind === 'service' ? path.serviceName : undefined
  switch (caller.kind) {
    case 'root':
      return { type: 'Root', ...named(caller), ...session(caller), invokedBy }
    case 'user':
      return { type: 'IAMUser', ...named(caller), userName: caller.userName, ...session(caller), invokedBy }
    case 'role-session':
      return { type: 'AssumedRole', ...named(caller), sessionContext: roleContext(caller), invokedBy }
    case 'federated-user':
      return { type: 'FederatedUser', ...named(caller), sessionContext: federatedContext(caller), invokedBy }
    case 'web-identity':
      return webIdentityUser(caller)
    case 'service':
      return { type: 'AWSService', invokedBy: caller.serviceName }
  }
}

function named({ userId: principalId, arn, account: accountId, accessKeyId }: Caller): object {
  return { principalId, arn, accountId, accessKeyId: accessKeyId === '' ? undefined : accessKeyId }
}

/** What a temporary credential adds. */
function session(caller: Caller): object {
  const issuedAt = sessionIssuedAt(caller)
  return issuedAt === undefined ? {} : { sessionContext: { attributes: attributesOf(issuedAt) } }
}

function roleContext(caller: RoleSessionCaller): object {
  const { roleId: principalId, roleArn: arn, account: accountId, roleName: userName, webIdentity } = caller
  return {
    sessionIssuer: { type: 'Role', principalId, arn, accountId, userName },
    webIdFederationData:
      webIdentity === undefined
        ? undefined
        : { federatedProvider: webIdentity.providerArn, attributes: webIdentity.conditionKeys },
    attributes: attributesOf(caller.issuedAt),
    sourceIdentity: caller.sourceIdentity,
  }
}

function federatedContext({ issuer, account: accountId, issuedAt }: FederatedUserCaller): object {
  const { userId: principalId, arn, userName } = issuer
  return {
    sessionIssuer: { type: 'IAMUser', principalId, arn, accountId, userName },
    attributes: attributesOf(issuedAt),
  }
}

function webIdentityUser({ userId: principalId, subject: userName, arn: identityProvider }: WebIdentityCaller): object {
  return { type: 'WebIdentityUser', principalId, userName, identityProvider }
}

function attributesOf(issuedAt: number): object {
  return { creationDate: formatInstant(issuedAt), mfaAuthenticated: 'false' }
}

/** The caller as the owner of another account's resource sees it. */
export function foreignIdentity(caller: Caller, path: NetworkPath): object {
  if (caller.kind === 'service') return userIdentity(caller, path)
  const invokedBy = path.kind === 'service' ? path.serviceName : undefined
  return { type: 'AWSAccount', principalId: caller.userId, accountId: caller.account, invokedBy }
}
