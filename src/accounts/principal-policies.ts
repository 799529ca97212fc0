import { uniqueIdOf } from '../base/index.ts'
import type { Caller, SessionLimits } from '../base/index.ts'
import { compileIdentityPolicy } from '../policy/index.ts'
import type { CompiledPolicy, PolicySource } from '../policy/index.ts'
import { recordCache } from '../storage/index.ts'
import type { RecordCache, Store, StoredRecord } from '../storage/index.ts'
import { groupCollection, managedPolicyCollection, principalRecordId } from './account-records.ts'
import type { BoundedHolder, GroupValue, ManagedPolicyValue, PolicyHolder, UserValue } from './account-records.ts'
import { findAwsManagedPolicy, isAwsManagedPolicyArn } from './aws-managed-policies/find-aws-managed-policy.ts'
import { defaultVersionOf, managedPolicyRecordId } from './managed-policy.ts'

/** What IAM says of a caller. */
export interface PrincipalPolicies {
  /** Inline and managed policies of the user with its groups, or of the role. */
  readonly identity: readonly CompiledPolicy[]
  /** The permissions boundary. */
  readonly boundary?: CompiledPolicy
  /** What limits the session; an empty list permits nothing. */
  readonly session?: readonly CompiledPolicy[]
}

interface Composed {
  readonly generation: number
  readonly policies: PrincipalPolicies
}

const capacity = 10_000
const nobody: PrincipalPolicies = { identity: [] }

// Stands for what is gone and may have denied something: without it, more would be permitted than before.
const denial = compileIdentityPolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
  { name: 'nothing' },
)
const denyEverything = (source: PolicySource): CompiledPolicy => ({ ...denial, source })
const gone: PrincipalPolicies = {
  identity: [denyEverything({ name: 'nothing for a user or role that is no more' })],
}

/**
 * Gathers the policies of principals, compiled once per version of a document. What was gathered for a principal is kept with its
 * record, until any group or managed policy changes.
 */
export class PrincipalPolicySource {
  readonly #groups: RecordCache<StoredRecord<GroupValue>>
  readonly #managed: RecordCache<StoredRecord<ManagedPolicyValue>>
  // Compiled when first asked for: what does not compile can still be found, and put right.
  readonly #inline = new WeakMap<StoredRecord<PolicyHolder>, readonly CompiledPolicy[]>()
  readonly #versions = new WeakMap<StoredRecord<ManagedPolicyValue>, CompiledPolicy>()
  readonly #composed = new WeakMap<StoredRecord<BoundedHolder>, Composed>()
  readonly #documents = new WeakMap<SessionLimits, readonly CompiledPolicy[]>()
  #generation = 0

  constructor(store: Store) {
    this.#groups = recordCache(store, groupCollection, record => record, { capacity })
    this.#managed = recordCache(store, managedPolicyCollection, record => record, { capacity })
    const shared = new Set([groupCollection.name, managedPolicyCollection.name])
    store.onChange(changes => {
      if (changes.some(({ collection }) => shared.has(collection))) this.#generation++
    })
  }

  /** The policies of a caller whose user or role is this record; where it has been deleted since the caller signed, nothing is permitted. */
  async policiesOf(caller: Caller, record: StoredRecord<BoundedHolder> | undefined): Promise<PrincipalPolicies> {
    if (record === undefined) return uniqueIdOf(caller) === undefined ? nobody : gone
    const held = await this.#policiesOfHolder(record)
    const limits = caller.kind === 'role-session' || caller.kind === 'federated-user' ? caller.limits : undefined
    return limits === undefined ? held : { ...held, session: await this.#sessionPolicies(caller.account, limits) }
  }

  findGroup(account: string, groupName: string): Promise<StoredRecord<GroupValue> | undefined> {
    return this.#groups.get(principalRecordId(account, groupName))
  }

  /** A managed policy of an account by its ARN, which must be exactly its own. */
  async findManagedPolicy(account: string, arn: string): Promise<StoredRecord<ManagedPolicyValue> | undefined> {
    const id = managedPolicyRecordId(account, arn)
    const record = id === undefined ? undefined : await this.#managed.get(id)
    return record?.value.arn === arn ? record : undefined
  }

  async #policiesOfHolder(record: StoredRecord<BoundedHolder>): Promise<PrincipalPolicies> {
    const generation = this.#generation
    const known = this.#composed.get(record)
    if (known?.generation === generation) return known.policies
    const policies = await this.#compose(record)
    this.#composed.set(record, { generation, policies })
    return policies
  }

  async #compose(record: StoredRecord<BoundedHolder>): Promise<PrincipalPolicies> {
    const { account, arn, boundaryArn, attachedPolicyArns } = record.value
    const identity = [...this.#inlineOf(record), ...(await this.#attached(account, attachedPolicyArns))]
    for (const name of (record.value as Partial<UserValue>).groupNames ?? []) {
      const group = await this.findGroup(account, name)
      if (group === undefined) throw new TypeError(`Group "${name}" of ${arn} is not there`)
      identity.push(...this.#inlineOf(group), ...(await this.#attached(account, group.value.attachedPolicyArns)))
    }
    if (boundaryArn === undefined) return { identity }
    const [boundary] = await this.#attached(account, [boundaryArn])
    return { identity, boundary: boundary! }
  }

  #inlineOf(record: StoredRecord<PolicyHolder>): readonly CompiledPolicy[] {
    let compiled = this.#inline.get(record)
    if (compiled === undefined) {
      const { policies, arn } = record.value
      compiled = policies.map(({ name, document }) =>
        compileIdentityPolicy(document, { name: `inline policy "${name}" of ${arn}` }),
      )
      this.#inline.set(record, compiled)
    }
    return compiled
  }

  // A policy that is attached can't be deleted. Were it gone all the same, a denial could be gone with it: nothing is decided then.
  async #attached(account: string, arns: readonly string[] = []): Promise<readonly CompiledPolicy[]> {
    const found = await Promise.all(arns.map(arn => this.#compiledManaged(account, arn)))
    const missing = found.indexOf(undefined)
    if (missing >= 0) throw new TypeError(`Policy ${arns[missing]} is attached and not there`)
    return found as readonly CompiledPolicy[]
  }

  async #compiledManaged(account: string, arn: string): Promise<CompiledPolicy | undefined> {
    if (isAwsManagedPolicyArn(arn)) return findAwsManagedPolicy(arn)?.compiled
    const record = await this.findManagedPolicy(account, arn)
    if (record === undefined) return undefined
    let compiled = this.#versions.get(record)
    if (compiled === undefined) {
      compiled = compileIdentityPolicy(defaultVersionOf(record.value).document, { name: `managed policy ${arn}`, arn })
      this.#versions.set(record, compiled)
    }
    return compiled
  }

  async #sessionPolicies(account: string, limits: SessionLimits): Promise<readonly CompiledPolicy[]> {
    let documents = this.#documents.get(limits)
    if (documents === undefined) {
      documents = limits.documents.map(text => compileIdentityPolicy(text, { name: 'session policy' }))
      this.#documents.set(limits, documents)
    }
    const managed = limits.policyArns.map(
      async arn =>
        (await this.#compiledManaged(account, arn)) ??
        denyEverything({ name: `session policy ${arn}, which is no more`, arn }),
    )
    return [...documents, ...(await Promise.all(managed))]
  }
}
