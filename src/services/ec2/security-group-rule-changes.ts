import { ServiceError } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { securityGroupCollection } from '../../network/index.ts'
import type { SecurityGroupRule, SecurityGroupValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation } from './ec2-operation.ts'
import { missingParameter, noGroup, noRule } from './not-found.ts'
import {
  absentRule,
  duplicateRule,
  notTogether,
  requestedRules,
  requireRuleDescription,
  sameRule,
} from './permissions.ts'
import type { PermissionInput } from './permissions.ts'
import { requireGroup } from './security-groups.ts'
import type { GroupInput } from './security-groups.ts'

/** ModifySecurityGroupRules: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html */
export const modifySecurityGroupRules = ec2Operation<
  ec2.ModifySecurityGroupRulesRequest,
  ec2.ModifySecurityGroupRulesResult
>({
  name: 'ModifySecurityGroupRules',
  readOnly: false,
  permissions: async ({ GroupId: id, SecurityGroupRules: updates }, ask) => [
    await ask.on('security-group', id),
    ...(await ask.onEach(
      'security-group-rule',
      updates.map(update => update.SecurityGroupRuleId),
    )),
    // AWS asks for it on the groups that the rules name, too.
    ...(await ask.onEach(
      'security-group',
      updates.flatMap(update => referencedGroup(update)?.GroupId ?? []).filter(other => other !== id),
    )),
  ],
  async run({ GroupId: id, SecurityGroupRules: updates }, { network, random }, scope) {
    const group = await requireGroup({ GroupId: id }, network, scope)
    const groups = await network.securityGroupsOf(group.value.vpcId)
    const changed = changedRules(updates, group.value, random)
    for (const rule of changed.values()) requireKnownPeer(rule, groups)
    const rules = group.value.rules.map(rule => changed.get(rule.ruleId) ?? rule)
    for (const rule of changed.values()) {
      if (rules.some(other => other.ruleId !== rule.ruleId && sameRule(other, rule))) throw duplicateRule(rule)
    }
    return {
      output: { Return: true },
      commit: {
        writes: [put(securityGroupCollection, group.id, { ...group.value, rules }, group.version)],
        // A group that is deleted at the same time is another version by then.
        checks: groups
          .filter(other => other.id !== group.id && [...changed.values()].some(rule => namesGroup(rule, other.id)))
          .map(other => check(securityGroupCollection, other.id, other.version)),
      },
    }
  },
})

const namesGroup = ({ peer }: SecurityGroupRule, id: string): boolean => peer.kind === 'group' && peer.groupId === id

function requireKnownPeer({ peer }: SecurityGroupRule, groups: readonly StoredRecord<SecurityGroupValue>[]): void {
  if (peer.kind === 'group' && !groups.some(known => known.id === peer.groupId)) throw noGroup(peer.groupId)
}

/** A group as a rule may name it: `sg-…`, or with its account before it. */
function referencedGroup({ SecurityGroupRule: wanted }: ec2.SecurityGroupRuleUpdate): ec2.UserIdGroupPair | undefined {
  const [first, second] = wanted?.ReferencedGroupId?.split('/') ?? []
  if (second !== undefined) return { UserId: first, GroupId: second }
  return first === undefined ? undefined : { GroupId: first }
}

function changedRules(
  updates: readonly ec2.SecurityGroupRuleUpdate[],
  group: SecurityGroupValue,
  random: Random,
): ReadonlyMap<string, SecurityGroupRule> {
  if (updates.length === 0) throw missingParameter('securityGroupRules')
  const changed = new Map<string, SecurityGroupRule>()
  for (const update of updates) {
    const { SecurityGroupRuleId: id } = update
    const present = group.rules.find(rule => rule.ruleId === id)
    if (present === undefined) throw noRule(id)
    if (changed.has(id)) throw new ServiceError('InvalidParameterValue', `The rule '${id}' is named multiple times`)
    changed.set(id, changedRule(present, update, group, random))
  }
  return changed
}

function changedRule(
  present: SecurityGroupRule,
  update: ec2.SecurityGroupRuleUpdate,
  group: SecurityGroupValue,
  random: Random,
): SecurityGroupRule {
  if (update.SecurityGroupRule === undefined) throw missingParameter('securityGroupRule')
  const input = { IpPermissions: [permissionOf(update, update.SecurityGroupRule)] }
  const [wanted] = requestedRules(input, { group, direction: present.direction, random })
  if (wanted!.peer.kind !== present.peer.kind) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The type of the rule '${present.ruleId}' cannot be changed: its peer is of the kind ${present.peer.kind}`,
    )
  }
  const { ruleId, tags } = present
  return { ...wanted!, ruleId, ...(tags === undefined ? {} : { tags }) }
}

function permissionOf(update: ec2.SecurityGroupRuleUpdate, wanted: ec2.SecurityGroupRuleRequest): ec2.IpPermission {
  const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, Description } = wanted
  const referenced = referencedGroup(update)
  const given = [CidrIpv4, CidrIpv6, PrefixListId, referenced].filter(peer => peer !== undefined)
  if (given.length !== 1) {
    const code = given.length === 0 ? 'MissingParameter' : 'InvalidParameterCombination'
    const fault = 'Exactly one of cidrIpv4, cidrIpv6, prefixListId and referencedGroupId must be specified'
    throw new ServiceError(code, fault)
  }
  const described = Description === undefined ? {} : { Description }
  return {
    IpProtocol,
    FromPort,
    ToPort,
    IpRanges: CidrIpv4 === undefined ? [] : [{ CidrIp: CidrIpv4, ...described }],
    Ipv6Ranges: CidrIpv6 === undefined ? [] : [{ CidrIpv6, ...described }],
    PrefixListIds: PrefixListId === undefined ? [] : [{ PrefixListId, ...described }],
    UserIdGroupPairs: referenced === undefined ? [] : [{ ...referenced, ...described }],
  }
}

interface DescriptionsInput extends PermissionInput, GroupInput {
  readonly DryRun?: boolean | undefined
  readonly SecurityGroupRuleDescriptions?: readonly ec2.SecurityGroupRuleDescription[] | undefined
}

function descriptionsOperation(name: string, direction: SecurityGroupRule['direction']) {
  return ec2Operation<DescriptionsInput, { readonly Return: boolean }>({
    name,
    readOnly: false,
    permissions: async ({ GroupId: id = '*' }, ask) => [await ask.on('security-group', id)],
    async run(input, { network, random }, scope) {
      const group = await requireGroup(input, network, scope)
      const described = wantedDescriptions(input, group.value, direction, random)
      const rules = group.value.rules.map(rule => {
        if (!described.has(rule.ruleId)) return rule
        const { description: _old, ...others } = rule
        const description = described.get(rule.ruleId)
        return description === undefined ? others : { ...others, description }
      })
      const writes = [put(securityGroupCollection, group.id, { ...group.value, rules }, group.version)]
      return { output: { Return: true }, commit: { writes } }
    },
  })
}

/** The descriptions that a request gives, by rule; `undefined` takes the rule's away. @throws {ServiceError} */
function wantedDescriptions(
  input: DescriptionsInput,
  group: SecurityGroupValue,
  direction: SecurityGroupRule['direction'],
  random: Random,
): ReadonlyMap<string, string | undefined> {
  const byId = input.SecurityGroupRuleDescriptions ?? []
  const present = group.rules.filter(rule => rule.direction === direction)
  if (byId.length === 0) {
    return new Map(
      requestedRules(input, { group, direction, random }).map(wanted => {
        const known = present.find(rule => sameRule(rule, wanted))
        if (known !== undefined) return [known.ruleId, wanted.description] as const
        throw absentRule()
      }),
    )
  }
  if ((input.IpPermissions ?? []).length > 0) throw notTogether('ipPermissions', 'securityGroupRuleDescriptions')
  return new Map(
    byId.map(({ SecurityGroupRuleId: id = '', Description: description }) => {
      if (!present.some(rule => rule.ruleId === id)) throw noRule(id)
      return [id, description === undefined ? undefined : requireRuleDescription(description)] as const
    }),
  )
}

/** UpdateSecurityGroupRuleDescriptionsIngress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsIngress.html */
export const updateSecurityGroupRuleDescriptionsIngress = descriptionsOperation(
  'UpdateSecurityGroupRuleDescriptionsIngress',
  'ingress',
)

/** UpdateSecurityGroupRuleDescriptionsEgress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsEgress.html */
export const updateSecurityGroupRuleDescriptionsEgress = descriptionsOperation(
  'UpdateSecurityGroupRuleDescriptionsEgress',
  'egress',
)
