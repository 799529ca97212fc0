import type { PrincipalDirectory } from '../../accounts/index.ts'
import { ServiceError } from '../../base/index.ts'
import {
  defaultEndpointPolicy,
  removeInterface,
  securityGroupCollection,
  serviceOfEndpoint,
  setEndpoint,
  vpcCollection,
} from '../../network/index.ts'
import type { EndpointValue, Network, SecurityGroupValue } from '../../network/index.ts'
import { check, put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import type { RequestScope } from '../operation.ts'
import type { ec2 } from '../../wire/index.ts'
import { makeInterfaces } from './create-vpc-endpoint.ts'
import { ec2Operation } from './ec2-operation.ts'
import type { Ec2Needs } from './ec2-operation.ts'
import { requireGroups, requirePrivateDns, requireServedOptions, requireSubnets } from './endpoint-checks.ts'
import { readEndpointPolicy } from './endpoint-policy.ts'
import { attributeKeys } from './needed-permissions.ts'
import { noEndpoint, noEndpointSubnet, noGroup, requireEndpointId, requireSubnetId } from './not-found.ts'
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
    requireEndpointId(input.VpcEndpointId)
    const endpoint = await network.findOwnEndpoint(input.VpcEndpointId, {
      account: scope.caller.account,
      region: scope.region,
    })
    if (endpoint === undefined || endpoint.value.state === 'deleting') throw noEndpoint(input.VpcEndpointId)
    refuseUnserved(input, { AddRouteTableIds: undefined, RemoveRouteTableIds: undefined }, 'InvalidParameter')
    requireServedOptions(input, endpoint.value.vpcId)
    const policy = await changedPolicy(input, principals)
    const privateDns = await changedPrivateDns(input, endpoint.value, network, scope)
    const groups = await changedGroups(input, endpoint.value, network)
    const { interfaces, writes } = await changedInterfaces(input, endpoint, needs, scope)
    const groupIds = groups?.map(group => group.id) ?? endpoint.value.groupIds
    const changed = { ...policy, ...privateDns.changed, groupIds, interfaces }
    return {
      output: { Return: true },
      commit: {
        writes: [...setEndpoint(endpoint, changed), ...privateDns.writes, ...writes],
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
  network: Network,
  scope: RequestScope,
): Promise<{ readonly changed: Partial<EndpointValue>; readonly writes: readonly Write[] }> {
  if (wanted === undefined || wanted === endpoint.privateDnsEnabled) return { changed: {}, writes: [] }
  if (!wanted) return { changed: { privateDnsEnabled: false }, writes: [] }
  const vpc = (await network.findVpc(endpoint.vpcId, { account: scope.caller.account, region: scope.region }))!
  const others = (await network.endpointsOf(vpc.id))
    .map(record => record.value)
    .filter(other => other.endpointId !== endpoint.endpointId)
  requirePrivateDns(serviceOfEndpoint(endpoint), vpc.value, others)
  // Written unchanged: of two requests at once for the VPC's private name, one starts over and sees the other.
  return { changed: { privateDnsEnabled: true }, writes: [put(vpcCollection, vpc.id, vpc.value, vpc.version)] }
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
    throw present.some(group => group.id === absent) ? notAttached('security group', absent, endpoint) : noGroup(absent)
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
  requireSubnetId(absent)
  const present = await network.subnetsOf(endpoint.vpcId)
  throw present.some(subnet => subnet.id === absent)
    ? notAttached('subnet', absent, endpoint)
    : noEndpointSubnet(absent)
}

async function changedInterfaces(
  input: ec2.ModifyVpcEndpointRequest,
  { value: endpoint }: StoredRecord<EndpointValue>,
  { network, random }: Ec2Needs,
  scope: RequestScope,
): Promise<Pick<EndpointValue, 'interfaces'> & { readonly writes: readonly Write[] }> {
  const {
    SubnetConfigurations: configurations = [],
    AddSubnetIds: addedIds = [],
    RemoveSubnetIds: removedIds = [],
  } = input
  await requireAttached(removedIds, endpoint, network)
  const isMoved = (id: string): boolean => configurations.some(({ SubnetId: subnetId }) => subnetId === id)
  // Naming an address for a subnet that has an interface replaces it.
  const goes = endpoint.interfaces.filter(one => removedIds.includes(one.subnetId) || isMoved(one.subnetId))
  const kept = endpoint.interfaces.filter(one => !goes.includes(one))
  const moved = goes.filter(one => isMoved(one.subnetId) && !removedIds.includes(one.subnetId)).map(one => one.subnetId)
  const newIds = [...new Set([...addedIds, ...moved])].filter(id => !kept.some(one => one.subnetId === id))
  const vpc = (await network.findVpc(endpoint.vpcId, { account: scope.caller.account, region: scope.region }))!
  const subnets = await requireSubnets(
    newIds,
    vpc.value,
    kept.map(one => one.zone),
    network,
    scope,
  )
  const freed: Write[] = []
  const present = await network.subnetsOf(endpoint.vpcId)
  const free = subnets.map(subnet => {
    const old = goes.find(one => one.subnetId === subnet.id)
    if (old === undefined) return subnet
    return {
      ...subnet,
      value: { ...subnet.value, usedAddresses: subnet.value.usedAddresses.filter(address => address !== old.address) },
    }
  })
  for (const one of goes) {
    const subnet = present.find(known => known.id === one.subnetId)
    if (subnet !== undefined && !newIds.includes(subnet.id)) freed.push(...removeInterface(subnet, one))
  }
  const freedAddresses = new Set(goes.map(one => one.address))
  const neighbours = present.map(({ value }) => ({
    ...value,
    usedAddresses: value.usedAddresses.filter(address => !freedAddresses.has(address)),
  }))
  const made = makeInterfaces(free, neighbours, configurations, random)
  return { interfaces: [...kept, ...made.interfaces], writes: [...freed, ...made.writes] }
}
