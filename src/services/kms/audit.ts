import { formatArn } from '../../base/index.ts'
import type { KeyEntry } from '../../keys/index.ts'
import type { AuditResource, AuditValues } from '../../trail/index.ts'

type Key = KeyEntry['key']

/** A key as a record names it. */
export function auditKey(key: Pick<Key, 'arn' | 'account'>): AuditResource {
  return { arn: key.arn, accountId: key.account, type: 'AWS::KMS::Key' }
}

/** An alias as a record names it: CloudTrail gives it the type of a key. */
export function auditAlias(account: string, region: string, aliasName: string): AuditResource {
  return { arn: formatArn('kms', region, account, aliasName), accountId: account, type: 'AWS::KMS::Key' }
}

/** What the trail notes for a change that the API answers with nothing. */
export function changedKey(key: Pick<Key, 'arn'>): AuditValues {
  return { keyId: key.arn }
}

/** `requestParameters` of the operations that have no other parameter worth a record. */
export function keyIdOnly(input: { readonly KeyId: string }): AuditValues {
  return { keyId: input.KeyId }
}

/** The encryption context in clear, as CloudTrail has it; absent where none was given. */
export function auditContext(name: string, context: Readonly<Record<string, string>> | undefined): AuditValues {
  return context === undefined ? {} : { [name]: context }
}
