import { hostNameOf, macAddressOf, zonesOf } from '../../network/index.ts'
import type { AttachedWorkload, EndpointInterface, EndpointValue, SubnetValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'

/** An interface as EC2 shows it; here all are attached to something. */
export type ShownInterface = ec2.NetworkInterface & { readonly Attachment: ec2.NetworkInterfaceAttachment }

/** An account of AWS's own, as samples of endpoint interfaces show it. */
const requesterId = '727180483921'

/** A network interface of an endpoint as EC2 shows it: AWS's own, attached by it; `groupNames` are by group id. */
export function interfaceShape(
  one: EndpointInterface,
  endpoint: EndpointValue,
  groupNames: ReadonlyMap<string, string>,
): ShownInterface {
  const { ipv6Address: ipv6 } = one
  return {
    NetworkInterfaceId: one.interfaceId,
    Description: `VPC Endpoint Interface ${endpoint.endpointId}`,
    InterfaceType: 'vpc_endpoint',
    RequesterManaged: true,
    RequesterId: requesterId,
    OwnerId: endpoint.account,
    Status: 'in-use',
    VpcId: endpoint.vpcId,
    SubnetId: one.subnetId,
    AvailabilityZone: one.zone,
    AvailabilityZoneId: zonesOf(endpoint.region).find(zone => zone.name === one.zone)?.id,
    MacAddress: macAddressOf(one.interfaceId),
    ...ipv4Shape(one.address, endpoint.region),
    Ipv6Addresses: ipv6 === undefined ? [] : [{ Ipv6Address: ipv6, IsPrimaryIpv6: false }],
    ...(ipv6 === undefined ? {} : { Ipv6Address: ipv6, DenyAllIgwTraffic: true }),
    SourceDestCheck: true,
    Groups: endpoint.groupIds.map(GroupId => ({ GroupId, GroupName: groupNames.get(GroupId) ?? '' })),
    Attachment: {
      AttachmentId: `ela-attach-${one.interfaceId.slice('eni-'.length)}`,
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: 'amazon-aws',
      Status: 'attached',
    },
    Operator: { Managed: false },
    TagSet: [],
  }
}

/** What is shown of an IPv4 address; an interface with IPv6 alone has an empty list. */
function ipv4Shape(address: string | undefined, region: string): ec2.NetworkInterface {
  if (address === undefined) return { PrivateIpAddresses: [], Ipv6Native: true }
  const name = { PrivateIpAddress: address, PrivateDnsName: hostNameOf(address, region) }
  return { ...name, PrivateIpAddresses: [{ Primary: true, ...name }] }
}

/** A workload's interface as EC2 shows that of an instance, without the instance. */
export function workloadShape(
  workload: AttachedWorkload,
  subnet: SubnetValue,
  groupNames: ReadonlyMap<string, string>,
): ShownInterface {
  const { interfaceId, address, ipv6Address: ipv6 } = workload
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
    AvailabilityZoneId: subnet.zoneId,
    MacAddress: macAddressOf(interfaceId),
    ...ipv4Shape(address, subnet.region),
    Ipv6Addresses: ipv6 === undefined ? [] : [{ Ipv6Address: ipv6, IsPrimaryIpv6: false }],
    ...(ipv6 === undefined ? {} : { Ipv6Address: ipv6 }),
    SourceDestCheck: true,
    Groups: workload.groupIds.map(GroupId => ({ GroupId, GroupName: groupNames.get(GroupId) ?? '' })),
    Attachment: {
      AttachmentId: `eni-attach-${interfaceId.slice('eni-'.length)}`,
      DeleteOnTermination: true,
      DeviceIndex: 0,
      InstanceOwnerId: subnet.account,
      Status: 'attached',
    },
    Operator: { Managed: false },
    TagSet: [],
  }
}
