import type { ConditionValues } from '../../authorization/index.ts'
import { formatArn } from '../../base/index.ts'
import type { ServiceError } from '../../base/index.ts'
import { endpointCollection, securityGroupCollection, subnetCollection, vpcCollection } from '../../network/index.ts'
import type { Network, NetworkTag, SecurityGroupValue } from '../../network/index.ts'
import type { Collection, StoredRecord } from '../../storage/index.ts'
import { noEndpoint, noGroup, noRule, noSubnet, noVpc } from './not-found.ts'

/** Whose things are looked for, and where. */
export interface OwnScope {
  readonly account: string
  readonly region: string
}

/** The types of things that have an id, tags and an ARN; AWS's names, as ARNs and tag specifications have them. */
export type Ec2Type = 'vpc' | 'subnet' | 'security-group' | 'security-group-rule' | 'vpc-endpoint'

/** A thing with tags, and the record that it is kept in: a rule is kept in its group's. */
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

const ruleKind: Ec2Kind = {
  type: 'security-group-rule',
  prefix: 'sgr',
  missing: noRule,
  async findAll(network, ids, scope) {
    if (ids.length === 0) return new Map()
    const rules = (await network.listSecurityGroups(scope)).flatMap(rulesOf)
    const wanted = new Set(ids)
    return byId(rules.filter(rule => wanted.has(rule.id)))
  },
  list: async (network, scope) => (await network.listSecurityGroups(scope)).flatMap(rulesOf),
}

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
  ruleKind,
]

/** The kind of a type. */
export function kindOfType(type: Ec2Type): Ec2Kind {
  return ec2Kinds.find(known => known.type === type)!
}

/** The kind whose ids begin as this one does, or `undefined`. */
export function findKindOfId(id: string): Ec2Kind | undefined {
  return ec2Kinds.find(({ prefix }) => id.startsWith(`${prefix}-`))
}
