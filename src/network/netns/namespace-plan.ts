import { endpointPort, groupsOf } from '../doors/admits-somebody.ts'
import type { VpcView } from '../doors/network-view.ts'
import { covers } from '../model/admission.ts'
import { blocksOf } from '../model/blocks.ts'
import type { EndpointInterface, EndpointValue, SecurityGroupRule, VpcValue } from '../model/records.ts'
import { sourcesThroughBorders } from './border-sources.ts'
import { commonBlock, formatAddress, formatPrefixed, parseNetwork, withoutOverlaps } from './prefixed-address.ts'
import type { PrefixedAddress } from './prefixed-address.ts'

/** What the namespace of a VPC is to be like: plain values, which the helper reads anew. */
export interface NamespacePlan {
  readonly vpcId: string
  readonly window: number
  /** Blocks that connections may come from at all. */
  readonly sources: readonly string[]
  /** The router's addresses: base + 1 of each block of a subnet. */
  readonly gateways: readonly string[]
  readonly resolvers: readonly string[]
  readonly doors: readonly DoorPlan[]
  readonly workloads: readonly WorkloadPlan[]
}

/** An address of an endpoint, and the blocks that new connections to it may come from. */
export interface DoorPlan {
  readonly address: string
  readonly sources: readonly string[]
}

/** An attached workload: its port and MAC address follow from the interface's id. */
export interface WorkloadPlan {
  readonly interfaceId: string
  readonly addresses: readonly string[]
}

const linkLocalResolver = '169.254.169.253'
const ipv6Resolver = 'fd00:ec2::253'

/** Where the resolver of a VPC answers: base + 2 first, then the addresses that are the same in every VPC. */
export function resolverAddressesOf(vpc: VpcValue): readonly string[] {
  const first = offset(parseNetwork(vpc.cidr)!, 2n)
  const isDual = (vpc.ipv6Associations ?? []).length > 0
  return [formatAddress(first), linkLocalResolver, ...(isDual ? [ipv6Resolver] : [])]
}

/** Plans the namespace of a VPC. `closing` are addresses of doors that finish what is under way: they stay, and let nobody in. */
export function planNamespace(view: VpcView, closing: Iterable<string>): NamespacePlan {
  const { vpc, subnets, ipv6Subnets, clients, endpoints } = view
  const doors = new Map([...closing].map(address => [address, [] as readonly string[]]))
  for (const endpoint of endpoints) {
    const sources = endpoint.state === 'deleting' ? [] : sourcesOf(endpoint, view)
    for (const address of endpoint.interfaces.flatMap(addressesOf))
      doors.set(address, blocksText(sourcesThroughBorders(sources, parseNetwork(address)!, view.borders)))
  }
  return {
    vpcId: vpc.vpcId,
    window: vpc.window,
    sources: blocksText([...sourceBlocks(view)]),
    gateways: [...subnets.values(), ...ipv6Subnets].map(cidr => formatAddress(offset(parseNetwork(cidr)!, 1n))),
    resolvers: resolverAddressesOf(vpc),
    doors: [...doors].map(([address, sources]) => ({ address, sources })),
    workloads: clients.workloads.map(workload => ({
      interfaceId: workload.interfaceId,
      addresses: addressesOf(workload),
    })),
  }
}

type Addressed = Pick<EndpointInterface, 'address' | 'ipv6Address'>

const addressesOf = ({ address, ipv6Address }: Addressed): readonly string[] =>
  [address, ipv6Address].filter(one => one !== undefined)

const offset = (block: PrefixedAddress, by: bigint): PrefixedAddress => ({ ...block, address: block.address + by })

const sourceBlocks = ({ vpc, clients }: VpcView): readonly PrefixedAddress[] =>
  [...blocksOf(vpc), ...clients.admittedBlocks].flatMap(cidr => parseNetwork(cidr) ?? [])

/** Whom the groups of an endpoint let in, as the doors decide it: those of their blocks that lie in the VPC's, and members of their groups. */
function sourcesOf(endpoint: EndpointValue, view: VpcView): readonly PrefixedAddress[] {
  const known = sourceBlocks(view)
  const rules = groupsOf(endpoint, view).flatMap(group => group.rules.filter(admitsHttps))
  const blocks = rules.flatMap(rule => peersOf(rule, view))
  return withoutOverlaps(blocks.flatMap(block => known.flatMap(source => commonBlock(block, source) ?? [])))
}

const admitsHttps = (rule: SecurityGroupRule): boolean =>
  rule.direction === 'ingress' && covers(rule, { protocol: 'tcp', port: endpointPort })

function peersOf({ peer }: SecurityGroupRule, { clients }: VpcView): readonly PrefixedAddress[] {
  switch (peer.kind) {
    case 'ipv4':
    case 'ipv6':
      return [parseNetwork(peer.cidr)].filter(block => block !== undefined)
    case 'group':
      return clients.workloads
        .filter(workload => workload.groupIds.includes(peer.groupId))
        .flatMap(workload => addressesOf(workload).flatMap(address => parseNetwork(address) ?? []))
  }
}

const blocksText = (blocks: readonly PrefixedAddress[]): readonly string[] =>
  withoutOverlaps(blocks).map(formatPrefixed).sort()
