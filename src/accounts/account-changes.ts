import {
  ConfigError,
  ServiceError,
  accountRootArn,
  formatArn,
  isAccountId,
  newAccessKeyId,
  newUniqueId,
} from '../base/index.ts'
import type { Instant, Random } from '../base/index.ts'
import { SecretBytes } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { put, remove } from '../storage/index.ts'
import type { StoredRecord, Write } from '../storage/index.ts'
import {
  accessKeyCollection,
  accountCollection,
  principalRecordId,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type { AccessKeyValue, AccountValue, RoleValue, UserValue } from './account-records.ts'
import { rewriteHolder } from './holder-changes.ts'
import { forgetLastUse } from './last-use.ts'

/** Name of the role that every account has for its administration. */
export const administratorRole = 'Administrator'
/** Longest session of the administrator role. */
export const administratorSessionSeconds = 12 * 3_600

/** Longest session of an account's root user. */
export const rootSessionSeconds = 3_600

const allowEverything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

/** What a change needs that makes something: randomness for its id and secret, and the time. */
export interface ChangeNeeds {
  readonly random: Random
  readonly now: Instant
}

/** Makes an account with its administrator role. @throws {ConfigError} for an id that is none. */
export function createAccount(
  id: string,
  name: string,
  { random, now }: ChangeNeeds,
): { readonly account: AccountValue; readonly writes: readonly Write[] } {
  if (!isAccountId(id)) throw new ConfigError(`Cannot make account "${id}": an account id has twelve digits`)
  if (!/^[^\p{C}]{1,50}$/u.test(name)) throw new ConfigError('An account name has 1 to 50 characters')
  const account: AccountValue = { id, name, createdAt: now }
  const role = newAdministratorRole(id, { random, now })
  return {
    account,
    writes: [
      put(accountCollection, id, account, 'absent'),
      put(roleCollection, principalRecordId(id, role.roleName), role, 'absent'),
    ],
  }
}

/** The administrator role of an account as it is first made: it may do everything, and whom the account permits may assume it. */
export function newAdministratorRole(account: string, { random, now }: ChangeNeeds): RoleValue {
  return {
    account,
    roleName: administratorRole,
    path: '/',
    roleId: newUniqueId('AROA', random),
    arn: formatArn('iam', '', account, `role/${administratorRole}`),
    createdAt: now,
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: accountRootArn(account) }, Action: 'sts:AssumeRole' }],
    }),
    maxSessionSeconds: administratorSessionSeconds,
    tags: [],
    policies: [{ name: 'AdministratorAccess', document: allowEverything }],
  }
}

const accessKeysPerUser = 2

/** Makes an access key. The secret is given here once, and kept wrapped. @throws {ServiceError} LimitExceeded */
export function createAccessKey(
  user: StoredRecord<UserValue>,
  { random, now, keyRing }: ChangeNeeds & { readonly keyRing: KeyRing },
): { readonly accessKey: AccessKeyValue; readonly secret: string; readonly writes: readonly Write[] } {
  const { account, userName, accessKeyIds } = user.value
  if (accessKeyIds.length >= accessKeysPerUser) {
    throw new ServiceError('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${accessKeysPerUser}`)
  }
  const accessKeyId = newAccessKeyId('AKIA', account, random)
  const secret = random(30).toString('base64')
  const wrappedSecret = keyRing.wrap(new SecretBytes(Buffer.from(secret)), accessKeyBinding(account, accessKeyId))
  const accessKey: AccessKeyValue = { accessKeyId, account, userName, status: 'Active', createdAt: now, wrappedSecret }
  return {
    accessKey,
    secret,
    writes: [
      put(accessKeyCollection, accessKeyId, accessKey, 'absent'),
      ...rewriteHolder({ collection: userCollection, record: user }, { accessKeyIds: [...accessKeyIds, accessKeyId] }),
    ],
  }
}

/** What a wrapped secret access key belongs to. */
export function accessKeyBinding(account: string, accessKeyId: string): readonly string[] {
  return ['access key', account, accessKeyId]
}

/** Puts an access key out of use, or into use again. Nothing that an inactive one has signed is accepted. */
export function setAccessKeyStatus(
  accessKey: StoredRecord<AccessKeyValue>,
  status: AccessKeyValue['status'],
): readonly Write[] {
  return [put(accessKeyCollection, accessKey.id, { ...accessKey.value, status }, accessKey.version)]
}

/** Removes an access key, and takes it off its user. The secret is gone from the files if the commit asks for a scrub. */
export function deleteAccessKey(
  user: StoredRecord<UserValue>,
  accessKey: StoredRecord<AccessKeyValue>,
): readonly Write[] {
  return [
    remove(accessKeyCollection, accessKey.id, accessKey.version),
    forgetLastUse(accessKey.id),
    ...rewriteHolder(
      { collection: userCollection, record: user },
      { accessKeyIds: user.value.accessKeyIds.filter(id => id !== accessKey.id) },
    ),
  ]
}
