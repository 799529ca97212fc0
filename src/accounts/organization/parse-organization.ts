import { isAccountId } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { PolicyReader } from './policy-reader.ts'
import type { PlannedPolicy, PolicyDocuments } from './policy-reader.ts'
import type { AttachedPolicies, MemberAccountValue } from './organization-records.ts'
import { organizationFault, readList, readObject, readOptionalText, readText } from './read-member.ts'

/** A root or unit as it is wanted: an id that is not given is kept, or made. */
export interface PlannedUnit extends AttachedPolicies {
  readonly id: string | undefined
  readonly name: string
  readonly accounts: readonly MemberAccountValue[]
  readonly units: readonly PlannedUnit[]
  /** Where it stands in the description. */
  readonly place: string
}

/** An organization as it is wanted, checked but for what it is already. */
export interface OrganizationPlan {
  readonly id: string | undefined
  readonly managementAccount: string
  readonly root: PlannedUnit
  readonly policies: readonly PlannedPolicy[]
}

/** What a description of an organization is checked against. */
export interface OrganizationSources {
  /** The documents of the policies, by how the description names them. */
  readonly documents: PolicyDocuments
  readonly hasAccount: (id: string) => boolean
}

const deepestUnit = 5
const attachments = ['servicePolicies', 'resourcePolicies'] as const

/**
 * Reads the description of an organization.
 *
 * @throws {ConfigError} with the place of what is wrong: an unknown member, an account that is not there or stands twice, a policy that
 *   does not compile.
 */
export function parseOrganization(description: unknown, sources: OrganizationSources): OrganizationPlan {
  return new Parser(sources).parse(description)
}

class Parser {
  readonly #policies: PolicyReader
  readonly #hasAccount: (id: string) => boolean
  /** The place of each account. */
  readonly #accounts = new Map<string, string>()
  readonly #unitIds = new Map<string, string>()

  constructor({ documents, hasAccount }: OrganizationSources) {
    this.#policies = new PolicyReader(documents)
    this.#hasAccount = hasAccount
  }

  parse(description: unknown): OrganizationPlan {
    const organization = readObject(description, 'it', ['id', 'managementAccount', 'root'])
    const id = readOptionalText(organization['id'], 'id', /^o-[a-z0-9]{10,32}$/, 'an id like o-a1b2c3d4e5')
    const managementAccount = this.#accountId(organization['managementAccount'], 'managementAccount')
    const root = this.#root(organization['root'] ?? {})
    const isListed = this.#accounts.has(managementAccount)
    const own: MemberAccountValue = { id: managementAccount, ...this.#policies.attached({}, 'root') }
    return {
      id,
      managementAccount,
      // It is a member, and stands in the root where nothing else is said.
      root: isListed ? root : { ...root, accounts: [...root.accounts, own] },
      policies: this.#policies.policies(),
    }
  }

  #root(value: unknown): PlannedUnit {
    const root = readObject(value, 'root', ['id', 'accounts', 'units', ...attachments])
    const id = readOptionalText(root['id'], 'root.id', /^r-[a-z0-9]{4,32}$/, 'an id like r-ab12')
    return this.#contents(root, { id, name: 'Root', place: 'root', depth: 0 })
  }

  #unit(value: unknown, place: string, depth: number): PlannedUnit {
    const unit = readObject(value, place, ['id', 'name', 'accounts', 'units', ...attachments])
    if (depth > deepestUnit) throw organizationFault(place, `is deeper than ${deepestUnit} units in each other`)
    const name = readText(
      unit['name'],
      `${place}.name`,
      /^[^/\p{C}]{1,128}$/u,
      'a text of 1 to 128 characters without slash',
    )
    const idPlace = `${place}.id`
    const id = readOptionalText(
      unit['id'],
      idPlace,
      /^ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$/,
      'an id like ou-ab12-11111111',
    )
    if (id !== undefined) requireOnce(this.#unitIds, id, idPlace, `gives the id ${id}, which`)
    return this.#contents(unit, { id, name, place, depth })
  }

  #contents(
    given: JsonObject,
    { depth, ...own }: Pick<PlannedUnit, 'id' | 'name' | 'place'> & { readonly depth: number },
  ): PlannedUnit {
    const { place } = own
    const attached = this.#policies.attached(given, place)
    const accounts = readList(given['accounts'], `${place}.accounts`).map((account, index) =>
      this.#account(account, `${place}.accounts[${index}]`),
    )
    const units = readList(given['units'], `${place}.units`).map((unit, index) =>
      this.#unit(unit, `${place}.units[${index}]`, depth + 1),
    )
    const names = new Map<string, string>()
    for (const unit of units)
      requireOnce(names, unit.name, `${unit.place}.name`, `gives the name "${unit.name}", which`)
    return { ...own, ...attached, accounts, units }
  }

  /** An account is its id, or an object with what is attached to it. */
  #account(value: unknown, place: string): MemberAccountValue {
    const account = typeof value === 'string' ? { id: value } : readObject(value, place, ['id', ...attachments])
    const id = this.#accountId(account['id'], typeof value === 'string' ? place : `${place}.id`)
    requireOnce(this.#accounts, id, place, `is account ${id}, which`)
    return { id, ...this.#policies.attached(account, place) }
  }

  #accountId(value: unknown, place: string): string {
    const id = readText(value, place, /^\d{12}$/, 'the twelve digits of an account')
    if (isAccountId(id) && this.#hasAccount(id)) return id
    throw organizationFault(place, `is account ${id}, which is not there: make it with "postern account create"`)
  }
}

function requireOnce(places: Map<string, string>, key: string, place: string, what: string): void {
  const before = places.get(key)
  if (before !== undefined) throw organizationFault(place, `${what} stands at ${before} too`)
  places.set(key, place)
}
