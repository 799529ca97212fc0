import { ServiceError, formatArn, newResourceId } from '../../base/index.ts'
import { allEgress, endpointCollection, securityGroupCollection, vpcCollection } from '../../network/index.ts'
import type { Network, RulePeer, SecurityGroupRule, SecurityGroupValue } from '../../network/index.ts'
import { check, put, remove } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { missingParameter, noGroup, noGroupName, noVpc } from './not-found.ts'
import { groupText, notTogether, peerText } from './permissions.ts'
import { groupShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'

/** AWS's quota. */
const maxGroupsPerRegion = 2_500

/** CreateSecurityGroup: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
export const createSecurityGroup = ec2Operation<ec2.CreateSecurityGroupRequest, ec2.CreateSecurityGroupResult>({
  name: 'CreateSecurityGroup',
  readOnly: false,
  permissions: async ({ VpcId: vpcId = '*', TagSpecifications: specifications }, ask) => [
    ...ask.toMake('security-group', specifications),
    await ask.on('vpc', vpcId),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    const { GroupName: name, Description: description, VpcId: vpcId } = input
    if (vpcId === undefined) throw new ServiceError('VPCIdNotSpecified', 'No default VPC for this user')
    if (name === '' || !groupText.test(name) || name.startsWith('sg-')) {
      throw new ServiceError(
        'InvalidParameterValue',
        `Invalid security group name. Valid names contain fewer than 256 characters and are from the following set: a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*`,
      )
    }
    if (name === 'default')
      throw new ServiceError('InvalidParameterValue', 'Cannot use reserved security group name: default')
    requireGroupDescription(description)
    const vpc = await network.findVpc(vpcId, { account, region })
    if (vpc === undefined) throw noVpc(vpcId)
    if ((await network.securityGroupsOf(vpcId)).some(group => group.value.name === name)) {
      throw new ServiceError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
    }
    if ((await network.listSecurityGroups({ account, region })).length >= maxGroupsPerRegion) {
      throw new ServiceError('SecurityGroupLimitExceeded', 'The maximum number of security groups has been reached.')
    }
    const group: SecurityGroupValue = {
      groupId: newResourceId('sg', random),
      vpcId,
      account,
      region,
      name,
      description,
      rules: allEgress(vpc.value, random),
      tags: specifiedTags(input.TagSpecifications, 'security-group'),
    }
    const output = {
      GroupId: group.groupId,
      SecurityGroupArn: formatArn('ec2', region, account, `security-group/${group.groupId}`),
    }
    return {
      output,
      // The VPC is written too, unchanged: of two requests at once for a name, or to delete the VPC, one starts over.
      commit: {
        writes: [
          put(securityGroupCollection, group.groupId, group, 'absent'),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

function requireGroupDescription(description: string): void {
  if (groupText.test(description)) return
  const fault = /[^\0-\x7f]/.test(description)
    ? 'Character sets beyond ASCII are not supported.'
    : 'Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*'
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${description}) for parameter GroupDescription is invalid. ${fault}`,
  )
}

/** All filters of AWS; `names` are those of the account's groups by id. */
const fieldsWith = (names: ReadonlyMap<string, string>): FilterFields<SecurityGroupValue> => ({
  'group-id': group => [group.groupId],
  'group-name': group => [group.name],
  description: group => [group.description],
  'vpc-id': group => [group.vpcId],
  'owner-id': group => [group.account],
  ...ruleFields('ip-permission', 'ingress', names),
  ...ruleFields('egress.ip-permission', 'egress', names),
})

/** The filters that ask for a rule of a group; each by itself, as in AWS. */
function ruleFields(
  prefix: string,
  direction: SecurityGroupRule['direction'],
  names: ReadonlyMap<string, string>,
): FilterFields<SecurityGroupValue> {
  const field =
    (read: (rule: SecurityGroupRule, group: SecurityGroupValue) => string | undefined) =>
    (group: SecurityGroupValue): readonly (string | undefined)[] =>
      group.rules.filter(rule => rule.direction === direction).map(rule => read(rule, group))
  const ofKind =
    (kind: RulePeer['kind']) =>
    ({ peer }: SecurityGroupRule): string | undefined =>
      peer.kind === kind ? peerText(peer) : undefined
  return {
    [`${prefix}.cidr`]: field(ofKind('ipv4')),
    [`${prefix}.ipv6-cidr`]: field(ofKind('ipv6')),
    [`${prefix}.group-id`]: field(ofKind('group')),
    [`${prefix}.group-name`]: field(({ peer }) => (peer.kind === 'group' ? names.get(peer.groupId) : undefined)),
    [`${prefix}.user-id`]: field(({ peer }, group) => (peer.kind === 'group' ? group.account : undefined)),
    [`${prefix}.protocol`]: field(rule => rule.protocol),
    [`${prefix}.from-port`]: field(({ fromPort }) => fromPort?.toString()),
    [`${prefix}.to-port`]: field(({ toPort }) => toPort?.toString()),
    [`${prefix}.prefix-list-id`]: () => [],
  }
}

/** DescribeSecurityGroups: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html */
export const describeSecurityGroups = ec2Operation<ec2.DescribeSecurityGroupsRequest, ec2.DescribeSecurityGroupsResult>(
  {
    name: 'DescribeSecurityGroups',
    readOnly: true,
    permissions: readPermission,
    async run(input, { network }, { caller: { account }, region }) {
      const all = (await network.listSecurityGroups({ account, region })).map(record => record.value)
      const byId = named(all, input.GroupIds, group => group.groupId, noGroup)
      const names = input.GroupNames ?? []
      const unknown = names.find(name => !all.some(group => group.name === name))
      if (unknown !== undefined) throw noGroupName(unknown)
      const chosen = names.length === 0 ? byId : byId.filter(group => names.includes(group.name))
      const fields = fieldsWith(new Map(all.map(group => [group.groupId, group.name])))
      const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeSecurityGroups')
      return { output: { SecurityGroups: shown.map(groupShape), ...answer } }
    },
  },
)

/** DeleteSecurityGroup: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html */
export const deleteSecurityGroup = ec2Operation<ec2.DeleteSecurityGroupRequest, ec2.DeleteSecurityGroupResult>({
  name: 'DeleteSecurityGroup',
  readOnly: false,
  permissions: async ({ GroupId: id = '*' }, ask) => [await ask.on('security-group', id)],
  async run(input, { network }, scope) {
    const group = await requireGroup(input, network, scope)
    const { name, vpcId, groupId } = group.value
    if (name === 'default') {
      throw new ServiceError(
        'CannotDelete',
        `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
      )
    }
    const [vpc, endpoints, groups, clients] = await Promise.all([
      network.findVpc(vpcId, group.value),
      network.endpointsOf(vpcId),
      network.securityGroupsOf(vpcId),
      network.findVpcClients(vpcId),
    ])
    const isReferenced = groups.some(
      other =>
        other.id !== groupId && other.value.rules.some(({ peer }) => peer.kind === 'group' && peer.groupId === groupId),
    )
    const users = [...endpoints.map(endpoint => endpoint.value), ...(clients?.value.workloads ?? [])]
    if (isReferenced || users.some(user => user.groupIds.includes(groupId))) {
      throw new ServiceError('DependencyViolation', `resource ${groupId} has a dependent object`)
    }
    return {
      output: { Return: true, GroupId: groupId },
      // Nobody may have begun to use the group meanwhile: a new endpoint or workload writes the VPC, a changed endpoint or a rule itself.
      // The VPC is written here too, unchanged: a workload that is just being attached with the group starts over.
      commit: {
        writes: [
          remove(securityGroupCollection, group.id, group.version),
          ...(vpc === undefined ? [] : [put(vpcCollection, vpc.id, vpc.value, vpc.version)]),
        ],
        checks: [
          ...endpoints.map(endpoint => check(endpointCollection, endpoint.id, endpoint.version)),
          ...groups.map(other => check(securityGroupCollection, other.id, other.version)),
        ],
      },
    }
  },
})

/** Names of an account's security groups by id. */
export async function groupNames(
  network: Network,
  scope: { readonly account: string; readonly region: string },
): Promise<ReadonlyMap<string, string>> {
  return new Map((await network.listSecurityGroups(scope)).map(group => [group.id, group.value.name]))
}

/** The members of a request that name a group. */
export interface GroupInput {
  readonly GroupId?: string | undefined
  readonly GroupName?: string | undefined
}

/** The group that a request names. @throws {ServiceError} */
export async function requireGroup(
  { GroupId: id, GroupName: name }: GroupInput,
  network: Network,
  scope: RequestScope,
): Promise<StoredRecord<SecurityGroupValue>> {
  if (id !== undefined && name !== undefined) throw notTogether('groupName', 'groupId')
  // A name alone means a group of the default VPC.
  if (name !== undefined) throw new ServiceError('VPCIdNotSpecified', 'No default VPC for this user')
  if (id === undefined) throw missingParameter('groupName or groupId')
  const group = await network.findSecurityGroup(id, { account: scope.caller.account, region: scope.region })
  if (group === undefined) throw noGroup(id)
  return group
}
