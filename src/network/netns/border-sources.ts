import { endpointPort } from '../doors/admits-somebody.ts'
import { numberedAddress } from '../model/address-blocks.ts'
import { aclAllows, entriesAbout } from '../model/network-acls.ts'
import type { SubnetBorder } from '../model/network-acls.ts'
import type { NetworkAclEntryValue } from '../model/records.ts'
import { commonBlock, formatAddress, liesIn, parseNetwork, without, withoutOverlaps } from './prefixed-address.ts'
import type { PrefixedAddress } from './prefixed-address.ts'

// What more rules cut a block into is not worth the kernel's time, nor a plan that its helper refuses.
const maxPieces = 400

/**
 * What the network ACLs leave of the blocks that a door's groups admit: whom they stop gets no answer. It is what can be said without
 * the client's port, and of blocks that are not cut too fine; the door itself looks at each connection again.
 */
export function sourcesThroughBorders(
  blocks: readonly PrefixedAddress[],
  door: PrefixedAddress,
  borders: readonly SubnetBorder[],
): readonly PrefixedAddress[] {
  const home = borders.find(border => networksOf(border).some(network => liesIn(door, network)))
  // Nobody reaches a door from an address of the other family.
  const ofFamily = blocks.filter(({ family }) => family === door.family)
  if (home === undefined) return ofFamily
  const silent = borders.filter(border => border !== home && !letsOut(border, door)).flatMap(networksOf)
  if (silent.length === 0 && letsAllIn(home, door)) return ofFamily
  const neighbours = meets(ofFamily, networksOf(home))
  const entering = letIn(ofFamily, home.rules.ingress)
  const others = entering && cut(entering, silent)
  return others === undefined ? ofFamily : withoutOverlaps([...neighbours, ...others])
}

const networksOf = ({ blocks }: SubnetBorder): readonly PrefixedAddress[] =>
  blocks.map(parseNetwork).filter(network => network !== undefined)

const meets = (some: readonly PrefixedAddress[], others: readonly PrefixedAddress[]): readonly PrefixedAddress[] =>
  some.flatMap(one => others.flatMap(other => commonBlock(one, other) ?? []))

const letsOut = ({ rules }: SubnetBorder, door: PrefixedAddress): boolean =>
  aclAllows(rules.egress, numberedAddress(formatAddress(door))!, endpointPort)

/** Whether the first rule that decides about clients of the door's family lets all of them in: nothing is to be cut then. */
function letsAllIn({ rules }: SubnetBorder, { family }: PrefixedAddress): boolean {
  const about = entriesAbout(rules.ingress, endpointPort)
  const first = about.find(({ cidr }) => parseNetwork(cidr)?.family === family)
  return first?.action === 'allow' && parseNetwork(first.cidr)?.prefix === 0
}

/** What rules let in, each of what those before it have not decided; `undefined` where it comes in too many pieces. */
function letIn(
  blocks: readonly PrefixedAddress[],
  entries: readonly NetworkAclEntryValue[],
): readonly PrefixedAddress[] | undefined {
  const allowed: PrefixedAddress[] = []
  let undecided = blocks
  for (const { action, cidr } of entriesAbout(entries, endpointPort)) {
    const network = [parseNetwork(cidr)].filter(one => one !== undefined)
    if (action === 'allow') allowed.push(...meets(undecided, network))
    const rest = cut(undecided, network)
    if (rest === undefined || allowed.length > maxPieces) return undefined
    undecided = rest
  }
  return allowed
}

/** Blocks without what lies in others; `undefined` where too many pieces are left. */
function cut(
  blocks: readonly PrefixedAddress[],
  others: readonly PrefixedAddress[],
): readonly PrefixedAddress[] | undefined {
  let left = blocks
  for (const other of others) {
    left = left.flatMap(block => without(block, other))
    if (left.length > maxPieces) return undefined
  }
  return left
}
