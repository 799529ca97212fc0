import { ServiceError, unreachable } from '../base/index.ts'
import type { KeyValue } from './key-records.ts'

/**
 * Which states an operation permits beside Enabled; an operation that is not named here needs an enabled key.
 * Source: "Key states of AWS KMS keys" of the KMS Developer Guide, with what AWS was seen to answer.
 */
const permitted: ReadonlyMap<string, 'every-state' | 'not-pending-deletion' | 'only-pending-deletion'> = new Map([
  ['CancelKeyDeletion', 'only-pending-deletion'],
  ['CreateAlias', 'not-pending-deletion'],
  ['DeleteAlias', 'every-state'],
  ['DescribeKey', 'every-state'],
  ['DisableKey', 'not-pending-deletion'],
  ['EnableKey', 'not-pending-deletion'],
  ['GetKeyPolicy', 'every-state'],
  ['GetKeyRotationStatus', 'every-state'],
  ['ListGrants', 'every-state'],
  ['ListKeyPolicies', 'every-state'],
  ['ListResourceTags', 'every-state'],
  ['PutKeyPolicy', 'every-state'],
  ['RetireGrant', 'every-state'],
  ['RevokeGrant', 'every-state'],
  ['ScheduleKeyDeletion', 'not-pending-deletion'],
  ['TagResource', 'not-pending-deletion'],
  ['UntagResource', 'not-pending-deletion'],
  ['UpdateAlias', 'not-pending-deletion'],
  ['UpdateKeyDescription', 'not-pending-deletion'],
])

/** Refuses an operation that the key's state does not permit. @throws {ServiceError} DisabledException, KMSInvalidStateException */
export function requireState(key: KeyValue, operation: string): void {
  const rule = permitted.get(operation) ?? 'enabled'
  const { kind } = key.state
  switch (kind) {
    case 'enabled':
      if (rule === 'only-pending-deletion') throw invalidState(`${key.arn} is not pending deletion.`)
      return
    case 'disabled':
      if (rule === 'only-pending-deletion') throw invalidState(`${key.arn} is not pending deletion.`)
      if (rule === 'enabled') throw new ServiceError('DisabledException', `${key.arn} is disabled.`)
      return
    case 'pending-deletion':
      if (rule === 'enabled' || rule === 'not-pending-deletion') throw invalidState(`${key.arn} is pending deletion.`)
      return
    default:
      unreachable(kind)
  }
}

const invalidState = (message: string): ServiceError => new ServiceError('KMSInvalidStateException', message)
