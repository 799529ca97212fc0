import {
  compileResourceControlPolicy,
  compileServiceControlPolicy,
  fullAccessResourcePolicy,
  fullAccessServicePolicy,
} from '../../policy/index.ts'
import type { CompiledPolicy, ControlLevel } from '../../policy/index.ts'
import type { Store } from '../../storage/index.ts'
import {
  controlPolicyArn,
  fullAccessName,
  organizationCollection,
  organizationRecordId,
} from './organization-records.ts'
import type { AttachedPolicies, ControlPolicyType, OrganizationValue, UnitValue } from './organization-records.ts'

/** What an organization means for one of its accounts. */
export interface Membership {
  readonly organizationId: string
  /** From the organization to the unit that the account is in: `o-…/r-…/ou-…/`. */
  readonly path: string
  readonly managementAccount: string
  /** Limits the account's principals; absent for the management account. */
  readonly serviceControl?: readonly ControlLevel[]
  /** Limits who uses the account's resources; absent for the management account. */
  readonly resourceControl?: readonly CompiledPolicy[]
}

/** The members of an organization, ready to decide. */
export type OrganizationMembers = ReadonlyMap<string, Membership>

/** Compiles an organization, once per version of it. */
export function organizationMembers(organization: OrganizationValue): OrganizationMembers {
  const members = new Map<string, Membership>()
  const policies = new AttachedPolicyReader(organization)
  const { id: organizationId, managementAccount, root } = organization
  const visit = (unit: UnitValue, above: Above): void => {
    const here = policies.below(above, unit, above.names.length === 0 ? 'the root' : `unit "${above.names.join('/')}"`)
    const path = `${above.path}${unit.id}/`
    for (const account of unit.accounts) {
      const limits = policies.below(here, account, `account ${account.id}`)
      const { serviceControl, resourceControl } = limits
      const isLimited = account.id !== managementAccount
      members.set(account.id, {
        organizationId,
        path,
        managementAccount,
        ...(isLimited ? { serviceControl, resourceControl } : {}),
      })
    }
    for (const child of unit.units) visit(child, { ...here, path, names: [...above.names, child.name] })
  }
  visit(root, {
    path: `${organizationId}/`,
    names: [],
    serviceControl: [],
    resourceControl: [fullAccessResourcePolicy],
  })
  return members
}

interface Limits {
  readonly serviceControl: readonly ControlLevel[]
  readonly resourceControl: readonly CompiledPolicy[]
}

interface Above extends Limits {
  readonly path: string
  /** Names of the units on the way, from the root's children on. */
  readonly names: readonly string[]
}

/** Compiles what is attached to one place after the other. */
class AttachedPolicyReader {
  readonly #organization: OrganizationValue
  readonly #servicePolicies = new Map<string, CompiledPolicy>([[fullAccessName, fullAccessServicePolicy]])

  constructor(organization: OrganizationValue) {
    this.#organization = organization
  }

  /** What limits those below a place, given what limits the place itself. */
  below(above: Limits, attached: AttachedPolicies, place: string): Limits {
    const level = { name: place, policies: attached.servicePolicies.map(name => this.#servicePolicy(name)) }
    const resource = attached.resourcePolicies.map(name => {
      const { document, arn } = this.#find('resource', name)
      // By its place too: of a level of its own, nobody would see whose it is.
      return compileResourceControlPolicy(document, { name: `resource control policy "${name}" of ${place}`, arn })
    })
    return {
      serviceControl: [...above.serviceControl, level],
      resourceControl: resource.length === 0 ? above.resourceControl : [...above.resourceControl, ...resource],
    }
  }

  #servicePolicy(name: string): CompiledPolicy {
    const known = this.#servicePolicies.get(name)
    if (known !== undefined) return known
    const { document, arn } = this.#find('service', name)
    const policy = compileServiceControlPolicy(document, { name: `service control policy "${name}"`, arn })
    this.#servicePolicies.set(name, policy)
    return policy
  }

  #find(type: ControlPolicyType, name: string): { readonly document: string; readonly arn: string } {
    const policy = this.#organization.policies.find(each => each.type === type && each.name === name)
    if (policy === undefined) throw new TypeError(`The organization has no ${type} control policy "${name}"`)
    return { document: policy.document, arn: controlPolicyArn(this.#organization, policy) }
  }
}

/** The members of the organization that the store has, kept until it changes. */
export class OrganizationSource {
  readonly #store: Pick<Store, 'get' | 'onChange'>
  #members: Promise<OrganizationMembers | undefined> | undefined

  constructor(store: Pick<Store, 'get' | 'onChange'>) {
    this.#store = store
    store.onChange(changes => {
      if (changes.some(({ collection }) => collection === organizationCollection.name)) this.#members = undefined
    })
  }

  /** `undefined` where there is no organization. */
  members(): Promise<OrganizationMembers | undefined> {
    return (this.#members ??= this.#load())
  }

  async #load(): Promise<OrganizationMembers | undefined> {
    try {
      const record = await this.#store.get(organizationCollection, organizationRecordId)
      return record === undefined ? undefined : organizationMembers(record.value)
    } catch (error) {
      this.#members = undefined
      throw error
    }
  }
}
