import { newBase32 } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { organizationCollection, organizationRecordId } from './organization-records.ts'
import type { ControlPolicyValue, OrganizationValue, UnitValue } from './organization-records.ts'
import type { OrganizationPlan, PlannedUnit } from './parse-organization.ts'
import type { PlannedPolicy } from './policy-reader.ts'
import { organizationFault } from './read-member.ts'

/**
 * Makes the organization as a plan wants it, or replaces the one that is there. Ids that the plan does not give are kept by name, so that
 * the paths of units and the ARNs of policies outlast a new plan.
 *
 * @throws {ConfigError}
 */
export function applyOrganization(
  plan: OrganizationPlan,
  present: StoredRecord<OrganizationValue> | undefined,
  random: Random,
): { readonly organization: OrganizationValue; readonly writes: readonly Write[] } {
  const { managementAccount } = plan
  const before = present?.value
  const rootId = plan.root.id ?? before?.root.id ?? `r-${newId(4, random)}`
  const organization: OrganizationValue = {
    id: plan.id ?? before?.id ?? `o-${newId(10, random)}`,
    managementAccount,
    root: unitOf(plan.root, rootId, before?.root, { rootId, random }),
    policies: plan.policies.map(policy => policyOf(policy, before?.policies ?? [], random)),
  }
  requireUniqueUnitIds(organization.root, new Set())
  return {
    organization,
    writes: [put(organizationCollection, organizationRecordId, organization, present?.version ?? 'absent')],
  }
}

/** Does away with the organization; its accounts stay. */
export function removeOrganization(present: StoredRecord<OrganizationValue>): readonly Write[] {
  return [remove(organizationCollection, present.id, present.version)]
}

const newId = (length: number, random: Random): string => newBase32(length, random).toLowerCase()

function unitOf(
  planned: PlannedUnit,
  id: string,
  before: UnitValue | undefined,
  needs: { readonly rootId: string; readonly random: Random },
): UnitValue {
  const { name, accounts, units, servicePolicies, resourcePolicies } = planned
  return {
    id,
    name,
    servicePolicies,
    resourcePolicies,
    accounts,
    units: units.map(unit => {
      const known = before?.units.find(each => each.name === unit.name)
      return unitOf(unit, unitId(unit, known, needs), known, needs)
    }),
  }
}

/** The id of a unit carries the root's. */
function unitId(
  { id, place }: PlannedUnit,
  known: UnitValue | undefined,
  { rootId, random }: { readonly rootId: string; readonly random: Random },
): string {
  const prefix = `ou-${rootId.slice('r-'.length)}-`
  if (id !== undefined && !id.startsWith(prefix))
    throw organizationFault(`${place}.id`, `is ${id}, which is of another root than ${rootId}: give root.id too`)
  if (id !== undefined) return id
  return known?.id.startsWith(prefix) === true ? known.id : prefix + newId(8, random)
}

function policyOf(planned: PlannedPolicy, before: readonly ControlPolicyValue[], random: Random): ControlPolicyValue {
  const known = before.find(({ type, name }) => type === planned.type && name === planned.name)
  return { id: known?.id ?? `p-${newId(8, random)}`, ...planned }
}

// One may be given that another has kept.
function requireUniqueUnitIds({ units }: UnitValue, ids: Set<string>): void {
  for (const unit of units) {
    if (ids.has(unit.id)) throw organizationFault(`unit "${unit.name}"`, `has the id ${unit.id} of another unit`)
    ids.add(unit.id)
    requireUniqueUnitIds(unit, ids)
  }
}
