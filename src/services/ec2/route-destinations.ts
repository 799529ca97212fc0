import { ServiceError } from '../../base/index.ts'
import { blockLiesIn, blocksOf } from '../../network/index.ts'
import type { Network, RouteTable, VpcValue } from '../../network/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import { readBlockText } from './block-text.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { missingParameter, noPrefixList, noRouteTable } from './not-found.ts'

/** The members of a request that name where a route leads. */
interface DestinationInput {
  readonly DestinationCidrBlock?: string | undefined
  readonly DestinationIpv6CidrBlock?: string | undefined
  readonly DestinationPrefixListId?: string | undefined
}

/** The route table of a request, and its VPC. @throws {ServiceError} */
export async function requireTable(
  id: string,
  network: Network,
  scope: OwnScope,
): Promise<{ readonly table: RouteTable; readonly vpc: StoredRecord<VpcValue> }> {
  const table = await network.findRouteTable(id, scope)
  const vpc = table && (await network.findVpc(table.vpcId, scope))
  if (table === undefined || vpc === undefined) throw noRouteTable(id)
  return { table, vpc }
}

/** The block that a request names, in the one form that it is kept in. @throws {ServiceError} */
export function requireDestination(input: DestinationInput): string {
  const { DestinationCidrBlock: ipv4, DestinationIpv6CidrBlock: ipv6, DestinationPrefixListId: list } = input
  const given = [ipv4, ipv6, list].filter(destination => destination !== undefined)
  if (given.length === 0)
    throw missingParameter('destinationCidrBlock, destinationIpv6CidrBlock or destinationPrefixListId')
  if (given.length > 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Only one of destinationCidrBlock, destinationIpv6CidrBlock and destinationPrefixListId can be given',
    )
  }
  if (list !== undefined) throw noPrefixList(list)
  const block = readBlockText(ipv4, ipv6)
  if (block !== undefined) return block
  const member = ipv4 === undefined ? 'destinationIpv6CidrBlock' : 'destinationCidrBlock'
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${ipv4 ?? ipv6}) for parameter ${member} is invalid. This is not a valid CIDR block.`,
  )
}

/** @throws {ServiceError} for a destination inside the VPC: only interfaces and instances can be its target. */
export function requireOutside(destination: string, vpc: VpcValue): void {
  if (!blocksOf(vpc).some(block => blockLiesIn(destination, block))) return
  throw new ServiceError(
    'InvalidParameterValue',
    `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
  )
}
