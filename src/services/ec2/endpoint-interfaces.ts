import { ServiceError, newResourceId } from '../../base/index.ts'
import type { Random } from '../../base/index.ts'
import {
  addressNumber,
  blockHolds,
  blockSize,
  ipv6AddressNumber,
  ipv6AddressText,
  ipv6BlockHolds,
  isIpv6Address,
  isReservedIpv6,
  parseBlock,
  parseIpv6Block,
} from '../../network/index.ts'
import type { EndpointInterface, EndpointIpType, SubnetAddresses, SubnetValue } from '../../network/index.ts'
import type { ec2 } from '../../wire/index.ts'
import { missingParameter } from './not-found.ts'

/** The addresses that a request wants an endpoint to have in a subnet. */
export interface WantedAddresses {
  readonly ipv4?: string
  readonly ipv6?: string
}

/**
 * What a request wants of subnets, by their ids. Each must be a subnet that the endpoint has after it.
 *
 * @throws {ServiceError}
 */
export function wantedAddresses(
  configurations: readonly ec2.SubnetConfiguration[] = [],
  subnetIds: readonly string[],
  ipType: EndpointIpType,
): ReadonlyMap<string, WantedAddresses> {
  const wanted = new Map<string, WantedAddresses>()
  for (const { SubnetId: id, Ipv4: ipv4, Ipv6: ipv6 } of configurations) {
    if (id === undefined) throw missingParameter('SubnetConfiguration.SubnetId')
    if (!subnetIds.includes(id)) throw refusal(`The subnet ${id} of SubnetConfigurations is not among SubnetIds`)
    if (wanted.has(id)) throw refusal(`The subnet ${id} is more than once among SubnetConfigurations`)
    if (ipv6 !== undefined && ipType === 'ipv4') {
      throw refusal(`The subnet ${id} cannot have an IPv6 address: the IP address type of the endpoint is ipv4`)
    }
    if (ipv4 !== undefined && ipType === 'ipv6') {
      throw refusal(`The subnet ${id} cannot have an IPv4 address: the IP address type of the endpoint is ipv6`)
    }
    wanted.set(id, { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) })
  }
  return wanted
}

const refusal = (message: string): ServiceError => new ServiceError('InvalidParameter', message)

/** Makes the interface of a subnet, at the wanted addresses or at free ones. @throws {ServiceError} */
export function makeInterface(
  subnet: SubnetValue,
  wanted: WantedAddresses,
  ipType: EndpointIpType,
  addresses: SubnetAddresses,
  random: Random,
): EndpointInterface {
  const { subnetId, zone } = subnet
  const address = ipType === 'ipv6' ? undefined : ipv4Of(subnet, wanted.ipv4, addresses, random)
  if (address !== undefined) addresses.take(subnetId, address)
  const named = { interfaceId: newResourceId('eni', random), subnetId, zone }
  const made = address === undefined ? named : { ...named, address }
  return ipType === 'ipv4' ? made : withIpv6(made, subnet, addresses, random, wanted.ipv6)
}

/** The addresses that an interface has. */
export function addressesOf({ address, ipv6Address }: EndpointInterface): WantedAddresses {
  return {
    ...(address === undefined ? {} : { ipv4: address }),
    ...(ipv6Address === undefined ? {} : { ipv6: ipv6Address }),
  }
}

/** Whether an interface is not where it is wanted: it is replaced, as nothing changes the addresses of one. */
export function isElsewhere(
  { address, ipv6Address }: EndpointInterface,
  { ipv4, ipv6 }: WantedAddresses = {},
): boolean {
  const isAt = (wanted: string): boolean =>
    ipv6Address !== undefined && isIpv6Address(wanted) && ipv6AddressNumber(wanted) === ipv6AddressNumber(ipv6Address)
  return (ipv4 !== undefined && ipv4 !== address) || (ipv6 !== undefined && !isAt(ipv6))
}

/** An interface that stays, with the families of addresses that the endpoint shall have. @throws {ServiceError} */
export function ofType(
  one: EndpointInterface,
  ipType: EndpointIpType,
  subnet: SubnetValue,
  addresses: SubnetAddresses,
  random: Random,
): EndpointInterface {
  const { ipv6Address, ...withIpv4 } = one
  if (ipType === 'ipv4') {
    if (ipv6Address !== undefined) addresses.giveBack({ subnetId: one.subnetId, address: ipv6Address })
    return withIpv4
  }
  return ipv6Address === undefined ? withIpv6(one, subnet, addresses, random) : one
}

function withIpv6(
  one: EndpointInterface,
  subnet: SubnetValue,
  addresses: SubnetAddresses,
  random: Random,
  wanted?: string,
): EndpointInterface {
  const ipv6Address =
    wanted === undefined ? addresses.chooseIpv6(subnet.subnetId, random) : requireIpv6(wanted, subnet, addresses)
  if (ipv6Address === undefined) throw fullSubnet(subnet)
  addresses.take(subnet.subnetId, ipv6Address)
  return { ...one, ipv6Address }
}

function ipv4Of(subnet: SubnetValue, wanted: string | undefined, addresses: SubnetAddresses, random: Random): string {
  if (wanted === undefined) {
    const free = addresses.chooseIpv4(subnet.subnetId, random)
    if (free === undefined) throw fullSubnet(subnet)
    return free
  }
  // A subnet without a block was refused before.
  const block = parseBlock(subnet.cidr ?? '')
  if (block === undefined) throw outsideOf(wanted)
  const offset = parseBlock(`${wanted}/32`) === undefined ? -1 : addressNumber(wanted) - block.base
  const isHost = offset >= 4 && offset < blockSize(block) - 1 && blockHolds(block, block.base + offset)
  if (!isHost) throw outsideOf(wanted)
  if (addresses.isUsed(subnet.subnetId, wanted)) throw inUse('The specified address is already in use.')
  const twin = addresses.twinOf(wanted)
  if (twin !== undefined) {
    throw inUse(
      `The address ${wanted} cannot be used beside ${twin}: two addresses of a VPC that end in the same two numbers cannot be told apart on the loopback network`,
    )
  }
  return wanted
}

/** The wanted address in the one spelling that records have. */
function requireIpv6(wanted: string, { subnetId, ipv6Association }: SubnetValue, addresses: SubnetAddresses): string {
  if (ipv6Association === undefined || !isIpv6Address(wanted)) throw outsideOf(wanted)
  const number = ipv6AddressNumber(wanted)
  const { cidr } = ipv6Association
  if (!ipv6BlockHolds(parseIpv6Block(cidr)!, number) || isReservedIpv6(cidr, number)) throw outsideOf(wanted)
  const address = ipv6AddressText(number)
  if (addresses.isUsed(subnetId, address)) throw inUse('The specified address is already in use.')
  return address
}

const fullSubnet = ({ subnetId }: SubnetValue): ServiceError =>
  new ServiceError('InsufficientFreeAddressesInSubnet', `The subnet ${subnetId} has no free addresses`)

const outsideOf = (address: string): ServiceError =>
  new ServiceError('InvalidParameterValue', `Address ${address} does not fall within the subnet's address range`)

const inUse = (message: string): ServiceError => new ServiceError('InvalidIPAddress.InUse', message)
