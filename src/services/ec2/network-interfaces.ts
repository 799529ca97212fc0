import type { Network } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { interfaceShape, workloadShape } from './network-interface-shape.ts'
import type { ShownInterface } from './network-interface-shape.ts'
import { missingParameter, noInterface } from './not-found.ts'
import { groupNames } from './security-groups.ts'

type Listed = ShownInterface & { readonly tags: readonly [] }

/** The network interfaces of an account in a Region: those of endpoints, and of attached workloads. */
export async function interfacesOf(network: Network, scope: OwnScope): Promise<readonly Listed[]> {
  const names = await groupNames(network, scope)
  const shown = [...(await ofEndpoints(network, scope, names)), ...(await ofWorkloads(network, scope, names))]
  return shown.map(one => ({ ...one, tags: [] }))
}

type GroupNames = ReadonlyMap<string, string>

async function ofEndpoints(network: Network, scope: OwnScope, names: GroupNames): Promise<readonly ShownInterface[]> {
  const endpoints = (await network.listEndpoints(scope)).map(record => record.value)
  return endpoints.flatMap(endpoint => endpoint.interfaces.map(one => interfaceShape(one, endpoint, names)))
}

/** A workload's subnet says whose it is: the operator's word about a VPC names no account. */
async function ofWorkloads(network: Network, scope: OwnScope, names: GroupNames): Promise<readonly ShownInterface[]> {
  const subnets = new Map((await network.listSubnets(scope)).map(record => [record.id, record.value]))
  const clients = (await network.allVpcClients()).map(record => record.value)
  return clients.flatMap(({ workloads }) =>
    workloads.flatMap(workload => {
      const subnet = subnets.get(workload.subnetId)
      return subnet === undefined ? [] : [workloadShape(workload, subnet, names)]
    }),
  )
}

const yesNo = (value: boolean | undefined): readonly string[] => (value === undefined ? [] : [String(value)])
const nothing = (): readonly string[] => []

/** All filters of AWS; those about public addresses, instances and NAT gateways find nothing. */
const fields: FilterFields<Listed> = {
  'network-interface-id': one => [one.NetworkInterfaceId],
  'vpc-id': one => [one.VpcId],
  'subnet-id': one => [one.SubnetId],
  'group-id': one => (one.Groups ?? []).map(group => group.GroupId),
  'group-name': one => (one.Groups ?? []).map(group => group.GroupName),
  'availability-zone': one => [one.AvailabilityZone],
  'availability-zone-id': one => [one.AvailabilityZoneId],
  'private-ip-address': one => [one.PrivateIpAddress],
  'private-dns-name': one => [one.PrivateDnsName],
  'addresses.private-ip-address': one => (one.PrivateIpAddresses ?? []).map(address => address.PrivateIpAddress),
  'addresses.primary': one => (one.PrivateIpAddresses ?? []).flatMap(address => yesNo(address.Primary)),
  'ipv6-addresses.ipv6-address': one => (one.Ipv6Addresses ?? []).map(address => address.Ipv6Address),
  'mac-address': one => [one.MacAddress],
  'interface-type': one => [one.InterfaceType],
  'requester-id': one => [one.RequesterId],
  'requester-managed': one => yesNo(one.RequesterManaged),
  'source-dest-check': one => yesNo(one.SourceDestCheck),
  'owner-id': one => [one.OwnerId],
  status: one => [one.Status],
  description: one => [one.Description],
  'operator.managed': one => yesNo(one.Operator?.Managed),
  'operator.principal': nothing,
  'attachment.attachment-id': one => [one.Attachment.AttachmentId],
  'attachment.attach-time': nothing,
  'attachment.delete-on-termination': one => yesNo(one.Attachment.DeleteOnTermination),
  'attachment.device-index': one => [String(one.Attachment.DeviceIndex)],
  'attachment.instance-id': nothing,
  'attachment.instance-owner-id': one => [one.Attachment.InstanceOwnerId],
  'attachment.nat-gateway-id': nothing,
  'attachment.status': one => [one.Attachment.Status],
  'addresses.association.owner-id': nothing,
  'addresses.association.public-ip': nothing,
  'association.allocation-id': nothing,
  'association.association-id': nothing,
  'association.ip-owner-id': nothing,
  'association.public-dns-name': nothing,
  'association.public-ip': nothing,
}

/**
 * DescribeNetworkInterfaces: those of endpoints, and those of the workloads that the operator attached.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
 */
export const describeNetworkInterfaces = ec2Operation<
  ec2.DescribeNetworkInterfacesRequest,
  ec2.DescribeNetworkInterfacesResult
>({
  name: 'DescribeNetworkInterfaces',
  readOnly: true,
  permissions: readPermission,
  async run(input, { network }, { caller: { account }, region }) {
    const all = await interfacesOf(network, { account, region })
    const chosen = named(all, input.NetworkInterfaceIds, one => one.NetworkInterfaceId!, noInterface)
    const kept = applyFilters(chosen, input.Filters, fields)
    const { shown, answer } = pageOf(kept, input, 'DescribeNetworkInterfaces')
    return { output: { NetworkInterfaces: shown.map(({ tags: _tags, ...one }) => one), ...answer } }
  },
})

/** DescribeNetworkInterfaceAttribute, one attribute a call: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaceAttribute.html */
export const describeNetworkInterfaceAttribute = ec2Operation<
  ec2.DescribeNetworkInterfaceAttributeRequest,
  ec2.DescribeNetworkInterfaceAttributeResult
>({
  name: 'DescribeNetworkInterfaceAttribute',
  readOnly: true,
  permissions: readPermission,
  async run({ NetworkInterfaceId, Attribute: attribute }, { network }, { caller: { account }, region }) {
    if (attribute === undefined) throw missingParameter('attribute')
    const all = await interfacesOf(network, { account, region })
    const one = all.find(known => known.NetworkInterfaceId === NetworkInterfaceId)
    if (one === undefined) throw noInterface(NetworkInterfaceId)
    return { output: { NetworkInterfaceId, ...attributeOf(one, attribute) } }
  },
})

function attributeOf(one: ShownInterface, attribute: string): ec2.DescribeNetworkInterfaceAttributeResult {
  switch (attribute) {
    case 'description':
      return { Description: { Value: one.Description } }
    case 'groupSet':
      return { Groups: one.Groups }
    case 'sourceDestCheck':
      return { SourceDestCheck: { Value: one.SourceDestCheck } }
    case 'attachment':
      return { Attachment: one.Attachment }
    default:
      // The wire lets only one more through: associatePublicIpAddress.
      return { AssociatePublicIpAddress: false }
  }
}
