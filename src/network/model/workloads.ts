import { ConfigError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { chooseAddress, chooseIpv6Address, loopbackTwinOf } from './addresses.ts'
import { addressNumber, blockHolds, blockSize, parseBlock } from './cidr.ts'
import { clientsOf, setClients } from './client-changes.ts'
import type { ClientsOfVpc } from './client-changes.ts'
import { subnetCollection, workloadNamespaceCollection } from './records.ts'
import type { AttachedWorkload, SecurityGroupValue, SubnetValue } from './records.ts'

/** The most groups that an interface can be in. */
const maxGroups = 5

/** Where a workload's namespace is attached, and as whom; what is absent is chosen for it. */
export interface WantedWorkload {
  /** Name of its network namespace. */
  readonly namespace: string
  readonly subnetId?: string
  readonly address?: string
  /** The VPC's default group where none is named. */
  readonly groupIds: readonly string[]
  /** Postern makes the namespace. */
  readonly makesNamespace: boolean
}

/** A VPC with its clients, and what an interface can be made in and of. */
export interface PlaceForWorkload extends ClientsOfVpc {
  readonly subnets: readonly StoredRecord<SubnetValue>[]
  readonly groups: readonly StoredRecord<SecurityGroupValue>[]
}

/**
 * Attaches a workload's namespace to a VPC: it gets an address of a subnet there, IPv6 too where the subnet has a block of it. One
 * that is attached already keeps what it has: asking again changes nothing.
 *
 * @throws {ConfigError} where it can't have what is wanted.
 */
export function attachWorkload(
  place: PlaceForWorkload,
  wanted: WantedWorkload,
  random: Random,
): { readonly workload: AttachedWorkload; readonly writes: readonly Write[] } {
  const namespace = requireNamespaceName(wanted.namespace)
  const clients = clientsOf(place)
  const known = clients.workloads.find(workload => workload.namespace === namespace)
  if (known !== undefined) return { workload: requireSame(known, wanted), writes: [] }
  const groupIds = groupsFor(wanted, place)
  const subnet = subnetFor(wanted, place)
  const address = addressFor(wanted, subnet, place, random)
  const ipv6Address = chooseIpv6Address(subnet.value, random)
  const workload: AttachedWorkload = {
    namespace,
    interfaceId: newResourceId('eni', random),
    subnetId: subnet.id,
    address,
    ...(ipv6Address === undefined ? {} : { ipv6Address }),
    groupIds,
    ...(wanted.makesNamespace ? { madeNamespace: true } : {}),
  }
  const addresses = [address, ...(ipv6Address === undefined ? [] : [ipv6Address])]
  const taken = { ...subnet.value, usedAddresses: [...subnet.value.usedAddresses, ...addresses] }
  return {
    workload,
    writes: [
      ...setClients(place, { ...clients, workloads: [...clients.workloads, workload] }),
      put(subnetCollection, subnet.id, taken, subnet.version),
      put(workloadNamespaceCollection, namespace, { vpcId: place.vpc.id }, 'absent'),
    ],
  }
}

/** Detaches a workload and gives its addresses back. @throws {ConfigError} where it is not attached to this VPC. */
export function detachWorkload(
  place: Omit<PlaceForWorkload, 'groups'>,
  namespace: string,
): { readonly workload: AttachedWorkload; readonly writes: readonly Write[] } {
  const clients = clientsOf(place)
  const workload = clients.workloads.find(known => known.namespace === namespace)
  if (workload === undefined)
    throw new ConfigError(
      `Namespace "${namespace}" is not attached to ${place.vpc.id}: "postern network list" shows what is`,
    )
  const subnet = place.subnets.find(known => known.id === workload.subnetId)
  const isFreed = (used: string): boolean => used === workload.address || used === workload.ipv6Address
  return {
    workload,
    writes: [
      ...setClients(place, { ...clients, workloads: clients.workloads.filter(known => known !== workload) }),
      ...(subnet === undefined ? [] : [giveBack(subnet, isFreed)]),
      remove(workloadNamespaceCollection, namespace, 'any'),
    ],
  }
}

function giveBack(subnet: StoredRecord<SubnetValue>, isFreed: (used: string) => boolean): Write {
  const usedAddresses = subnet.value.usedAddresses.filter(used => !isFreed(used))
  return put(subnetCollection, subnet.id, { ...subnet.value, usedAddresses }, subnet.version)
}

/**
 * The name of a network namespace: no path, no option, nothing that a shell or a file system would read as more than a name.
 *
 * @throws {ConfigError}
 */
export function requireNamespaceName(name: string): string {
  if (/^postern-[0-9a-f]{8}-/.test(name))
    throw new ConfigError(`Cannot attach the namespace "${name}": Postern gives such names to those of VPCs`)
  if (/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)) return name
  throw new ConfigError(
    `Cannot use "${name}" as the name of a namespace: it has letters, digits, "_", "." and "-", at most 63, and begins with a letter or digit`,
  )
}

/** A workload that is known may be asked for again, with nothing or with what it has. @throws {ConfigError} */
function requireSame(known: AttachedWorkload, wanted: WantedWorkload): AttachedWorkload {
  const differs =
    (wanted.subnetId !== undefined && wanted.subnetId !== known.subnetId) ||
    (wanted.address !== undefined && wanted.address !== known.address) ||
    (wanted.groupIds.length > 0 && !sameMembers(wanted.groupIds, known.groupIds))
  if (!differs) return known
  const has = `${known.address} in ${known.subnetId}, with ${known.groupIds.join(', ')}`
  throw new ConfigError(
    `Namespace "${known.namespace}" is attached already, as ${has}: to change that, detach it first with "postern network detach"`,
  )
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.every(one => b.includes(one)) && b.every(one => a.includes(one))

function groupsFor({ groupIds }: WantedWorkload, { vpc, groups }: PlaceForWorkload): readonly string[] {
  if (groupIds.length === 0) return groups.filter(group => group.value.name === 'default').map(group => group.id)
  return requireClientGroups(groupIds, vpc.id, groups)
}

/** The groups that a client shall be in: of its VPC, and no more than an interface can have. @throws {ConfigError} */
export function requireClientGroups(
  groupIds: readonly string[],
  vpcId: string,
  groups: readonly StoredRecord<SecurityGroupValue>[],
): readonly string[] {
  const chosen = [...new Set(groupIds)]
  const foreign = chosen.find(id => !groups.some(group => group.id === id))
  if (foreign !== undefined)
    throw new ConfigError(
      `Security group ${foreign} is none of ${vpcId}: "aws ec2 describe-security-groups" lists them`,
    )
  if (chosen.length > maxGroups)
    throw new ConfigError(`An interface can be in ${maxGroups} security groups; ${chosen.length} are named`)
  return chosen
}

/** The subnet that is named, else the one that the address is in, else the first one that has room. */
function subnetFor({ subnetId, address }: WantedWorkload, place: PlaceForWorkload): Ipv4Subnet {
  const { vpc, subnets } = place
  if (subnetId !== undefined) {
    const subnet = subnets.find(known => known.id === subnetId)
    if (subnet !== undefined) return requireIpv4(subnet)
    throw new ConfigError(`Subnet ${subnetId} is none of ${vpc.id}: "aws ec2 describe-subnets" lists them`)
  }
  if (subnets.length === 0)
    throw new ConfigError(`${vpc.id} has no subnet: make one with "aws ec2 create-subnet --vpc-id ${vpc.id}"`)
  const number = address === undefined ? undefined : requireAddress(address)
  const withIpv4 = subnets.filter(hasIpv4)
  const holding = withIpv4.find(({ value }) => number !== undefined && blockHolds(parseBlock(value.cidr)!, number))
  if (holding !== undefined) return holding
  if (address !== undefined) throw new ConfigError(`Cannot use "${address}": it is in no subnet of ${vpc.id}`)
  const values = subnets.map(({ value }) => value)
  return withIpv4.find(({ value }) => hasRoom(value, values)) ?? withIpv4[0] ?? requireIpv4(subnets[0]!)
}

/** A subnet whose interfaces have IPv4 addresses, as all workloads have. */
type Ipv4Subnet = StoredRecord<SubnetValue & { readonly cidr: string }>

const hasIpv4 = (subnet: StoredRecord<SubnetValue>): subnet is Ipv4Subnet => subnet.value.cidr !== undefined

function requireIpv4(subnet: StoredRecord<SubnetValue>): Ipv4Subnet {
  if (hasIpv4(subnet)) return subnet
  throw new ConfigError(
    `Subnet ${subnet.id} is IPv6-only, and a workload needs an IPv4 address too: name a subnet that has both`,
  )
}

// Which one is chosen does not matter here.
const hasRoom = (subnet: SubnetValue, subnets: readonly SubnetValue[]): boolean =>
  chooseAddress(subnet, subnets, bytes => Buffer.alloc(bytes)) !== undefined

function addressFor(
  { address }: WantedWorkload,
  subnet: Ipv4Subnet,
  { subnets }: PlaceForWorkload,
  random: Random,
): string {
  const values = subnets.map(({ value }) => value)
  if (address === undefined) {
    const free = chooseAddress(subnet.value, values, random)
    if (free !== undefined) return free
    throw new ConfigError(`Subnet ${subnet.id} has no free address`)
  }
  const block = parseBlock(subnet.value.cidr)!
  const offset = requireAddress(address) - block.base
  if (offset < 0 || offset >= blockSize(block))
    throw new ConfigError(`Cannot use "${address}": it is not in ${subnet.id}, whose block is ${subnet.value.cidr}`)
  if (offset < 4 || offset === blockSize(block) - 1)
    throw new ConfigError(`Cannot use "${address}": the first four addresses of a subnet and the last one are reserved`)
  if (subnet.value.usedAddresses.includes(address))
    throw new ConfigError(`Cannot use "${address}": another interface has it`)
  const twin = loopbackTwinOf(address, values)
  if (twin === undefined) return address
  throw new ConfigError(
    `Cannot use "${address}" beside ${twin}: two addresses of a VPC that end in the same two numbers cannot be told apart on the loopback network`,
  )
}

function requireAddress(text: string): number {
  if (parseBlock(`${text}/32`) !== undefined) return addressNumber(text)
  throw new ConfigError(`Cannot use "${text}": give an address such as 10.0.1.20`)
}
