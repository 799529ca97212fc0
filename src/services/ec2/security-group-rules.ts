import { ServiceError } from '../../base/index.ts'
import { securityGroupCollection } from '../../network/index.ts'
import type { NetworkTag, SecurityGroupRule, SecurityGroupValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { noGroup, noRule } from './not-found.ts'
import { absentRule, duplicateRule, notTogether, requestedRules, ruleText } from './permissions.ts'
import type { PermissionInput } from './permissions.ts'
import { requireGroup } from './security-groups.ts'
import type { GroupInput } from './security-groups.ts'
import { revokedShape, ruleShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'

/** AWS's quota, each way and for each kind of address. */
const maxRules = 60

interface OwnedRule {
  readonly rule: SecurityGroupRule
  readonly group: SecurityGroupValue
  readonly tags: readonly NetworkTag[]
}

/** DescribeSecurityGroupRules: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html */
export const describeSecurityGroupRules = ec2Operation<
  ec2.DescribeSecurityGroupRulesRequest,
  ec2.DescribeSecurityGroupRulesResult
>({
  name: 'DescribeSecurityGroupRules',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const groups = (await network.listSecurityGroups({ account, region })).map(record => record.value)
    const all = groups.flatMap(group => group.rules.map((rule): OwnedRule => ({ rule, group, tags: rule.tags ?? [] })))
    const chosen = named(all, input.SecurityGroupRuleIds, ({ rule }) => rule.ruleId, noRule)
    const kept = applyFilters(chosen, input.Filters, {
      'group-id': ({ group }) => [group.groupId],
      'security-group-rule-id': ({ rule }) => [rule.ruleId],
    })
    const { shown, answer } = pageOf(kept, input, 'DescribeSecurityGroupRules')
    return { output: { SecurityGroupRules: shown.map(({ rule, group }) => ruleShape(rule, group)), ...answer } }
  },
})

interface RulesInput extends PermissionInput, GroupInput {
  readonly DryRun?: boolean | undefined
  readonly TagSpecifications?: readonly ec2.TagSpecification[] | undefined
  readonly SecurityGroupRuleIds?: readonly string[] | undefined
}

interface AuthorizeOutput {
  readonly Return: boolean
  readonly SecurityGroupRules: readonly ec2.SecurityGroupRule[]
}

function authorizeOperation(name: string, direction: SecurityGroupRule['direction']) {
  return ec2Operation<RulesInput, AuthorizeOutput>({
    name,
    readOnly: false,
    async permissions({ GroupId: id = '*', TagSpecifications: specifications }, ask) {
      const isTagged = (specifications ?? []).some(({ Tags: tags = [] }) => tags.length > 0)
      const toMake = isTagged ? ask.toMake('security-group-rule', specifications) : []
      return [await ask.on('security-group', id), ...toMake]
    },
    async run(input, { network, random }, scope) {
      const group = await requireGroup(input, network, scope)
      const tags = specifiedTags(input.TagSpecifications, 'security-group-rule')
      const named = requestedRules(input, { group: group.value, direction, random })
      const rules = named.map(rule => (tags.length === 0 ? rule : { ...rule, tags }))
      const groups = await network.securityGroupsOf(group.value.vpcId)
      requireNewRules(rules, group.value, groups)
      const all = [...group.value.rules, ...rules]
      requireRoom(all.filter(rule => rule.direction === direction))
      const output = { Return: true, SecurityGroupRules: rules.map(rule => ruleShape(rule, group.value)) }
      return {
        output,
        commit: {
          writes: [put(securityGroupCollection, group.id, { ...group.value, rules: all }, group.version)],
          checks: groups
            .filter(other => rules.some(({ peer }) => peer.kind === 'group' && peer.groupId === other.id))
            .map(other => check(securityGroupCollection, other.id, other.version)),
        },
      }
    },
  })
}

// A request can have thousands of rules: none of them is compared with each of the group's.
function requireNewRules(
  rules: readonly SecurityGroupRule[],
  group: SecurityGroupValue,
  groups: readonly StoredRecord<SecurityGroupValue>[],
): void {
  const groupIds = new Set(groups.map(known => known.id))
  const present = new Set(group.rules.map(ruleText))
  for (const rule of rules) {
    const { peer } = rule
    if (peer.kind === 'group' && !groupIds.has(peer.groupId)) throw noGroup(peer.groupId)
    if (present.has(ruleText(rule))) throw duplicateRule(rule)
  }
}

/** A rule that names a group counts for both kinds of address; each kind has its own quota, as in AWS. */
function requireRoom(rules: readonly SecurityGroupRule[]): void {
  for (const other of ['ipv6', 'ipv4'] as const) {
    if (rules.filter(({ peer }) => peer.kind !== other).length <= maxRules) continue
    throw new ServiceError(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    )
  }
}

/** AuthorizeSecurityGroupIngress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html */
export const authorizeSecurityGroupIngress = authorizeOperation('AuthorizeSecurityGroupIngress', 'ingress')

/** AuthorizeSecurityGroupEgress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html */
export const authorizeSecurityGroupEgress = authorizeOperation('AuthorizeSecurityGroupEgress', 'egress')

const namesRules = ({ IpPermissions: listed = [], IpProtocol: protocol, CidrIp: cidr }: PermissionInput): boolean =>
  listed.length > 0 || protocol !== undefined || cidr !== undefined

interface RevokeOutput {
  readonly Return: boolean
  readonly RevokedSecurityGroupRules: readonly ec2.RevokedSecurityGroupRule[]
}

function revokeOperation(name: string, direction: SecurityGroupRule['direction']) {
  return ec2Operation<RulesInput, RevokeOutput>({
    name,
    readOnly: false,
    permissions: async ({ GroupId: id = '*' }, ask) => [await ask.on('security-group', id)],
    async run(input, { network, random }, scope) {
      const group = await requireGroup(input, network, scope)
      const ids = input.SecurityGroupRuleIds ?? []
      if (ids.length > 0 && namesRules(input)) throw notTogether('securityGroupRuleIds', 'ipPermissions')
      const own = group.value.rules.filter(rule => rule.direction === direction)
      const revoked =
        ids.length > 0
          ? rulesByIds(ids, own)
          : rulesAsSpelled(requestedRules(input, { group: group.value, direction, random }), own)
      const rules = group.value.rules.filter(rule => !revoked.has(rule))
      const shapes = [...revoked].map(rule => revokedShape(rule, group.value))
      return {
        output: { Return: true, RevokedSecurityGroupRules: shapes },
        commit: { writes: [put(securityGroupCollection, group.id, { ...group.value, rules }, group.version)] },
      }
    },
  })
}

function rulesByIds(ids: readonly string[], own: readonly SecurityGroupRule[]): ReadonlySet<SecurityGroupRule> {
  const unknown = ids.find(id => !own.some(rule => rule.ruleId === id))
  if (unknown !== undefined) throw noRule(unknown)
  return new Set(own.filter(rule => ids.includes(rule.ruleId)))
}

/**
 * The group's rules that a request spells out. One that is not there is an error outside a default VPC, and then none is revoked:
 * whoever mistypes the rule that he closes must not be told that it is closed.
 */
function rulesAsSpelled(
  wanted: readonly SecurityGroupRule[],
  own: readonly SecurityGroupRule[],
): ReadonlySet<SecurityGroupRule> {
  const byText = new Map(own.map(rule => [ruleText(rule), rule]))
  return new Set(
    wanted.map(rule => {
      const present = byText.get(ruleText(rule))
      if (present === undefined) throw absentRule()
      return present
    }),
  )
}

/** RevokeSecurityGroupIngress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html */
export const revokeSecurityGroupIngress = revokeOperation('RevokeSecurityGroupIngress', 'ingress')

/** RevokeSecurityGroupEgress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html */
export const revokeSecurityGroupEgress = revokeOperation('RevokeSecurityGroupEgress', 'egress')
