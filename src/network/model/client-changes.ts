import { ConfigError } from '../../base/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { parseBlock } from './cidr.ts'
import { isIpv6Address } from './ipv6.ts'
import { vpcClientsCollection, vpcCollection } from './records.ts'
import type { VpcClientsValue, VpcValue } from './records.ts'
import { isSource, noVpcClients } from './vpc-clients.ts'

/** A VPC, and what the operator has said about its clients so far. */
export interface ClientsOfVpc {
  readonly vpc: StoredRecord<VpcValue>
  /** Absent where nothing was said. */
  readonly present?: StoredRecord<VpcClientsValue> | undefined
}

/** What is said about the clients of a VPC now. */
export const clientsOf = ({ vpc, present }: ClientsOfVpc): VpcClientsValue => present?.value ?? noVpcClients(vpc.id)

/**
 * Says something else about the clients of a VPC. The VPC is written too, unchanged: of this and a request at once that takes
 * the VPC, a group or an address away, one starts over.
 */
export function setClients({ vpc, present }: ClientsOfVpc, clients: VpcClientsValue): readonly Write[] {
  return [
    put(vpcClientsCollection, vpc.id, clients, present?.version ?? 'absent'),
    put(vpcCollection, vpc.id, vpc.value, vpc.version),
  ]
}

const maxBlocks = 100

/** Admits blocks as sources, beside those that are admitted. They must have been read by `parseClientBlock`. @throws {ConfigError} */
export function admitBlocks(given: ClientsOfVpc, blocks: readonly string[]): VpcClientsValue {
  const clients = clientsOf(given)
  const admittedBlocks = [...new Set([...clients.admittedBlocks, ...blocks])]
  if (admittedBlocks.length > maxBlocks)
    throw new ConfigError(`Cannot admit so many blocks into ${given.vpc.id}: a VPC can have ${maxBlocks}`)
  return { ...clients, admittedBlocks }
}

/** Admits blocks no longer. @throws {ConfigError} where one is not admitted. */
export function dismissBlocks(given: ClientsOfVpc, blocks: readonly string[]): VpcClientsValue {
  const clients = clientsOf(given)
  const unknown = blocks.find(block => !clients.admittedBlocks.includes(block))
  if (unknown !== undefined) {
    const all = clients.admittedBlocks.length === 0 ? 'none are' : `${clients.admittedBlocks.join(', ')} are`
    throw new ConfigError(`Block ${unknown} is not admitted into ${given.vpc.id}: ${all}`)
  }
  return { ...clients, admittedBlocks: clients.admittedBlocks.filter(block => !blocks.includes(block)) }
}

/** Says who a client without an address of the VPC is; the groups must be the VPC's. @throws {ConfigError} */
export function setStandIn(given: ClientsOfVpc, standIn: NonNullable<VpcClientsValue['standIn']>): VpcClientsValue {
  const clients = clientsOf(given)
  const { address } = standIn
  if (address !== undefined) requireSource(address, given.vpc.value, clients)
  return { ...clients, standIn }
}

/** Says no longer who a client without an address of the VPC is: it is the standard one again. */
export function resetStandIn(given: ClientsOfVpc): VpcClientsValue {
  const { standIn: _forgotten, ...clients } = clientsOf(given)
  return clients
}

function requireSource(address: string, vpc: VpcValue, clients: VpcClientsValue): void {
  // Where everything is 127.0.0.1, endpoints have IPv4 addresses, and so have their clients.
  if (isIpv6Address(address))
    throw new ConfigError(`Cannot use "${address}": clients on the loopback network have IPv4 addresses`)
  if (parseBlock(`${address}/32`) === undefined)
    throw new ConfigError(`Cannot use "${address}": give an address such as 10.0.1.20`)
  if (isSource(vpc, clients, address)) return
  throw new ConfigError(
    `Cannot use "${address}": it is neither in a block of ${vpc.vpcId} nor in one that "postern network admit" has admitted`,
  )
}
