import { createHash } from 'node:crypto'
import { applyOrganization, controlPolicyArn, parseOrganization, removeOrganization } from '../../accounts/index.ts'
import type { AttachedPolicies, ControlPolicyValue, OrganizationValue, UnitValue } from '../../accounts/index.ts'
import { ConfigError, systemRandom } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import { ConflictError } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { AuditValues } from '../../trail/index.ts'
import { homeAccount, recordAct } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import type { AdminAct } from './admin-listener.ts'

/** What `postern organization show` gets. */
export interface ShownOrganization {
  readonly id: string
  readonly managementAccount: string
  readonly root: ShownUnit
  readonly policies: readonly ShownPolicy[]
}

/** A root or unit, with the path that condition keys have of it. */
export interface ShownUnit extends AttachedPolicies {
  readonly id: string
  readonly name: string
  /** `o-…/r-…/ou-…/`. */
  readonly path: string
  readonly accounts: readonly (AttachedPolicies & { readonly id: string })[]
  readonly units: readonly ShownUnit[]
}

/** A policy with its ARN. */
export interface ShownPolicy extends ControlPolicyValue {
  readonly arn: string
}

/** The acts on the organization, by path. */
export function organizationActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [
    ['/organization/apply', body => apply(body, sources)],
    ['/organization/show', () => show(sources)],
    ['/organization/remove', () => removeIt(sources)],
  ]
}

async function apply(body: JsonObject, sources: AdministrationSources): Promise<ShownOrganization> {
  const { accounts } = sources
  const ids = new Set((await accounts.listAccounts()).map(({ id }) => id))
  const plan = parseOrganization(body['description'], {
    documents: {
      service: documentsOf(body, 'servicePolicies'),
      resource: documentsOf(body, 'resourcePolicies'),
    },
    hasAccount: id => ids.has(id),
  })
  const { organization, writes } = applyOrganization(plan, await accounts.findOrganization(), systemRandom)
  await commit(sources, 'ApplyOrganization', organization.managementAccount, summaryOf(organization), writes)
  return shown(organization)
}

async function show(sources: AdministrationSources): Promise<ShownOrganization> {
  const { value } = await presentOrganization(sources)
  await recordAct(sources, 'ShowOrganization', await homeAccount(sources), { id: value.id })
  return shown(value)
}

async function removeIt(sources: AdministrationSources): Promise<object> {
  const present = await presentOrganization(sources)
  const { id, managementAccount } = present.value
  await commit(sources, 'RemoveOrganization', managementAccount, { id }, removeOrganization(present))
  return { id }
}

async function commit(
  sources: AdministrationSources,
  eventName: string,
  account: string,
  parameters: AuditValues,
  writes: ReturnType<typeof removeOrganization>,
): Promise<void> {
  try {
    await recordAct(sources, eventName, account, parameters, { writes })
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    throw new ConfigError('The organization was changed by somebody else meanwhile: try again')
  }
}

async function presentOrganization({ accounts }: AdministrationSources): Promise<StoredRecord<OrganizationValue>> {
  const present = await accounts.findOrganization()
  if (present !== undefined) return present
  throw new ConfigError('There is no organization: make one with "postern organization apply --file FILE"')
}

/** A member of the body: texts of documents by how they are named. */
function documentsOf(body: JsonObject, member: string): ReadonlyMap<string, string> {
  const given = body[member] ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) throw new ConfigError(`"${member}" must be an object`)
  return new Map(
    Object.entries(given as JsonObject).map(([name, text]) => {
      if (typeof text !== 'string') throw new ConfigError(`"${name}" of "${member}" must be text`)
      return [name, text]
    }),
  )
}

/** What the trail has of an organization: policies by name, and a hash that tells whether it was this very one. */
function summaryOf(organization: OrganizationValue): AuditValues {
  const { id, managementAccount, root, policies } = organization
  const named = (type: ControlPolicyValue['type']): string[] =>
    policies.filter(policy => policy.type === type).map(({ name }) => name)
  return {
    id,
    managementAccount,
    accounts: accountsBelow(root),
    servicePolicies: named('service'),
    resourcePolicies: named('resource'),
    sha256: createHash('sha256').update(JSON.stringify(organization)).digest('hex'),
  }
}

const accountsBelow = ({ accounts, units }: UnitValue): string[] => [
  ...accounts.map(({ id }) => id),
  ...units.flatMap(accountsBelow),
]

function shown(organization: OrganizationValue): ShownOrganization {
  const { id, managementAccount, root, policies } = organization
  return {
    id,
    managementAccount,
    root: shownUnit(root, `${id}/`),
    policies: policies.map(policy => ({ ...policy, arn: controlPolicyArn(organization, policy) })),
  }
}

function shownUnit(unit: UnitValue, above: string): ShownUnit {
  const path = `${above}${unit.id}/`
  return { ...unit, path, units: unit.units.map(child => shownUnit(child, path)) }
}
