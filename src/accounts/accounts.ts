import {
  AuthenticationFailure,
  ConfigError,
  accountRootArn,
  formatArn,
  newUniqueId,
  secondMillis,
  systemStopwatch,
} from '../base/index.ts'
import type {
  Caller,
  Clock,
  Instant,
  Random,
  RoleSessionCaller,
  RootCaller,
  SecretBytes,
  Stopwatch,
  UserCaller,
} from '../base/index.ts'
import { compileIdentityPolicy } from '../policy/index.ts'
import type { CompiledPolicy } from '../policy/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { Page, RecordCache, Store, StoredRecord } from '../storage/index.ts'
import {
  accessKeyBinding,
  administratorRole,
  administratorSessionSeconds,
  rootSessionSeconds,
} from './account-changes.ts'
import {
  accessKeyCollection,
  accountCollection,
  principalRecordId,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type {
  AccessKeyValue,
  AccountValue,
  InlinePolicy,
  PrincipalTag,
  RoleValue,
  UserValue,
} from './account-records.ts'
import { SessionTokens, unknownCredential } from './session-token.ts'
import type { RoleSessionClaims, RootSessionClaims, SessionClaims } from './session-token.ts'

/** A credential that signs: the same object as long as nothing of it changes. */
export interface Credential {
  readonly caller: Caller
  /** The secret access key. */
  readonly secret: SecretBytes
}

/** A temporary credential as it is given to its holder. */
export interface IssuedSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Instant
}

/** What IAM says of a principal. */
export interface PrincipalPolicies {
  readonly identity: readonly CompiledPolicy[]
}

interface Principal<T> {
  readonly record: StoredRecord<T>
  /** Compiled when they are first asked for: whose documents do not compile can still be found, and put right. */
  readonly policies: readonly CompiledPolicy[]
}

/** What `openAccounts` needs. */
export interface AccountsOptions {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly random: Random
  readonly clock: Clock
  /** Ends sessions in time where the clock is set back; default the machine's. */
  readonly stopwatch?: Stopwatch
}

const capacity = 10_000

/** Opens the accounts of an installation. */
export function openAccounts(options: AccountsOptions): Accounts {
  return new Accounts(options)
}

/** Finds principals, their policies and what they sign with, and issues sessions. It changes nothing in the store. */
export class Accounts {
  readonly #store: Store
  readonly #keyRing: KeyRing
  readonly #random: Random
  readonly #clock: Clock
  readonly #stopwatch: Stopwatch
  readonly #tokens: SessionTokens
  readonly #users: RecordCache<Principal<UserValue>>
  readonly #roles: RecordCache<Principal<RoleValue>>
  readonly #accessKeys: RecordCache<StoredRecord<AccessKeyValue>>
  readonly #accounts: RecordCache<StoredRecord<AccountValue>>
  // What was opened once: the credential, and the records that it was made from.
  readonly #userCredentials = new WeakMap<
    StoredRecord<AccessKeyValue>,
    { readonly user: unknown; readonly credential: Credential }
  >()
  readonly #sessions = new Map<string, OpenedSession>()

  constructor({ store, keyRing, random, clock, stopwatch = systemStopwatch }: AccountsOptions) {
    this.#store = store
    this.#keyRing = keyRing
    this.#random = random
    this.#clock = clock
    this.#stopwatch = stopwatch
    this.#tokens = new SessionTokens(keyRing, random)
    this.#users = recordCache(store, userCollection, record => principalOf(record, `user "${record.value.userName}"`), {
      capacity,
    })
    this.#roles = recordCache(store, roleCollection, record => principalOf(record, `role "${record.value.roleName}"`), {
      capacity,
    })
    this.#accounts = recordCache(store, accountCollection, record => record, { capacity })
    this.#accessKeys = recordCache(store, accessKeyCollection, record => record, { capacity })
  }

  /**
   * The credential of an access key id, with the session token that came with it.
   *
   * @throws {AuthenticationFailure} for a key that is unknown, inactive, or not of that token, and for a token past its time.
   */
  async findCredential(accessKeyId: string, sessionToken: string | undefined): Promise<Credential> {
    if (sessionToken !== undefined) return this.#sessionCredential(accessKeyId, sessionToken)
    const accessKey = await this.#accessKeys.get(accessKeyId)
    if (accessKey === undefined || accessKey.value.status !== 'Active') throw unknownCredential()
    const user = await this.#users.get(principalRecordId(accessKey.value.account, accessKey.value.userName))
    if (user === undefined) throw unknownCredential()
    const known = this.#userCredentials.get(accessKey)
    if (known !== undefined && known.user === user) return known.credential
    const secret = this.#keyRing.unwrap(
      accessKey.value.wrappedSecret,
      accessKeyBinding(accessKey.value.account, accessKeyId),
    )
    const credential = { secret, caller: userCaller(user.record.value, accessKeyId) }
    this.#userCredentials.set(accessKey, { user, credential })
    return credential
  }

  async #sessionCredential(accessKeyId: string, token: string): Promise<Credential> {
    const session = this.#openSession(accessKeyId, token)
    if (session.claims.expiresAt <= this.#clock.now() || session.endsAt <= this.#stopwatch()) {
      throw new AuthenticationFailure('expired-token', 'The security token included in the request is expired')
    }
    const holder = await this.#holderOf(session.claims)
    if (holder === undefined) throw unknownCredential()
    if (session.holder !== holder.record) {
      session.holder = holder.record
      session.credential = { secret: session.secret, caller: holder.caller() }
    }
    return session.credential!
  }

  /** Whose session it is, as long as that is there: the record, and the caller as it makes it. */
  async #holderOf(
    claims: SessionClaims,
  ): Promise<{ readonly record: object; readonly caller: () => Caller } | undefined> {
    if (claims.kind === 'root') {
      const account = await this.#accounts.get(claims.account)
      return account === undefined ? undefined : { record: account, caller: () => rootCaller(claims) }
    }
    const role = await this.#roles.get(principalRecordId(claims.account, claims.roleName))
    // A role of the same name that was made later is another role.
    if (role === undefined || role.record.value.roleId !== claims.roleId) return undefined
    return { record: role, caller: () => sessionCaller(role.record.value, claims) }
  }

  #openSession(accessKeyId: string, token: string): OpenedSession {
    const known = this.#sessions.get(token)
    if (known !== undefined && known.claims.accessKeyId === accessKeyId) return known
    const claims = this.#tokens.open(token, accessKeyId)
    const endsAt = this.#stopwatch() + claims.expiresAt - this.#clock.now()
    const session: OpenedSession = { claims, secret: this.#tokens.secretOf(claims), endsAt }
    if (this.#sessions.size >= capacity) {
      const [oldest] = this.#sessions.keys()
      this.#sessions.delete(oldest!)
    }
    this.#sessions.set(token, session)
    return session
  }

  /** The policies of a caller, compiled once per version of its record. */
  async policiesOf(caller: Caller): Promise<PrincipalPolicies> {
    switch (caller.kind) {
      case 'root':
        return { identity: [] }
      case 'user':
        return { identity: (await this.#users.get(principalRecordId(caller.account, caller.userName)))?.policies ?? [] }
      case 'role-session':
        return { identity: (await this.#roles.get(principalRecordId(caller.account, caller.roleName)))?.policies ?? [] }
    }
  }

  /** Temporary credentials of an account's administrator role. @throws {ConfigError} */
  async issueAdministratorSession(
    accountId: string,
    options: { readonly sessionName: string; readonly durationSeconds?: number },
  ): Promise<IssuedSession> {
    const { sessionName, durationSeconds = administratorSessionSeconds } = options
    const role = await this.#roles.get(principalRecordId(accountId, administratorRole))
    if (role === undefined) throw noAccount(accountId)
    requireDuration(durationSeconds, administratorSessionSeconds)
    const { account, roleName, roleId } = role.record.value
    return this.#issue({ kind: 'role', account, roleName, roleId, sessionName }, durationSeconds)
  }

  /** Temporary credentials of an account's root user. @throws {ConfigError} */
  async issueRootSession(accountId: string, options: { readonly durationSeconds?: number }): Promise<IssuedSession> {
    if ((await this.#accounts.get(accountId)) === undefined) throw noAccount(accountId)
    const { durationSeconds = rootSessionSeconds } = options
    requireDuration(durationSeconds, rootSessionSeconds)
    return this.#issue({ kind: 'root', account: accountId }, durationSeconds)
  }

  #issue(
    holder: Omit<RoleSessionClaims, IssuedMembers> | Omit<RootSessionClaims, IssuedMembers>,
    durationSeconds: number,
  ): IssuedSession {
    const issuedAt = this.#clock.now()
    const expiresAt = issuedAt + durationSeconds * secondMillis
    const accessKeyId = newUniqueId('ASIA', this.#random)
    const claims: SessionClaims = { ...holder, accessKeyId, issuedAt, expiresAt }
    const secret = this.#tokens.secretOf(claims)
    return {
      accessKeyId,
      secretAccessKey: secret.exposeBytes().toString('utf8'),
      sessionToken: this.#tokens.seal(claims),
      expiresAt,
    }
  }

  async findAccount(id: string): Promise<AccountValue | undefined> {
    return (await this.#store.get(accountCollection, id))?.value
  }

  /** All accounts, the oldest first. */
  async listAccounts(): Promise<readonly AccountValue[]> {
    const accounts: AccountValue[] = []
    let page = await this.#store.list(accountCollection)
    while (page.length > 0) {
      accounts.push(...page.map(record => record.value))
      page = await this.#store.list(accountCollection, { after: page.at(-1)!.id })
    }
    return accounts.sort((a, b) => a.createdAt - b.createdAt)
  }

  async findUser(account: string, userName: string): Promise<StoredRecord<UserValue> | undefined> {
    return (await this.#users.get(principalRecordId(account, userName)))?.record
  }

  listUsers(account: string, page: Page): Promise<readonly StoredRecord<UserValue>[]> {
    return this.#store.find(userCollection, 'account', account, page)
  }

  async findRole(account: string, roleName: string): Promise<StoredRecord<RoleValue> | undefined> {
    return (await this.#roles.get(principalRecordId(account, roleName)))?.record
  }

  listRoles(account: string, page: Page): Promise<readonly StoredRecord<RoleValue>[]> {
    return this.#store.find(roleCollection, 'account', account, page)
  }

  findAccessKey(accessKeyId: string): Promise<StoredRecord<AccessKeyValue> | undefined> {
    return this.#accessKeys.get(accessKeyId)
  }
}

/** What a session gets when it is issued. */
type IssuedMembers = 'accessKeyId' | 'issuedAt' | 'expiresAt'

const noAccount = (id: string): ConfigError =>
  new ConfigError(`There is no account ${id}: make it with "postern account create"`)

const shortestSessionSeconds = 900

function requireDuration(seconds: number, longest: number): void {
  if (Number.isInteger(seconds) && seconds >= shortestSessionSeconds && seconds <= longest) return
  throw new ConfigError(
    `A session lasts ${shortestSessionSeconds} to ${longest} seconds: choose a --duration in between`,
  )
}

interface OpenedSession {
  readonly claims: SessionClaims
  readonly secret: SecretBytes
  /** On the stopwatch: a clock that is set back does not make a session longer. */
  readonly endsAt: number
  /** The record that the credential was made from. */
  holder?: object
  credential?: Credential
}

function principalOf<T extends { readonly policies: readonly InlinePolicy[] }>(
  record: StoredRecord<T>,
  owner: string,
): Principal<T> {
  let compiled: readonly CompiledPolicy[] | undefined
  return {
    record,
    get policies() {
      return (compiled ??= record.value.policies.map(({ name, document }) =>
        compileIdentityPolicy(document, { name: `inline policy "${name}" of ${owner}` }),
      ))
    },
  }
}

function rootCaller({ account, accessKeyId, issuedAt }: RootSessionClaims): RootCaller {
  return { kind: 'root', account, arn: accountRootArn(account), userId: account, accessKeyId, tags: {}, issuedAt }
}

function userCaller(user: UserValue, accessKeyId: string): UserCaller {
  const { account, arn, userId, userName, tags } = user
  return { kind: 'user', account, arn, userId, userName, accessKeyId, tags: tagRecord(tags) }
}

function sessionCaller(role: RoleValue, claims: RoleSessionClaims): RoleSessionCaller {
  const { account, roleId, roleName, tags } = role
  const { sessionName, accessKeyId, issuedAt, expiresAt } = claims
  return {
    kind: 'role-session',
    account,
    arn: formatArn('sts', '', account, `assumed-role/${roleName}/${sessionName}`),
    userId: `${roleId}:${sessionName}`,
    accessKeyId,
    tags: tagRecord(tags),
    roleArn: role.arn,
    roleId,
    roleName,
    sessionName,
    issuedAt,
    expiresAt,
  }
}

function tagRecord(tags: readonly PrincipalTag[]): Readonly<Record<string, string>> {
  const record = Object.create(null) as Record<string, string>
  for (const { key, value } of tags) record[key] = value
  return record
}
