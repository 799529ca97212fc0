import { ServiceError, formatArn, newResourceId } from '../../base/index.ts'
import { allEgress, securityGroupCollection } from '../../network/index.ts'
import type { Network, SecurityGroupRule, SecurityGroupValue } from '../../network/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { auditValues, ec2Operation, readCheck, resourceCheck } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noGroup, noRule, noVpc } from './not-found.ts'
import { peerText, requestedRules, sameRule } from './permissions.ts'
import type { PermissionInput } from './permissions.ts'
import { groupShape, ruleShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'

const nameForm = /^[\w .\-:/()#,@[\]+=&;{}!$*]{1,255}$/
const maxRules = 60

/** CreateSecurityGroup: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
export const createSecurityGroup = ec2Operation<ec2.CreateSecurityGroupRequest, ec2.CreateSecurityGroupResult>({
  name: 'CreateSecurityGroup',
  readOnly: false,
  checks: ({ VpcId: vpcId = '*' }, scope) => [
    resourceCheck('CreateSecurityGroup', 'security-group/*', scope),
    resourceCheck('CreateSecurityGroup', `vpc/${vpcId}`, scope),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    const { GroupName: name, Description: description, VpcId: vpcId } = input
    if (vpcId === undefined) throw new ServiceError('VPCIdNotSpecified', 'No default VPC for this user')
    if (!nameForm.test(name) || name.startsWith('sg-')) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Invalid security group name. Valid names contain fewer than 256 characters and are from the following set: a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*`,
      )
    }
    if (name === 'default')
      throw new ServiceError('InvalidParameterValue', 'Cannot use reserved security group name: default')
    if ((await network.findVpc(vpcId, { account, region })) === undefined) throw noVpc(vpcId)
    if ((await network.securityGroupsOf(vpcId)).some(group => group.value.name === name)) {
      throw new ServiceError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
    }
    const group: SecurityGroupValue = {
      groupId: newResourceId('sg', random),
      vpcId,
      account,
      region,
      name,
      description,
      rules: [allEgress(random)],
      tags: specifiedTags(input.TagSpecifications, 'security-group'),
    }
    const output = {
      GroupId: group.groupId,
      SecurityGroupArn: formatArn('ec2', region, account, `security-group/${group.groupId}`),
    }
    return {
      output,
      commit: { writes: [put(securityGroupCollection, group.groupId, group, 'absent')] },
      responseElements: auditValues(output),
    }
  },
})

const fields: FilterFields<SecurityGroupValue> = {
  'group-id': group => [group.groupId],
  'group-name': group => [group.name],
  description: group => [group.description],
  'vpc-id': group => [group.vpcId],
  'owner-id': group => [group.account],
}

/** DescribeSecurityGroups: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html */
export const describeSecurityGroups = ec2Operation<ec2.DescribeSecurityGroupsRequest, ec2.DescribeSecurityGroupsResult>(
  {
    name: 'DescribeSecurityGroups',
    readOnly: true,
    checks: readCheck('DescribeSecurityGroups'),
    async run(input, { network }, { caller: { account }, region }) {
      const all = (await network.listSecurityGroups({ account, region })).map(record => record.value)
      const byId = named(all, input.GroupIds, group => group.groupId, noGroup)
      const names = input.GroupNames ?? []
      const chosen = names.length === 0 ? byId : byId.filter(group => names.includes(group.name))
      const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input)
      return { output: { SecurityGroups: shown.map(groupShape), ...answer } }
    },
  },
)

interface OwnedRule {
  readonly rule: SecurityGroupRule
  readonly group: SecurityGroupValue
  readonly tags: readonly []
}

/** DescribeSecurityGroupRules: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html */
export const describeSecurityGroupRules = ec2Operation<
  ec2.DescribeSecurityGroupRulesRequest,
  ec2.DescribeSecurityGroupRulesResult
>({
  name: 'DescribeSecurityGroupRules',
  readOnly: true,
  checks: readCheck('DescribeSecurityGroupRules'),
  async run(input, { network }, { caller: { account }, region }) {
    const groups = (await network.listSecurityGroups({ account, region })).map(record => record.value)
    const all = groups.flatMap(group => group.rules.map((rule): OwnedRule => ({ rule, group, tags: [] })))
    const chosen = named(all, input.SecurityGroupRuleIds, ({ rule }) => rule.ruleId, noRule)
    const kept = applyFilters(chosen, input.Filters, {
      'group-id': ({ group }) => [group.groupId],
      'security-group-rule-id': ({ rule }) => [rule.ruleId],
    })
    const { shown, answer } = pageOf(kept, input)
    return { output: { SecurityGroupRules: shown.map(({ rule, group }) => ruleShape(rule, group)), ...answer } }
  },
})

/** DeleteSecurityGroup: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html */
export const deleteSecurityGroup = ec2Operation<ec2.DeleteSecurityGroupRequest, ec2.DeleteSecurityGroupResult>({
  name: 'DeleteSecurityGroup',
  readOnly: false,
  checks: ({ GroupId: id = '*' }, scope) => [resourceCheck('DeleteSecurityGroup', `security-group/${id}`, scope)],
  async run({ GroupId: id }, { network }, scope) {
    const group = await requireGroup(id, network, scope)
    const { name, vpcId, groupId } = group.value
    if (name === 'default') {
      throw new ServiceError(
        'CannotDelete',
        `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
      )
    }
    const [endpoints, groups] = await Promise.all([network.endpointsOf(vpcId), network.securityGroupsOf(vpcId)])
    const isReferenced = groups.some(
      other =>
        other.id !== groupId && other.value.rules.some(({ peer }) => peer.kind === 'group' && peer.groupId === groupId),
    )
    if (isReferenced || endpoints.some(endpoint => endpoint.value.groupIds.includes(groupId))) {
      throw new ServiceError('DependencyViolation', `resource ${groupId} has a dependent object`)
    }
    return {
      output: { Return: true, GroupId: groupId },
      commit: { writes: [remove(securityGroupCollection, group.id, group.version)] },
    }
  },
})

async function requireGroup(
  id: string | undefined,
  network: Network,
  scope: RequestScope,
): Promise<StoredRecord<SecurityGroupValue>> {
  if (id === undefined)
    throw new ServiceError('MissingParameter', 'The request must contain the parameter groupName or groupId')
  const group = await network.findSecurityGroup(id, { account: scope.caller.account, region: scope.region })
  if (group === undefined) throw noGroup(id)
  return group
}

interface RulesInput extends PermissionInput {
  readonly DryRun?: boolean | undefined
  readonly GroupId?: string | undefined
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
    checks: ({ GroupId: id = '*' }, scope) => [resourceCheck(name, `security-group/${id}`, scope)],
    async run(input, { network, random }, scope) {
      const group = await requireGroup(input.GroupId, network, scope)
      const rules = requestedRules(input, direction, random)
      const groups = await network.securityGroupsOf(group.value.vpcId)
      for (const rule of rules) requireNewRule(rule, group.value, groups)
      const all = [...group.value.rules, ...rules]
      if (all.filter(rule => rule.direction === direction).length > maxRules) {
        throw new ServiceError(
          'RulesPerSecurityGroupLimitExceeded',
          'The maximum number of rules per security group has been reached.',
        )
      }
      const output = { Return: true, SecurityGroupRules: rules.map(rule => ruleShape(rule, group.value)) }
      return {
        output,
        commit: { writes: [put(securityGroupCollection, group.id, { ...group.value, rules: all }, group.version)] },
        responseElements: auditValues(output),
      }
    },
  })
}

function requireNewRule(
  rule: SecurityGroupRule,
  group: SecurityGroupValue,
  groups: readonly StoredRecord<SecurityGroupValue>[],
): void {
  const { peer } = rule
  if (peer.kind === 'group' && !groups.some(known => known.id === peer.groupId)) throw noGroup(peer.groupId)
  if (!group.rules.some(known => sameRule(known, rule))) return
  const ports = rule.fromPort === undefined ? '' : `, from port: ${rule.fromPort}, to port: ${rule.toPort}`
  const protocol = rule.protocol === '-1' ? 'ALL' : rule.protocol.toUpperCase()
  throw new ServiceError(
    'InvalidPermission.Duplicate',
    `the specified rule "peer: ${peerText(peer)}, ${protocol}${ports}, ALLOW" already exists`,
  )
}

/** AuthorizeSecurityGroupIngress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html */
export const authorizeSecurityGroupIngress = authorizeOperation('AuthorizeSecurityGroupIngress', 'ingress')

/** AuthorizeSecurityGroupEgress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html */
export const authorizeSecurityGroupEgress = authorizeOperation('AuthorizeSecurityGroupEgress', 'egress')

interface RevokeOutput {
  readonly Return: boolean
  readonly UnknownIpPermissions?: readonly ec2.IpPermission[]
}

function revokeOperation(name: string, direction: SecurityGroupRule['direction']) {
  return ec2Operation<RulesInput, RevokeOutput>({
    name,
    readOnly: false,
    checks: ({ GroupId: id = '*' }, scope) => [resourceCheck(name, `security-group/${id}`, scope)],
    async run(input, { network, random }, scope) {
      const group = await requireGroup(input.GroupId, network, scope)
      const { rules } = group.value
      const ids = input.SecurityGroupRuleIds ?? []
      const unknownId = ids.find(id => !rules.some(rule => rule.ruleId === id && rule.direction === direction))
      if (unknownId !== undefined) throw noRule(unknownId)
      const revoked = ids.length > 0 ? [] : requestedRules(input, direction, random)
      const kept = rules.filter(rule => !ids.includes(rule.ruleId) && !revoked.some(one => sameRule(one, rule)))
      // A rule that is not there is no error: EC2 says which ones it did not know.
      const isUnknown = revoked.some(one => !rules.some(rule => sameRule(one, rule)))
      return {
        output: { Return: true, ...(isUnknown ? { UnknownIpPermissions: input.IpPermissions ?? [] } : {}) },
        commit: { writes: [put(securityGroupCollection, group.id, { ...group.value, rules: kept }, group.version)] },
      }
    },
  })
}

/** RevokeSecurityGroupIngress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html */
export const revokeSecurityGroupIngress = revokeOperation('RevokeSecurityGroupIngress', 'ingress')

/** RevokeSecurityGroupEgress: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html */
export const revokeSecurityGroupEgress = revokeOperation('RevokeSecurityGroupEgress', 'egress')
