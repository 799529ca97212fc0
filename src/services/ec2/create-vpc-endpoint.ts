import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import {
  SubnetAddresses,
  defaultEndpointPolicy,
  endpointCollection,
  findEndpointService,
  securityGroupCollection,
  serviceNameOf,
  takeClientToken,
  vpcCollection,
} from '../../network/index.ts'
import type { EndpointServiceRow, EndpointValue, SecurityGroupValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { requireSameRequest, tokenMembers } from './client-token.ts'
import { ec2Operation } from './ec2-operation.ts'
import {
  noServiceAbroad,
  requireDnsOptions,
  requireGroups,
  requirePrivateDns,
  requireSubnets,
} from './endpoint-checks.ts'
import { makeInterface, wantedAddresses } from './endpoint-interfaces.ts'
import { ipTypesOf, requireAddressesOfType, wantedIpTypes } from './endpoint-ip-types.ts'
import { readEndpointPolicy, shownEndpoint } from './endpoint-policy.ts'
import { missingParameter, noEndpointVpc, noServiceName } from './not-found.ts'
import { endpointShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'
import { refuseUnserved } from './unserved.ts'

const maxEndpointsPerVpc = 50

/** CreateVpcEndpoint: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html */
export const createVpcEndpoint = ec2Operation<ec2.CreateVpcEndpointRequest, ec2.CreateVpcEndpointResult>({
  name: 'CreateVpcEndpoint',
  readOnly: false,
  permissions: async (input, ask) => [
    ...ask.toMake('vpc-endpoint', input.TagSpecifications, serviceKeys(input, ask.region)),
    await ask.on('vpc', input.VpcId),
    ...(await ask.onEach('subnet', input.SubnetIds ?? [])),
    ...(await ask.onEach('security-group', input.SecurityGroupIds ?? [])),
  ],
  async run(input, { network, random, principals, offered, servesIpv6 }, scope) {
    const {
      caller: { account },
      region,
      now,
    } = scope
    const { ClientToken: token } = input
    const known = token === undefined ? undefined : await network.findByClientToken(token, { account, region })
    if (known !== undefined) {
      requireSameRequest(known.value, input)
      const present = await network.securityGroupsOf(known.value.vpcId)
      return { output: outputOf(await shownEndpoint(known.value, principals), present, input) }
    }
    const service = requireService(input, region, offered)
    const vpc = await network.findVpc(input.VpcId, { account, region })
    if (vpc === undefined) throw noEndpointVpc(input.VpcId)
    requireDnsOptions(input.DnsOptions, vpc.id)
    const ipTypes = wantedIpTypes(input, ipTypesOf({}), service, servesIpv6)
    const policy = await readEndpointPolicy(input.PolicyDocument ?? defaultEndpointPolicy, principals)
    const others = (await network.endpointsOf(vpc.id)).map(record => record.value)
    if (others.length >= maxEndpointsPerVpc) {
      throw new ServiceError(
        'VpcEndpointLimitExceeded',
        'You have reached the limit on the number of VPC endpoints you can create in the VPC',
      )
    }
    const privateDnsEnabled = input.PrivateDnsEnabled ?? true
    if (privateDnsEnabled) requirePrivateDns(service, vpc.value, others)
    const subnetIds = [...new Set(input.SubnetIds ?? [])]
    const subnets = (await requireSubnets(subnetIds, service, vpc.value, [], network, scope)).map(one => one.value)
    requireAddressesOfType(ipTypes.ipAddressType, subnets)
    const groups = await requireGroups(input.SecurityGroupIds ?? [], vpc.id, network)
    const wanted = wantedAddresses(input.SubnetConfigurations, subnetIds, ipTypes.ipAddressType)
    const addresses = new SubnetAddresses(await network.subnetsOf(vpc.id))
    const interfaces = subnets.map(subnet =>
      makeInterface(subnet, wanted.get(subnet.subnetId) ?? {}, ipTypes.ipAddressType, addresses, random),
    )
    const endpoint: EndpointValue = {
      endpointId: newResourceId('vpce', random),
      account,
      region,
      vpcId: vpc.id,
      service: service.service,
      serviceName: serviceNameOf(service, region),
      state: 'pending',
      interfaces,
      ...ipTypes,
      groupIds: groups.map(group => group.id),
      ...policy,
      privateDnsEnabled,
      dnsLabel: newLabel(random),
      privateZoneId: `Z${random(10).toString('hex').toUpperCase()}`,
      createdAt: now,
      tags: specifiedTags(input.TagSpecifications, 'vpc-endpoint'),
      ...tokenMembers(input),
    }
    const output = outputOf(endpoint, groups, input)
    return {
      output,
      commit: {
        // The VPC is written too, unchanged: of two requests at once for its private name, one starts over and sees the other.
        writes: [
          put(endpointCollection, endpoint.endpointId, endpoint, 'absent'),
          ...takeClientToken('vpc-endpoint', endpoint),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
          ...addresses.writes,
        ],
        checks: groups.map(group => check(securityGroupCollection, group.id, group.version)),
      },
    }
  },
})

const unserved = {
  RouteTableIds: undefined,
  ResourceConfigurationArn: undefined,
  ServiceNetworkArn: undefined,
} as const

/** The service that an endpoint is wanted for. @throws {ServiceError} */
function requireService(
  input: ec2.CreateVpcEndpointRequest,
  region: string,
  offered: readonly EndpointServiceRow[],
): EndpointServiceRow {
  const { ServiceName: name, ServiceRegion: serviceRegion = region, VpcEndpointType: type = 'Gateway' } = input
  refuseUnserved(input, unserved, 'InvalidParameter')
  if (name === undefined) throw missingParameter('ServiceName')
  if (serviceRegion !== region) throw noServiceAbroad(serviceRegion)
  const service = findEndpointService(name, region, offered)
  if (service === undefined) throw noServiceName(name)
  if (type === 'Interface') return service
  throw new ServiceError(
    'InvalidServiceName',
    `The Vpc Endpoint Service '${name}' does not support the endpoint type '${type}'.`,
  )
}

function serviceKeys(input: ec2.CreateVpcEndpointRequest, region: string): ConditionValues {
  const { ServiceName: name, ServiceRegion: serviceRegion = region } = input
  return {
    ...(name === undefined ? {} : { 'ec2:VpceServiceName': name }),
    'ec2:VpceServiceOwner': 'amazon',
    'ec2:VpceServiceRegion': serviceRegion,
    'ec2:VpceMultiRegion': String(serviceRegion !== region),
  }
}

function outputOf(
  endpoint: EndpointValue,
  groups: readonly StoredRecord<SecurityGroupValue>[],
  { ClientToken: token }: ec2.CreateVpcEndpointRequest,
): ec2.CreateVpcEndpointResult {
  const names = new Map(groups.map(group => [group.id, group.value.name]))
  return { VpcEndpoint: endpointShape(endpoint, names), ...(token === undefined ? {} : { ClientToken: token }) }
}

const labelAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function newLabel(random: Random): string {
  return [...random(8)].map(byte => labelAlphabet[byte % labelAlphabet.length]).join('')
}
