import type { Instant } from '../../base/index.ts'
import type { BoundPrincipals, CompiledPolicy } from '../../policy/index.ts'
import type { Collection, StoredRecord } from '../../storage/index.ts'

/** A tag of a VPC or of something in it. */
export interface NetworkTag {
  readonly key: string
  readonly value: string
}

interface Owned {
  readonly account: string
  readonly region: string
  readonly tags: readonly NetworkTag[]
}

/** A block that a VPC or a subnet has beside its first IPv4 block. */
export interface BlockAssociation {
  /** `vpc-cidr-assoc-…` or `subnet-cidr-assoc-…`. */
  readonly associationId: string
  readonly cidr: string
}

/** A VPC. Several may have the same block: their windows keep them apart. */
export interface VpcValue extends Owned {
  readonly vpcId: string
  /** The first IPv4 block, which stays as long as the VPC. */
  readonly cidr: string
  /** More IPv4 blocks. Absent where there never were any, as below. */
  readonly ipv4Associations?: readonly BlockAssociation[]
  /** IPv6 blocks, each a /56. */
  readonly ipv6Associations?: readonly BlockAssociation[]
  /** Number of the loopback window that serves this VPC: 127.N.0.0/16. */
  readonly window: number
  readonly enableDnsSupport: boolean
  readonly enableDnsHostnames: boolean
  /** The DHCP options that it was given, or `default` for none. Absent: those of its account. */
  readonly dhcpOptionsId?: string
  /** What was changed of the route table and the default network ACL that it was born with: see `born-with.ts`. */
  readonly mainRouteTable?: RouteTableContent
  /** Which route table is the main one, since somebody said so. Absent: the one that it was born with. */
  readonly mainAssociation?: RouteTableAssociationValue
  /** Present where the route table that it was born with is deleted: another is the main one. */
  readonly hasLostRouteTable?: true
  readonly networkAclTags?: readonly NetworkTag[]
  /** The rules of its default network ACL, of the directions that somebody has changed. */
  readonly networkAclRules?: Partial<NetworkAclRules>
}

/** A rule of a network ACL, which lets through or stops what crosses the border of a subnet. */
export interface NetworkAclEntryValue {
  /** 1 to 32766; the lowest that is about a packet decides. */
  readonly ruleNumber: number
  readonly action: 'allow' | 'deny'
  /** A protocol number, or `-1` for all. */
  readonly protocol: string
  /** An IPv4 or IPv6 block: where it comes from, or where it goes to. */
  readonly cidr: string
  /** Of TCP and UDP. */
  readonly ports?: { readonly from: number; readonly to: number }
  /** Of ICMP; -1 stands for all. */
  readonly icmp?: { readonly type: number; readonly code: number }
}

/** The rules of a network ACL by direction; what none of them is about is denied. */
export interface NetworkAclRules {
  readonly ingress: readonly NetworkAclEntryValue[]
  readonly egress: readonly NetworkAclEntryValue[]
}

/** A network ACL that somebody made: the default one of a VPC is in the VPC's record. */
export interface NetworkAclValue extends Owned {
  readonly networkAclId: string
  readonly vpcId: string
  readonly rules: NetworkAclRules
  /** For requests that come twice: the token, and what was asked for with it. */
  readonly clientToken?: string
  readonly requestDigest?: string
}

/** A route of a table, beside those to the VPC's own blocks, which every table has. */
export interface RouteValue {
  /** An IPv4 or IPv6 block. */
  readonly destination: string
  readonly gatewayId: string
}

/** What can be changed of a route table. */
export interface RouteTableContent {
  readonly routes: readonly RouteValue[]
  readonly tags: readonly NetworkTag[]
}

/** That a subnet has a route table, or that it is the main one of a VPC. */
export interface RouteTableAssociationValue {
  readonly associationId: string
  readonly routeTableId: string
}

/** A route table that somebody made: the one that a VPC is born with is in the VPC's record. */
export interface RouteTableValue extends Owned, RouteTableContent {
  readonly routeTableId: string
  readonly vpcId: string
  /** For requests that come twice: the token, and what was asked for with it. */
  readonly clientToken?: string
  readonly requestDigest?: string
}

/** An internet gateway. It can be attached to one VPC, which can have one. */
export interface InternetGatewayValue extends Owned {
  readonly internetGatewayId: string
  readonly vpcId?: string
}

/** A DHCP option, as VPCs tell it to what is launched in them. */
export interface DhcpConfiguration {
  /** e.g. `domain-name`. */
  readonly key: string
  readonly values: readonly string[]
}

/** DHCP options that somebody made: kept for clients that read them back. */
export interface DhcpOptionsSetValue extends Owned {
  readonly dhcpOptionsId: string
  readonly configurations: readonly DhcpConfiguration[]
}

/** The DHCP options of an account in a Region, once somebody has tagged them. */
export interface DhcpOptionsValue extends Owned {
  readonly dhcpOptionsId: string
}

/** What a subnet says about interfaces that are launched in it: kept for clients that read it back; only the default stands where absent. */
export interface SubnetAttributes {
  readonly mapPublicIp?: boolean
  readonly assignIpv6Address?: boolean
  readonly hostnameType?: 'ip-name' | 'resource-name'
  readonly resourceNameA?: boolean
  readonly resourceNameAaaa?: boolean
}

/** A part of the blocks of a VPC, in one zone. */
export interface SubnetValue extends Owned {
  readonly subnetId: string
  readonly vpcId: string
  /** Absent in an IPv6-only subnet, which has an IPv6 block as long as it is there. */
  readonly cidr?: string
  /** A /64 of a block of the VPC. */
  readonly ipv6Association?: BlockAssociation
  readonly attributes?: SubnetAttributes
  /** e.g. `us-west-2a`. */
  readonly zone: string
  /** e.g. `usw2-az1`. */
  readonly zoneId: string
  /** Addresses that interfaces have, IPv4 and IPv6; kept here, so that two requests can't take the same. */
  readonly usedAddresses: readonly string[]
  /** The route table that it was given; without one it has the VPC's main one. */
  readonly routeTableAssociation?: RouteTableAssociationValue
  /** The network ACL that it was given; without one it has the VPC's default one. */
  readonly networkAclAssociation?: { readonly associationId: string; readonly networkAclId: string }
}

/** Whom a rule is about. */
export type RulePeer =
  | { readonly kind: 'ipv4'; readonly cidr: string }
  | { readonly kind: 'ipv6'; readonly cidr: string }
  | { readonly kind: 'group'; readonly groupId: string }

/** What a security group lets through; no rule forbids. */
export interface SecurityGroupRule {
  readonly ruleId: string
  readonly direction: 'ingress' | 'egress'
  /** `tcp`, `udp`, `icmp`, a protocol number, or `-1` for all. */
  readonly protocol: string
  /** Absent for all ports. */
  readonly fromPort?: number
  readonly toPort?: number
  readonly peer: RulePeer
  readonly description?: string
  /** Absent where it never had any. */
  readonly tags?: readonly NetworkTag[]
}

/** A security group, with all its rules. */
export interface SecurityGroupValue extends Owned {
  readonly groupId: string
  readonly vpcId: string
  readonly name: string
  readonly description: string
  readonly rules: readonly SecurityGroupRule[]
}

/** A network interface of an endpoint: one in each of its subnets, with at least one address. */
export interface EndpointInterface {
  readonly interfaceId: string
  readonly subnetId: string
  readonly zone: string
  /** The IPv4 address. Absent where the endpoint has IPv6 alone. */
  readonly address?: string
  /** Absent where the endpoint has IPv4 alone. */
  readonly ipv6Address?: string
}

/** What addresses the interfaces of an endpoint have. */
export type EndpointIpType = 'ipv4' | 'dualstack' | 'ipv6'

/** What its names answer. `service-defined`: private names IPv4 alone, its own ones both. */
export type DnsRecordIpType = EndpointIpType | 'service-defined'

/** Where an endpoint is in its life. One that `failed` is tried again, and is `available` once all its doors are open. */
export type EndpointState = 'pending' | 'available' | 'deleting' | 'failed'

/** An interface endpoint: the private way from a VPC to a service. */
export interface EndpointValue extends Owned {
  readonly endpointId: string
  readonly vpcId: string
  /** Signing name of the service behind it. */
  readonly service: string
  readonly serviceName: string
  readonly state: EndpointState
  readonly interfaces: readonly EndpointInterface[]
  readonly groupIds: readonly string[]
  /** The endpoint policy, byte for byte. */
  readonly policy: string
  /** Who its principals were when it was saved. */
  readonly boundPrincipals?: BoundPrincipals
  readonly privateDnsEnabled: boolean
  /** Eight letters and digits that its DNS names have behind the id. */
  readonly dnsLabel: string
  /** Id of the hidden zone of its private name. */
  readonly privateZoneId: string
  /** Absent: `ipv4`. */
  readonly ipAddressType?: EndpointIpType
  /** Absent: as `ipAddressType`. */
  readonly dnsRecordIpType?: DnsRecordIpType
  readonly createdAt: Instant
  readonly lastError?: { readonly code: string; readonly message: string }
  /** For requests that come twice: the token, and what was asked for with it. */
  readonly clientToken?: string
  readonly requestDigest?: string
}

/** An endpoint as it is cached: the record, and its policy compiled once per version. */
export interface EndpointEntry {
  readonly record: StoredRecord<EndpointValue>
  readonly endpoint: EndpointValue
  readonly policy: CompiledPolicy
}

const scope = (value: Owned): readonly string[] => [`${value.account}/${value.region}`]

/** The index key of an account's things in a Region. */
export function networkScope(account: string, region: string): string {
  return `${account}/${region}`
}

/** VPCs, by id. Indexes: account and Region (`networkScope`), and the window. */
export const vpcCollection: Collection<VpcValue> = {
  name: 'network.vpc',
  indexes: { scope, window: vpc => [String(vpc.window)] },
}

/** Subnets, by id. Indexes: account and Region (`networkScope`), and the VPC. */
export const subnetCollection: Collection<SubnetValue> = {
  name: 'network.subnet',
  indexes: { scope, vpc: subnet => [subnet.vpcId] },
}

/** Security groups, by id. Indexes: account and Region (`networkScope`), and the VPC. */
export const securityGroupCollection: Collection<SecurityGroupValue> = {
  name: 'network.security-group',
  indexes: { scope, vpc: group => [group.vpcId] },
}

/** Route tables but those that VPCs are born with, by id. Indexes: account and Region (`networkScope`), the VPC, and the client token of the request. */
export const routeTableCollection: Collection<RouteTableValue> = {
  name: 'network.route-table',
  indexes: { scope, vpc: table => [table.vpcId], clientToken: table => clientTokenKey(table) },
}

/** Network ACLs but the default ones, by id. Indexes: account and Region (`networkScope`), the VPC, and the client token of the request. */
export const networkAclCollection: Collection<NetworkAclValue> = {
  name: 'network.network-acl',
  indexes: { scope, vpc: acl => [acl.vpcId], clientToken: acl => clientTokenKey(acl) },
}

/** Internet gateways, by id. Indexes: account and Region (`networkScope`), and the VPC. */
export const internetGatewayCollection: Collection<InternetGatewayValue> = {
  name: 'network.internet-gateway',
  indexes: { scope, vpc: ({ vpcId }) => (vpcId === undefined ? [] : [vpcId]) },
}

/** DHCP options that somebody made, by id. Index: account and Region (`networkScope`). */
export const dhcpOptionsSetCollection: Collection<DhcpOptionsSetValue> = {
  name: 'network.dhcp-options-set',
  indexes: { scope },
}

/** The DHCP options of accounts that have tags, by id. */
export const dhcpOptionsCollection: Collection<DhcpOptionsValue> = { name: 'network.dhcp-options', indexes: {} }

/** Endpoints, by id. Indexes: account and Region (`networkScope`), the VPC, and the client token of the request. */
export const endpointCollection: Collection<EndpointValue> = {
  name: 'network.endpoint',
  indexes: { scope, vpc: endpoint => [endpoint.vpcId], clientToken: endpoint => clientTokenKey(endpoint) },
}

function clientTokenKey({
  account,
  region,
  clientToken,
}: Owned & { readonly clientToken?: string }): readonly string[] {
  return clientToken === undefined ? [] : [`${account}/${region}/${clientToken}`]
}

/** A workload's own network namespace that was attached to a VPC: it has an address there, and is in groups. */
export interface AttachedWorkload {
  /** Name of its network namespace on this machine. */
  readonly namespace: string
  readonly interfaceId: string
  readonly subnetId: string
  readonly address: string
  readonly ipv6Address?: string
  readonly groupIds: readonly string[]
  /** Present where Postern made the namespace, which then goes with the workload. */
  readonly madeNamespace?: true
}

/** What the operator says about the clients of a VPC. */
export interface VpcClientsValue {
  readonly vpcId: string
  /** Blocks outside the VPC's own whose addresses may come in where a rule admits them: on premises, peered. IPv4 or IPv6. */
  readonly admittedBlocks: readonly string[]
  /** On loopback, who a client without an address of the VPC is. */
  readonly standIn?: { readonly address?: string; readonly groupIds: readonly string[] }
  readonly workloads: readonly AttachedWorkload[]
}

/** What the operator says about the clients of VPCs, by the VPC's id. */
export const vpcClientsCollection: Collection<VpcClientsValue> = { name: 'network.clients', indexes: {} }

/** The namespaces that are attached, by name, so that no two VPCs get the same. */
export const workloadNamespaceCollection: Collection<{ readonly vpcId: string }> = {
  name: 'network.workload-namespace',
  indexes: {},
}

/** The loopback windows that are taken: the record's id is the window's number, so that two VPCs can't get the same. */
export const windowCollection: Collection<{ readonly vpcId: string }> = { name: 'network.window', indexes: {} }
