import type { Random } from '../../base/index.ts'
import { put } from '../../storage/index.ts'
import type { StoredRecord, Write } from '../../storage/index.ts'
import { chooseAddress, chooseIpv6Address, loopbackTwinOf } from './addresses.ts'
import { subnetCollection } from './records.ts'
import type { EndpointInterface, SubnetValue } from './records.ts'

/**
 * The addresses of a VPC's subnets while a request gives some back and takes others: all of it becomes one write for each subnet
 * that is another after it. Of two requests at once for an address, one meets a conflict.
 */
export class SubnetAddresses {
  readonly #subnets: readonly StoredRecord<SubnetValue>[]
  readonly #used: Map<string, readonly string[]>

  /** @param subnets all subnets of the VPC. */
  constructor(subnets: readonly StoredRecord<SubnetValue>[]) {
    this.#subnets = subnets
    this.#used = new Map(subnets.map(subnet => [subnet.id, subnet.value.usedAddresses]))
  }

  /** Gives an interface's addresses back. */
  giveBack({ subnetId, address, ipv6Address }: Pick<EndpointInterface, 'subnetId' | 'address' | 'ipv6Address'>): void {
    const used = this.#used.get(subnetId) ?? []
    this.#used.set(
      subnetId,
      used.filter(one => one !== address && one !== ipv6Address),
    )
  }

  /** A free IPv4 address of a subnet; `undefined` where it is full or IPv6-only. */
  chooseIpv4(subnetId: string, random: Random): string | undefined {
    return chooseAddress(this.#now(subnetId), this.#all(), random)
  }

  /** A free IPv6 address of a subnet; `undefined` where it has no IPv6 block. */
  chooseIpv6(subnetId: string, random: Random): string | undefined {
    return chooseIpv6Address(this.#now(subnetId), random)
  }

  isUsed(subnetId: string, address: string): boolean {
    return this.#now(subnetId).usedAddresses.includes(address)
  }

  /** The used address that the loopback network could not tell from this one. */
  twinOf(address: string): string | undefined {
    return loopbackTwinOf(address, this.#all())
  }

  take(subnetId: string, address: string): void {
    this.#used.set(subnetId, [...this.#now(subnetId).usedAddresses, address])
  }

  /** The subnets that are others now. */
  get writes(): readonly Write[] {
    return this.#subnets
      .filter(subnet => this.#used.get(subnet.id) !== subnet.value.usedAddresses)
      .map(subnet => put(subnetCollection, subnet.id, this.#now(subnet.id), subnet.version))
  }

  #now(subnetId: string): SubnetValue {
    const { value } = this.#subnets.find(subnet => subnet.id === subnetId)!
    return { ...value, usedAddresses: this.#used.get(subnetId)! }
  }

  #all(): readonly SubnetValue[] {
    return this.#subnets.map(subnet => this.#now(subnet.id))
  }
}
