import type { Accounts, ManagedPolicyValue } from '../../accounts/index.ts'
import { ServiceError, parseArn } from '../../base/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { AuditResource } from '../../trail/index.ts'

const policyArn = /^arn:aws:iam::(?:\d{12}|aws):policy(\/(?:[\u0021-\u007e]*\/)?)([\w+=,.@-]+)$/

/** Path and name of the managed policy that an ARN names, or `undefined` where it names none. */
export function parsePolicyArn(arn: string): { readonly path: string; readonly name: string } | undefined {
  const [, path, name] = policyArn.exec(arn) ?? []
  return path === undefined || name === undefined ? undefined : { path, name }
}

/** @throws {ServiceError} with that code, where the text is no ARN of a managed policy. */
export function requirePolicyArn(arn: string, code: 'ValidationError' | 'InvalidInput' = 'ValidationError'): void {
  if (parsePolicyArn(arn) === undefined) throw new ServiceError(code, `ARN ${arn} is not valid.`)
}

/** A managed policy of the account or of AWS as the trail names it. One of another account is nobody's to do anything with, and not named. */
export function policyResources(account: string, arn: string): readonly AuditResource[] {
  const owner = parseArn(arn)?.account
  return owner === account || owner === 'aws' ? [{ arn, accountId: account, type: 'AWS::IAM::Policy' }] : []
}

/** A managed policy that can be attached in an account. */
export interface AttachablePolicy {
  /** AWS's own policies have none. */
  readonly record: StoredRecord<ManagedPolicyValue> | undefined
}

/** A managed policy of the account or of AWS; those of other accounts can't be attached. */
export async function findAttachable(
  accounts: Accounts,
  account: string,
  arn: string,
): Promise<AttachablePolicy | undefined> {
  const record = await accounts.identities.findManagedPolicy(account, arn)
  if (record !== undefined) return { record }
  return (await accounts.identities.findPolicy(account, arn)) === undefined ? undefined : { record: undefined }
}
