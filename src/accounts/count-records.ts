import type { Collection, Store } from '../storage/index.ts'
import {
  attachmentKey,
  groupCollection,
  managedPolicyCollection,
  roleCollection,
  userCollection,
} from './account-records.ts'
import type { ManagedPolicyValue } from './account-records.ts'
import { identityProviderCollection } from './web-identity/identity-provider.ts'

/** How many of each an account has. */
export interface AccountContents {
  readonly users: number
  readonly groups: number
  readonly roles: number
  /** Managed policies of its own; AWS's are not counted. */
  readonly policies: number
  /** Versions of those, all together. */
  readonly policyVersions: number
  readonly identityProviders: number
}

/** Counts what an account has. It reads all of its managed policies: not for what is done often. */
export async function countContents(store: Store, account: string): Promise<AccountContents> {
  const count = <T>(collection: Collection<T>): Promise<number> => store.count(collection, 'account', account)
  let policyVersions = 0
  for await (const { versions } of policiesOf(store, account)) policyVersions += versions.length
  return {
    users: await count(userCollection),
    groups: await count(groupCollection),
    roles: await count(roleCollection),
    policies: await count(managedPolicyCollection),
    policyVersions,
    identityProviders: await count(identityProviderCollection),
  }
}

/** How often a managed policy is used in an account. */
export interface PolicyUses {
  /** Users, groups and roles that it is attached to. */
  readonly attachments: number
  /** Users and roles whose permissions boundary it is. */
  readonly boundaries: number
}

/** Counts who has a managed policy attached, and whose boundary it is. */
export async function countUses(store: Store, account: string, policyArn: string): Promise<PolicyUses> {
  const key = attachmentKey(account, policyArn)
  let [attachments, boundaries] = [0, 0]
  for (const collection of [userCollection, groupCollection, roleCollection])
    attachments += await store.count<never>(collection, 'policy', key)
  for (const collection of [userCollection, roleCollection])
    boundaries += await store.count<never>(collection, 'boundary', key)
  return { attachments, boundaries }
}

const pageLength = 100

/** The managed policies of an account, read a page at a time. */
async function* policiesOf(store: Store, account: string): AsyncGenerator<ManagedPolicyValue, void> {
  for (let after: string | undefined; ;) {
    const place = after === undefined ? {} : { after }
    const page = await store.find(managedPolicyCollection, 'account', account, { limit: pageLength, ...place })
    for (const { value } of page) yield value
    if (page.length < pageLength) return
    after = page.at(-1)!.id
  }
}
