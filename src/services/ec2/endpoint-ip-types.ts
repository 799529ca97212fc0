import { ServiceError } from '../../base/index.ts'
import { isIpv6Only } from '../../network/index.ts'
import type {
  DnsRecordIpType,
  EndpointIpType,
  EndpointServiceRow,
  EndpointValue,
  SubnetValue,
} from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'

/** The addresses that an endpoint's interfaces have, and those that its names answer. */
export type IpTypes = Required<Pick<EndpointValue, 'ipAddressType' | 'dnsRecordIpType'>>

/** What names can answer, by what addresses there are; the first is the default. */
const recordTypes: Readonly<Record<EndpointIpType, readonly [DnsRecordIpType, ...DnsRecordIpType[]]>> = {
  ipv4: ['ipv4'],
  ipv6: ['ipv6'],
  dualstack: ['dualstack', 'ipv4', 'ipv6', 'service-defined'],
}

/** The types that an endpoint has. */
export function ipTypesOf({ ipAddressType = 'ipv4', dnsRecordIpType = ipAddressType }: Partial<IpTypes>): IpTypes {
  return { ipAddressType, dnsRecordIpType }
}

interface IpTypeInput {
  readonly IpAddressType?: string | undefined
  readonly DnsOptions?: ec2.DnsOptionsSpecification | undefined
}

/**
 * The types that an endpoint shall have by a request; `current` are those that it has. Another address type brings its own record
 * type, where the request names none.
 *
 * @throws {ServiceError}
 */
export function wantedIpTypes(
  { IpAddressType: type, DnsOptions: { DnsRecordIpType: recordType } = {} }: IpTypeInput,
  current: IpTypes,
  service: EndpointServiceRow,
  servesIpv6: boolean,
): IpTypes {
  // The wire has checked that they are of the enumerations.
  const ipAddressType = (type ?? current.ipAddressType) as EndpointIpType
  const [standard] = recordTypes[ipAddressType]
  const kept = ipAddressType === current.ipAddressType ? current.dnsRecordIpType : standard
  const dnsRecordIpType = (recordType ?? kept) as DnsRecordIpType
  // Before the rest: where no door can be opened at such an address, no other words of the request make it right.
  if ((ipAddressType !== 'ipv4' || dnsRecordIpType !== 'ipv4') && !servesIpv6) {
    throw refusal('The network driver of this server serves no IPv6: only the IP address type ipv4 can be used')
  }
  if (ipAddressType !== 'ipv4' && !service.ipAddressTypes.includes('ipv6')) {
    throw refusal(`The VPC endpoint service does not support the IP address type ${ipAddressType}`)
  }
  if (!recordTypes[ipAddressType].includes(dnsRecordIpType)) {
    throw refusal(
      `The DNS record IP type ${dnsRecordIpType} cannot be used with the IP address type ${ipAddressType}: it can be ${recordTypes[ipAddressType].join(', ')}`,
    )
  }
  return { ipAddressType, dnsRecordIpType }
}

/** Refuses subnets that lack addresses of the type: https://docs.aws.amazon.com/vpc/latest/privatelink/vpce-interface.html @throws {ServiceError} */
export function requireAddressesOfType(type: EndpointIpType, subnets: readonly SubnetValue[]): void {
  const dual = subnets.find(subnet => !isIpv6Only(subnet))
  if (type === 'ipv6' && dual !== undefined) {
    throw refusal(`The subnet ${dual.subnetId} is not IPv6-only: the IP address type ipv6 needs subnets that are`)
  }
  const bare = subnets.find(isIpv6Only)
  if (type !== 'ipv6' && bare !== undefined) {
    throw refusal(
      `The subnet ${bare.subnetId} is IPv6-only: the IP address type ${type} needs an IPv4 CIDR block in each subnet`,
    )
  }
  const without = subnets.find(subnet => subnet.ipv6Association === undefined)
  if (type === 'dualstack' && without !== undefined) {
    throw refusal(
      `The subnet ${without.subnetId} has no IPv6 CIDR block: the IP address type dualstack needs one in each subnet`,
    )
  }
}

const refusal = (message: string): ServiceError => new ServiceError('InvalidParameter', message)
