import { ConfigError, systemStopwatch } from '../base/index.ts'
import type { Caller, Clock, Random, Stopwatch, UserCaller } from '../base/index.ts'
import type { KeyRing } from '../seal/index.ts'
import { recordCache } from '../storage/index.ts'
import type { RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { administratorRole, administratorSessionSeconds, rootSessionSeconds } from './account-changes.ts'
import { accountCollection } from './account-records.ts'
import type { AccessKeyValue, AccountValue, RoleValue, UserValue } from './account-records.ts'
import { userCaller } from './callers.ts'
import { Credentials } from './credentials.ts'
import type { Credential, IssuedSession } from './credentials.ts'
import { Identities } from './identities.ts'
import { LastUses } from './last-use.ts'
import type { LastUse } from './last-use.ts'
import { OrganizationSource } from './organization/organization-members.ts'
import type { OrganizationMembers } from './organization/organization-members.ts'
import { organizationCollection, organizationRecordId } from './organization/organization-records.ts'
import type { OrganizationValue } from './organization/organization-records.ts'
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

/** Opens the accounts of an installation. */
export function openAccounts(options: AccountsOptions): Accounts {
  return new Accounts(options)
}

/** Accounts and their organization, what principals may do and sign with, and their sessions. It changes nothing in the store. */
export class Accounts {
  /** Users, groups, roles and managed policies. */
  readonly identities: Identities
  readonly #store: Store
  readonly #credentials: Credentials
  readonly #policies: PrincipalPolicySource
  readonly #lastUses: LastUses
  readonly #accounts: RecordCache<StoredRecord<AccountValue>>
  readonly #organization: OrganizationSource

  constructor({ store, keyRing, random, clock, stopwatch = systemStopwatch }: AccountsOptions) {
    this.#store = store
    this.#accounts = recordCache(store, accountCollection, record => record, { capacity })
    this.#policies = new PrincipalPolicySource(store)
    this.identities = new Identities(store, this.#policies)
    this.#lastUses = new LastUses(store, caller => this.#isThere(caller))
    this.#organization = new OrganizationSource(store)
    this.#credentials = new Credentials({
      store,
      accounts: this.#accounts,
      identities: this.identities,
      keyRing,
      random,
      clock,
      stopwatch,
    })
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
    const record = await this.identities.findPrincipal(arn)
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
        return this.identities.findUserById(account, caller.userName, caller.userId)
      case 'role-session':
        return this.identities.findRoleById(account, caller.roleName, caller.roleId)
      case 'federated-user':
        return this.identities.findUserById(account, caller.issuer.userName, caller.issuer.userId)
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
    return (await this.identities.findRoleById(caller.account, caller.roleName, caller.roleId)) !== undefined
  }

  /** Temporary credentials of an account's administrator role. @throws {ConfigError} */
  async issueAdministratorSession(
    accountId: string,
    options: { readonly sessionName: string; readonly durationSeconds?: number },
  ): Promise<IssuedSession> {
    const { sessionName, durationSeconds = administratorSessionSeconds } = options
    await this.#requireOpen(accountId)
    const role = await this.identities.findRole(accountId, administratorRole)
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

  findAccessKey(accessKeyId: string): Promise<StoredRecord<AccessKeyValue> | undefined> {
    return this.#credentials.findAccessKey(accessKeyId)
  }
}

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
