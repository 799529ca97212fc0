import { ConfigError, systemStopwatch } from '../base/index.ts'
import type { Caller, Clock, Random, Stopwatch, UserCaller } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { Collection, Page, RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { administratorRole, administratorSessionSeconds, rootSessionSeconds } from './account-changes.ts'
import {
  accountCollection,
  attachmentKey,
  groupCollection,
  managedPolicyCollection,
  principalRecordId,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type {
  AccessKeyValue,
  AccountValue,
  GroupValue,
  ManagedPolicyValue,
  RoleValue,
  UserValue,
} from './account-records.ts'
import { findAwsManagedPolicy, isAwsManagedPolicyArn } from './aws-managed-policies/find-aws-managed-policy.ts'
import { countContents, countUses } from './count-records.ts'
import type { AccountContents, PolicyUses } from './count-records.ts'
import { userCaller } from './callers.ts'
import type { PrincipalDirectory } from './bind-principals.ts'
import { Credentials } from './credentials.ts'
import type { Credential, IssuedSession } from './credentials.ts'
import type { ServiceIdentity } from './integrated-services.ts'
import { LastUses } from './last-use.ts'
import type { LastUse } from './last-use.ts'
import { OrganizationSource } from './organization/organization-members.ts'
import type { OrganizationMembers } from './organization/organization-members.ts'
import { organizationCollection, organizationRecordId } from './organization/organization-records.ts'
import type { OrganizationValue } from './organization/organization-records.ts'
import { parsePrincipalArn } from './principal-arn.ts'
import { PrincipalPolicySource } from './principal-policies.ts'
import type { PrincipalPolicies } from './principal-policies.ts'
import type { SessionHolder } from './session-claims.ts'

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

const ownCollections = {
  user: userCollection,
  group: groupCollection,
  role: roleCollection,
  policy: managedPolicyCollection,
}

/** Opens the accounts of an installation. */
export function openAccounts(options: AccountsOptions): Accounts {
  return new Accounts(options)
}

/** Finds principals, their policies and what they sign with, and issues sessions. It changes nothing in the store. */
export class Accounts {
  readonly #store: Store
  readonly #credentials: Credentials
  readonly #policies: PrincipalPolicySource
  readonly #lastUses: LastUses
  readonly #users: RecordCache<StoredRecord<UserValue>>
  readonly #roles: RecordCache<StoredRecord<RoleValue>>
  readonly #accounts: RecordCache<StoredRecord<AccountValue>>
  readonly #organization: OrganizationSource

  constructor({ store, keyRing, random, clock, stopwatch = systemStopwatch }: AccountsOptions) {
    const cached = <T>(collection: Collection<T>): RecordCache<StoredRecord<T>> =>
      recordCache(store, collection, record => record, { capacity })
    this.#store = store
    this.#users = cached(userCollection)
    this.#roles = cached(roleCollection)
    this.#accounts = cached(accountCollection)
    this.#policies = new PrincipalPolicySource(store)
    this.#lastUses = new LastUses(store, caller => this.#isThere(caller))
    this.#organization = new OrganizationSource(store)
    const principals = {
      account: (id: string) => this.#accounts.get(id),
      user: (account: string, name: string) => this.findUser(account, name),
      userById: (account: string, name: string, userId: string) => this.#findUserById(account, name, userId),
      role: (account: string, name: string) => this.findRole(account, name),
    }
    this.#credentials = new Credentials({ store, principals, keyRing, random, clock, stopwatch })
  }

  /**
   * The credential of an access key id, with the session token that came with it.
   *
   * @throws {AuthenticationFailure} for a key that is unknown, inactive, or not of that token, and for a token past its time.
   */
  findCredential(accessKeyId: string, sessionToken: string | undefined): Promise<Credential> {
    return this.#credentials.find(accessKeyId, sessionToken)
  }

  /** Whose session a token is; see `Credentials`. @throws {AuthenticationFailure} */
  callerOfToken(sessionToken: string): Promise<Caller> {
    return this.#credentials.callerOfToken(sessionToken)
  }

  /**
   * The user of that ARN, without proof of anything: only for whoever answers for it. `undefined` where there is no such user, or its
   * account is closed.
   */
  async callerOfUser(arn: string): Promise<UserCaller | undefined> {
    const record = await this.findPrincipal(arn)
    if (record === undefined || !('userId' in record.value) || !(await this.isOpen(record.value.account)))
      return undefined
    return userCaller(record.value, '')
  }

  /** Issues a session to whoever was authorized to get it. */
  issueSession(holder: SessionHolder, durationSeconds: number): IssuedSession {
    return this.#credentials.issue(holder, durationSeconds)
  }

  /** The policies of a caller, compiled once per version of a document. */
  async policiesOf(caller: Caller): Promise<PrincipalPolicies> {
    return this.#policies.policiesOf(caller, await this.#holderOf(caller))
  }

  // By their ids: a user or role of that name may be another by now.
  #holderOf(caller: Caller): Promise<StoredRecord<UserValue> | StoredRecord<RoleValue> | undefined> {
    const { account } = caller
    switch (caller.kind) {
      case 'user':
        return this.#findUserById(account, caller.userName, caller.userId)
      case 'role-session':
        return this.#findRoleById(account, caller.roleName, caller.roleId)
      case 'federated-user':
        return this.#findUserById(account, caller.issuer.userName, caller.issuer.userId)
      case 'root':
      case 'web-identity':
      case 'service':
        return Promise.resolve(undefined)
    }
  }

  /** Notes that a caller signed a request; see `LastUses`. */
  noteUse(caller: Caller, use: LastUse): void {
    this.#lastUses.note(caller, use)
  }

  /** When an access key (by its id) or a role (by its unique id) was used last. */
  findLastUse(id: string): Promise<LastUse | undefined> {
    return this.#lastUses.find(id)
  }

  /** Writes down all uses that were noted since the last time. */
  flushLastUses(): Promise<void> {
    return this.#lastUses.flush()
  }

  async #isThere(caller: Caller): Promise<boolean> {
    if (caller.kind === 'user') return (await this.findAccessKey(caller.accessKeyId)) !== undefined
    if (caller.kind !== 'role-session') return false
    return (await this.#findRoleById(caller.account, caller.roleName, caller.roleId)) !== undefined
  }

  /** Temporary credentials of an account's administrator role. @throws {ConfigError} */
  async issueAdministratorSession(
    accountId: string,
    options: { readonly sessionName: string; readonly durationSeconds?: number },
  ): Promise<IssuedSession> {
    const { sessionName, durationSeconds = administratorSessionSeconds } = options
    await this.#requireOpen(accountId)
    const role = await this.findRole(accountId, administratorRole)
    if (role === undefined) throw noAdministrator(accountId)
    requireDuration(durationSeconds, administratorSessionSeconds)
    const { account, roleName, roleId } = role.value
    return this.issueSession({ kind: 'role', account, roleName, roleId, sessionName }, durationSeconds)
  }

  /** Temporary credentials of an account's root user. @throws {ConfigError} */
  async issueRootSession(accountId: string, options: { readonly durationSeconds?: number }): Promise<IssuedSession> {
    await this.#requireOpen(accountId)
    const { durationSeconds = rootSessionSeconds } = options
    requireDuration(durationSeconds, rootSessionSeconds)
    return this.issueSession({ kind: 'root', account: accountId }, durationSeconds)
  }

  async findAccount(id: string): Promise<StoredRecord<AccountValue> | undefined> {
    return this.#accounts.get(id)
  }

  /** Whether there is such an account and it is not closed: only then its credentials count and its resources answer. */
  async isOpen(id: string): Promise<boolean> {
    const account = await this.#accounts.get(id)
    return account !== undefined && account.value.closedAt === undefined
  }

  /** @throws {ConfigError} */
  async #requireOpen(id: string): Promise<void> {
    const account = await this.#accounts.get(id)
    if (account === undefined) throw noAccount(id)
    if (account.value.closedAt !== undefined)
      throw new ConfigError(`Account ${id} is closed: open it again with "postern account reopen --id ${id}"`)
  }

  /** Who is in the organization and what that means, `undefined` where there is none. Kept until it changes. */
  organizationMembers(): Promise<OrganizationMembers | undefined> {
    return this.#organization.members()
  }

  findOrganization(): Promise<StoredRecord<OrganizationValue> | undefined> {
    return this.#store.get(organizationCollection, organizationRecordId)
  }

  /** All accounts, the oldest first. */
  async listAccounts(): Promise<readonly StoredRecord<AccountValue>[]> {
    const accounts: StoredRecord<AccountValue>[] = []
    let page = await this.#store.list(accountCollection)
    while (page.length > 0) {
      accounts.push(...page)
      page = await this.#store.list(accountCollection, { after: page.at(-1)!.id })
    }
    return accounts.sort((a, b) => a.value.createdAt - b.value.createdAt)
  }

  /** The oldest account that is not closed: `undefined` only before the first one is made, since the last is never closed. */
  async findFirstOpenAccount(): Promise<AccountValue | undefined> {
    return (await this.listAccounts()).find(({ value }) => value.closedAt === undefined)?.value
  }

  findUser(account: string, userName: string): Promise<StoredRecord<UserValue> | undefined> {
    return this.#users.get(principalRecordId(account, userName))
  }

  /** The user that had this name and id, under whatever name it has now. */
  async #findUserById(account: string, userName: string, userId: string): Promise<StoredRecord<UserValue> | undefined> {
    const named = await this.findUser(account, userName)
    if (named?.value.userId === userId) return named
    const [renamed] = await this.#store.find(userCollection, 'userId', userId, { limit: 1 })
    const found = renamed === undefined ? undefined : await this.findUser(account, renamed.value.userName)
    return found?.value.userId === userId ? found : undefined
  }

  listUsers(account: string, page: Page): Promise<readonly StoredRecord<UserValue>[]> {
    return this.#store.find(userCollection, 'account', account, page)
  }

  findGroup(account: string, groupName: string): Promise<StoredRecord<GroupValue> | undefined> {
    return this.#policies.findGroup(account, groupName)
  }

  listGroups(account: string, page: Page): Promise<readonly StoredRecord<GroupValue>[]> {
    return this.#store.find(groupCollection, 'account', account, page)
  }

  /** The users of a group. */
  listGroupUsers(account: string, groupName: string, page: Page): Promise<readonly StoredRecord<UserValue>[]> {
    return this.#store.find(userCollection, 'group', principalRecordId(account, groupName), page)
  }

  findRole(account: string, roleName: string): Promise<StoredRecord<RoleValue> | undefined> {
    return this.#roles.get(principalRecordId(account, roleName))
  }

  async #findRoleById(account: string, roleName: string, roleId: string): Promise<StoredRecord<RoleValue> | undefined> {
    const role = await this.findRole(account, roleName)
    return role?.value.roleId === roleId ? role : undefined
  }

  /** The user or role of that ARN, which must be exactly its own. */
  async findPrincipal(arn: string): Promise<StoredRecord<UserValue> | StoredRecord<RoleValue> | undefined> {
    const named = parsePrincipalArn(arn)
    if (named === undefined) return undefined
    const { kind, account, name } = named
    const record = kind === 'user' ? await this.findUser(account, name) : await this.findRole(account, name)
    return record?.value.arn === arn ? record : undefined
  }

  /** Finds users and roles by what policy documents call them. */
  get directory(): PrincipalDirectory {
    return {
      uniqueIdOf: async arn => {
        const principal = await this.findPrincipal(arn)
        return principal === undefined ? undefined : uniqueIdOfPrincipal(principal.value)
      },
      roleIdOf: async (account, roleName) => (await this.findRole(account, roleName))?.value.roleId,
      arnOf: async uniqueId => {
        const [user] = await this.#store.find(userCollection, 'userId', uniqueId, { limit: 1 })
        const [role] = await this.#store.find(roleCollection, 'roleId', uniqueId, { limit: 1 })
        return (user ?? role)?.value.arn
      },
    }
  }

  /** The ARN that a service's identity has now; `undefined` where it is gone, whoever else has its name. */
  async arnOfIdentity({ id, account, arn }: ServiceIdentity): Promise<string | undefined> {
    const named = parsePrincipalArn(arn)
    if (named?.kind === 'user') return (await this.#findUserById(account, named.name, id))?.value.arn
    return named === undefined ? undefined : (await this.#findRoleById(account, named.name, id))?.value.arn
  }

  listRoles(account: string, page: Page): Promise<readonly StoredRecord<RoleValue>[]> {
    return this.#store.find(roleCollection, 'account', account, page)
  }

  /** A managed policy of the account by its ARN; AWS's own ones are no records: `findPolicy` finds them too. */
  findManagedPolicy(account: string, arn: string): Promise<StoredRecord<ManagedPolicyValue> | undefined> {
    return this.#policies.findManagedPolicy(account, arn)
  }

  /** A managed policy that can be attached in the account: one of its own, or one of AWS's. */
  async findPolicy(account: string, arn: string): Promise<ManagedPolicyValue | undefined> {
    if (isAwsManagedPolicyArn(arn)) return findAwsManagedPolicy(arn)?.value
    return (await this.findManagedPolicy(account, arn))?.value
  }

  listManagedPolicies(account: string, page: Page): Promise<readonly StoredRecord<ManagedPolicyValue>[]> {
    return this.#store.find(managedPolicyCollection, 'account', account, page)
  }

  /** Who has a managed policy attached, or as boundary: one page of users, groups or roles. */
  listHolders<T extends UserValue | GroupValue | RoleValue>(
    collection: Collection<T>,
    use: 'policy' | 'boundary',
    { account, policyArn, page }: { readonly account: string; readonly policyArn: string; readonly page?: Page },
  ): Promise<readonly StoredRecord<T>[]> {
    // Groups have no boundaries.
    if (!(use in collection.indexes)) return Promise.resolve([])
    return this.#store.find(collection, use, attachmentKey(account, policyArn), page)
  }

  /** A managed policy of the account by its name, which it has whatever its path and the case of its letters. */
  findPolicyNamed(account: string, policyName: string): Promise<StoredRecord<ManagedPolicyValue> | undefined> {
    return this.#store.get(managedPolicyCollection, principalRecordId(account, policyName))
  }

  /** How many users, groups, roles or managed policies an account has: its own ones. */
  count(kind: keyof typeof ownCollections, account: string): Promise<number> {
    return this.#store.count<never>(ownCollections[kind], 'account', account)
  }

  /** How often a managed policy, of the account or of AWS, is used in an account. */
  countUses(account: string, policyArn: string): Promise<PolicyUses> {
    return countUses(this.#store, account, policyArn)
  }

  /** How many of each an account has. */
  countContents(account: string): Promise<AccountContents> {
    return countContents(this.#store, account)
  }

  findAccessKey(accessKeyId: string): Promise<StoredRecord<AccessKeyValue> | undefined> {
    return this.#credentials.findAccessKey(accessKeyId)
  }
}

const uniqueIdOfPrincipal = (principal: UserValue | RoleValue): string =>
  'userId' in principal ? principal.userId : principal.roleId

const noAccount = (id: string): ConfigError =>
  new ConfigError(`There is no account ${id}: make it with "postern account create"`)

const noAdministrator = (id: string): ConfigError =>
  new ConfigError(
    `Account ${id} has no role ${administratorRole}: make it again with "postern account recover --id ${id}"`,
  )

const shortestSessionSeconds = 900

function requireDuration(seconds: number, longest: number): void {
  if (Number.isInteger(seconds) && seconds >= shortestSessionSeconds && seconds <= longest) return
  throw new ConfigError(
    `A session lasts ${shortestSessionSeconds} to ${longest} seconds: choose a --duration in between`,
  )
}
