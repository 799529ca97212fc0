import { createHash } from 'node:crypto'
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
  parseBlock,
  vpcCollection,
} from '../../network/index.ts'
import type { EndpointInterface, EndpointValue, SubnetValue } from '../../network/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { auditValues, ec2Operation, resourceCheck } from './ec2-operation.ts'
import { requireGroups, requireIpv4, requirePrivateDns, requireSubnets } from './endpoint-checks.ts'
import { requireEndpointPolicy } from './endpoint-policy.ts'
import { noServiceName } from './not-found.ts'
import { endpointShape } from './shapes.ts'
import { specifiedTags } from './tags.ts'

const maxEndpointsPerVpc = 50

/** CreateVpcEndpoint: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html */
export const createVpcEndpoint = ec2Operation<ec2.CreateVpcEndpointRequest, ec2.CreateVpcEndpointResult>({
  name: 'CreateVpcEndpoint',
  readOnly: false,
  checks(input, scope) {
    const {
      VpcId: vpcId,
      ServiceName: serviceName = '',
      SubnetIds: subnets = [],
      SecurityGroupIds: groups = [],
    } = input
    const context = { 'ec2:VpceServiceName': serviceName, 'ec2:VpceServiceOwner': 'amazon' }
    return [
      resourceCheck('CreateVpcEndpoint', 'vpc-endpoint/*', scope, context),
      resourceCheck('CreateVpcEndpoint', `vpc/${vpcId}`, scope),
      ...subnets.map(id => resourceCheck('CreateVpcEndpoint', `subnet/${id}`, scope)),
      ...groups.map(id => resourceCheck('CreateVpcEndpoint', `security-group/${id}`, scope)),
    ]
  },
  async run(input, { network, random }, scope) {
    const {
      caller: { account },
      region,
      now,
    } = scope
    const digest = createHash('sha256').update(JSON.stringify(input)).digest('hex')
    const known =
      input.ClientToken === undefined
        ? undefined
        : await network.findByClientToken(input.ClientToken, { account, region })
    if (known !== undefined) return { output: repeated(known.value, digest, input) }
    const serviceName = input.ServiceName ?? ''
    const service = findEndpointService(serviceName, region)
    if (service === undefined) throw noServiceName(serviceName)
    const type = input.VpcEndpointType ?? 'Gateway'
    if (type !== 'Interface')
      throw new ServiceError(
        'InvalidServiceName',
        `The Vpc Endpoint Service '${serviceName}' does not support the endpoint type '${type}'.`,
      )
    const vpc = await network.findVpc(input.VpcId, { account, region })
    if (vpc === undefined) throw new ServiceError('InvalidVpcId.NotFound', `The Vpc Id ${input.VpcId} does not exist`)
    requireIpv4(input, vpc.id)
    const policy = input.PolicyDocument ?? defaultEndpointPolicy
    requireEndpointPolicy(policy)
    const others = (await network.endpointsOf(vpc.id)).map(record => record.value)
    if (others.length >= maxEndpointsPerVpc) {
      throw new ServiceError(
        'VpcEndpointLimitExceeded',
        'You have reached the limit on the number of VPC endpoints you can create in the VPC',
      )
    }
    const privateDnsEnabled = input.PrivateDnsEnabled ?? true
    if (privateDnsEnabled) requirePrivateDns(service.service, vpc.value, others)
    const subnets = await requireSubnets([...new Set(input.SubnetIds ?? [])], vpc.value, [], network, scope)
    const groups = await requireGroups(input.SecurityGroupIds ?? [], vpc.id, network)
    const { interfaces, writes } = makeInterfaces(subnets, input.SubnetConfigurations ?? [], random)
    const endpoint: EndpointValue = {
      endpointId: newResourceId('vpce', random),
      account,
      region,
      vpcId: vpc.id,
      service: service.service,
      serviceName,
      state: 'pending',
      interfaces,
      groupIds: groups.map(group => group.id),
      policy,
      privateDnsEnabled,
      dnsLabel: newLabel(random),
      privateZoneId: `Z${random(10).toString('hex').toUpperCase()}`,
      createdAt: now,
      tags: specifiedTags(input.TagSpecifications, 'vpc-endpoint'),
      ...(input.ClientToken === undefined ? {} : { clientToken: input.ClientToken, requestDigest: digest }),
    }
    const names = new Map(groups.map(group => [group.id, group.value.name]))
    const output = { VpcEndpoint: endpointShape(endpoint, names), ...clientToken(input) }
    return {
      output,
      commit: {
        // The VPC is written too, unchanged: of two requests at once for its private name, one starts over and sees the other.
        writes: [
          put(endpointCollection, endpoint.endpointId, endpoint, 'absent'),
          put(vpcCollection, vpc.id, vpc.value, vpc.version),
          ...writes,
        ],
      },
      responseElements: { CreateVpcEndpointResponse: auditValues(output) },
    }
  },
})

const clientToken = (input: ec2.CreateVpcEndpointRequest): { ClientToken?: string } =>
  input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }

/** The answer to a request that was served before. @throws {ServiceError} where it asks for something else. */
function repeated(
  endpoint: EndpointValue,
  digest: string,
  input: ec2.CreateVpcEndpointRequest,
): ec2.CreateVpcEndpointResult {
  if (endpoint.requestDigest !== digest) {
    throw new ServiceError(
      'IdempotentParameterMismatch',
      'The client token you have provided was used before with other parameters.',
    )
  }
  return { VpcEndpoint: endpointShape(endpoint, new Map()), ...clientToken(input) }
}

/** One interface in each subnet, at the addresses that the request wants. @throws {ServiceError} */
export function makeInterfaces(
  subnets: readonly StoredRecord<SubnetValue>[],
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
    if (wanted !== undefined) requireUsable(wanted, subnet.value)
    const created = createInterface(subnet, random, wanted)
    if (created === undefined) {
      throw wanted === undefined
        ? new ServiceError('InsufficientFreeAddressesInSubnet', `The subnet ${subnet.id} has no free addresses`)
        : new ServiceError('InvalidIPAddress.InUse', `The specified address is already in use.`)
    }
    return created
  })
  return { interfaces: made.map(one => one.made), writes: made.flatMap(one => one.writes) }
}

function requireUsable(address: string, subnet: SubnetValue): void {
  const block = parseBlock(subnet.cidr)!
  const isIpv4 = /^(?:\d{1,3}\.){3}\d{1,3}$/.test(address) && parseBlock(`${address}/32`) !== undefined
  const offset = isIpv4 ? addressNumber(address) - block.base : -1
  if (!isIpv4 || !blockHolds(block, block.base + offset) || offset < 4 || offset === blockSize(block) - 1) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Address ${address} does not fall within the subnet's address range`,
    )
  }
}

const labelAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function newLabel(random: Random): string {
  return [...random(8)].map(byte => labelAlphabet[byte % labelAlphabet.length]).join('')
}
