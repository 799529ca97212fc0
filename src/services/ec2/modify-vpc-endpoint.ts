import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import {
  defaultEndpointPolicy,
  SubnetAddresses,
  securityGroupCollection,
  serviceOfEndpoint,
  setEndpoint,
  vpcCollection,
} from '../../network/index.ts'
import type {
  EndpointInterface,
  EndpointIpType,
  EndpointValue,
  Network,
  SecurityGroupValue,
  VpcValue,
} from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { ec2Operation } from './ec2-operation.ts'
import type { Ec2Needs } from './ec2-operation.ts'
import { requireDnsOptions, requireGroups, requirePrivateDns, requireSubnets } from './endpoint-checks.ts'
import { addressesOf, isElsewhere, makeInterface, ofType, wantedAddresses } from './endpoint-interfaces.ts'
import type { WantedAddresses } from './endpoint-interfaces.ts'
import { ipTypesOf, requireAddressesOfType, wantedIpTypes } from './endpoint-ip-types.ts'
import { readEndpointPolicy } from './endpoint-policy.ts'
import { attributeKeys } from './needed-permissions.ts'
import { noEndpoint, noEndpointSubnet, noEndpointGroup } from './not-found.ts'
import { refuseUnserved } from './unserved.ts'

/** ModifyVpcEndpoint: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html */
export const modifyVpcEndpoint = ec2Operation<ec2.ModifyVpcEndpointRequest, ec2.ModifyVpcEndpointResult>({
  name: 'ModifyVpcEndpoint',
  readOnly: false,
  async permissions(input, ask) {
    const { PrivateDnsEnabled, PolicyDocument, ResetPolicy, IpAddressType } = input
    const attributes = attributeKeys({ PrivateDnsEnabled, PolicyDocument, ResetPolicy, IpAddressType })
    const configured = (input.SubnetConfigurations ?? []).flatMap(({ SubnetId: id }) => (id === undefined ? [] : [id]))
    const subnets = [...(input.AddSubnetIds ?? []), ...(input.RemoveSubnetIds ?? []), ...configured]
    const groups = [...(input.AddSecurityGroupIds ?? []), ...(input.RemoveSecurityGroupIds ?? [])]
    return [
      await ask.on('vpc-endpoint', input.VpcEndpointId, attributes),
      ...(await ask.onEach('subnet', subnets)),
      ...(await ask.onEach('security-group', groups)),
    ]
  },
  async run(input, needs, scope) {
    const { network, principals } = needs
    const endpoint = await network.findOwnEndpoint(input.VpcEndpointId, {
      account: scope.caller.account,
      region: scope.region,
    })
    if (endpoint === undefined || endpoint.value.state === 'deleting') throw noEndpoint(input.VpcEndpointId)
    refuseUnserved(input, { AddRouteTableIds: undefined, RemoveRouteTableIds: undefined }, 'InvalidParameter')
    requireDnsOptions(input.DnsOptions, endpoint.value.vpcId)
    const ipTypes = wantedIpTypes(input, ipTypesOf(endpoint.value), serviceOfEndpoint(endpoint.value), needs.servesIpv6)
    const policy = await changedPolicy(input, principals)
    const vpc = (await network.findVpc(endpoint.value.vpcId, {
      account: scope.caller.account,
      region: scope.region,
    }))!
    const privateDns = await changedPrivateDns(input, endpoint.value, vpc.value, network)
    const groups = await changedGroups(input, endpoint.value, network)
    const { ipAddressType } = ipTypes
    const { interfaces, writes } = await changedInterfaces(
      input,
      endpoint.value,
      ipAddressType,
      vpc.value,
      needs,
      scope,
    )
    const groupIds = groups?.map(group => group.id) ?? endpoint.value.groupIds
    const changed = { ...policy, ...privateDns, ...ipTypes, groupIds, interfaces }
    // Written unchanged: of two requests at once for a name or an address of the VPC, one starts over and sees the other.
    const isOfVpc = privateDns.privateDnsEnabled === true || writes.length > 0
    return {
      output: { Return: true },
      commit: {
        writes: [
          ...setEndpoint(endpoint, changed),
          ...writes,
          ...(isOfVpc ? [put(vpcCollection, vpc.id, vpc.value, vpc.version)] : []),
        ],
        // A group that is deleted at the same time is another version by then.
        checks: (groups ?? []).map(group => check(securityGroupCollection, group.id, group.version)),
      },
    }
  },
})

async function changedPolicy(
  { PolicyDocument: text, ResetPolicy: reset }: ec2.ModifyVpcEndpointRequest,
  principals: PrincipalDirectory,
): Promise<Partial<EndpointValue>> {
  if (text !== undefined && reset === true) {
    throw new ServiceError('InvalidParameterCombination', 'Give either PolicyDocument or ResetPolicy')
  }
  if (reset === true) return readEndpointPolicy(defaultEndpointPolicy, principals)
  return text === undefined ? {} : readEndpointPolicy(text, principals)
}

async function changedPrivateDns(
  { PrivateDnsEnabled: wanted }: ec2.ModifyVpcEndpointRequest,
  endpoint: EndpointValue,
  vpc: VpcValue,
  network: Network,
): Promise<Partial<EndpointValue>> {
  if (wanted === undefined || wanted === endpoint.privateDnsEnabled) return {}
  if (!wanted) return { privateDnsEnabled: false }
  const others = (await network.endpointsOf(vpc.vpcId))
    .map(record => record.value)
    .filter(other => other.endpointId !== endpoint.endpointId)
  requirePrivateDns(serviceOfEndpoint(endpoint), vpc, others)
  return { privateDnsEnabled: true }
}

/** All groups that the endpoint shall have; `undefined` where the request changes none. */
async function changedGroups(
  input: ec2.ModifyVpcEndpointRequest,
  endpoint: EndpointValue,
  network: Network,
): Promise<readonly StoredRecord<SecurityGroupValue>[] | undefined> {
  const { AddSecurityGroupIds: added = [], RemoveSecurityGroupIds: removed = [] } = input
  if (added.length === 0 && removed.length === 0) return undefined
  const absent = removed.find(id => !endpoint.groupIds.includes(id))
  if (absent !== undefined) {
    const present = await network.securityGroupsOf(endpoint.vpcId)
    throw present.some(group => group.id === absent)
      ? notAttached('security group', absent, endpoint)
      : noEndpointGroup(absent)
  }
  const wanted = [...endpoint.groupIds.filter(id => !removed.includes(id)), ...added]
  if (wanted.length === 0)
    throw new ServiceError('InvalidParameter', 'An endpoint must have at least one security group')
  return requireGroups(wanted, endpoint.vpcId, network)
}

const notAttached = (what: string, id: string, { endpointId }: EndpointValue): ServiceError =>
  new ServiceError('InvalidParameter', `The ${what} ${id} is not associated with the VPC endpoint ${endpointId}`)

async function requireAttached(ids: readonly string[], endpoint: EndpointValue, network: Network): Promise<void> {
  const absent = ids.find(id => !endpoint.interfaces.some(one => one.subnetId === id))
  if (absent === undefined) return
  const present = await network.subnetsOf(endpoint.vpcId)
  throw present.some(subnet => subnet.id === absent)
    ? notAttached('subnet', absent, endpoint)
    : noEndpointSubnet(absent)
}

/**
 * The interfaces that the endpoint shall have. A subnet that both goes and comes gets another interface; so does one that another
 * address is wanted in. A family that comes or goes leaves the interfaces what they are.
 */
async function changedInterfaces(
  { SubnetConfigurations: configurations, AddSubnetIds: added = [], RemoveSubnetIds: removed = [] }: SubnetChanges,
  endpoint: EndpointValue,
  ipType: EndpointIpType,
  vpc: VpcValue,
  { network, random }: Ec2Needs,
  scope: RequestScope,
): Promise<Pick<EndpointValue, 'interfaces'> & { readonly writes: readonly Write[] }> {
  await requireAttached(removed, endpoint, network)
  const staying = endpoint.interfaces.filter(one => !removed.includes(one.subnetId))
  const newIds = [...new Set(added)].filter(id => !staying.some(one => one.subnetId === id))
  const zones = staying.map(one => one.zone)
  await requireSubnets(newIds, serviceOfEndpoint(endpoint), vpc, zones, network, scope)
  const present = await network.subnetsOf(endpoint.vpcId)
  const subnetIds = [...staying.map(one => one.subnetId), ...newIds]
  const wanted = wantedAddresses(configurations, subnetIds, ipType)
  const subnets = new Map(present.map(({ id, value }) => [id, value]))
  requireAddressesOfType(
    ipType,
    subnetIds.map(id => subnets.get(id)!),
  )
  const addresses = new SubnetAddresses(present)
  const isMoved = (one: EndpointInterface): boolean => isElsewhere(one, wanted.get(one.subnetId))
  for (const one of endpoint.interfaces) if (!staying.includes(one) || isMoved(one)) addresses.giveBack(one)
  const make = (id: string, at: WantedAddresses): EndpointInterface =>
    makeInterface(subnets.get(id)!, at, ipType, addresses, random)
  const interfaces = [
    ...staying.map(one =>
      isMoved(one)
        ? make(one.subnetId, { ...addressesOf(one), ...wanted.get(one.subnetId) })
        : ofType(one, ipType, subnets.get(one.subnetId)!, addresses, random),
    ),
    ...newIds.map(id => make(id, wanted.get(id) ?? {})),
  ]
  return { interfaces, writes: addresses.writes }
}

type SubnetChanges = Pick<ec2.ModifyVpcEndpointRequest, 'SubnetConfigurations' | 'AddSubnetIds' | 'RemoveSubnetIds'>
