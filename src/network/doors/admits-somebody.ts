import { admits } from '../model/admission.ts'
import { addressText, blockHolds, blocksOverlap, parseBlock, parseBlockLoosely } from '../model/cidr.ts'
import type { EndpointValue, SecurityGroupValue } from '../model/records.ts'
import type { VpcView } from './network-view.ts'

/** Rules are about the port that an endpoint has in AWS, whatever it really is here. */
export const endpointPort = 443

/** The security groups of an endpoint. */
export function groupsOf(endpoint: EndpointValue, { groups }: VpcView): readonly SecurityGroupValue[] {
  return endpoint.groupIds.map(id => groups.get(id)).filter(group => group !== undefined)
}

/**
 * Whether there is an address in the VPC that the endpoint's groups let in. A rule that names a group admits nobody where
 * clients are in no group, as on the loopback network: the default group is such a one.
 */
export function admitsSomebody(endpoint: EndpointValue, view: VpcView): boolean {
  const vpc = parseBlock(view.vpc.cidr)!
  const groups = groupsOf(endpoint, view)
  const blocks = groups.flatMap(group =>
    group.rules.flatMap(({ peer }) => (peer.kind === 'ipv4' ? (parseBlockLoosely(peer.cidr) ?? []) : [])),
  )
  return blocks
    .filter(block => blocksOverlap(block, vpc))
    .map(block => addressText(blockHolds(vpc, block.base) ? block.base : vpc.base))
    .some(clientAddress => admits(groups, { protocol: 'tcp', port: endpointPort, clientAddress, clientGroupIds: [] }))
}
