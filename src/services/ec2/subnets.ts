import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { isIpv6Only, subnetCollection, vpcCollection, zonesOf } from '../../network/index.ts'
import type { SubnetValue, VpcValue, Zone } from '../../network/index.ts'
import { check, put, remove } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSubnetBlock, requireSubnetIpv6Block } from './cidr-checks.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noSubnet, noVpc } from './not-found.ts'
import { freeAddressCount, subnetShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'
import { refuseUnserved } from './unserved.ts'

/** AWS's quota until more are asked for. */
const maxSubnetsPerVpc = 200

const unserved = {
  Ipv6IpamPoolId: undefined,
  Ipv6NetmaskLength: undefined,
  Ipv4IpamPoolId: undefined,
  Ipv4NetmaskLength: undefined,
  OutpostArn: undefined,
} as const

/** CreateSubnet: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html */
export const createSubnet = ec2Operation<ec2.CreateSubnetRequest, ec2.CreateSubnetResult>({
  name: 'CreateSubnet',
  readOnly: false,
  permissions: async (input, ask) => [
    await ask.on('vpc', input.VpcId),
    ...ask.toMake('subnet', input.TagSpecifications),
  ],
  async run(input, { network, random }, { caller: { account }, region }) {
    refuseUnserved(input, unserved)
    const vpc = await network.findVpc(input.VpcId, { account, region })
    if (vpc === undefined) throw noVpc(input.VpcId)
    const present = (await network.subnetsOf(vpc.id)).map(record => record.value)
    requireRoom(present)
    const blocks = requireBlocks(input, vpc.value, present, random)
    const zone = chooseZone(input, zonesOf(region), present)
    const subnet: SubnetValue = {
      subnetId: newResourceId('subnet', random),
      vpcId: vpc.id,
      account,
      region,
      ...blocks,
      zone: zone.name,
      zoneId: zone.id,
      usedAddresses: [],
      tags: specifiedTags(input.TagSpecifications, 'subnet'),
    }
    const output = { Subnet: subnetShape(subnet) }
    return {
      output,
      // The VPC is written too, unchanged: of two requests at once with overlapping blocks, one starts over and sees the other.
      commit: {
        writes: [
          put(subnetCollection, subnet.subnetId, subnet, 'absent'),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
        ],
      },
    }
  },
})

type Blocks = Pick<SubnetValue, 'cidr' | 'ipv6Association' | 'attributes'>

/** The blocks of a new subnet; one without IPv4 gives its interfaces IPv6 addresses, and names by their ids, from the first. */
function requireBlocks(
  { CidrBlock: text, Ipv6CidrBlock: ipv6Text, Ipv6Native: isBare = false }: ec2.CreateSubnetRequest,
  vpc: VpcValue,
  present: readonly SubnetValue[],
  random: Random,
): Blocks {
  if (isBare && text !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native to true.',
    )
  }
  if (isBare && ipv6Text === undefined)
    throw new ServiceError('MissingParameter', "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
  const cidr = isBare ? undefined : requireSubnetBlock(text, vpc, present)
  const ipv6Cidr = ipv6Text === undefined ? undefined : requireSubnetIpv6Block(ipv6Text, vpc, present)
  return {
    ...(cidr === undefined ? { attributes: { assignIpv6Address: true, hostnameType: 'resource-name' } } : { cidr }),
    ...(ipv6Cidr === undefined
      ? {}
      : { ipv6Association: { associationId: newResourceId('subnet-cidr-assoc', random), cidr: ipv6Cidr } }),
  }
}

function requireRoom(present: readonly SubnetValue[]): void {
  if (present.length < maxSubnetsPerVpc) return
  const limit = `a VPC can have ${maxSubnetsPerVpc}`
  throw new ServiceError('SubnetLimitExceeded', `The maximum number of subnets has been reached: ${limit}.`)
}

function chooseZone(input: ec2.CreateSubnetRequest, zones: readonly Zone[], present: readonly SubnetValue[]): Zone {
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input
  if (name === undefined && id === undefined) {
    // As AWS does without a wish: one that the VPC has no subnet in yet.
    return zones.find(zone => !present.some(subnet => subnet.zone === zone.name)) ?? zones[0]!
  }
  const zone = zones.find(known => (name === undefined || known.name === name) && (id === undefined || known.id === id))
  if (zone !== undefined) return zone
  const list = zones.map(known => known.name).join(', ')
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${list}.`,
  )
}

const nameOptions = (subnet: SubnetValue): ec2.PrivateDnsNameOptionsOnLaunch | undefined =>
  subnetShape(subnet).PrivateDnsNameOptionsOnLaunch

const fields: FilterFields<SubnetValue> = {
  'subnet-id': subnet => [subnet.subnetId],
  'vpc-id': subnet => [subnet.vpcId],
  cidr: subnet => [subnet.cidr],
  'cidr-block': subnet => [subnet.cidr],
  cidrBlock: subnet => [subnet.cidr],
  'availability-zone': subnet => [subnet.zone],
  availabilityZone: subnet => [subnet.zone],
  'availability-zone-id': subnet => [subnet.zoneId],
  'owner-id': subnet => [subnet.account],
  state: () => ['available'],
  'subnet-arn': subnet => [subnetShape(subnet).SubnetArn],
  'available-ip-address-count': subnet => [String(freeAddressCount(subnet))],
  'default-for-az': () => ['false'],
  defaultForAz: () => ['false'],
  'ipv6-cidr-block-association.ipv6-cidr-block': ({ ipv6Association: one }) => [one?.cidr],
  'ipv6-cidr-block-association.association-id': ({ ipv6Association: one }) => [one?.associationId],
  'ipv6-cidr-block-association.state': ({ ipv6Association: one }) => (one === undefined ? [] : ['associated']),
  'ipv6-native': subnet => [String(isIpv6Only(subnet))],
  'enable-dns64': () => ['false'],
  'map-public-ip-on-launch': subnet => [String(subnetShape(subnet).MapPublicIpOnLaunch)],
  'map-customer-owned-ip-on-launch': () => ['false'],
  'private-dns-name-options-on-launch.hostname-type': subnet => [nameOptions(subnet)?.HostnameType],
  'private-dns-name-options-on-launch.enable-resource-name-dns-a-record': subnet => [
    String(nameOptions(subnet)?.EnableResourceNameDnsARecord),
  ],
  'private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record': subnet => [
    String(nameOptions(subnet)?.EnableResourceNameDnsAAAARecord),
  ],
  'customer-owned-ipv4-pool': () => [],
  'enable-lni-at-device-index': () => [],
  'outpost-arn': () => [],
}

/** DescribeSubnets: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html */
export const describeSubnets = ec2Operation<ec2.DescribeSubnetsRequest, ec2.DescribeSubnetsResult>({
  name: 'DescribeSubnets',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = (await network.listSubnets({ account, region })).map(record => record.value)
    const kept = applyFilters(
      named(all, input.SubnetIds, subnet => subnet.subnetId, noSubnet),
      input.Filters,
      fields,
    )
    const { shown, answer } = pageOf(kept, input, 'DescribeSubnets')
    return { output: { Subnets: shown.map(subnetShape), ...answer } }
  },
})

/** DeleteSubnet: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html */
export const deleteSubnet = ec2Operation<ec2.DeleteSubnetRequest, undefined>({
  name: 'DeleteSubnet',
  readOnly: false,
  permissions: async ({ SubnetId: id }, ask) => [await ask.on('subnet', id)],
  async run({ SubnetId: id }, { network }, { caller: { account }, region }) {
    const subnet = await network.findSubnet(id, { account, region })
    if (subnet === undefined) throw noSubnet(id)
    if (subnet.value.usedAddresses.length > 0) {
      throw new ServiceError('DependencyViolation', `The subnet '${id}' has dependencies and cannot be deleted.`)
    }
    const vpc = await network.findVpc(subnet.value.vpcId, { account, region })
    return {
      output: undefined,
      commit: {
        writes: [remove(subnetCollection, subnet.id, subnet.version)],
        checks: vpc === undefined ? [] : [check(vpcCollection, vpc.id, vpc.version)],
      },
    }
  },
})
