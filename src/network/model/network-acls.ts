import { check, put, remove } from '../../storage/index.ts'
import type { Check, StoredRecord, Write } from '../../storage/index.ts'
import { numberedAddress, textBlockHolds } from './address-blocks.ts'
import type { NumberedAddress } from './address-blocks.ts'
import { networkAclAssociationId, networkAclId } from './born-with.ts'
import { giveBackClientToken } from './client-tokens.ts'
import { networkAclCollection, vpcCollection } from './records.ts'
import type {
  NetworkAclEntryValue,
  NetworkAclRules,
  NetworkAclValue,
  NetworkTag,
  SubnetValue,
  VpcValue,
} from './records.ts'

/** A network ACL: one that somebody made, or the one that a VPC was born with. They differ in the record that they are kept in. */
export interface NetworkAcl {
  readonly networkAclId: string
  readonly vpcId: string
  readonly account: string
  readonly region: string
  readonly tags: readonly NetworkTag[]
  readonly rules: NetworkAclRules
  readonly keptIn:
    | { readonly kind: 'own record'; readonly record: StoredRecord<NetworkAclValue> }
    | { readonly kind: 'vpc'; readonly record: StoredRecord<VpcValue> }
}

/** The ACL of a record of its own. */
export function ownNetworkAcl(record: StoredRecord<NetworkAclValue>): NetworkAcl {
  const { networkAclId: id, vpcId, account, region, tags, rules } = record.value
  return { networkAclId: id, vpcId, account, region, tags, rules, keptIn: { kind: 'own record', record } }
}

/** The ACL that a VPC was born with: the one of all subnets that were given no other. */
export function defaultNetworkAclOf(record: StoredRecord<VpcValue>): NetworkAcl {
  const { vpcId, account, region, networkAclTags: tags = [] } = record.value
  const rules = defaultRulesOf(record.value)
  return { networkAclId: networkAclId(vpcId), vpcId, account, region, tags, rules, keptIn: { kind: 'vpc', record } }
}

/** The rules of the default ACL of a VPC. A direction that nobody has changed lets everything through, of IPv6 once the VPC has it. */
export function defaultRulesOf(vpc: VpcValue): NetworkAclRules {
  const allow = (ruleNumber: number, cidr: string): NetworkAclEntryValue => ({
    ruleNumber,
    action: 'allow',
    protocol: '-1',
    cidr,
  })
  const hasIpv6 = (vpc.ipv6Associations ?? []).length > 0
  const everything = [allow(100, '0.0.0.0/0'), ...(hasIpv6 ? [allow(101, '::/0')] : [])]
  return { ingress: everything, egress: everything, ...vpc.networkAclRules }
}

/** Which ACL a subnet has, and by which association. */
export function networkAclAssociationOf({ subnetId, vpcId, networkAclAssociation }: SubnetValue): {
  readonly associationId: string
  readonly networkAclId: string
} {
  return (
    networkAclAssociation ?? { associationId: networkAclAssociationId(subnetId), networkAclId: networkAclId(vpcId) }
  )
}

/** Changes the rules of one direction. The commit meets a conflict where the ACL was changed since it was read. */
export function setNetworkAclRules({ keptIn, rules }: NetworkAcl, changed: Partial<NetworkAclRules>): Write {
  if (keptIn.kind === 'own record') {
    const { id, value, version } = keptIn.record
    return put(networkAclCollection, id, { ...value, rules: { ...rules, ...changed } }, version)
  }
  const { id, value, version } = keptIn.record
  return put(vpcCollection, id, { ...value, networkAclRules: { ...value.networkAclRules, ...changed } }, version)
}

/** Removes an ACL that somebody made and no subnet has. */
export function removeNetworkAcl({ id, value, version }: StoredRecord<NetworkAclValue>): readonly Write[] {
  return [remove(networkAclCollection, id, version), ...giveBackClientToken('network-acl', value)]
}

/** That an ACL is as it was read. */
export function checkNetworkAcl({ keptIn }: NetworkAcl): Check {
  const { id, version } = keptIn.record
  return keptIn.kind === 'vpc' ? check(vpcCollection, id, version) : check(networkAclCollection, id, version)
}

/** A part of a VPC, and what passes its border. */
export interface SubnetBorder {
  /** Its blocks, IPv4 and IPv6. */
  readonly blocks: readonly string[]
  readonly rules: NetworkAclRules
}

/** A TCP connection from a client to an endpoint's interface. */
export interface Crossing {
  readonly clientAddress: string
  readonly clientPort: number
  readonly address: string
  readonly port: number
}

/**
 * Whether the ACLs of the subnets at both ends let a connection through, and its answers back: an ACL keeps no state. Within one
 * subnet nothing is asked; a client that is in no subnet passes the endpoint's border alone.
 */
export function bordersLetThrough(borders: readonly SubnetBorder[], crossing: Crossing): boolean {
  const [client, server] = [numberedAddress(crossing.clientAddress), numberedAddress(crossing.address)]
  if (client === undefined || server === undefined) return false
  const [from, to] = [borderOf(client, borders), borderOf(server, borders)]
  if (from !== undefined && from === to) return true
  const { port, clientPort } = crossing
  return (
    (from === undefined ||
      (aclAllows(from.rules.egress, server, port) && aclAllows(from.rules.ingress, server, clientPort))) &&
    (to === undefined || (aclAllows(to.rules.ingress, client, port) && aclAllows(to.rules.egress, client, clientPort)))
  )
}

const borderOf = (address: NumberedAddress, borders: readonly SubnetBorder[]): SubnetBorder | undefined =>
  borders.find(({ blocks }) => blocks.some(cidr => textBlockHolds(cidr, address)))

const tcp = '6'

/** Whether rules let TCP to a port through, from or to an address: the first that is about it decides; what none is about is denied. */
export function aclAllows(entries: readonly NetworkAclEntryValue[], address: NumberedAddress, port: number): boolean {
  return entriesAbout(entries, port).find(entry => textBlockHolds(entry.cidr, address))?.action === 'allow'
}

/** The rules that are about TCP to a port, the one that is asked first first. */
export function entriesAbout(entries: readonly NetworkAclEntryValue[], port: number): readonly NetworkAclEntryValue[] {
  return entries.filter(entry => isAbout(entry, port)).sort((one, other) => one.ruleNumber - other.ruleNumber)
}

function isAbout({ protocol, ports }: NetworkAclEntryValue, port: number): boolean {
  if (protocol === '-1') return true
  return protocol === tcp && ports !== undefined && port >= ports.from && port <= ports.to
}
