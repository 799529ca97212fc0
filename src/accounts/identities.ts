import { recordCache } from '../storage/index.ts'
import type { Collection, Page, RecordCache, Store, StoredRecord } from '../storage/index.ts'
import {
  attachmentKey,
  groupCollection,
  managedPolicyCollection,
  principalRecordId,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type { GroupValue, ManagedPolicyValue, RoleValue, UserValue } from './account-records.ts'
import { findAwsManagedPolicy, isAwsManagedPolicyArn } from './aws-managed-policies/find-aws-managed-policy.ts'
import type { PrincipalDirectory } from './bind-principals.ts'
import { countContents, countUses } from './count-records.ts'
import type { AccountContents, PolicyUses } from './count-records.ts'
import type { ServiceIdentity } from './integrated-services.ts'
import { parsePrincipalArn } from './principal-arn.ts'
import type { PrincipalPolicySource } from './principal-policies.ts'

const capacity = 10_000

const ownCollections = {
  user: userCollection,
  group: groupCollection,
  role: roleCollection,
  policy: managedPolicyCollection,
}

/** Finds what IAM keeps of accounts: users, groups, roles and managed policies. It changes nothing in the store. */
export class Identities implements PrincipalDirectory {
  readonly #store: Store
  readonly #policies: PrincipalPolicySource
  readonly #users: RecordCache<StoredRecord<UserValue>>
  readonly #roles: RecordCache<StoredRecord<RoleValue>>

  /** @param policies Keeps groups and managed policies, which it gathers from. */
  constructor(store: Store, policies: PrincipalPolicySource) {
    this.#store = store
    this.#policies = policies
    this.#users = recordCache(store, userCollection, record => record, { capacity })
    this.#roles = recordCache(store, roleCollection, record => record, { capacity })
  }

  findUser(account: string, userName: string): Promise<StoredRecord<UserValue> | undefined> {
    return this.#users.get(principalRecordId(account, userName))
  }

  /** The user that had this name and id, under whatever name it has now. */
  async findUserById(account: string, userName: string, userId: string): Promise<StoredRecord<UserValue> | undefined> {
    const named = await this.findUser(account, userName)
    if (named?.value.userId === userId) return named
    const [renamed] = await this.#store.find(userCollection, 'userId', userId, { limit: 1 })
    return renamed === undefined ? undefined : this.findUser(account, renamed.value.userName)
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

  /** The role that had this name and id: roles are not renamed, so any other is somebody else. */
  async findRoleById(account: string, roleName: string, roleId: string): Promise<StoredRecord<RoleValue> | undefined> {
    const role = await this.findRole(account, roleName)
    return role?.value.roleId === roleId ? role : undefined
  }

  listRoles(account: string, page: Page): Promise<readonly StoredRecord<RoleValue>[]> {
    return this.#store.find(roleCollection, 'account', account, page)
  }

  /** The user or role of that ARN, which must be exactly its own. */
  async findPrincipal(arn: string): Promise<StoredRecord<UserValue> | StoredRecord<RoleValue> | undefined> {
    const named = parsePrincipalArn(arn)
    if (named === undefined) return undefined
    const { kind, account, name } = named
    const record = kind === 'user' ? await this.findUser(account, name) : await this.findRole(account, name)
    return record?.value.arn === arn ? record : undefined
  }

  async uniqueIdOf(arn: string): Promise<string | undefined> {
    const principal = (await this.findPrincipal(arn))?.value
    if (principal === undefined) return undefined
    return 'userId' in principal ? principal.userId : principal.roleId
  }

  async roleIdOf(account: string, roleName: string): Promise<string | undefined> {
    return (await this.findRole(account, roleName))?.value.roleId
  }

  async arnOf(uniqueId: string): Promise<string | undefined> {
    const [found] = uniqueId.startsWith('AROA')
      ? await this.#store.find(roleCollection, 'roleId', uniqueId, { limit: 1 })
      : await this.#store.find(userCollection, 'userId', uniqueId, { limit: 1 })
    return found?.value.arn
  }

  /** The ARN that a service's identity has now; `undefined` where it is gone, whoever else has its name. */
  async arnOfIdentity({ id, account, arn }: ServiceIdentity): Promise<string | undefined> {
    const named = parsePrincipalArn(arn)
    if (named?.kind === 'user') return (await this.findUserById(account, named.name, id))?.value.arn
    return named === undefined ? undefined : (await this.findRoleById(account, named.name, id))?.value.arn
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

  /** A managed policy of the account by its name, which it has whatever its path and the case of its letters. */
  findPolicyNamed(account: string, policyName: string): Promise<StoredRecord<ManagedPolicyValue> | undefined> {
    return this.#store.get(managedPolicyCollection, principalRecordId(account, policyName))
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
}
