import { createHash } from 'node:crypto'
import type { ConditionValues } from '../../authorization/index.ts'
import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import {
  blockHolds,
  addressNumber,
  blockSize,
  createInterface,
  defaultEndpointPolicy,
  endpointCollection,
  findEndpointService,
  loopbackTwinOf,
  parseBlock,
  securityGroupCollection,
  serviceNameOf,
  vpcCollection,
} from '../../network/index.ts'
import type {
  EndpointInterface,
  EndpointServiceRow,
  EndpointValue,
  SecurityGroupValue,
  SubnetValue,
} from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { auditValues, ec2Operation } from './ec2-operation.ts'
import {
  noServiceAbroad,
  requireGroups,
  requirePrivateDns,
  requireServedOptions,
  requireSubnets,
} from './endpoint-checks.ts'
import { readEndpointPolicy, shownEndpoint } from './endpoint-policy.ts'
import { missingParameter, noServiceName } from './not-found.ts'
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
  async run(input, { network, random, principals, offered }, scope) {
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
    if (vpc === undefined) throw new ServiceError('InvalidVpcId.NotFound', `The Vpc Id ${input.VpcId} does not exist`)
    requireServedOptions(input, vpc.id)
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
    const subnets = await requireSubnets([...new Set(input.SubnetIds ?? [])], vpc.value, [], network, scope)
    const groups = await requireGroups(input.SecurityGroupIds ?? [], vpc.id, network)
    const neighbours = (await network.subnetsOf(vpc.id)).map(record => record.value)
    const { interfaces, writes } = makeInterfaces(subnets, neighbours, input.SubnetConfigurations ?? [], random)
    const endpoint: EndpointValue = {
      endpointId: newResourceId('vpce', random),
      account,
      region,
      vpcId: vpc.id,
      service: service.service,
      serviceName: serviceNameOf(service, region),
      state: 'pending',
      interfaces,
      groupIds: groups.map(group => group.id),
      ...policy,
      privateDnsEnabled,
      dnsLabel: newLabel(random),
      privateZoneId: `Z${random(10).toString('hex').toUpperCase()}`,
      createdAt: now,
      tags: specifiedTags(input.TagSpecifications, 'vpc-endpoint'),
      ...(token === undefined ? {} : { clientToken: token, requestDigest: digestOf(input) }),
    }
    const output = outputOf(endpoint, groups, input)
    return {
      output,
      commit: {
        // The VPC is written too, unchanged: of two requests at once for its private name, one starts over and sees the other.
        writes: [
          put(endpointCollection, endpoint.endpointId, endpoint, 'absent'),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
          ...writes,
        ],
        checks: groups.map(group => check(securityGroupCollection, group.id, group.version)),
      },
      responseElements: { CreateVpcEndpointResponse: auditValues(output) },
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

/** What a request asks for, however often and under whichever token it is sent. */
function digestOf(input: ec2.CreateVpcEndpointRequest): string {
  const { DryRun: _dryRun, ClientToken: _token, ...asked } = input
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

function outputOf(
  endpoint: EndpointValue,
  groups: readonly StoredRecord<SecurityGroupValue>[],
  { ClientToken: token }: ec2.CreateVpcEndpointRequest,
): ec2.CreateVpcEndpointResult {
  const names = new Map(groups.map(group => [group.id, group.value.name]))
  return { VpcEndpoint: endpointShape(endpoint, names), ...(token === undefined ? {} : { ClientToken: token }) }
}

/** @throws {ServiceError} where a request with a known token asks for something else. */
function requireSameRequest(endpoint: EndpointValue, input: ec2.CreateVpcEndpointRequest): void {
  if (endpoint.requestDigest !== digestOf(input)) {
    throw new ServiceError(
      'IdempotentParameterMismatch',
      'The client token you have provided was used before with other parameters.',
    )
  }
}

/** One interface in each subnet, at the addresses that the request wants; `neighbours` are all subnets of the VPC. @throws {ServiceError} */
export function makeInterfaces(
  subnets: readonly StoredRecord<SubnetValue>[],
  neighbours: readonly SubnetValue[],
  configurations: readonly ec2.SubnetConfiguration[],
  random: Random,
): { readonly interfaces: readonly EndpointInterface[]; readonly writes: readonly Write[] } {
  for (const { SubnetId: id } of configurations) {
    if (!subnets.some(subnet => subnet.id === id)) {
      throw new ServiceError('InvalidParameter', `The subnet ${id} of SubnetConfigurations is not among SubnetIds`)
    }
  }
  const made = subnets.map(subnet => {
    const wanted = configurations.find(({ SubnetId: id }) => id === subnet.id)?.Ipv4
    if (wanted !== undefined) requireUsable(wanted, subnet.value, neighbours)
    const created = createInterface(subnet, neighbours, random, wanted)
    if (created === undefined) {
      throw wanted === undefined
        ? new ServiceError('InsufficientFreeAddressesInSubnet', `The subnet ${subnet.id} has no free addresses`)
        : new ServiceError('InvalidIPAddress.InUse', `The specified address is already in use.`)
    }
    return created
  })
  return { interfaces: made.map(one => one.made), writes: made.flatMap(one => one.writes) }
}

function requireUsable(address: string, subnet: SubnetValue, neighbours: readonly SubnetValue[]): void {
  const block = parseBlock(subnet.cidr)!
  const isIpv4 = /^(?:\d{1,3}\.){3}\d{1,3}$/.test(address) && parseBlock(`${address}/32`) !== undefined
  const offset = isIpv4 ? addressNumber(address) - block.base : -1
  if (!isIpv4 || !blockHolds(block, block.base + offset) || offset < 4 || offset === blockSize(block) - 1) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Address ${address} does not fall within the subnet's address range`,
    )
  }
  const twin = loopbackTwinOf(address, neighbours)
  if (twin !== undefined) {
    throw new ServiceError(
      'InvalidIPAddress.InUse',
      `The address ${address} cannot be used beside ${twin}: two addresses of a VPC that end in the same two numbers cannot be told apart on the loopback network`,
    )
  }
}

const labelAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function newLabel(random: Random): string {
  return [...random(8)].map(byte => labelAlphabet[byte % labelAlphabet.length]).join('')
}
