import { accountRootArn } from '../base/index.ts'

/** The policy of a key that was made without one: the account decides by its IAM policies. */
export function defaultKeyPolicy(account: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: accountRootArn(account) },
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] }, null, 2)
}
