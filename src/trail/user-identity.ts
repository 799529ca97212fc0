import { formatInstant } from '../base/index.ts'
import type { Caller, RoleSessionCaller, RootCaller } from '../base/index.ts'

/** `userIdentity` of a record: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export function userIdentity(caller: Caller): object {
  const { account: accountId, arn, userId: principalId, accessKeyId } = caller
  switch (caller.kind) {
    case 'root':
      return {
        type: 'Root',
        principalId,
        arn,
        accountId,
        accessKeyId,
        sessionContext: { attributes: attributesOf(caller) },
      }
    case 'user':
      return { type: 'IAMUser', principalId, arn, accountId, accessKeyId, userName: caller.userName }
    case 'role-session':
      return {
        type: 'AssumedRole',
        principalId,
        arn,
        accountId,
        accessKeyId,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: caller.roleId,
            arn: caller.roleArn,
            accountId,
            userName: caller.roleName,
          },
          attributes: attributesOf(caller),
        },
      }
  }
}

function attributesOf({ issuedAt }: RootCaller | RoleSessionCaller): object {
  return { creationDate: formatInstant(issuedAt), mfaAuthenticated: 'false' }
}

/** The caller as the owner of another account's resource sees it. */
export function foreignIdentity(caller: Caller): object {
  return { type: 'AWSAccount', principalId: caller.userId, accountId: caller.account }
}
