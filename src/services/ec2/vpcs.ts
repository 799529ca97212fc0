import { ServiceError } from '../../base/index.ts'
import { createVpc, deleteVpc, dhcpOptionsIdOf, ipv4AssociationsOf, maxWindows, setVpc } from '../../network/index.ts'
import type { FilterFields } from './filters.ts'
import type { VpcValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireVpcBlock } from './cidr-checks.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import { attributeKeys } from './needed-permissions.ts'
import { noVpc } from './not-found.ts'
import { ipv6Pool, vpcShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'
import { refuseUnserved } from './unserved.ts'
import { wantsIpv6 } from './vpc-cidr-blocks.ts'

/** AWS's is 5 until more are asked for. All accounts share the windows, so none can take them all at once. */
const maxVpcsPerRegion = 50

const unserved = {
  InstanceTenancy: 'default',
  Ipv6CidrBlock: undefined,
  Ipv6Pool: undefined,
  Ipv6IpamPoolId: undefined,
  Ipv6NetmaskLength: undefined,
  Ipv4IpamPoolId: undefined,
  Ipv4NetmaskLength: undefined,
  VpcEncryptionControl: undefined,
} as const

/** CreateVpc: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html */
export const createVpcOperation = ec2Operation<ec2.CreateVpcRequest, ec2.CreateVpcResult>({
  name: 'CreateVpc',
  readOnly: false,
  permissions: (input, ask) => ask.toMake('vpc', input.TagSpecifications),
  async run(input, { network, random }, { caller: { account }, region }) {
    refuseUnserved(input, unserved)
    if (input.CidrBlock === undefined)
      throw new ServiceError('MissingParameter', 'Either cidrBlock or ipv4IpamPoolId should be provided.')
    const cidr = requireVpcBlock(input.CidrBlock)
    const hasIpv6 = wantsIpv6(input, region)
    const tags = specifiedTags(input.TagSpecifications, 'vpc')
    if ((await network.listVpcs({ account, region })).length >= maxVpcsPerRegion) {
      const limit = `an account can have ${maxVpcsPerRegion} in a Region`
      throw new ServiceError('VpcLimitExceeded', `The maximum number of VPCs has been reached: ${limit}.`)
    }
    const made = createVpc({ account, region, cidr, tags, hasIpv6 }, await network.usedWindows(), random)
    if (made === undefined) {
      const limit = `this installation can have ${maxWindows}, those of all accounts together`
      throw new ServiceError('VpcLimitExceeded', `The maximum number of VPCs has been reached: ${limit}.`)
    }
    // It is there at once; AWS's first answer says this, and clients wait.
    const output = { Vpc: { ...vpcShape(made.vpc), State: 'pending' as const } }
    return { output, commit: { writes: made.writes } }
  },
})

const fields: FilterFields<VpcValue> = {
  'vpc-id': vpc => [vpc.vpcId],
  cidr: vpc => [vpc.cidr],
  'cidr-block': vpc => [vpc.cidr],
  'cidr-block-association.cidr-block': vpc => ipv4AssociationsOf(vpc).map(one => one.cidr),
  'cidr-block-association.association-id': vpc => ipv4AssociationsOf(vpc).map(one => one.associationId),
  'cidr-block-association.state': () => ['associated'],
  'ipv6-cidr-block-association.ipv6-cidr-block': vpc => (vpc.ipv6Associations ?? []).map(one => one.cidr),
  'ipv6-cidr-block-association.association-id': vpc => (vpc.ipv6Associations ?? []).map(one => one.associationId),
  'ipv6-cidr-block-association.ipv6-pool': vpc => (vpc.ipv6Associations ?? []).map(() => ipv6Pool),
  'ipv6-cidr-block-association.state': vpc => (vpc.ipv6Associations ?? []).map(() => 'associated'),
  'owner-id': vpc => [vpc.account],
  state: () => ['available'],
  isDefault: () => ['false'],
  'is-default': () => ['false'],
  'dhcp-options-id': vpc => [dhcpOptionsIdOf(vpc)],
}

/** DescribeVpcs: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html */
export const describeVpcs = ec2Operation<ec2.DescribeVpcsRequest, ec2.DescribeVpcsResult>({
  name: 'DescribeVpcs',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = (await network.listVpcs({ account, region })).map(record => record.value)
    const kept = applyFilters(
      named(all, input.VpcIds, vpc => vpc.vpcId, noVpc),
      input.Filters,
      fields,
    )
    const { shown, answer } = pageOf(kept, input, 'DescribeVpcs')
    return { output: { Vpcs: shown.map(vpcShape), ...answer } }
  },
})

/** DeleteVpc: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html */
export const deleteVpcOperation = ec2Operation<ec2.DeleteVpcRequest, undefined>({
  name: 'DeleteVpc',
  readOnly: false,
  permissions: async ({ VpcId: id }, ask) => [await ask.on('vpc', id)],
  async run({ VpcId: id }, { network }, { caller: { account }, region }) {
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    const [subnets, endpoints, groups, tables, acls, gateway] = await Promise.all([
      network.subnetsOf(id),
      network.endpointsOf(id),
      network.securityGroupsOf(id),
      network.allRouteTablesOf(vpc),
      network.networkAclsOf(id),
      network.internetGatewayOf(id),
    ])
    const standard = groups.find(group => group.value.name === 'default')
    const main = tables.find(table => table.mainAssociationId !== undefined)
    const otherTables = tables.filter(table => table !== main)
    const isUsed =
      [subnets, endpoints, groups.slice(1), otherTables, acls].some(each => each.length > 0) || gateway !== undefined
    if (isUsed || standard === undefined) {
      throw new ServiceError('DependencyViolation', `The vpc '${id}' has dependencies and cannot be deleted.`)
    }
    return { output: undefined, commit: { writes: deleteVpc(vpc, standard, main) } }
  },
})

/** ModifyVpcAttribute, one attribute a call: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html */
export const modifyVpcAttribute = ec2Operation<
  ec2.ModifyVpcAttributeRequest & { readonly DryRun?: boolean },
  undefined
>({
  name: 'ModifyVpcAttribute',
  readOnly: false,
  permissions: async (input, ask) => [
    await ask.on(
      'vpc',
      input.VpcId,
      attributeKeys({
        EnableDnsHostnames: input.EnableDnsHostnames?.Value,
        EnableDnsSupport: input.EnableDnsSupport?.Value,
        EnableNetworkAddressUsageMetrics: input.EnableNetworkAddressUsageMetrics?.Value,
      }),
    ),
  ],
  async run(
    { VpcId: id, EnableDnsHostnames: hostnames, EnableDnsSupport: support, ...others },
    { network },
    { caller: { account }, region },
  ) {
    requireOneAttribute({
      enableDnsHostnames: hostnames,
      enableDnsSupport: support,
      enableNetworkAddressUsageMetrics: others.EnableNetworkAddressUsageMetrics,
    })
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    if (others.EnableNetworkAddressUsageMetrics?.Value === true) {
      throw new ServiceError('UnsupportedOperation', 'Network address usage metrics are not kept')
    }
    const changed = {
      ...(hostnames?.Value === undefined ? {} : { enableDnsHostnames: hostnames.Value }),
      ...(support?.Value === undefined ? {} : { enableDnsSupport: support.Value }),
    }
    return { output: undefined, commit: { writes: setVpc(vpc, changed) } }
  },
})

function requireOneAttribute(attributes: Readonly<Record<string, object | undefined>>): void {
  const given = Object.keys(attributes).filter(name => attributes[name] !== undefined)
  if (given.length === 1) return
  throw new ServiceError(
    'InvalidParameterCombination',
    given.length === 0
      ? 'No attributes specified.'
      : `Fields for multiple attribute types specified: ${given.join(', ')}`,
  )
}

/** DescribeVpcAttribute: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html */
export const describeVpcAttribute = ec2Operation<ec2.DescribeVpcAttributeRequest, ec2.DescribeVpcAttributeResult>({
  name: 'DescribeVpcAttribute',
  readOnly: true,
  permissions: async ({ VpcId: id }, ask) => [await ask.on('vpc', id)],
  async run({ VpcId: id, Attribute: attribute }, { network }, { caller: { account }, region }) {
    const vpc = await network.findVpc(id, { account, region })
    if (vpc === undefined) throw noVpc(id)
    const { enableDnsSupport, enableDnsHostnames } = vpc.value
    switch (attribute) {
      case 'enableDnsSupport':
        return { output: { VpcId: id, EnableDnsSupport: { Value: enableDnsSupport } } }
      case 'enableDnsHostnames':
        return { output: { VpcId: id, EnableDnsHostnames: { Value: enableDnsHostnames } } }
      case 'enableNetworkAddressUsageMetrics':
        return { output: { VpcId: id, EnableNetworkAddressUsageMetrics: { Value: false } } }
      default:
        throw new ServiceError(
          'InvalidParameterValue',
          `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`,
        )
    }
  },
})
