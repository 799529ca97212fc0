import { ServiceError } from '../../base/index.ts'
import {
  blockLiesIn,
  blocksOf,
  formatBlock,
  formatIpv6Block,
  internetGatewayCollection,
  parseBlockLoosely,
  parseIpv6BlockLoosely,
  setRoutes,
  vpcCollection,
} from '../../network/index.ts'
import type { Network, RouteTable, VpcValue } from '../../network/index.ts'
import { check } from '../../storage/index.ts'
import type { StoredRecord } from '../../storage/index.ts'
import type { ec2 } from '../../wire/index.ts'
import type { OwnScope } from './ec2-kinds.ts'
import { auditValues, ec2Operation } from './ec2-operation.ts'
import { missingParameter, noPrefixList, noRouteTable, requireRouteTableId } from './not-found.ts'
import { requireRouteTarget } from './route-targets.ts'

/** AWS's quota for the routes that somebody made. */
const maxRoutes = 500

/** The members of a request that name where a route leads. */
interface DestinationInput {
  readonly DestinationCidrBlock?: string | undefined
  readonly DestinationIpv6CidrBlock?: string | undefined
  readonly DestinationPrefixListId?: string | undefined
}

/** CreateRoute, to an internet gateway: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html */
export const createRoute = ec2Operation<ec2.CreateRouteRequest, ec2.CreateRouteResult>({
  name: 'CreateRoute',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const { table, vpc } = await requireTable(input.RouteTableId, network, { account, region })
    const destination = requireDestination(input)
    const gateway = await requireRouteTarget(input, table, network)
    requireOutside(destination, vpc.value)
    const present = table.routes.find(route => route.destination === destination)
    const output = { Return: true }
    // The same route once more is answered as if it had been made now.
    if (present?.gatewayId === gateway.id) return { output, responseElements: auditValues(output) }
    if (present !== undefined)
      throw new ServiceError('RouteAlreadyExists', `The route identified by ${destination} already exists.`)
    if (table.routes.length >= maxRoutes)
      throw new ServiceError('RouteLimitExceeded', 'The maximum number of routes has been reached.')
    return {
      output,
      commit: {
        writes: [setRoutes(table, [...table.routes, { destination, gatewayId: gateway.id }])],
        checks: [
          check(internetGatewayCollection, gateway.id, gateway.version),
          // The VPC has its blocks still: none of them has come to hold the destination.
          check(vpcCollection, vpc.id, vpc.version),
        ],
      },
      responseElements: auditValues(output),
    }
  },
})

/** DeleteRoute: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html */
export const deleteRoute = ec2Operation<ec2.DeleteRouteRequest, undefined>({
  name: 'DeleteRoute',
  readOnly: false,
  permissions: async ({ RouteTableId: id }, ask) => [await ask.on('route-table', id)],
  async run(input, { network }, { caller: { account }, region }) {
    const { table, vpc } = await requireTable(input.RouteTableId, network, { account, region })
    const destination = requireDestination(input)
    if (blocksOf(vpc.value).includes(destination)) {
      throw new ServiceError(
        'InvalidParameterValue',
        `cannot remove local route ${destination} in route table ${table.routeTableId}`,
      )
    }
    const kept = table.routes.filter(route => route.destination !== destination)
    if (kept.length === table.routes.length) {
      const member = input.DestinationCidrBlock === undefined ? 'destination-ipv6-cidr-block' : 'destination-cidr-block'
      throw new ServiceError(
        'InvalidRoute.NotFound',
        `no route with ${member} ${destination} in route table ${table.routeTableId}`,
      )
    }
    return { output: undefined, commit: { writes: [setRoutes(table, kept)] } }
  },
})

async function requireTable(
  id: string,
  network: Network,
  scope: OwnScope,
): Promise<{ readonly table: RouteTable; readonly vpc: StoredRecord<VpcValue> }> {
  requireRouteTableId(id)
  const table = await network.findRouteTable(id, scope)
  const vpc = table && (await network.findVpc(table.vpcId, scope))
  if (table === undefined || vpc === undefined) throw noRouteTable(id)
  return { table, vpc }
}

/** The block that a request names, in the one form that it is kept in. @throws {ServiceError} */
function requireDestination(input: DestinationInput): string {
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
  const block =
    ipv4 === undefined
      ? format(parseIpv6BlockLoosely(ipv6!), formatIpv6Block)
      : format(parseBlockLoosely(ipv4), formatBlock)
  if (block !== undefined) return block
  const member = ipv4 === undefined ? 'destinationIpv6CidrBlock' : 'destinationCidrBlock'
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${ipv4 ?? ipv6}) for parameter ${member} is invalid. This is not a valid CIDR block.`,
  )
}

const format = <Block>(block: Block | undefined, asText: (block: Block) => string): string | undefined =>
  block === undefined ? undefined : asText(block)

/** @throws {ServiceError} for a destination inside the VPC: only interfaces and instances can be its target. */
function requireOutside(destination: string, vpc: VpcValue): void {
  if (!blocksOf(vpc).some(block => blockLiesIn(destination, block))) return
  throw new ServiceError(
    'InvalidParameterValue',
    `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
  )
}
