import { hostNameOf } from '../../network/index.ts'
import type { AttachedWorkload, EndpointInterface, EndpointValue, Network, SubnetValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation, readPermission } from './ec2-operation.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { applyFilters, named, pageOf } from './filters.ts'
import type { FilterFields } from './filters.ts'
import { noInterface } from './not-found.ts'
import { interfaceShape } from './shapes.ts'
import { groupNames } from './vpc-endpoints.ts'

/** A network interface, whoever has it: as it is shown, and what filters ask for beside that. */
interface OwnInterface {
  readonly shape: ec2.NetworkInterface
  readonly tags: readonly []
}

const fields: FilterFields<OwnInterface> = {
  'network-interface-id': ({ shape }) => [shape.NetworkInterfaceId],
  'vpc-id': ({ shape }) => [shape.VpcId],
  'subnet-id': ({ shape }) => [shape.SubnetId],
  'group-id': ({ shape }) => (shape.Groups ?? []).map(group => group.GroupId),
  'group-name': ({ shape }) => (shape.Groups ?? []).map(group => group.GroupName),
  'availability-zone': ({ shape }) => [shape.AvailabilityZone],
  'private-ip-address': ({ shape }) => [shape.PrivateIpAddress],
  'private-dns-name': ({ shape }) => [shape.PrivateDnsName],
  'addresses.private-ip-address': ({ shape }) => [shape.PrivateIpAddress],
  'ipv6-addresses.ipv6-address': ({ shape }) => (shape.Ipv6Addresses ?? []).map(one => one.Ipv6Address),
  'interface-type': ({ shape }) => [shape.InterfaceType],
  'requester-managed': ({ shape }) => [String(shape.RequesterManaged)],
  'owner-id': ({ shape }) => [shape.OwnerId],
  status: ({ shape }) => [shape.Status],
  description: ({ shape }) => [shape.Description],
  'attachment.instance-owner-id': ({ shape }) => [shape.Attachment?.InstanceOwnerId],
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
    const names = await groupNames(network, { account, region })
    const all = [
      ...(await ofEndpoints(network, { account, region })).map(({ one, endpoint }) =>
        interfaceShape(one, endpoint, names),
      ),
      ...(await ofWorkloads(network, { account, region })).map(({ workload, subnet }) =>
        workloadShape(workload, subnet, names),
      ),
    ].map((shape): OwnInterface => ({ shape, tags: [] }))
    const chosen = named(all, input.NetworkInterfaceIds, ({ shape }) => shape.NetworkInterfaceId!, noInterface)
    const { shown, answer } = pageOf(applyFilters(chosen, input.Filters, fields), input, 'DescribeNetworkInterfaces')
    return { output: { NetworkInterfaces: shown.map(({ shape }) => shape), ...answer } }
  },
})

async function ofEndpoints(
  network: Network,
  scope: OwnScope,
): Promise<readonly { readonly one: EndpointInterface; readonly endpoint: EndpointValue }[]> {
  const endpoints = (await network.listEndpoints(scope)).map(record => record.value)
  return endpoints.flatMap(endpoint => endpoint.interfaces.map(one => ({ one, endpoint })))
}

/** A workload's subnet says whose it is: the operator's word about a VPC names no account. */
async function ofWorkloads(
  network: Network,
  scope: OwnScope,
): Promise<readonly { readonly workload: AttachedWorkload; readonly subnet: SubnetValue }[]> {
  const subnets = new Map((await network.listSubnets(scope)).map(record => [record.id, record.value]))
  const clients = (await network.allVpcClients()).map(record => record.value)
  return clients.flatMap(({ workloads }) =>
    workloads.flatMap(workload => {
      const subnet = subnets.get(workload.subnetId)
      return subnet === undefined ? [] : [{ workload, subnet }]
    }),
  )
}

/** A workload's interface as EC2 shows that of an instance, without the instance. */
function workloadShape(
  workload: AttachedWorkload,
  subnet: SubnetValue,
  names: ReadonlyMap<string, string>,
): ec2.NetworkInterface {
  const { interfaceId, address, ipv6Address } = workload
  const privateName = hostNameOf(address, subnet.region)
  return {
    NetworkInterfaceId: interfaceId,
    Description: `Postern workload ${workload.namespace}`,
    InterfaceType: 'interface',
    RequesterManaged: false,
    OwnerId: subnet.account,
    Status: 'in-use',
    VpcId: subnet.vpcId,
    SubnetId: subnet.subnetId,
    AvailabilityZone: subnet.zone,
    PrivateIpAddress: address,
    PrivateDnsName: privateName,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address, PrivateDnsName: privateName }],
    Ipv6Addresses: ipv6Address === undefined ? [] : [{ Ipv6Address: ipv6Address }],
    ...(ipv6Address === undefined ? {} : { Ipv6Address: ipv6Address }),
    SourceDestCheck: true,
    Groups: workload.groupIds.map(GroupId => ({ GroupId, GroupName: names.get(GroupId) ?? '' })),
    Attachment: {
      AttachmentId: `eni-attach-${interfaceId.slice(4)}`,
      DeleteOnTermination: true,
      DeviceIndex: 0,
      InstanceOwnerId: subnet.account,
      Status: 'attached',
    },
    TagSet: [],
  }
}
