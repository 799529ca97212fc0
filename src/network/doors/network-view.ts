import type { Change, Store } from '../../storage/index.ts'
import { addressText, parseBlock } from '../model/cidr.ts'
import { networkAclId } from '../model/born-with.ts'
import { defaultRulesOf, networkAclAssociationOf } from '../model/network-acls.ts'
import type { SubnetBorder } from '../model/network-acls.ts'
import type { Network } from '../model/network.ts'
import {
  endpointCollection,
  networkAclCollection,
  securityGroupCollection,
  subnetCollection,
  vpcClientsCollection,
  vpcCollection,
} from '../model/records.ts'
import type {
  EndpointValue,
  NetworkAclValue,
  SecurityGroupValue,
  SubnetValue,
  VpcClientsValue,
  VpcValue,
} from '../model/records.ts'
import { noVpcClients } from '../model/vpc-clients.ts'
import type { VpcClient } from '../model/vpc-clients.ts'

/** What doors and the resolver of one VPC decide by. */
export interface VpcView {
  readonly vpc: VpcValue
  readonly endpoints: readonly EndpointValue[]
  readonly groups: ReadonlyMap<string, SecurityGroupValue>
  /** IPv4 blocks of the subnets that have one, by id. */
  readonly subnets: ReadonlyMap<string, string>
  /** IPv6 blocks of those subnets that have one. */
  readonly ipv6Subnets: readonly string[]
  /** What passes the borders of its subnets. */
  readonly borders: readonly SubnetBorder[]
  readonly clients: VpcClientsValue
}

/**
 * The networks of the installation in memory, so that admission and names are decided without waiting. A commit is not over
 * until the view has heard of it: a revoked rule stops the very next connection.
 */
export class NetworkView {
  readonly #network: Network
  readonly #views = new Map<string, VpcView>()
  readonly #settlers: (() => Promise<void>)[] = []
  readonly #listeners: (() => void)[] = []
  #reloading: Promise<void> = Promise.resolve()

  constructor(network: Network) {
    this.#network = network
  }

  static async open(store: Store, network: Network): Promise<NetworkView> {
    const view = new NetworkView(network)
    await view.#reload()
    store.onChange(changes => view.#hear(changes))
    return view
  }

  get vpcs(): readonly VpcView[] {
    return [...this.#views.values()]
  }

  find(vpcId: string): VpcView | undefined {
    return this.#views.get(vpcId)
  }

  /** Has something brought in line after each change, before the listeners hear of it; the commit waits for it. It must not throw. */
  onSettle(settle: () => Promise<void>): void {
    this.#settlers.push(settle)
  }

  /** Calls the listener after each change, with the new state in place. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  async #hear(changes: readonly Change[]): Promise<void> {
    if (!changes.some(change => watched.has(change.collection))) return
    await this.#reload()
    await Promise.all(this.#settlers.map(settle => settle()))
    for (const listener of this.#listeners) listener()
  }

  // One after the other: a read that began before a change must not come in the place of one that began after it.
  #reload(): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#readAll())
    this.#reloading = reloaded.catch(() => undefined)
    return reloaded
  }

  // Networks are few and change seldom: all of them are read again, which can't forget anything.
  async #readAll(): Promise<void> {
    const vpcs = await this.#network.allVpcs()
    const clients = new Map((await this.#network.allVpcClients()).map(record => [record.id, record.value]))
    const endpoints = Map.groupBy(await this.#network.allEndpoints(), record => record.value.vpcId)
    const views = await Promise.all(
      vpcs.map(async ({ value: vpc }): Promise<VpcView> => {
        const [groups, subnets, acls] = await Promise.all([
          this.#network.securityGroupsOf(vpc.vpcId),
          this.#network.subnetsOf(vpc.vpcId),
          this.#network.networkAclsOf(vpc.vpcId),
        ])
        return {
          vpc,
          endpoints: (endpoints.get(vpc.vpcId) ?? []).map(record => record.value),
          groups: new Map(groups.map(group => [group.id, group.value])),
          subnets: new Map(
            subnets.flatMap(({ id, value: { cidr } }) => (cidr === undefined ? [] : [[id, cidr] as const])),
          ),
          borders: bordersOf(
            vpc,
            subnets.map(subnet => subnet.value),
            acls.map(acl => acl.value),
          ),
          ipv6Subnets: subnets.flatMap(subnet => subnet.value.ipv6Association?.cidr ?? []),
          clients: clients.get(vpc.vpcId) ?? noVpcClients(vpc.vpcId),
        }
      }),
    )
    this.#views.clear()
    for (const view of views) this.#views.set(view.vpc.vpcId, view)
  }
}

function bordersOf(
  vpc: VpcValue,
  subnets: readonly SubnetValue[],
  acls: readonly NetworkAclValue[],
): readonly SubnetBorder[] {
  const rulesOf = new Map([
    [networkAclId(vpc.vpcId), defaultRulesOf(vpc)] as const,
    ...acls.map(acl => [acl.networkAclId, acl.rules] as const),
  ])
  return subnets.map(subnet => ({
    blocks: [subnet.cidr, subnet.ipv6Association?.cidr].filter(cidr => cidr !== undefined),
    // An ACL that there is not lets nothing through.
    rules: rulesOf.get(networkAclAssociationOf(subnet).networkAclId) ?? { ingress: [], egress: [] },
  }))
}

// The first four addresses of a subnet are AWS's.
const firstHost = 4

/** Who a client without an address in the VPC is: as the operator says, else the first host address of the endpoint's first subnet. */
export function standInClient({ vpc, subnets, clients }: VpcView, endpoint: EndpointValue): VpcClient {
  const [first] = endpoint.interfaces
  const cidr = first === undefined ? undefined : subnets.get(first.subnetId)
  const standard = addressText(parseBlock(cidr ?? vpc.cidr)!.base + firstHost)
  return { address: clients.standIn?.address ?? standard, groupIds: clients.standIn?.groupIds ?? [] }
}

const watched: ReadonlySet<string> = new Set(
  [
    vpcCollection,
    subnetCollection,
    securityGroupCollection,
    networkAclCollection,
    endpointCollection,
    vpcClientsCollection,
  ].map(collection => collection.name),
)
