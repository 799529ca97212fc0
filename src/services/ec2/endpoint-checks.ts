import { ServiceError } from '../../base/index.ts'
import { privateNamesOf, serviceNameOf, serviceOfEndpoint } from '../../network/index.ts'
import type {
  EndpointServiceRow,
  EndpointValue,
  Network,
  SecurityGroupValue,
  SubnetValue,
  VpcValue,
} from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { RequestScope } from '../operation.ts'
import { noEndpointSubnet, noGroup, requireSubnetId } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

type Scope = Pick<RequestScope, 'region'> & { readonly caller: { readonly account: string } }

/** The subnets of a request: all in the VPC, in zones of their own. @throws {ServiceError} */
export async function requireSubnets(
  ids: readonly string[],
  vpc: VpcValue,
  takenZones: readonly string[],
  network: Network,
  scope: Scope,
): Promise<readonly StoredRecord<SubnetValue>[]> {
  const zones = new Set(takenZones)
  const subnets: StoredRecord<SubnetValue>[] = []
  for (const id of ids) {
    requireSubnetId(id)
    const subnet = await network.findSubnet(id, { account: scope.caller.account, region: scope.region })
    if (subnet === undefined || subnet.value.vpcId !== vpc.vpcId) throw noEndpointSubnet(id)
    if (zones.has(subnet.value.zone)) {
      throw new ServiceError(
        'DuplicateSubnetsInSameZone',
        `Found another VPC endpoint subnet in the availability zone of ${id}. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.`,
      )
    }
    zones.add(subnet.value.zone)
    subnets.push(subnet)
  }
  return subnets
}

/** Endpoints reach the services of their own Region. */
export const noServiceAbroad = (region: string): ServiceError =>
  new ServiceError('InvalidParameter', `Services of another Region are not offered: '${region}'`)

/** How many security groups an endpoint's interfaces can have. */
export const maxGroups = 5

/** The security groups of a request, or the VPC's default group. @throws {ServiceError} */
export async function requireGroups(
  ids: readonly string[],
  vpcId: string,
  network: Network,
): Promise<readonly StoredRecord<SecurityGroupValue>[]> {
  const present = await network.securityGroupsOf(vpcId)
  if (ids.length === 0) return present.filter(group => group.value.name === 'default')
  const chosen = [...new Set(ids)].map(id => {
    const group = present.find(known => known.id === id)
    if (group === undefined) throw noGroup(id)
    return group
  })
  if (chosen.length > maxGroups) {
    throw new ServiceError(
      'SecurityGroupsPerInterfaceLimitExceeded',
      'The maximum number of security groups per interface has been reached.',
    )
  }
  return chosen
}

/** Private DNS needs both attributes of the VPC, and names that no other endpoint there has. @throws {ServiceError} */
export function requirePrivateDns(service: EndpointServiceRow, vpc: VpcValue, others: readonly EndpointValue[]): void {
  const names = privateNamesOf(service, vpc.region)
  if (names.length === 0) {
    throw new ServiceError(
      'InvalidParameter',
      `Private DNS can't be enabled because the service ${serviceNameOf(service, vpc.region)} does not provide a private DNS name.`,
    )
  }
  if (!vpc.enableDnsSupport || !vpc.enableDnsHostnames) {
    throw new ServiceError(
      'InvalidParameter',
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.vpcId}`,
    )
  }
  const holders = others.filter(other => other.privateDnsEnabled && other.state !== 'deleting')
  const taken = new Set(holders.flatMap(other => privateNamesOf(serviceOfEndpoint(other), vpc.region)))
  const conflicting = names.find(name => taken.has(name))
  if (conflicting !== undefined) {
    throw new ServiceError(
      'InvalidParameter',
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${conflicting} in the VPC ${vpc.vpcId}`,
    )
  }
}

/** What requests to make or change an endpoint have in common. */
interface EndpointOptions {
  readonly IpAddressType?: string | undefined
  readonly DnsOptions?: ec2.DnsOptionsSpecification | undefined
  readonly SubnetConfigurations?: readonly ec2.SubnetConfiguration[] | undefined
}

/** Refuses what endpoints do not have here: IPv6, and private names other than the service's own. @throws {ServiceError} */
export function requireServedOptions(input: EndpointOptions, vpcId: string): void {
  const options = input.DnsOptions ?? {}
  refuseUnserved(
    options,
    { PrivateDnsPreference: undefined, PrivateDnsSpecifiedDomains: undefined },
    'InvalidParameter',
  )
  for (const subnet of input.SubnetConfigurations ?? []) refuseUnserved(subnet, { Ipv6: undefined }, 'InvalidParameter')
  const types = [input.IpAddressType, options.DnsRecordIpType].filter(type => type !== undefined)
  if (!types.every(type => type === 'ipv4')) {
    throw new ServiceError(
      'InvalidParameter',
      'The subnets have no IPv6 CIDR blocks: only the IP address type ipv4 can be used',
    )
  }
  if (options.PrivateDnsOnlyForInboundResolverEndpoint === true) {
    throw new ServiceError(
      'InvalidParameter',
      `To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ${vpcId} must have a Gateway endpoint for the service.`,
    )
  }
}
