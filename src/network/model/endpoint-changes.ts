import { newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import { put, remove } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { chooseAddress } from './addresses.ts'
import { endpointCollection, subnetCollection } from './records.ts'
import type { EndpointInterface, EndpointValue, SubnetValue } from './records.ts'

/**
 * Makes an interface in a subnet, at the wanted address or a free one; `undefined` where there is none. `subnets` are those
 * of the VPC.
 */
export function createInterface(
  subnet: StoredRecord<SubnetValue>,
  subnets: readonly SubnetValue[],
  random: Random,
  wanted?: string,
): { readonly made: EndpointInterface; readonly writes: readonly Write[] } | undefined {
  const { subnetId, zone, usedAddresses } = subnet.value
  const address = wanted ?? chooseAddress(subnet.value, subnets, random)
  if (address === undefined || usedAddresses.includes(address)) return undefined
  const taken: SubnetValue = { ...subnet.value, usedAddresses: [...usedAddresses, address] }
  return {
    made: { interfaceId: newResourceId('eni', random), subnetId, zone, address },
    writes: [put(subnetCollection, subnet.id, taken, subnet.version)],
  }
}

/** Gives an interface's address back to its subnet. */
export function removeInterface(subnet: StoredRecord<SubnetValue>, removed: EndpointInterface): readonly Write[] {
  const usedAddresses = subnet.value.usedAddresses.filter(
    address => address !== removed.address && address !== removed.ipv6Address,
  )
  return [put(subnetCollection, subnet.id, { ...subnet.value, usedAddresses }, subnet.version)]
}

/** Changes some members of an endpoint. The commit meets a conflict where it was changed since it was read. */
export function setEndpoint(record: StoredRecord<EndpointValue>, changed: Partial<EndpointValue>): readonly Write[] {
  return [put(endpointCollection, record.id, { ...record.value, ...changed }, record.version)]
}

/** Removes an endpoint whose doors are closed, and gives its addresses back. */
export function removeEndpoint(
  record: StoredRecord<EndpointValue>,
  subnets: readonly StoredRecord<SubnetValue>[],
): readonly Write[] {
  const freed = record.value.interfaces.flatMap(one => {
    const subnet = subnets.find(known => known.id === one.subnetId)
    return subnet === undefined ? [] : removeInterface(subnet, one)
  })
  return [remove(endpointCollection, record.id, record.version), ...freed]
}
