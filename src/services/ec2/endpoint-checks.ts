import { ServiceError } from '../../base/index.ts'
import { privateNamesOf, serviceNameOf, serviceOfEndpoint, serviceZones } from '../../network/index.ts'
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
import { noEndpointGroup, noEndpointSubnet } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

type Scope = Pick<RequestScope, 'region'> & { readonly caller: { readonly account: string } }

/** The subnets of a request: all in the VPC, in zones of their own where the service is. @throws {ServiceError} */
export async function requireSubnets(
  ids: readonly string[],
  service: EndpointServiceRow,
  vpc: VpcValue,
  takenZones: readonly string[],
  network: Network,
  scope: Scope,
): Promise<readonly StoredRecord<SubnetValue>[]> {
  const zones = new Set(takenZones)
  const subnets: StoredRecord<SubnetValue>[] = []
  for (const id of ids) {
    const subnet = await network.findSubnet(id, { account: scope.caller.account, region: scope.region })
    if (subnet === undefined || subnet.value.vpcId !== vpc.vpcId) throw noEndpointSubnet(id)
    requireServedZone(subnet.value, service)
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

/** @throws {ServiceError} for a subnet in a zone where the service is not. */
export function requireServedZone({ subnetId, zone, region }: SubnetValue, service: EndpointServiceRow): void {
  if (serviceZones(service, region).some(served => served.name === zone)) return
  throw new ServiceError(
    'InvalidParameter',
    `The VPC endpoint service ${serviceNameOf(service, region)} does not support the availability zone of the subnet: ${subnetId}.`,
  )
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
    if (group === undefined) throw noEndpointGroup(id)
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

/** Refuses names other than the service's own, and what needs an endpoint of another kind beside it. @throws {ServiceError} */
export function requireDnsOptions(options: ec2.DnsOptionsSpecification = {}, vpcId: string): void {
  refuseUnserved(
    options,
    { PrivateDnsPreference: undefined, PrivateDnsSpecifiedDomains: undefined },
    'InvalidParameter',
  )
  if (options.PrivateDnsOnlyForInboundResolverEndpoint === true) {
    throw new ServiceError(
      'InvalidParameter',
      `To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC ${vpcId} must have a Gateway endpoint for the service.`,
    )
  }
}
