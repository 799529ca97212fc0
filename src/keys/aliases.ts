import { ServiceError, formatArn } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { check, put, remove } from '../storage/index.ts'
import type { Commit, StoredRecord } from '../storage/index.ts'
import { aliasCollection, aliasRecordId, keyCollection, managedAliasPrefix } from './key-records.ts'
import type { AliasValue, KeyEntry } from './key-records.ts'

/** Aliases that one key may have. */
export const maxAliasesPerKey = 50

/**
 * Checks the name of an alias that a customer wants to make or change.
 *
 * @throws {ServiceError} ValidationException, or NotAuthorizedException (without a text, as AWS) for AWS's own aliases.
 */
export function checkAliasName(aliasName: string): void {
  if (!aliasName.startsWith('alias/')) {
    throw new ServiceError(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
  if (aliasName.startsWith(managedAliasPrefix)) throw new ServiceError('NotAuthorizedException')
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(aliasName)) {
    throw new ServiceError('ValidationException', `${aliasName} contains invalid characters for an alias`)
  }
}

/** @throws {ServiceError} AlreadyExistsException, LimitExceededException */
export function createAlias(
  aliasName: string,
  target: KeyEntry,
  present: { readonly alias: StoredRecord<AliasValue> | undefined; readonly aliasesOfKey: number },
  now: Instant,
): Commit {
  const { account, region, keyId } = target.key
  if (present.alias !== undefined) {
    const arn = formatArn('kms', region, account, aliasName)
    throw new ServiceError('AlreadyExistsException', `An alias with the name ${arn} already exists`)
  }
  requireRoom(present.aliasesOfKey, target)
  const alias: AliasValue = { aliasName, account, region, keyId, createdAt: now, updatedAt: now }
  return {
    checks: [sameKey(target)],
    writes: [put(aliasCollection, aliasRecordId(account, region, aliasName), alias, 'absent')],
  }
}

/** Points an alias at another key of the same account, Region, type and usage. @throws {ServiceError} LimitExceededException */
export function updateAlias(
  alias: StoredRecord<AliasValue>,
  target: KeyEntry,
  aliasesOfKey: number,
  now: Instant,
): Commit {
  if (alias.value.keyId !== target.key.keyId) requireRoom(aliasesOfKey, target)
  const moved: AliasValue = { ...alias.value, keyId: target.key.keyId, updatedAt: now }
  return { checks: [sameKey(target)], writes: [put(aliasCollection, alias.id, moved, alias.version)] }
}

/** Removes an alias; the key that it names is untouched. */
export function deleteAlias(alias: StoredRecord<AliasValue>): Commit {
  return { writes: [remove(aliasCollection, alias.id, alias.version)] }
}

function requireRoom(aliasesOfKey: number, target: KeyEntry): void {
  if (aliasesOfKey >= maxAliasesPerKey) {
    throw new ServiceError(
      'LimitExceededException',
      `Cannot have more than ${maxAliasesPerKey} aliases for the key ${target.key.arn}`,
    )
  }
}

// A key that is deleted meanwhile must not get an alias that names nothing.
const sameKey = (target: KeyEntry): ReturnType<typeof check> =>
  check(keyCollection, target.record.id, target.record.version)
