import { defaultVersionOf } from '../../../accounts/index.ts'
import type { Accounts, GroupValue, PolicyHolder, UserValue } from '../../../accounts/index.ts'
import { groupKind } from '../holders/holder-kind.ts'
import type { HolderKind } from '../holders/holder-kind.ts'
import type { IsExcluded } from './policy-exclusion.ts'
import type { SimulatedPrincipal, SimulationDocument } from './simulation-input.ts'

/** The policies of a user with its groups, of a group, or of a role, without those that are left out. */
export async function principalDocuments<T extends PolicyHolder>(
  kind: HolderKind<T>,
  value: T,
  { accounts, isExcluded }: { readonly accounts: Accounts; readonly isExcluded: IsExcluded },
): Promise<SimulatedPrincipal> {
  const managed = (arns: readonly string[]): Promise<readonly SimulationDocument[]> =>
    Promise.all(arns.map(arn => managedDocument(accounts, value.account, arn)))
  const documentsOf = async <H extends PolicyHolder>(
    holderKind: HolderKind<H>,
    holder: H,
  ): Promise<readonly SimulationDocument[]> => {
    const arns = (holder.attachedPolicyArns ?? []).filter(arn => !isExcluded({ kind: 'managed', arn }))
    return [...inlineDocuments(holderKind, holder, isExcluded), ...(await managed(arns))]
  }
  const groups = await groupsOf(accounts, value)
  const ofGroups = await Promise.all(groups.map(group => documentsOf(groupKind, group)))
  const { boundaryArn, userId } = value as Partial<UserValue>
  const hasBoundary = boundaryArn !== undefined && !isExcluded({ kind: 'boundary', arn: boundaryArn })
  const [boundary] = hasBoundary ? await managed([boundaryArn]) : []
  return {
    arn: value.arn,
    ...(userId === undefined ? {} : { userId }),
    identity: [...(await documentsOf(kind, value)), ...ofGroups.flat()],
    ...(boundary === undefined ? {} : { boundary }),
  }
}

function inlineDocuments<T extends PolicyHolder>(
  kind: HolderKind<T>,
  holder: T,
  isExcluded: IsExcluded,
): readonly SimulationDocument[] {
  const holderName = kind.nameOf(holder)
  return holder.policies
    .filter(({ name }) => !isExcluded({ kind: 'inline', name, holder: kind.word, holderName }))
    .map(({ name, document }) => ({ id: `${kind.word}_${holderName}_${name}`, text: document }))
}

async function managedDocument(accounts: Accounts, account: string, arn: string): Promise<SimulationDocument> {
  const policy = await accounts.identities.findPolicy(account, arn)
  // What is attached can't be deleted; see `PrincipalPolicySource`.
  if (policy === undefined) throw new TypeError(`Policy ${arn} is attached and not there`)
  return { id: policy.policyName, text: defaultVersionOf(policy).document }
}

async function groupsOf(accounts: Accounts, value: PolicyHolder): Promise<readonly GroupValue[]> {
  const { groupNames = [] } = value as Partial<UserValue>
  const found = await Promise.all(groupNames.map(name => accounts.identities.findGroup(value.account, name)))
  const missing = found.indexOf(undefined)
  if (missing >= 0) throw new TypeError(`Group "${groupNames[missing]}" of ${value.arn} is not there`)
  return found.map(group => group!.value)
}
