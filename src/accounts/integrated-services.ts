import { ConfigError } from '../base/index.ts'
import type { Caller, Instant } from '../base/index.ts'
import { check, put, recordCache, remove } from '../storage/index.ts'
import type { Check, Collection, RecordCache, Store, StoredRecord, Write } from '../storage/index.ts'
import { roleCollection, userCollection } from './account-records.ts'
import type { RoleValue, UserValue } from './account-records.ts'

/**
 * A service of the operator's own that may call KMS for callers of some accounts, or as itself. Only the operator of the machine makes
 * one: whoever signs as its identity is believed.
 */
export interface IntegratedServiceValue {
  /** A DNS name: the service principal. */
  readonly name: string
  readonly identity: ServiceIdentity
  /** Ids of the accounts for whose callers it may act. */
  readonly accounts: readonly string[]
  readonly createdAt: Instant
}

/** The user or role that a service signs as: one of the same name that is made later is another one. */
export interface ServiceIdentity {
  /** `AIDA…` or `AROA…`. */
  readonly id: string
  readonly account: string
  /** As it was when the service was registered. */
  readonly arn: string
}

/** Integrated services, by the id of their identity: each identity is of one service. */
export const integratedServiceCollection: Collection<IntegratedServiceValue> = {
  name: 'accounts.integrated-service',
  indexes: {},
}

/** Which identity has a name, by that name: each name is of one service. */
export const integratedServiceNameCollection: Collection<{ readonly identityId: string }> = {
  name: 'accounts.integrated-service-name',
  indexes: {},
}

const nameForm = /^(?=.{3,128}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/
const awsDomain = '.amazonaws.com'
// Postern is these services itself: nobody else speaks in their name.
const ownServices: ReadonlySet<string> = new Set(['kms', 'sts', 'iam', 'ec2', 'cloudtrail', 'cloudformation'])
const regionForm = /^[a-z]{2}(?:-[a-z]+)+-\d+$/

/** Checks the name of a service. @throws {ConfigError} */
export function requireServiceName(name: string): string {
  // An address would stand in the trail where clients' addresses do.
  if (!nameForm.test(name) || /\.\d+$/.test(name))
    throw new ConfigError(
      `Cannot register "${name}": a service's name is a DNS name in lower case, such as backup.example.internal`,
    )
  if (!`.${name}`.endsWith(awsDomain)) return name
  const labels = name.slice(0, -awsDomain.length).split('.')
  if (name === awsDomain.slice(1) || labels.some(label => ownServices.has(label)))
    throw new ConfigError(`Cannot register "${name}": Postern is that service itself`)
  if (labels.some(label => regionForm.test(label)))
    throw new ConfigError(
      `Cannot register "${name}": name the service without its Region, which is added where it belongs`,
    )
  return name
}

/** What the operator says of a new service; the accounts must be there. */
export interface NewIntegratedService {
  readonly name: string
  readonly identity: StoredRecord<UserValue> | StoredRecord<RoleValue>
  /** Without any, the identity's own. */
  readonly accounts: readonly string[]
}

/** Makes a service. Its commit meets a conflict where its name or its identity is taken. @throws {ConfigError} */
export function registerIntegratedService(
  { name, identity, accounts }: NewIntegratedService,
  now: Instant,
): { readonly service: IntegratedServiceValue; readonly writes: readonly Write[]; readonly checks: readonly Check[] } {
  const { account, arn } = identity.value
  const id = identityIdOf(identity.value)
  const service: IntegratedServiceValue = {
    name: requireServiceName(name),
    identity: { id, account, arn },
    accounts: accounts.length === 0 ? [account] : [...new Set(accounts)],
    createdAt: now,
  }
  return {
    service,
    writes: [
      put(integratedServiceCollection, id, service, 'absent'),
      put(integratedServiceNameCollection, name, { identityId: id }, 'absent'),
    ],
    // Were it deleted meanwhile, the service would be registered for nobody.
    checks: [
      'userId' in identity.value
        ? check(userCollection, identity.id, identity.version)
        : check(roleCollection, identity.id, identity.version),
    ],
  }
}

const identityIdOf = (value: UserValue | RoleValue): string => ('userId' in value ? value.userId : value.roleId)

/** Removes a service: nothing that its identity says of others is believed once the commit has returned. */
export function removeIntegratedService({
  id,
  version,
  value,
}: StoredRecord<IntegratedServiceValue>): readonly Write[] {
  return [
    remove(integratedServiceCollection, id, version),
    // Written once, and gone where the identity has been registered anew under another name.
    remove(integratedServiceNameCollection, value.name, 1),
  ]
}

/** All services, by name. */
export async function listIntegratedServices(store: Store): Promise<readonly StoredRecord<IntegratedServiceValue>[]> {
  const services: StoredRecord<IntegratedServiceValue>[] = []
  let page = await store.list(integratedServiceCollection)
  while (page.length > 0) {
    services.push(...page)
    page = await store.list(integratedServiceCollection, { after: page.at(-1)!.id })
  }
  return services.sort((a, b) => (a.value.name < b.value.name ? -1 : 1))
}

const capacity = 1_000

/** Knows the integrated services of an installation by who signs. */
export class IntegratedServices {
  readonly #services: RecordCache<StoredRecord<IntegratedServiceValue>>

  constructor(store: Store) {
    this.#services = recordCache(store, integratedServiceCollection, record => record, { capacity })
  }

  /** The service whose identity the caller is, if it is one's. */
  async serviceOf(caller: Caller): Promise<IntegratedServiceValue | undefined> {
    const id = uniqueIdOf(caller)
    return id === undefined ? undefined : (await this.#services.get(id))?.value
  }
}

/** Of a user or role. Somebody to whom a user gave a session is not that user. */
function uniqueIdOf(caller: Caller): string | undefined {
  switch (caller.kind) {
    case 'user':
      return caller.userId
    case 'role-session':
      return caller.roleId
    case 'root':
    case 'federated-user':
    case 'web-identity':
    case 'service':
      return undefined
  }
}
