import { ConfigError, systemRandom } from '../../base/index.ts'
import type { JsonObject } from '../../base/index.ts'
import {
  admitBlocks,
  attachWorkload,
  blocksOf,
  clientBlocksOverlap,
  detachWorkload,
  dismissBlocks,
  isSource,
  parseClientBlock,
  requireClientGroups,
  resetStandIn,
  setClients,
  setStandIn,
  vpcCollection,
  workloadNamespaceCollection,
} from '../../network/index.ts'
import type {
  AttachedWorkload,
  ClientsOfVpc,
  PlaceForWorkload,
  SubnetValue,
  VpcClientsValue,
  VpcValue,
} from '../../network/index.ts'
import type { Config } from '../config.ts'
import { ConflictError } from '../../storage/index.ts'
import { homeAccount, recordAct, unlessChanged } from './administration.ts'
import type { AdministrationSources } from './administration.ts'
import { textMember, textsMember } from './admin-listener.ts'
import type { AdminAct } from './admin-listener.ts'

/** What `postern network admit` gets. */
export interface AdmittedSources {
  readonly vpcId: string
  readonly admittedBlocks: readonly string[]
  /** What the operator may not have thought of. */
  readonly notes: readonly string[]
}

/** What `postern network client` gets: absent where it is the standard one. */
export interface SetClient {
  readonly vpcId: string
  readonly client?: VpcClientsValue['standIn']
}

/** What `postern network attach` and `detach` get: who the workload is in the VPC, and what its namespace needs to be there. */
export interface AttachedNetwork {
  /** The driver of the server: on the loopback network there is nothing to connect. */
  readonly network: Config['network']
  readonly vpcId: string
  readonly region: string
  readonly workload: AttachedWorkload
  /** It is attached only now. */
  readonly isNew: boolean
  /** The subnet's blocks. */
  readonly subnet: { readonly cidr: string; readonly ipv6Cidr?: string }
  /** All blocks of the VPC. */
  readonly blocks: readonly string[]
  /** None where the VPC has no resolver. */
  readonly resolverAddresses: readonly string[]
  /** Where the driver serves the workload's address. */
  readonly servedAddress: string
  readonly bundle: string
}

/** A VPC as `postern network list` shows it. */
export interface ListedNetwork {
  readonly vpcId: string
  readonly account: string
  readonly region: string
  readonly blocks: readonly string[]
  readonly resolverAddresses: readonly string[]
  readonly admittedBlocks: readonly string[]
  readonly client?: VpcClientsValue['standIn']
  readonly workloads: readonly AttachedWorkload[]
}

/** The acts on the clients of VPCs, by path. */
export function networkActs(sources: AdministrationSources): readonly (readonly [string, AdminAct])[] {
  return [
    ['/network/admit', body => untilUnchanged(() => admit(body, sources))],
    ['/network/client', body => untilUnchanged(() => setClient(body, sources))],
    ['/network/attach', body => untilUnchanged(() => attach(body, sources))],
    ['/network/workload', body => findWorkload(body, sources)],
    ['/network/detach', body => untilUnchanged(() => detach(body, sources))],
    ['/network/list', () => list(sources)],
  ]
}

const maxTries = 5

/** Starts an act over that met a change of somebody else: a script may attach several workloads at once. */
function untilUnchanged<T>(act: () => Promise<T>): Promise<T> {
  return unlessChanged(async () => {
    for (let tries = 1; ; tries++) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === maxTries) throw error
      }
    }
  })
}

async function admit(body: JsonObject, sources: AdministrationSources): Promise<AdmittedSources> {
  const given = await namedVpc(body, sources)
  const blocks = textsMember(body, 'blocks').map(parseClientBlock)
  if (blocks.length === 0) throw new ConfigError('Name a block')
  const removes = textMember(body, 'remove') === 'true'
  const clients = removes ? dismissBlocks(given, blocks) : admitBlocks(given, blocks)
  const eventName = removes ? 'DismissNetworkSources' : 'AdmitNetworkSources'
  const { value: vpc } = given.vpc
  const writes = setClients(given, clients)
  await recordAct(sources, eventName, vpc.account, { vpcId: vpc.vpcId, region: vpc.region, blocks }, { writes })
  const { admittedBlocks } = clients
  return { vpcId: vpc.vpcId, admittedBlocks, notes: notesOn(vpc, clients, removes ? [] : blocks) }
}

function notesOn(vpc: VpcValue, clients: VpcClientsValue, admitted: readonly string[]): readonly string[] {
  const overlapping = admitted.flatMap(block =>
    blocksOf(vpc)
      .filter(own => clientBlocksOverlap(block, own))
      .map(own => `${block} overlaps ${own} of the VPC itself, whose addresses may come in anyway`),
  )
  const address = clients.standIn?.address
  if (address === undefined || isSource(vpc, clients, address)) return overlapping
  return [...overlapping, `The client that "postern network client" has set, ${address}, is no longer admitted`]
}

async function setClient(body: JsonObject, sources: AdministrationSources): Promise<SetClient> {
  const given = await namedVpc(body, sources)
  const { value: vpc } = given.vpc
  const { vpcId, account, region } = vpc
  if (textMember(body, 'reset') === 'true') {
    const writes = setClients(given, resetStandIn(given))
    await recordAct(sources, 'ResetNetworkClient', account, { vpcId, region }, { writes })
    return { vpcId }
  }
  if (sources.config.network !== 'loopback')
    throw new ConfigError(
      'On this network each client has an address of its own: "postern network attach" puts one into groups',
    )
  const address = textMember(body, 'address')
  const groups = await sources.network.securityGroupsOf(vpcId)
  const groupIds = requireClientGroups(textsMember(body, 'groups'), vpcId, groups)
  if (address === undefined && groupIds.length === 0) throw new ConfigError('Name an address, a security group or both')
  const client = { ...(address === undefined ? {} : { address }), groupIds }
  const writes = setClients(given, setStandIn(given, client))
  await recordAct(sources, 'SetNetworkClient', account, { vpcId, region, ...client }, { writes })
  return { vpcId, client }
}

async function attach(body: JsonObject, sources: AdministrationSources): Promise<AttachedNetwork> {
  const place = await namedPlace(body, sources)
  const namespace = textMember(body, 'namespace') ?? ''
  const makesNamespace = textMember(body, 'makesNamespace') === 'true'
  if (makesNamespace && sources.config.network !== 'netns')
    throw new ConfigError('Cannot make a namespace: the server runs without --network netns, so leave out --create')
  await requireNotElsewhere(namespace, place.vpc.id, sources)
  const [subnetId, address] = [textMember(body, 'subnet'), textMember(body, 'address')]
  const wanted = {
    namespace,
    ...(subnetId === undefined ? {} : { subnetId }),
    ...(address === undefined ? {} : { address }),
    groupIds: textsMember(body, 'groups'),
    makesNamespace,
  }
  const { workload, writes } = attachWorkload(place, wanted, systemRandom)
  const isNew = writes.length > 0
  await recordWorkload('AttachWorkload', workload, place, sources, isNew ? { writes } : undefined)
  return attached(workload, place, sources, isNew)
}

async function requireNotElsewhere(namespace: string, vpcId: string, { store }: AdministrationSources): Promise<void> {
  const known = namespace === '' ? undefined : await store.get(workloadNamespaceCollection, namespace)
  if (known === undefined || known.value.vpcId === vpcId) return
  throw new ConfigError(
    `Namespace "${namespace}" is attached to ${known.value.vpcId}: detach it there first with "postern network detach"`,
  )
}

/** What is attached under a name: for the command that takes the connection away before the address is free again. */
async function findWorkload(body: JsonObject, sources: AdministrationSources): Promise<AttachedNetwork> {
  const place = await namedPlace(body, sources)
  const { workload } = detachWorkload(place, textMember(body, 'namespace') ?? '')
  return attached(workload, place, sources, false)
}

async function detach(body: JsonObject, sources: AdministrationSources): Promise<AttachedNetwork> {
  const place = await namedPlace(body, sources)
  const { workload, writes } = detachWorkload(place, textMember(body, 'namespace') ?? '')
  await recordWorkload('DetachWorkload', workload, place, sources, { writes })
  return attached(workload, place, sources, false)
}

function recordWorkload(
  eventName: string,
  { namespace, interfaceId, subnetId, address, ipv6Address, groupIds }: AttachedWorkload,
  { vpc: { value: vpc } }: PlaceForWorkload,
  sources: AdministrationSources,
  change: { readonly writes: ReturnType<typeof setClients> } | undefined,
): Promise<void> {
  const workload = { namespace, interfaceId, subnetId, address, groupIds }
  const ipv6 = ipv6Address === undefined ? {} : { ipv6Address }
  const about = { vpcId: vpc.vpcId, region: vpc.region, ...workload, ...ipv6 }
  return recordAct(sources, eventName, vpc.account, about, change)
}

function attached(
  workload: AttachedWorkload,
  place: PlaceForWorkload,
  { driver, config }: AdministrationSources,
  isNew: boolean,
): AttachedNetwork {
  const { value: vpc } = place.vpc
  const subnet = place.subnets.find(known => known.id === workload.subnetId)!.value
  return {
    network: config.network,
    vpcId: vpc.vpcId,
    region: vpc.region,
    workload,
    isNew,
    subnet: subnetBlocks(subnet),
    blocks: blocksOf(vpc),
    resolverAddresses: vpc.enableDnsSupport ? driver.resolverAddresses(vpc) : [],
    servedAddress: driver.servedAddress(vpc, workload.address),
    bundle: `${config.dataDirectory}/ca-bundle.pem`,
  }
}

/** Nothing is attached in a subnet without IPv4. */
const subnetBlocks = ({ cidr, ipv6Association }: SubnetValue): AttachedNetwork['subnet'] =>
  ipv6Association === undefined ? { cidr: cidr! } : { cidr: cidr!, ipv6Cidr: ipv6Association.cidr }

async function list(sources: AdministrationSources): Promise<{ readonly networks: readonly ListedNetwork[] }> {
  const { view, driver } = sources
  await recordAct(sources, 'ListNetworks', await homeAccount(sources), {})
  return {
    networks: view.vpcs.map(({ vpc, clients: { admittedBlocks, standIn, workloads } }) => ({
      vpcId: vpc.vpcId,
      account: vpc.account,
      region: vpc.region,
      blocks: blocksOf(vpc),
      resolverAddresses: vpc.enableDnsSupport ? driver.resolverAddresses(vpc) : [],
      admittedBlocks,
      ...(standIn === undefined ? {} : { client: standIn }),
      workloads,
    })),
  }
}

/** The VPC that the operator names, whichever account has it, as its clients are known. @throws {ConfigError} */
async function namedVpc(body: JsonObject, { store, network }: AdministrationSources): Promise<ClientsOfVpc> {
  const id = textMember(body, 'vpc') ?? ''
  const vpc = id === '' ? undefined : await store.get(vpcCollection, id)
  if (vpc === undefined) throw new ConfigError(`There is no VPC "${id}": "postern network list" lists them`)
  return { vpc, present: await network.findVpcClients(vpc.id) }
}

async function namedPlace(body: JsonObject, sources: AdministrationSources): Promise<PlaceForWorkload> {
  const { network } = sources
  const given = await namedVpc(body, sources)
  const [subnets, groups] = await Promise.all([network.subnetsOf(given.vpc.id), network.securityGroupsOf(given.vpc.id)])
  return { ...given, subnets, groups }
}
