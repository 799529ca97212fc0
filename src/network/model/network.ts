import { compileEndpointPolicy } from '../../policy/index.ts'
import { recordCache } from '../../storage/index.ts'
import type { Collection, RecordCache, Store, StoredRecord } from '../../storage/index.ts'
import { dhcpOptionsId } from './born-with.ts'
import { defaultNetworkAclOf, ownNetworkAcl } from './network-acls.ts'
import type { NetworkAcl } from './network-acls.ts'
import {
  dhcpOptionsCollection,
  dhcpOptionsSetCollection,
  endpointCollection,
  internetGatewayCollection,
  networkAclCollection,
  networkScope,
  routeTableCollection,
  securityGroupCollection,
  subnetCollection,
  vpcClientsCollection,
  vpcCollection,
  windowCollection,
} from './records.ts'
import type {
  DhcpOptionsSetValue,
  DhcpOptionsValue,
  EndpointEntry,
  EndpointValue,
  InternetGatewayValue,
  NetworkAclValue,
  RouteTableValue,
  SecurityGroupValue,
  SubnetValue,
  VpcClientsValue,
  VpcValue,
} from './records.ts'
import { bornRouteTableOf, ownRouteTable } from './route-tables.ts'
import type { RouteTable } from './route-tables.ts'

interface Scope {
  readonly account: string
  readonly region: string
}

const capacity = 10_000
const everything = 100_000

/** Finds VPCs and what is in them. An account sees its own things of a Region; nothing else exists for it. */
export function openNetwork(options: { readonly store: Store }): Network {
  return new Network(options.store)
}

/** Finds VPCs and what is in them: for requests those of an account and Region, for the doors all. It changes nothing. */
export class Network {
  readonly #store: Store
  readonly #endpoints: RecordCache<EndpointEntry>

  constructor(store: Store) {
    this.#store = store
    this.#endpoints = recordCache(store, endpointCollection, toEntry, { capacity })
  }

  /** An endpoint by its id, whoever's it is: for doors and decisions. From memory while it is unchanged. */
  findEndpoint(endpointId: string): Promise<EndpointEntry | undefined> {
    return this.#endpoints.get(endpointId)
  }

  findOwnEndpoint(endpointId: string, scope: Scope): Promise<StoredRecord<EndpointValue> | undefined> {
    return this.#getOwn(endpointCollection, endpointId, scope)
  }

  findVpc(vpcId: string, scope: Scope): Promise<StoredRecord<VpcValue> | undefined> {
    return this.#getOwn(vpcCollection, vpcId, scope)
  }

  findSubnet(subnetId: string, scope: Scope): Promise<StoredRecord<SubnetValue> | undefined> {
    return this.#getOwn(subnetCollection, subnetId, scope)
  }

  findSecurityGroup(groupId: string, scope: Scope): Promise<StoredRecord<SecurityGroupValue> | undefined> {
    return this.#getOwn(securityGroupCollection, groupId, scope)
  }

  findInternetGateway(id: string, scope: Scope): Promise<StoredRecord<InternetGatewayValue> | undefined> {
    return this.#getOwn(internetGatewayCollection, id, scope)
  }

  async findRouteTable(id: string, scope: Scope): Promise<RouteTable | undefined> {
    const own = await this.#getOwn(routeTableCollection, id, scope)
    if (own !== undefined) return ownRouteTable(own, (await this.findVpc(own.value.vpcId, scope))?.value)
    // Which VPC was born with it, its id does not tell.
    return (await this.listVpcs(scope)).map(bornRouteTableOf).find(table => table?.routeTableId === id)
  }

  async findNetworkAcl(id: string, scope: Scope): Promise<NetworkAcl | undefined> {
    const own = await this.#getOwn(networkAclCollection, id, scope)
    if (own !== undefined) return ownNetworkAcl(own)
    // Whose default one it is, its id does not tell.
    return (await this.listVpcs(scope)).map(defaultNetworkAclOf).find(acl => acl.networkAclId === id)
  }

  listVpcs(scope: Scope): Promise<readonly StoredRecord<VpcValue>[]> {
    return this.#listOwn(vpcCollection, scope)
  }

  listSubnets(scope: Scope): Promise<readonly StoredRecord<SubnetValue>[]> {
    return this.#listOwn(subnetCollection, scope)
  }

  listSecurityGroups(scope: Scope): Promise<readonly StoredRecord<SecurityGroupValue>[]> {
    return this.#listOwn(securityGroupCollection, scope)
  }

  listInternetGateways(scope: Scope): Promise<readonly StoredRecord<InternetGatewayValue>[]> {
    return this.#listOwn(internetGatewayCollection, scope)
  }

  /** The route tables that VPCs were born with, and the others. */
  async listRouteTables(scope: Scope): Promise<readonly RouteTable[]> {
    const [vpcs, own] = await Promise.all([this.listVpcs(scope), this.#listOwn(routeTableCollection, scope)])
    const vpcOf = new Map(vpcs.map(vpc => [vpc.id, vpc.value]))
    const born = vpcs.map(bornRouteTableOf).filter(table => table !== undefined)
    return [...born, ...own.map(record => ownRouteTable(record, vpcOf.get(record.value.vpcId)))]
  }

  /** The default network ACLs of VPCs, and the others. */
  async listNetworkAcls(scope: Scope): Promise<readonly NetworkAcl[]> {
    const [vpcs, own] = await Promise.all([this.listVpcs(scope), this.#listOwn(networkAclCollection, scope)])
    return [...vpcs.map(defaultNetworkAclOf), ...own.map(ownNetworkAcl)]
  }

  /** The DHCP options of an account in a Region. Version 0 says that there is no record: nobody has tagged them. */
  async dhcpOptionsOf({ account, region }: Scope): Promise<StoredRecord<DhcpOptionsValue>> {
    const id = dhcpOptionsId({ account, region })
    const untouched = { id, version: 0, value: { dhcpOptionsId: id, account, region, tags: [] } }
    return (await this.#store.get(dhcpOptionsCollection, id)) ?? untouched
  }

  findDhcpOptionsSet(id: string, scope: Scope): Promise<StoredRecord<DhcpOptionsSetValue> | undefined> {
    return this.#getOwn(dhcpOptionsSetCollection, id, scope)
  }

  /** The DHCP options that somebody made. */
  listDhcpOptionsSets(scope: Scope): Promise<readonly StoredRecord<DhcpOptionsSetValue>[]> {
    return this.#listOwn(dhcpOptionsSetCollection, scope)
  }

  listEndpoints(scope: Scope): Promise<readonly StoredRecord<EndpointValue>[]> {
    return this.#listOwn(endpointCollection, scope)
  }

  subnetsOf(vpcId: string): Promise<readonly StoredRecord<SubnetValue>[]> {
    return this.#store.find(subnetCollection, 'vpc', vpcId, { limit: everything })
  }

  securityGroupsOf(vpcId: string): Promise<readonly StoredRecord<SecurityGroupValue>[]> {
    return this.#store.find(securityGroupCollection, 'vpc', vpcId, { limit: everything })
  }

  /** The route tables of a VPC that were made, in records of their own. */
  routeTablesOf(vpcId: string): Promise<readonly StoredRecord<RouteTableValue>[]> {
    return this.#store.find(routeTableCollection, 'vpc', vpcId, { limit: everything })
  }

  /** All route tables of a VPC: its main one, and the others. */
  async allRouteTablesOf(vpc: StoredRecord<VpcValue>): Promise<readonly RouteTable[]> {
    const [born, own] = [bornRouteTableOf(vpc), await this.routeTablesOf(vpc.id)]
    return [...(born === undefined ? [] : [born]), ...own.map(record => ownRouteTable(record, vpc.value))]
  }

  /** The network ACLs of a VPC but the default one. */
  networkAclsOf(vpcId: string): Promise<readonly StoredRecord<NetworkAclValue>[]> {
    return this.#store.find(networkAclCollection, 'vpc', vpcId, { limit: everything })
  }

  async internetGatewayOf(vpcId: string): Promise<StoredRecord<InternetGatewayValue> | undefined> {
    const [found] = await this.#store.find(internetGatewayCollection, 'vpc', vpcId)
    return found
  }

  endpointsOf(vpcId: string): Promise<readonly StoredRecord<EndpointValue>[]> {
    return this.#store.find(endpointCollection, 'vpc', vpcId, { limit: everything })
  }

  async findByClientToken(token: string, { account, region }: Scope): Promise<StoredRecord<EndpointValue> | undefined> {
    const [found] = await this.#store.find(endpointCollection, 'clientToken', `${account}/${region}/${token}`)
    return found
  }

  async findRouteTableByClientToken(
    token: string,
    { account, region }: Scope,
  ): Promise<StoredRecord<RouteTableValue> | undefined> {
    const [found] = await this.#store.find(routeTableCollection, 'clientToken', `${account}/${region}/${token}`)
    return found
  }

  async findNetworkAclByClientToken(
    token: string,
    { account, region }: Scope,
  ): Promise<StoredRecord<NetworkAclValue> | undefined> {
    const [found] = await this.#store.find(networkAclCollection, 'clientToken', `${account}/${region}/${token}`)
    return found
  }

  /** All VPCs and endpoints of the installation: for the doors at start. */
  allVpcs(): Promise<readonly StoredRecord<VpcValue>[]> {
    return this.#store.list(vpcCollection, { limit: everything })
  }

  allEndpoints(): Promise<readonly StoredRecord<EndpointValue>[]> {
    return this.#store.list(endpointCollection, { limit: everything })
  }

  /** What the operator says about the clients of VPCs. */
  allVpcClients(): Promise<readonly StoredRecord<VpcClientsValue>[]> {
    return this.#store.list(vpcClientsCollection, { limit: everything })
  }

  findVpcClients(vpcId: string): Promise<StoredRecord<VpcClientsValue> | undefined> {
    return this.#store.get(vpcClientsCollection, vpcId)
  }

  /** Numbers of the loopback windows that are taken. */
  async usedWindows(): Promise<ReadonlySet<number>> {
    const records = await this.#store.list(windowCollection)
    return new Set(records.map(record => Number(record.id)))
  }

  async #getOwn<T extends Scope>(
    collection: Collection<T>,
    id: string,
    scope: Scope,
  ): Promise<StoredRecord<T> | undefined> {
    // Ids come from requests as they are: what has not the form of one is nothing's.
    return /^[a-z]+-[0-9a-z]+$/.test(id) ? owned(await this.#store.get(collection, id), scope) : undefined
  }

  #listOwn<T>(collection: Collection<T>, { account, region }: Scope): Promise<readonly StoredRecord<T>[]> {
    return this.#store.find(collection, 'scope', networkScope(account, region), { limit: everything })
  }
}

function owned<T extends Scope>(record: StoredRecord<T> | undefined, scope: Scope): StoredRecord<T> | undefined {
  if (record === undefined) return undefined
  const { account, region } = record.value
  return account === scope.account && region === scope.region ? record : undefined
}

function toEntry(record: StoredRecord<EndpointValue>): EndpointEntry {
  const endpoint = record.value
  const source = { name: `policy of ${endpoint.endpointId}` }
  const policy = compileEndpointPolicy(endpoint.policy, source, endpoint.boundPrincipals)
  return { record, endpoint, policy }
}
