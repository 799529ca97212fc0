// IAM's operations on a store of their own, with what no operation of a test has to make first.
import {
  createAccount,
  fullAccessName,
  groupCollection,
  managedPolicyCollection,
  openAccounts,
  organizationCollection,
  organizationRecordId,
  principalRecordId,
  roleCollection,
  userCollection,
} from '../../src/accounts/index.ts'
import type {
  Accounts,
  GroupValue,
  ManagedPolicyValue,
  OrganizationValue,
  RoleValue,
  UserValue,
} from '../../src/accounts/index.ts'
import { SecretBytes, seededRandom } from '../../src/base/index.ts'
import type { Caller } from '../../src/base/index.ts'
import { createKeyRing, openKeyRing, rootKeyOf } from '../../src/seal/index.ts'
import type { KeyRing } from '../../src/seal/index.ts'
import { iamService } from '../../src/services/index.ts'
import type { PreparedOperation, RequestScope } from '../../src/services/index.ts'
import { openMemoryStore, put } from '../../src/storage/index.ts'
import type { Store } from '../../src/storage/index.ts'

export const account = '111122223333'
export const region = 'us-west-2'
export const start = Date.UTC(2026, 10, 24)
/** A document of an identity policy, which allows nothing that matters. */
export const someDocument =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}'

export const rootCaller: Caller = {
  kind: 'root',
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: 'ASIAEXAMPLE',
  tags: {},
  issuedAt: start,
}

const common = { account, path: '/', createdAt: start, policies: [] }

/** The operations of IAM on an account in memory. */
export class IamRoom implements AsyncDisposable {
  readonly store: Store
  readonly accounts: Accounts
  readonly random = seededRandom(20_261_125)
  readonly keyRing: KeyRing
  readonly #needs

  static async open(): Promise<IamRoom> {
    const room = new IamRoom(await openMemoryStore())
    await room.store.commit({ writes: createAccount(account, 'first', { random: room.random, now: start }).writes })
    return room
  }

  private constructor(store: Store) {
    const { random } = this
    const root = rootKeyOf(new SecretBytes(random(32)))
    this.keyRing = openKeyRing(root, createKeyRing(root, random), random)
    this.store = store
    this.accounts = openAccounts({ store, keyRing: this.keyRing, random, clock: { now: () => start } })
    this.#needs = { accounts: this.accounts, keyRing: this.keyRing, random }
  }

  scope(caller: Caller = rootCaller): RequestScope {
    const path = { kind: 'public', clientAddress: '192.0.2.1', secureTransport: true } as const
    return { requestId: 'request', region, caller, path, now: start }
  }

  prepare(name: string, input: object, caller?: Caller): Promise<PreparedOperation> {
    return iamService.operations.get(name)!.prepare(input, this.scope(caller), this.#needs)
  }

  /** Runs and commits as the server does, once; nobody is asked for permission. */
  async do<Output>(name: string, input: object, caller?: Caller): Promise<Output> {
    const { output, commit } = await (await this.prepare(name, input, caller)).run()
    if (commit !== undefined) await this.store.commit(commit)
    return output as Output
  }

  async user(userName: string, changed: Partial<UserValue> = {}): Promise<UserValue> {
    const arn = `arn:aws:iam::${account}:user${changed.path ?? '/'}${userName}`
    const ids = { userId: `AIDA${userName.toUpperCase()}`, accessKeyIds: [] }
    const user = { ...common, tags: [], userName, arn, ...ids, ...changed }
    await this.store.commit({ writes: [put(userCollection, principalRecordId(account, userName), user, 'any')] })
    return user
  }

  async group(groupName: string, changed: Partial<GroupValue> = {}): Promise<GroupValue> {
    const arn = `arn:aws:iam::${account}:group${changed.path ?? '/'}${groupName}`
    const group = { ...common, groupName, arn, groupId: `AGPA${groupName.toUpperCase()}`, ...changed }
    await this.store.commit({ writes: [put(groupCollection, principalRecordId(account, groupName), group, 'any')] })
    return group
  }

  async role(roleName: string, changed: Partial<RoleValue> = {}): Promise<RoleValue> {
    const arn = `arn:aws:iam::${account}:role${changed.path ?? '/'}${roleName}`
    const trustPolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
    })
    const rest = { roleId: `AROA${roleName.toUpperCase()}`, trustPolicy, maxSessionSeconds: 3_600 }
    const role = { ...common, tags: [], roleName, arn, ...rest, ...changed }
    await this.store.commit({ writes: [put(roleCollection, principalRecordId(account, roleName), role, 'any')] })
    return role
  }

  /** A managed policy: each document is a version, and the last one counts. */
  async policy(
    policyName: string,
    documents: readonly string[] = [someDocument],
    changed: Partial<ManagedPolicyValue> = {},
  ): Promise<ManagedPolicyValue> {
    const versions = documents.map((document, index) => ({ versionId: `v${index + 1}`, document, createdAt: start }))
    const policy: ManagedPolicyValue = {
      account,
      policyName,
      path: '/',
      policyId: `ANPA${policyName.toUpperCase()}`,
      arn: `arn:aws:iam::${account}:policy${changed.path ?? '/'}${policyName}`,
      createdAt: start,
      updatedAt: start,
      tags: [],
      versions,
      defaultVersionId: `v${versions.length}`,
      lastVersion: versions.length,
      ...changed,
    }
    const id = principalRecordId(account, policyName)
    await this.store.commit({ writes: [put(managedPolicyCollection, id, policy, 'any')] })
    return policy
  }

  /** Puts the account into an organization, with these service control policies at its root. */
  async organization(documents: Readonly<Record<string, string>>): Promise<void> {
    const [servicePolicies, resourcePolicies] = [[fullAccessName], []]
    const attached = { servicePolicies, resourcePolicies }
    const value: OrganizationValue = {
      id: 'o-a',
      managementAccount: '444455556666',
      root: {
        id: 'r-b',
        name: 'root',
        servicePolicies: Object.keys(documents),
        resourcePolicies,
        accounts: [{ id: account, ...attached }],
        units: [],
      },
      policies: Object.entries(documents).map(([name, document]) => ({
        id: `p-${name}`,
        type: 'service',
        name,
        document,
      })),
    }
    await this.store.commit({ writes: [put(organizationCollection, organizationRecordId, value, 'absent')] })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]()
  }
}
