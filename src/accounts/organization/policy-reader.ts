import type { JsonObject } from '../../base/index.ts'
import { PolicyDocumentError, compileResourceControlPolicy, compileServiceControlPolicy } from '../../policy/index.ts'
import { fullAccessName } from './organization-records.ts'
import type { AttachedPolicies, ControlPolicyType, ControlPolicyValue } from './organization-records.ts'
import { organizationFault, readList, readText } from './read-member.ts'

/** A policy that is wanted; whether it has an id already is not known yet. */
export type PlannedPolicy = Omit<ControlPolicyValue, 'id'>

/** The documents that the attachments of a description name: file names and what is in them. */
export type PolicyDocuments = Readonly<Record<ControlPolicyType, ReadonlyMap<string, string>>>

interface TypeRow {
  readonly type: ControlPolicyType
  readonly member: keyof AttachedPolicies
  /** AWS's own policy of this type, which needs no document. */
  readonly fullAccess: string
  /** How many can be attached at one place. */
  readonly limit: number
  readonly compile: typeof compileServiceControlPolicy
}

// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const serviceRow: TypeRow = {
  type: 'service',
  member: 'servicePolicies',
  fullAccess: fullAccessName,
  limit: 10,
  compile: compileServiceControlPolicy,
}
const resourceRow: TypeRow = {
  type: 'resource',
  member: 'resourcePolicies',
  fullAccess: 'RCPFullAWSAccess',
  limit: 5,
  compile: compileResourceControlPolicy,
}

/** Reads what is attached to each place of an organization, and gathers the policies. */
export class PolicyReader {
  readonly #documents: PolicyDocuments
  readonly #policies = new Map<string, PlannedPolicy>()

  constructor(documents: PolicyDocuments) {
    this.#documents = documents
  }

  /** All policies that were attached somewhere, in the order in which they were met. */
  policies(): readonly PlannedPolicy[] {
    return [...this.#policies.values()]
  }

  /** @throws {ConfigError} */
  attached(given: JsonObject, place: string): AttachedPolicies {
    const services = this.#names(given['servicePolicies'] ?? [fullAccessName], place, serviceRow)
    if (services.length === 0)
      throw organizationFault(`${place}.servicePolicies`, `is empty, which allows nothing: attach at least one policy`)
    const resources = this.#names(given['resourcePolicies'], place, resourceRow)
    // Always attached, so it takes a place.
    if (resources.length === resourceRow.limit)
      throw organizationFault(`${place}.resourcePolicies`, 'has 5 policies: with RCPFullAWSAccess, 5 can be attached')
    return { servicePolicies: services, resourcePolicies: resources }
  }

  #names(value: unknown, place: string, row: TypeRow): readonly string[] {
    const listPlace = `${place}.${row.member}`
    const references = readList(value, listPlace).map((reference, index) => {
      const at = `${listPlace}[${index}]`
      return this.#name(readText(reference, at, /^[^\p{C}]{1,512}$/u, 'the name of a file'), at, row)
    })
    const names = references.filter(name => row.type === 'service' || name !== row.fullAccess)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice !== undefined) throw organizationFault(listPlace, `names "${twice}" twice`)
    if (names.length > row.limit)
      throw organizationFault(listPlace, `has ${names.length} policies: ${row.limit} can be attached`)
    return names
  }

  #name(reference: string, place: string, row: TypeRow): string {
    if (reference === row.fullAccess) return reference
    const document = this.#documents[row.type].get(reference)
    if (document === undefined) throw organizationFault(place, `names "${reference}", whose document is not given`)
    const name = policyNameOf(reference)
    const key = `${row.type} ${name}`
    const known = this.#policies.get(key)
    if (known === undefined) {
      checkDocument(document, `${place} ("${reference}")`, row)
      this.#policies.set(key, { type: row.type, name, document })
    } else if (known.document !== document)
      throw organizationFault(place, `names "${reference}", and another policy of the name "${name}" stands before it`)
    return name
  }
}

/** A policy is called as its file, without what only says where that is. */
function policyNameOf(reference: string): string {
  return reference.replace(/^\.\//, '').replace(/\.json$/, '')
}

function checkDocument(document: string, place: string, { compile }: TypeRow): void {
  try {
    compile(document, { name: place })
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error
    const where = error.reason.kind === 'syntax' ? ` Line ${error.reason.line}, column ${error.reason.column}` : ''
    throw organizationFault(place, `is refused: ${error.message.replace(/\.$/, where === '' ? '' : '.')}${where}`)
  }
}
