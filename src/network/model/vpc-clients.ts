import { numberedAddress, textBlockHolds } from './address-blocks.ts'
import { blocksOf } from './blocks.ts'
import type { VpcClientsValue, VpcValue } from './records.ts'

/** Who is at the other end of a connection, as the VPC knows it. */
export interface VpcClient {
  /** Its address inside the VPC. */
  readonly address: string
  /** The security groups that its own interface is in. */
  readonly groupIds: readonly string[]
  /** The port that it connects from, where that is not the one of the socket. */
  readonly port?: number
}

/** What is said of the clients of a VPC where the operator has said nothing. */
export function noVpcClients(vpcId: string): VpcClientsValue {
  return { vpcId, admittedBlocks: [], workloads: [] }
}

/** The groups that the workload with this address is in; none where no workload has it. */
export function workloadGroups({ workloads }: VpcClientsValue, address: string): readonly string[] {
  const found = workloads.find(known => known.address === address || known.ipv6Address === address)
  return found?.groupIds ?? []
}

/** Whether connections may come from an address at all: it is in a block of the VPC, or in one that the operator admitted. */
export function isSource(vpc: VpcValue, { admittedBlocks }: VpcClientsValue, address: string): boolean {
  const actual = numberedAddress(address)
  return actual !== undefined && [...blocksOf(vpc), ...admittedBlocks].some(cidr => textBlockHolds(cidr, actual))
}
