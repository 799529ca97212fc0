import { ServiceError } from '../../base/index.ts'
import { privateNameOf } from '../../network/index.ts'
import type { EndpointValue, Network, SecurityGroupValue, SubnetValue, VpcValue } from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import { noGroup, noSubnet, requireSubnetId } from './not-found.ts'

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
    if (subnet === undefined || subnet.value.vpcId !== vpc.vpcId) throw noSubnet(id)
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

const maxGroups = 5

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

/** Private DNS needs both attributes of the VPC, and a name that no other endpoint there has. @throws {ServiceError} */
export function requirePrivateDns(service: string, vpc: VpcValue, others: readonly EndpointValue[]): void {
  if (!vpc.enableDnsSupport || !vpc.enableDnsHostnames) {
    throw new ServiceError(
      'InvalidParameter',
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.vpcId}`,
    )
  }
  if (others.some(other => other.service === service && other.privateDnsEnabled && other.state !== 'deleting')) {
    throw new ServiceError(
      'InvalidParameter',
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${privateNameOf(service, vpc.region)} in the VPC ${vpc.vpcId}`,
    )
  }
}

/** IPv6 and what belongs to it are not there yet. @throws {ServiceError} */
export function requireIpv4(
  input: {
    readonly IpAddressType?: string | undefined
    readonly DnsOptions?:
      | {
          readonly DnsRecordIpType?: string | undefined
          readonly PrivateDnsOnlyForInboundResolverEndpoint?: boolean | undefined
        }
      | undefined
  },
  vpcId: string,
): void {
  const types = [input.IpAddressType, input.DnsOptions?.DnsRecordIpType].filter(type => type !== undefined)
  if (!types.every(type => type === 'ipv4')) {
    throw new ServiceError(
      'InvalidParameter',
      'The subnets have no IPv6 CIDR blocks: only the IP address type ipv4 can be used',
    )
  }
  if (input.DnsOptions?.PrivateDnsOnlyForInboundResolverEndpoint === true) {
    throw new ServiceError(
      'InvalidParameter',
      `To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ${vpcId} must have a Gateway endpoint for the service.`,
    )
  }
}
