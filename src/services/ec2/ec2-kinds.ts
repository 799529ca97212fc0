import type { ConditionValues } from '../../authorization/index.ts'
import { formatArn } from '../../base/index.ts'
import type { ServiceError } from '../../base/index.ts'
import {
  dhcpOptionsCollection,
  dhcpOptionsSetCollection,
  endpointCollection,
  internetGatewayCollection,
  networkAclCollection,
  routeTableCollection,
  securityGroupCollection,
  subnetCollection,
  vpcCollection,
} from '../../network/index.ts'
import type { Network, NetworkAcl, NetworkTag, RouteTable, SecurityGroupValue, VpcValue } from '../../network/index.ts'
import type { Collection, Expectation, StoredRecord } from '../../storage/index.ts'
import type { AuditResource } from '../../trail/index.ts'
import {
  noDhcpOptions,
  noEndpoint,
  noGroup,
  noInternetGateway,
  noNetworkAcl,
  noRouteTable,
  noRule,
  noSubnet,
  noVpc,
} from './not-found.ts'

/** Whose things are looked for, and where. */
export interface OwnScope {
  readonly account: string
  readonly region: string
}

/** The types of things that have an id, tags and an ARN; AWS's names, as ARNs and tag specifications have them. */
export type Ec2Type =
  | 'vpc'
  | 'subnet'
  | 'security-group'
  | 'security-group-rule'
  | 'vpc-endpoint'
  | 'route-table'
  | 'internet-gateway'
  | 'network-acl'
  | 'dhcp-options'

/** The types by CloudFormation's names, as the trail has them. */
const trailTypes: Readonly<Record<Ec2Type, string>> = {
  vpc: 'AWS::EC2::VPC',
  subnet: 'AWS::EC2::Subnet',
  'security-group': 'AWS::EC2::SecurityGroup',
  'security-group-rule': 'AWS::EC2::SecurityGroupRule',
  'vpc-endpoint': 'AWS::EC2::VPCEndpoint',
  'route-table': 'AWS::EC2::RouteTable',
  'internet-gateway': 'AWS::EC2::InternetGateway',
  'network-acl': 'AWS::EC2::NetworkAcl',
  'dhcp-options': 'AWS::EC2::DHCPOptions',
}

/** A thing as the trail names it. */
export function auditResource(type: Ec2Type, id: string, { account, region }: OwnScope): AuditResource {
  return { arn: formatArn('ec2', region, account, `${type}/${id}`), accountId: account, type: trailTypes[type] }
}

/** A thing with tags, and the record that it is kept in: a rule is kept in its group's, the default network ACL in its VPC's. */
export interface Ec2Thing {
  readonly type: Ec2Type
  readonly id: string
  readonly tags: readonly NetworkTag[]
  /** The condition keys that only things of its type have. */
  readonly keys: ConditionValues
  readonly collection: Collection<never>
  readonly record: StoredRecord<unknown>
  /** The record's value with other tags for this thing. */
  readonly withTags: (value: unknown, tags: readonly NetworkTag[]) => unknown
}

/** What a commit expects to find of a thing's record. Version 0 says that there is none: the thing is as it came. */
export function expectationOf({ record: { version } }: Ec2Thing): Expectation {
  return version === 0 ? 'absent' : version
}

/** A type of thing: how its ids begin, how it is found, and what is said where it is not. */
export interface Ec2Kind {
  readonly type: Ec2Type
  readonly prefix: string
  readonly missing: (id: string) => ServiceError
  /** Those of the ids that there are, by id. */
  readonly findAll: (
    network: Network,
    ids: readonly string[],
    scope: OwnScope,
  ) => Promise<ReadonlyMap<string, Ec2Thing>>
  readonly list: (network: Network, scope: OwnScope) => Promise<readonly Ec2Thing[]>
}

interface Owned extends OwnScope {
  readonly tags: readonly NetworkTag[]
}

interface KindOptions<T> {
  readonly prefix: string
  readonly collection: Collection<T>
  readonly missing: (id: string) => ServiceError
  readonly keys: (value: T, id: string) => ConditionValues
  readonly find: (network: Network, id: string, scope: OwnScope) => Promise<StoredRecord<T> | undefined>
  readonly list: (network: Network, scope: OwnScope) => Promise<readonly StoredRecord<T>[]>
}

function kind<T extends Owned>(type: Ec2Type, options: KindOptions<T>): Ec2Kind {
  const { prefix, collection, missing, keys, find, list } = options
  const toThing = (record: StoredRecord<T>): Ec2Thing => ({
    type,
    id: record.id,
    tags: record.value.tags,
    keys: keys(record.value, record.id),
    collection,
    record,
    withTags: (value, tags) => ({ ...(value as T), tags }),
  })
  return {
    type,
    prefix,
    missing,
    async findAll(network, ids, scope) {
      const records = await Promise.all(ids.map(id => find(network, id, scope)))
      return byId(records.filter(record => record !== undefined).map(toThing))
    },
    list: async (network, scope) => (await list(network, scope)).map(toThing),
  }
}

const byId = (things: readonly Ec2Thing[]): ReadonlyMap<string, Ec2Thing> =>
  new Map(things.map(thing => [thing.id, thing]))

const vpcArn = ({ account, region, vpcId }: OwnScope & { readonly vpcId: string }): string =>
  formatArn('ec2', region, account, `vpc/${vpcId}`)

function rulesOf(record: StoredRecord<SecurityGroupValue>): readonly Ec2Thing[] {
  return record.value.rules.map(({ ruleId, tags: present = [] }) => ({
    type: 'security-group-rule',
    id: ruleId,
    tags: present,
    keys: {},
    collection: securityGroupCollection,
    record,
    withTags(value, tags) {
      const group = value as SecurityGroupValue
      return { ...group, rules: group.rules.map(rule => (rule.ruleId === ruleId ? { ...rule, tags } : rule)) }
    },
  }))
}

interface PartsOptions {
  readonly prefix: string
  readonly missing: (id: string) => ServiceError
  readonly list: (network: Network, scope: OwnScope) => Promise<readonly Ec2Thing[]>
}

/** A kind of things that are kept in records of other things, or in none: those of an account are few enough to look through. */
function kindOfParts(type: Ec2Type, { prefix, missing, list }: PartsOptions): Ec2Kind {
  return {
    type,
    prefix,
    missing,
    async findAll(network, ids, scope) {
      if (ids.length === 0) return new Map()
      const wanted = new Set(ids)
      return byId((await list(network, scope)).filter(({ id }) => wanted.has(id)))
    },
    list,
  }
}

const ruleKind = kindOfParts('security-group-rule', {
  prefix: 'sgr',
  missing: noRule,
  list: async (network, scope) => (await network.listSecurityGroups(scope)).flatMap(rulesOf),
})

const routeTableKind = kindOfParts('route-table', {
  prefix: 'rtb',
  missing: noRouteTable,
  list: async (network, scope) => (await network.listRouteTables(scope)).map(routeTableThing),
})

function routeTableThing(table: RouteTable): Ec2Thing {
  const { routeTableId: id, routes, tags: present, keptIn } = table
  const isInVpc = keptIn.kind === 'vpc'
  return {
    type: 'route-table',
    id,
    tags: present,
    keys: { 'ec2:RouteTableID': id, 'ec2:Vpc': vpcArn(table) },
    collection: isInVpc ? vpcCollection : routeTableCollection,
    record: keptIn.record,
    withTags: (value, tags) =>
      isInVpc ? { ...(value as VpcValue), mainRouteTable: { routes, tags } } : { ...(value as object), tags },
  }
}

const networkAclKind = kindOfParts('network-acl', {
  prefix: 'acl',
  missing: noNetworkAcl,
  list: async (network, scope) => (await network.listNetworkAcls(scope)).map(networkAclThing),
})

function networkAclThing(acl: NetworkAcl): Ec2Thing {
  const { networkAclId: id, tags: present, keptIn } = acl
  const isInVpc = keptIn.kind === 'vpc'
  return {
    type: 'network-acl',
    id,
    tags: present,
    keys: { 'ec2:NetworkAclID': id, 'ec2:Vpc': vpcArn(acl) },
    collection: isInVpc ? vpcCollection : networkAclCollection,
    record: keptIn.record,
    withTags: (value, tags) => ({ ...(value as object), ...(isInVpc ? { networkAclTags: tags } : { tags }) }),
  }
}

const dhcpOptionsKind = kindOfParts('dhcp-options', {
  prefix: 'dopt',
  missing: noDhcpOptions,
  async list(network, scope) {
    const [standard, sets] = await Promise.all([network.dhcpOptionsOf(scope), network.listDhcpOptionsSets(scope)])
    return [
      dhcpOptionsThing(standard, dhcpOptionsCollection),
      ...sets.map(record => dhcpOptionsThing(record, dhcpOptionsSetCollection)),
    ]
  },
})

function dhcpOptionsThing<T extends { readonly tags: readonly NetworkTag[] }>(
  record: StoredRecord<T>,
  collection: Collection<T>,
): Ec2Thing {
  return {
    type: 'dhcp-options',
    id: record.id,
    tags: record.value.tags,
    keys: { 'ec2:DhcpOptionsID': record.id },
    collection,
    record,
    withTags: (value, tags) => ({ ...(value as object), tags }),
  }
}

/** All types of things that can be tagged. */
export const ec2Kinds: readonly Ec2Kind[] = [
  kind('vpc-endpoint', {
    prefix: 'vpce',
    collection: endpointCollection,
    missing: noEndpoint,
    keys: ({ serviceName, region }) => ({
      'ec2:VpceServiceName': serviceName,
      'ec2:VpceServiceRegion': region,
      'ec2:VpceMultiRegion': 'false',
    }),
    find: (network, id, scope) => network.findOwnEndpoint(id, scope),
    list: (network, scope) => network.listEndpoints(scope),
  }),
  kind('vpc', {
    prefix: 'vpc',
    collection: vpcCollection,
    missing: noVpc,
    keys: (_vpc, id) => ({ 'ec2:VpcID': id, 'ec2:Tenancy': 'default' }),
    find: (network, id, scope) => network.findVpc(id, scope),
    list: (network, scope) => network.listVpcs(scope),
  }),
  kind('subnet', {
    prefix: 'subnet',
    collection: subnetCollection,
    missing: noSubnet,
    keys: (subnet, id) => ({
      'ec2:SubnetID': id,
      'ec2:AvailabilityZone': subnet.zone,
      'ec2:AvailabilityZoneId': subnet.zoneId,
      'ec2:Vpc': vpcArn(subnet),
    }),
    find: (network, id, scope) => network.findSubnet(id, scope),
    list: (network, scope) => network.listSubnets(scope),
  }),
  kind('security-group', {
    prefix: 'sg',
    collection: securityGroupCollection,
    missing: noGroup,
    keys: (group, id) => ({ 'ec2:SecurityGroupID': id, 'ec2:Vpc': vpcArn(group) }),
    find: (network, id, scope) => network.findSecurityGroup(id, scope),
    list: (network, scope) => network.listSecurityGroups(scope),
  }),
  kind('internet-gateway', {
    prefix: 'igw',
    collection: internetGatewayCollection,
    missing: noInternetGateway,
    keys: (_gateway, id) => ({ 'ec2:InternetGatewayID': id }),
    find: (network, id, scope) => network.findInternetGateway(id, scope),
    list: (network, scope) => network.listInternetGateways(scope),
  }),
  ruleKind,
  routeTableKind,
  networkAclKind,
  dhcpOptionsKind,
]

/** The kind of a type. */
export function kindOfType(type: Ec2Type): Ec2Kind {
  return ec2Kinds.find(known => known.type === type)!
}

/** The kind whose ids begin as this one does, or `undefined`. */
export function findKindOfId(id: string): Ec2Kind | undefined {
  return ec2Kinds.find(({ prefix }) => id.startsWith(`${prefix}-`))
}
