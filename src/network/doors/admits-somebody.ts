import { admits, covers } from '../model/admission.ts'
import { blocksOf, firstCommonAddress } from '../model/blocks.ts'
import { addressText, parseBlock } from '../model/cidr.ts'
import type { EndpointValue, SecurityGroupValue } from '../model/records.ts'
import type { VpcView } from './network-view.ts'

/** Rules are about the port that an endpoint has in AWS, whatever it really is here. */
export const endpointPort = 443

/** The security groups of an endpoint. */
export function groupsOf(endpoint: EndpointValue, { groups }: VpcView): readonly SecurityGroupValue[] {
  return endpoint.groupIds.map(id => groups.get(id)).filter(group => group !== undefined)
}

/**
 * Whether there is an address in the VPC, or in a block that the operator admitted, that can reach the endpoint and that its groups let in. A rule that
 * names a group admits nobody where no client is in it: the default group is such a one.
 */
export function admitsSomebody(endpoint: EndpointValue, view: VpcView): boolean {
  const rules = groupsOf(endpoint, view).flatMap(group => group.rules.filter(isForDoors))
  if (rules.some(rule => admitsMembers(rule, endpoint, view))) return true
  const sources = [...blocksOf(view.vpc), ...view.clients.admittedBlocks]
  return rules.some(
    ({ peer }) => peer.kind !== 'group' && sources.some(source => isReached(peer.cidr, source, endpoint)),
  )
}

/** The first look at a rule: of those that are about something else there may be hundreds, at each of fifty endpoints. */
const isForDoors = (rule: Rule): boolean =>
  rule.direction === 'ingress' && covers(rule, { protocol: 'tcp', port: endpointPort })

function isReached(cidr: string, source: string, endpoint: EndpointValue): boolean {
  const address = firstCommonAddress(cidr, source)
  return address !== undefined && reaches(address, endpoint)
}

/** Whether an endpoint has addresses of the family that this one is of. */
const reaches = (address: string, { ipAddressType = 'ipv4' }: EndpointValue): boolean =>
  ipAddressType === 'dualstack' || (ipAddressType === 'ipv6') === address.includes(':')

type Rule = SecurityGroupValue['rules'][number]

function admitsMembers(rule: Rule, endpoint: EndpointValue, { clients, vpc }: VpcView): boolean {
  if (rule.peer.kind !== 'group') return false
  const workloads = clients.workloads.filter(({ address, ipv6Address }) =>
    [address, ipv6Address].some(one => one !== undefined && reaches(one, endpoint)),
  )
  const clientGroupIds = [...workloads, clients.standIn].flatMap(client => client?.groupIds ?? [])
  const clientAddress = addressText(parseBlock(vpc.cidr)!.base)
  const attempt = { protocol: 'tcp', port: endpointPort, clientAddress, clientGroupIds } as const
  return admits([{ rules: [rule] }], attempt)
}
